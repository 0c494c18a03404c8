"""Clauses that law does not allow in a rulebook, pointed out before anybody votes.

The rules are data (`data/legality.toml`) with article and reason. They see words, not intent: a
finding is a question to a person, who decides and keeps the reason; no finding is no approval.
(村民委员会组织法 第三十一条, 城市居民委员会组织法 第三十一条.)
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from core.errors import Refusal
from deliberation.articles import Part, Rulebook
from deliberation.clauses import SENTENCE_ENDS
from deliberation.numbering import labels

# 不得罚款 forbids the fine and is welcome; 不得乱倒垃圾的罚款 (with 的 or 者 between) is a fine.
FORBIDDEN_BEFORE = re.compile(
    "(?:不得|不能|不准|不许|不可|禁止|严禁|不再|不设|不搞|杜绝|抵制|反对|废止|无权)[^，。；：、！？,;:!?的者]{0,12}$"
)
FORBIDDEN_CHARS_MAX = 16


class Level(StrEnum):
    STOP = "stop"
    ASK = "ask"


LEVEL_WORDS = {Level.STOP: "不能这样写", Level.ASK: "请核实"}


class CommunityKind(StrEnum):
    VILLAGE = "village"
    RESIDENTS = "residents"
    OWNERS = "owners"


@dataclass(frozen=True, slots=True)
class Basis:
    """An article of a law and its words; `kinds` are the communities it speaks of (empty: all)."""

    law: str
    article: str
    words: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look for, and what to say about it; `flags` and `passes` are its examples."""

    code: str
    title: str
    level: Level
    patterns: tuple[re.Pattern[str], ...]
    also: re.Pattern[str] | None
    unless: tuple[re.Pattern[str], ...]
    reason: str
    advice: str
    basis: tuple[Basis, ...]
    flags: tuple[str, ...]
    passes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Words of one part (at [start, end)) that a person must look at, with reason and articles."""

    code: str
    title: str
    level: Level
    part: str
    start: int
    end: int
    words: str
    reason: str
    advice: str
    basis: tuple[Basis, ...]


class BadLegalityRules(Refusal):
    code = "legality_rules"
    text = "合法性规则文件有错：{reason}"


Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a file, what is said with each finding, and when the laws were last read."""

    rules: tuple[Rule, ...]
    general: Mapping[CommunityKind, Basis]
    editions: Mapping[str, str]
    checked_on: str


@cache
def shipped_rules() -> RuleSet:
    """The rules that come with the program."""
    file = files("deliberation") / "data" / "legality.toml"
    return read_rules(file.read_text(encoding="utf-8"))


def read_rules(text: str) -> RuleSet:
    """The rules in this TOML; raises `BadLegalityRules`."""
    try:
        found = tomllib.loads(text)
        return RuleSet(
            rules=tuple(rule_from(row) for row in found["rule"]),
            general={kind: basis_from(found["general"][kind.value]) for kind in CommunityKind},
            editions=dict(found["laws"]),
            checked_on=str(found["checked_on"]),
        )
    except (KeyError, TypeError, ValueError, re.error) as trouble:
        raise BadLegalityRules(reason=str(trouble)) from trouble


def rule_from(row: Row) -> Rule:
    """One rule of the file; raises what a missing or wrong field raises."""
    also = row.get("also")
    return Rule(
        code=str(row["code"]),
        title=str(row["title"]),
        level=Level(str(row["level"])),
        patterns=tuple(map(re.compile, strings(row["patterns"]))),
        also=None if also is None else re.compile(str(also)),
        unless=tuple(map(re.compile, strings(row.get("unless", [])))),
        reason=str(row["reason"]),
        advice=str(row["advice"]),
        basis=tuple(basis_from(each) for each in tables(row["basis"])),
        flags=strings(row["flags"]),
        passes=strings(row["passes"]),
    )


