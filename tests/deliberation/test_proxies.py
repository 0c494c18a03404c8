"""Proxies by profile: who, how many, never passed on."""

import pytest

from deliberation.profiles import ProxyRule, find_profile
from deliberation.proxies import Elector, ProxyGrant, ProxyRefused, check_proxy, proxy_list

ELECTORS = {
    elector.person_id: elector
    for elector in (
        Elector("lan", "h1"),
        Elector("bo", "h1"),
        Elector("chen", "h2"),
        Elector("ding", "h3"),
        Elector("wu", "h4"),
        Elector("child", "h1", is_capable=False),
        Elector("runner", "h5", is_candidate=True),
        Elector("guard", "h6", is_barred=True),
        Elector("lone", None),
        Elector("alone", None),
    )
}
ANYONE = ProxyRule("elector", 3)


def grant(principal, holder, document="委托书"):
    return ProxyGrant(principal, holder, document)


def refused(wanted, rule=ANYONE, standing=()):
    with pytest.raises(ProxyRefused) as refusal:
        check_proxy(wanted, rule=rule, electors=ELECTORS, standing=standing)
    return str(refusal.value).removeprefix("这份委托不能接受：").removesuffix("。")


def test_one_proxy_more_than_the_profile_allows_is_refused():
    rule = find_profile("cn.village.election").proxy
    two = [grant("chen", "lan"), grant("ding", "lan")]

    check_proxy(grant("wu", "lan"), rule=rule, electors=ELECTORS, standing=two)
    three = [*two, grant("wu", "lan")]
    assert refused(grant("lone", "lan"), rule, three) == "一人最多接受 3 份委托，受托人已有 3 份"
    # The very same grant, shown again, is no fourth.
    check_proxy(grant("wu", "lan"), rule=rule, electors=ELECTORS, standing=three)


def test_rule_without_a_limit_counts_nobody_out():
    standing = [grant("chen", "lan"), grant("ding", "lan"), grant("wu", "lan"), grant("bo", "lan")]

    check_proxy(
        grant("lone", "lan"),
        rule=ProxyRule("elector"),
        electors=ELECTORS,
        standing=standing,
    )


@pytest.mark.parametrize(
    ("wanted", "rule", "words"),
    [
        (grant("lan", "bo"), ProxyRule("none"), "这种表决不接受委托"),
        (grant("mo", "bo"), ANYONE, "委托人或受托人不在名册里"),
        (grant("lan", "mo"), ANYONE, "委托人或受托人不在名册里"),
        (grant("lan", "bo", " "), ANYONE, "没有书面委托书"),
        (grant("lan", "lan"), ANYONE, "不能委托自己"),
        (grant("lan", "child"), ANYONE, "受托人要有完全民事行为能力"),
        (grant("lan", "runner"), ANYONE, "候选人不能接受委托"),
        (grant("lan", "guard"), ANYONE, "受托人按规定不能替别人投票"),
        (grant("lan", "chen"), ProxyRule("household"), "只能委托同一户的人"),
        (grant("lone", "alone"), ProxyRule("household"), "只能委托同一户的人"),
    ],
)
def test_proxy_is_refused_by_name(wanted, rule, words):
    assert refused(wanted, rule) == words


def test_proxy_within_the_household_is_what_a_collective_allows():
    rule = find_profile("cn.collective.members").proxy

    check_proxy(grant("lan", "bo"), rule=rule, electors=ELECTORS, standing=())
    assert refused(grant("lan", "chen"), rule) == "只能委托同一户的人"


def test_proxy_is_given_once_and_never_passed_on():
    assert refused(grant("lan", "chen"), standing=[grant("lan", "bo")]) == (
        "委托人已经委托了别人，要先撤回"
    )
    chain = "不能转委托：受托人自己也委托了别人，或委托人正替别人投票"
    assert refused(grant("lan", "bo"), standing=[grant("bo", "chen")]) == chain
    assert refused(grant("bo", "chen"), standing=[grant("lan", "bo")]) == chain


def test_proxy_list_is_sorted_for_publication():
    standing = [grant("lan", "bo"), grant("chen", "bo"), grant("ding", "wu")]

    assert proxy_list(standing) == (("chen", "bo"), ("ding", "wu"), ("lan", "bo"))
