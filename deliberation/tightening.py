"""What a community may change in a decision profile: make it stricter, never looser."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.errors import Refusal
from deliberation.profiles import NUMBER_NAMES, Period, Profile, ProxyRule, Requirement

# Measuring against the larger number asks for more. 参与表决 may become 全体, never the reverse.
WIDER: dict[str, tuple[str, ...]] = {
    "attend": ("roll",),
    "voted": ("registered", "roll"),
    "part_heads": ("heads",),
    "part_area": ("area",),
}
_PROXY_WIDTH = {"none": 0, "household": 1, "elector": 2}


class NotStricter(Refusal):
    code = "not_stricter"
    text = "本社区的规定只能比法律更严：{what}。"


@dataclass(frozen=True)
class Stricter:
    """A community's own demands on a profile and the clause they rest on (`by`).

    A requirement replaces the profile's on the same stage and number, or joins as a new one.
    Whatever is None stays as it is.
    """

    by: str
    requirements: tuple[Requirement, ...] = ()
    notice_days: int | None = None
    publication_days: int | None = None
    proxy: ProxyRule | None = None


def tighten(profile: Profile, stricter: Stricter) -> Profile:
    """The profile with the community's demands; refused where one of them is looser."""
    if profile.effect == "paper_only":
        raise NotStricter(what=f"{profile.title}只按法律核算，不能改")
    return replace(
        profile,
        requirements=_tightened(profile.requirements, stricter.requirements),
        notice=_noticed(profile.notice, stricter),
        publication=_longer(profile.publication, stricter.publication_days, "公示"),
        proxy=_narrower(profile.proxy, stricter.proxy),
        notes=(*profile.notes, f"本社区加严，依据：{stricter.by}"),
    )


def _tightened(
    base: tuple[Requirement, ...], demands: Iterable[Requirement]
) -> tuple[Requirement, ...]:
    wanted = list(base)
    for demand in demands:
        _check_sensible(demand)
        places = [
            place
            for place, requirement in enumerate(wanted)
            if (requirement.stage, requirement.lhs) == (demand.stage, demand.lhs)
        ]
        for place in places:
            check_stricter(wanted[place], demand)
        if places:
            wanted[places[0]] = demand
        else:
            wanted.append(demand)
    # Quorum first: it is judged first and read first.
    return tuple(sorted(wanted, key=lambda requirement: requirement.stage != "quorum"))


def _check_sensible(demand: Requirement) -> None:
    if not (demand.lhs in NUMBER_NAMES and demand.rhs in NUMBER_NAMES):
        raise NotStricter(what=f"不认识 {demand.lhs} 或 {demand.rhs}")
    if not 0 < demand.numerator <= demand.denominator:
        raise NotStricter(what=f"比例 {demand.ratio} 不在零和一之间")
    if demand.op == ">" and demand.numerator == demand.denominator:
        raise NotStricter(what="没有人能超过全部")


def check_stricter(base: Requirement, demand: Requirement) -> None:
    """Refuse a demand that some numbers would meet although they fail the base requirement."""
    if demand.rhs != base.rhs and demand.rhs not in WIDER.get(base.rhs, ()):
        raise NotStricter(what=f"{demand.lhs} 不能改成和 {demand.rhs} 比")
    ours = demand.numerator * base.denominator
    law = base.numerator * demand.denominator
    # Of two equal fractions the one that must be exceeded asks for more.
    if ours < law or (ours == law and base.op == ">" and demand.op == ">="):
        law_sign, our_sign = _sign(base), _sign(demand)
        raise NotStricter(what=f"{demand.lhs} 法律要求{law_sign}，不能改成{our_sign}")


def _sign(requirement: Requirement) -> str:
    return f"{'超过' if requirement.op == '>' else '不少于'} {requirement.ratio}"


def _noticed(base: Period | None, stricter: Stricter) -> Period | None:
    """The notice a community gives, also where the law asks for none."""
    if base is None:
        if stricter.notice_days is None:
            return None
        base = Period(1, article=stricter.by)
    return _longer(base, stricter.notice_days, "通知")


def _longer(base: Period, days: int | None, what: str) -> Period:
    if days is None:
        return base
    if days < base.days:
        raise NotStricter(what=f"{what}不能少于 {base.days} 日")
    return replace(base, days=days)


def _narrower(base: ProxyRule, wanted: ProxyRule | None) -> ProxyRule:
    if wanted is None:
        return base
    if _PROXY_WIDTH[wanted.holder] > _PROXY_WIDTH[base.holder]:
        raise NotStricter(what="不能让更多的人接受委托")
    if base.held_max is not None and (wanted.held_max is None or wanted.held_max > base.held_max):
        raise NotStricter(what=f"一人受托不能多于 {base.held_max} 份")
    return wanted
