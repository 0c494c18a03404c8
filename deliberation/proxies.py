"""Ballots cast for another: who may hold a proxy, how many, and the list that is published."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.errors import Refusal
from deliberation.profiles import ProxyRule


class ProxyRefused(Refusal):
    code = "proxy_refused"
    text = "这份委托不能接受：{why}。"


@dataclass(frozen=True, slots=True)
class Elector:
    """What a proxy's check must know of a person.

    `is_barred` for those the rule keeps out, such as the staff of the property company.
    """

    person_id: str
    household_id: str | None = None
    is_capable: bool = True
    is_candidate: bool = False
    is_barred: bool = False


@dataclass(frozen=True, slots=True)
class ProxyGrant:
    """A written proxy for one vote: who gives it, who holds it, where the paper is filed."""

    principal: str
    holder: str
    document: str


def check_proxy(
    grant: ProxyGrant,
    *,
    rule: ProxyRule,
    electors: Mapping[str, Elector],
    standing: Iterable[ProxyGrant],
) -> None:
    """Refuse a proxy the rule does not allow beside those already `standing` (not revoked).

    A proxy cannot be passed on: nobody who has given one away holds one, and the reverse.
    """
    if rule.holder == "none":
        raise ProxyRefused(why="这种表决不接受委托")
    others = [other for other in standing if other != grant]
    principal, holder = electors.get(grant.principal), electors.get(grant.holder)
    if principal is None or holder is None:
        raise ProxyRefused(why="委托人或受托人不在名册里")
    if not grant.document.strip():
        raise ProxyRefused(why="没有书面委托书")
    if principal.person_id == holder.person_id:
        raise ProxyRefused(why="不能委托自己")
    _check_holder(principal, holder, rule)
    if any(other.principal == grant.principal for other in others):
        raise ProxyRefused(why="委托人已经委托了别人，要先撤回")
    if any(other.principal == grant.holder or other.holder == grant.principal for other in others):
        raise ProxyRefused(why="不能转委托：受托人自己也委托了别人，或委托人正替别人投票")
    held = sum(other.holder == grant.holder for other in others)
    if rule.held_max is not None and held >= rule.held_max:
        raise ProxyRefused(why=f"一人最多接受 {rule.held_max} 份委托，受托人已有 {held} 份")


def _check_holder(principal: Elector, holder: Elector, rule: ProxyRule) -> None:
    if not holder.is_capable:
        raise ProxyRefused(why="受托人要有完全民事行为能力")
    if holder.is_candidate:
        raise ProxyRefused(why="候选人不能接受委托")
    if holder.is_barred:
        raise ProxyRefused(why="受托人按规定不能替别人投票")
    same_household = principal.household_id is not None and (
        principal.household_id == holder.household_id
    )
    if rule.holder == "household" and not same_household:
        raise ProxyRefused(why="只能委托同一户的人")


def proxy_list(standing: Iterable[ProxyGrant]) -> tuple[tuple[str, str], ...]:
    """(principal, holder) of every standing proxy, sorted: the list the law wants published."""
    return tuple(sorted((grant.principal, grant.holder) for grant in standing))
