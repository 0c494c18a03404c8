"""How a vote comes out: quorum and majority in whole numbers, each comparison with its article."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.errors import Refusal
from deliberation.profiles import NUMBER_NAMES, Operator, Profile, Requirement

Outcome = Literal["PASSED", "REJECTED", "NO_QUORUM", "OPINION"]

# What is part of what. A part larger than its whole is a slip of the pen, never a result.
_FAMILIES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("roll", "registered", "interested"), ("attend", "voted"), ""),
    (("heads",), ("part_heads",), "_heads"),
    (("area",), ("part_area",), "_area"),
)


class NumberMissing(Refusal):
    code = "number_missing"
    text = "少一个数：{name}。"


class NumberUnknown(Refusal):
    code = "number_unknown"
    text = "不认识的数：{name}。"


class NumberTwice(Refusal):
    code = "number_twice"
    text = "{name} 和 {other} 是同一个数，只能写一个。"


class NotACount(Refusal):
    code = "not_a_count"
    text = "{name} 要写成不小于零的整数，不能是 {value}。"


class PartAboveWhole(Refusal):
    code = "part_above_whole"
    text = "数字对不上：{part} 是 {part_number}，比 {whole}（{whole_number}）还多。"


@dataclass(frozen=True)
class Check:
    """One comparison: `got` units of `lhs` were there, `need` were needed out of `base` (`rhs`)."""

    stage: str
    lhs: str
    op: Operator
    ratio: str
    rhs: str
    got: int
    base: int
    need: int
    ok: bool
    article: str

    def as_json(self) -> dict[str, str | int | bool]:
        """The check as the command `tally` prints it."""
        return {
            "stage": self.stage,
            "lhs": self.lhs,
            "op": self.op,
            "ratio": self.ratio,
            "rhs": self.rhs,
            "got": self.got,
            "need": self.need,
            "ok": self.ok,
            "article": self.article,
        }


@dataclass(frozen=True)
class Tally:
    """The outcome of a vote under a profile, and every comparison that led to it."""

    profile_id: str
    profile_version: int
    outcome: Outcome
    checks: tuple[Check, ...]


def number_needed(op: Operator, *, numerator: int, denominator: int, base: int) -> int:
    """The smallest whole number that satisfies `op numerator/denominator * base`, for base >= 0.

    `>` (过半数, 超过) does not include the fraction itself; `>=` (以上) does (民法典 1259).
    """
    if op == ">":
        return numerator * base // denominator + 1
    return -(-numerator * base // denominator)


def tally(profile: Profile, numbers: Mapping[str, object]) -> Tally:
    """Judge `numbers` by the profile: quorum first, then approval. Refuses impossible numbers.

    All numbers are counts of heads or areas in 0.01 m2. A blank or invalid ballot is in those
    who took part and is no yes. A denominator of zero fails its check.
    """
    counts = read_numbers(profile, numbers)
    checks = tuple(_compare(requirement, counts) for requirement in profile.requirements)
    return Tally(profile.id, profile.version, _outcome(profile, checks), checks)


def _compare(requirement: Requirement, counts: Mapping[str, int]) -> Check:
    got, base = counts[requirement.lhs], counts[requirement.rhs]
    need = number_needed(
        requirement.op,
        numerator=requirement.numerator,
        denominator=requirement.denominator,
        base=base,
    )
    return Check(
        stage=requirement.stage,
        lhs=requirement.lhs,
        op=requirement.op,
        ratio=requirement.ratio,
        rhs=requirement.rhs,
        got=got,
        base=base,
        need=need,
        # Nobody can be two thirds of nobody.
        ok=base > 0 and got >= need,
        article=requirement.article,
    )


def _outcome(profile: Profile, checks: tuple[Check, ...]) -> Outcome:
    # Whatever people said in a poll of opinion, nothing was decided by it.
    if profile.effect == "opinion":
        return "OPINION"
    if not all(check.ok for check in checks if check.stage == "quorum"):
        return "NO_QUORUM"
    return "PASSED" if all(check.ok for check in checks) else "REJECTED"


def read_numbers(profile: Profile, numbers: Mapping[str, object]) -> dict[str, int]:
    """The numbers checked: known names, whole, not negative, no part above its whole.

    Names that other systems use for the same number (the profile's aliases) are translated.
    """
    counts: dict[str, int] = {}
    for given, value in numbers.items():
        name = profile.aliases.get(given, given)
        if name not in NUMBER_NAMES:
            raise NumberUnknown(name=given)
        if name in counts:
            raise NumberTwice(name=given, other=name)
        # True is 1 to Python, and 2.0 equals 2; neither is a count somebody wrote down.
        if type(value) is not int or value < 0:
            raise NotACount(name=given, value=shorten(value))
        counts[name] = value
    for name in profile.numbers:
        if name not in counts:
            raise NumberMissing(name=name)
    check_parts(counts)
    return counts


def shorten(value: object) -> str:
    """A value as it may stand in a message: at most 40 characters of it."""
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python will print
        return "这么长的数"
    return text if len(text) <= 40 else text[:40] + "…"


def check_parts(counts: Mapping[str, int]) -> None:
    """Refuse a part above its whole: attenders above the roll, answers above the attenders."""
    for wholes, presents, suffix in _FAMILIES:
        wholes_given = [name for name in wholes if name in counts]
        presents_given = [name for name in presents if name in counts]
        for part in presents_given:
            for whole in wholes_given:
                _check_part(part, counts[part], whole, counts[whole])
        answers = [
            name
            for answer in ("yes", "no", "abstain", "invalid")
            if (name := answer + suffix) in counts
        ]
        said = sum(counts[name] for name in answers)
        for whole in presents_given + wholes_given:
            _check_part("+".join(answers), said, whole, counts[whole])


def _check_part(part: str, part_number: int, whole: str, whole_number: int) -> None:
    if part_number > whole_number:
        raise PartAboveWhole(
            part=part,
            part_number=shorten(part_number),
            whole=whole,
            whole_number=shorten(whole_number),
        )