def basis_from(row: Row) -> Basis:
    """One article of a law."""
    kinds = strings(row.get("kinds", []))
    return Basis(str(row["law"]), str(row["article"]), str(row["words"]), kinds)


def strings(found: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise TypeError(f"expected a list of texts: {found!r}")
    return tuple(found)


def tables(found: object) -> tuple[Row, ...]:
    """A list of tables."""
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise TypeError(f"expected a list of tables: {found!r}")
    return tuple(found)


def lint(
    rulebook: Rulebook, kind: CommunityKind, rules: RuleSet | None = None
) -> tuple[Finding, ...]:
    """Every finding in the rulebook, in the order of the text."""
    return tuple(finding for part in rulebook.parts for finding in lint_part(part, kind, rules))


def lint_part(part: Part, kind: CommunityKind, rules: RuleSet | None = None) -> Iterator[Finding]:
    """The findings of one part in its order, at most one of each rule for a sentence."""
    rules = rules or shipped_rules()
    for start, sentence in sentences(part.text):
        for rule in rules.rules:
            place = first_match(rule, sentence)
            if place is None:
                continue
            basis = (*(each for each in rule.basis if not each.kinds or kind in each.kinds),)
            yield Finding(
                code=rule.code,
                title=rule.title,
                level=rule.level,
                part=part.id,
                start=start + place[0],
                end=start + place[1],
                words=sentence[place[0] : place[1]],
                reason=rule.reason,
                advice=rule.advice,
                basis=(rules.general[kind], *basis),
            )


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """The text's sentences with their places, the closing mark included."""
    start = 0
    for place, char in enumerate(text, start=1):
        if char in SENTENCE_ENDS:
            yield start, text[start:place]
            start = place
    if start < len(text):
        yield start, text[start:]


def first_match(rule: Rule, sentence: str) -> tuple[int, int] | None:
    """Where in this sentence the rule first finds what it looks for, or None."""
    if rule.also is not None and not rule.also.search(sentence):
        return None
    if any(unless.search(sentence) for unless in rule.unless):
        return None
    firsts = (
        next((span for span in spans(pattern, sentence) if not forbidden(sentence, span[0])), None)
        for pattern in rule.patterns
    )
    return min((span for span in firsts if span is not None), default=None)


def spans(pattern: re.Pattern[str], sentence: str) -> Iterator[tuple[int, int]]:
    """The places where the pattern matches, in order."""
    return (match.span() for match in pattern.finditer(sentence))


def forbidden(sentence: str, place: int) -> bool:
    """Whether the clause itself forbids what begins here (不得罚款)."""
    before = sentence[max(0, place - FORBIDDEN_CHARS_MAX) : place]
    return FORBIDDEN_BEFORE.search(before) is not None


def finding_fields(rulebook: Rulebook, finding: Finding) -> dict[str, object]:
    """The finding as JSON values."""
    return {
        "code": finding.code,
        "level": finding.level.value,
        "part": finding.part,
        "label": labels(rulebook)[finding.part],
        "start": finding.start,
        "end": finding.end,
        "words": finding.words,
        "title": finding.title,
        "reason": finding.reason,
        "advice": finding.advice,
        "basis": [
            {"law": each.law, "article": each.article, "words": each.words}
            for each in finding.basis
        ],
    }


def report(rulebook: Rulebook, findings: Iterable[Finding]) -> str:
    """The findings in plain words, with the number of the article they are in."""
    called = labels(rulebook)
    blocks = []
    for finding in findings:
        articles = "\n".join(
            f"  依据：《{each.law}》{each.article}：{each.words}。" for each in finding.basis
        )
        blocks.append(
            f"{called[finding.part]} “{finding.words}”——{finding.title}，"
            f"{LEVEL_WORDS[finding.level]}。\n  理由：{finding.reason}\n"
            f"  建议：{finding.advice}\n{articles}"
        )
    return "\n\n".join(blocks) + "\n" if blocks else ""
