"""What a map says, in the words people read."""

from deliberation.opinion_map import OpinionMap, Verdict
from deliberation.opinion_votes import Votes

UNTESTED = "没有做检验：凑巧也会像有分组，这里的分组只供试看，不能当真。"


def map_words(drawn: OpinionMap) -> str:
    """One or two sentences: whether groups are to be seen, and how sure that is."""
    count = len(drawn.sizes)
    words = {
        Verdict.GROUPS: f"看得出 {count} 派意见。{_gap_words(drawn)}",
        Verdict.NO_GROUPS: "看不出明显分派。",
        Verdict.TOO_LITTLE_DATA: "数据太少，还看不出有没有分派。",
        Verdict.UNTESTED: UNTESTED,
    }[drawn.verdict]
    if not drawn.is_forced:
        return words
    if drawn.verdict is Verdict.GROUPS:
        return f"大家的回答确有连带。按要求分成 {count} 组。{_gap_words(drawn)}"
    return f"{words}按要求硬分成 {count} 组。"


def basis_words(drawn: OpinionMap) -> str:
    """On whom and on what the map rests, in one sentence."""
    votes: Votes = drawn.votes
    given = sum(answers.seen for answers in drawn.totals)
    words = (
        f"{len(votes.people)} 人对 {len(drawn.statements)} 条意见表态 {given} 次；"
        f"答得够多、画在图上的 {len(drawn.places)} 人。"
    )
    if drawn.test is None:
        return words
    runs, p = drawn.test.permutations, drawn.test.p
    alike = round(p * (runs + 1)) - 1
    return f"{words}把回答打乱 {runs} 次，有 {alike} 次和真的一样清楚。"


def _gap_words(drawn: OpinionMap) -> str:
    if drawn.has_gap is not False:
        return ""
    return "各派之间没有明显空当，更像从一头到另一头逐渐过渡。"
