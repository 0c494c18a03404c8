"""The no-show effect in words: how staying away moves a decision, and where it does not."""

from deliberation.profiles import Profile
from deliberation.tally import Check, Tally

_UNITS = {"person": "人", "household": "户", "member": "人", "owner": "人"}


def no_show_words(profile: Profile, result: Tally) -> tuple[str, ...]:
    """What staying away did or would have done, one plain sentence each; () where nothing."""
    quorum = [check for check in result.checks if check.stage == "quorum"]
    approval = [check for check in result.checks if check.stage != "quorum"]
    among_present = [check for check in approval if check.rhs in {part.lhs for part in quorum}]
    if not among_present:
        if not approval:
            return ()
        return ("通过与否按全体来算：没有来的、来了没有表态的，都和没有赞成一样。",)
    words = [
        "不赞成的人，来和不来效果不一样：来了，参加的数就大一些，赞成要够的数也可能大一些。",
    ]
    if len(quorum) == len(among_present) == 1:
        words += _in_figures(quorum[0], among_present[0], _UNITS[profile.unit], result)
    words.append("所以不论赞成还是反对，都请来投票；弃权和废票算参加，不算赞成。")
    return tuple(words)


def _in_figures(quorum: Check, approval: Check, unit: str, result: Tally) -> list[str]:
    if quorum.base == 0:
        return []
    if not quorum.ok:
        return [_if_the_missing_came(quorum, approval, unit)]
    others = approval.base - approval.got
    if result.outcome == "PASSED":
        spare = quorum.got - quorum.need + 1
        if spare <= others:
            return [
                f"这一次：没有投赞成的 {others} {unit}里，只要有 {spare} {unit}不来，"
                "参加的就不够数，这次就不算。"
            ]
        return []
    fewer = _largest_base(approval)
    if fewer >= quorum.need:
        away = approval.base - fewer
        return [
            f"这一次：没有投赞成的 {others} {unit}里，要是有 {away} {unit}没有来，"
            f"参加的 {fewer} {unit}，赞成 {approval.got} {unit}就够数了。"
        ]
    return []


def _if_the_missing_came(quorum: Check, approval: Check, unit: str) -> str:
    missing = quorum.need - quorum.got
    enough = _largest_base(approval) >= quorum.need
    end = "也会通过" if enough else "还是通不过"
    return (
        f"这一次：还差 {missing} {unit}。要是再来 {missing} {unit}，哪怕都不赞成，"
        f"参加的 {quorum.need} {unit}，赞成 {approval.got} {unit}，{end}。"
    )


def _largest_base(approval: Check) -> int:
    """The most attenders among whom the consents there were would still be enough."""
    numerator, denominator = (int(part) for part in approval.ratio.split("/"))
    consents = approval.got * denominator - (approval.op == ">")
    return consents // numerator
