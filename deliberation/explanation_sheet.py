"""计票说明书: how a vote came out, line by line, so that a villager can follow with a pencil."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from deliberation.no_show import no_show_words
from deliberation.profile_list import EFFECT_WORDS, NUMBER_WORDS
from deliberation.profiles import ANSWERS, PRESENTS, WHOLES, Profile, Requirement
from deliberation.tally import Check, Tally, read_numbers, tally

DISCLAIMER = "本说明书只写怎么算的，不代替法律意见。"
_UNITS = {"person": "人", "household": "户", "member": "人", "owner": "人"}
_STAGE_QUESTIONS = {
    "quorum": "参加的够不够",
    "approve": "赞成的够不够",
    "elected": "得票够不够",
}
_DIGITS = "零一二三四五六七八九十"


@dataclass(frozen=True)
class SheetLine:
    """One comparison as a villager reads it: the rule's words, the sum, need, got, verdict."""

    stage: str
    question: str
    rule: str
    article: str
    sum: str
    need: str
    got: str
    ok: bool
    verdict: str


@dataclass(frozen=True)
class Sheet:
    """The whole sheet as values; `as_text` and `as_html` write it out."""

    question: str
    rule: str
    source: str
    numbers: tuple[tuple[str, str], ...]
    lines: tuple[SheetLine, ...]
    result: str
    reasons: tuple[str, ...]
    no_show: tuple[str, ...]


def explanation_sheet(
    profile: Profile,
    numbers: Mapping[str, object],
    *,
    question: str,
    attendance_basis: str = "",
    suspended_count: int = 0,
) -> Sheet:
    """The sheet of a vote on `question` decided by `profile` from the bare `numbers`.

    `attendance_basis` says why those who voted count as having come (a meeting, a cited local
    rule). Where the law asks people to come and no basis is given, the sheet never says 通过.
    `suspended_count` ballots took part but count for no option. Refuses impossible numbers.
    """
    result = tally(profile, numbers)
    counts = read_numbers(profile, numbers)
    reasons = _reasons(profile, attendance_basis, suspended_count)
    return Sheet(
        question=question,
        rule=f"{profile.title}（{profile.id}，第 {profile.version} 版）",
        source=f"{profile.law}（{profile.edition}）" if profile.law else "",
        numbers=tuple(
            (NUMBER_WORDS[name], amount(profile, name, counts[name]))
            for name in (*WHOLES, *PRESENTS, *ANSWERS)
            if name in counts
        ),
        lines=tuple(
            _line(profile, requirement, check)
            for requirement, check in zip(profile.requirements, result.checks, strict=True)
        ),
        result=_result(profile, result, attendance_basis),
        reasons=reasons,
        no_show=no_show_words(profile, result),
    )


def needs_attendance_basis(profile: Profile) -> bool:
    """True where the law speaks of people who come to a meeting."""
    came = any(requirement.lhs == "attend" for requirement in profile.requirements)
    return profile.effect == "binding" and came


def _result(profile: Profile, result: Tally, attendance_basis: str) -> str:
    if profile.effect == "opinion":
        return EFFECT_WORDS["opinion"]
    elected = any(check.stage == "elected" for check in result.checks)
    words = {
        "PASSED": "当选" if elected else "通过",
        "REJECTED": "没有当选" if elected else "没有通过",
        "NO_QUORUM": "参加的不够数，这次不算",
    }[result.outcome]
    if profile.effect == "paper_only":
        return f"按登记的纸质计票结果核算：{words}"
    if needs_attendance_basis(profile) and not attendance_basis:
        enough = {"通过": "赞成的够数", "没有通过": "赞成的不够数"}.get(words, "参加的不够数")
        return f"意见征集结果，不具表决效力（没有写明凭什么算“到会”）；{enough}"
    return words


def _reasons(profile: Profile, attendance_basis: str, suspended_count: int) -> tuple[str, ...]:
    words = []
    if attendance_basis:
        words.append(f"凭什么算到会：{attendance_basis}。")
    if suspended_count:
        words.append(f"有 {suspended_count} 张票先后或真意说不清，暂停计入：算参加，不算任何一边。")
    return (*words, *profile.notes)


# One comparison --------------------------------------------------------------------------------


def _line(profile: Profile, requirement: Requirement, check: Check) -> SheetLine:
    need = amount(profile, check.lhs, check.need)
    got = amount(profile, check.lhs, check.got)
    return SheetLine(
        stage=check.stage,
        question=f"{_STAGE_QUESTIONS[check.stage]}（{NUMBER_WORDS[check.lhs]}）",
        rule=requirement.words,
        article=check.article,
        sum=_sum(profile, requirement, check),
        need=need,
        got=got,
        ok=check.ok,
        verdict=_verdict(profile, check),
    )


def _sum(profile: Profile, requirement: Requirement, check: Check) -> str:
    """The arithmetic in words; a share that is not whole is said to be 多一点, never rounded."""
    base = f"{NUMBER_WORDS[check.rhs]} {amount(profile, check.rhs, check.base)}"
    if check.base == 0:
        return f"{base}，没有可以比的数，不能算够。"
    if requirement.numerator == requirement.denominator:
        return f"{base}，要全部都有，少一个也不行。"
    share, rest = divmod(requirement.numerator * check.base, requirement.denominator)
    exactly = "正好" if rest == 0 else ""
    more = "" if rest == 0 else "多一点"
    part = f"{exactly}是 {amount(profile, check.lhs, share)}{more}"
    need = amount(profile, check.lhs, check.need)
    if check.op == ">":
        rule = f"要比它多，至少 {need}"
    else:
        rule = f"含本数，够 {need}就行" if rest == 0 else f"不能比它少，至少 {need}"
    return f"{base}，它的{ratio_words(requirement)}{part}；{rule}。"


def _verdict(profile: Profile, check: Check) -> str:
    if check.ok:
        return "够了"
    if check.base == 0:
        return "不够"
    return f"不够，差 {amount(profile, check.lhs, check.need - check.got)}"


def ratio_words(requirement: Requirement) -> str:
    """The fraction as it is said: 一半, 三分之二, 四分之三; beyond ten in figures."""
    top, bottom = requirement.numerator, requirement.denominator
    if (top, bottom) == (1, 2):
        return "一半"
    if top <= 10 and bottom <= 10:
        return f"{_DIGITS[bottom]}分之{_DIGITS[top]}"
    return f" {bottom} 分之 {top} "


def amount(profile: Profile, name: str, number: int) -> str:
    """A number with its unit: 1,200 人, 350 户, 48,250.37 平方米 (from 0.01 m2)."""
    if name == "area" or name.endswith("_area"):
        return f"{number // 100:,}.{number % 100:02d} 平方米"
    return f"{number:,} {_UNITS[profile.unit]}"


# Writing out -----------------------------------------------------------------------------------


def as_text(sheet: Sheet) -> str:
    """The sheet as plain text, one step a paragraph; ends with a newline."""
    lines = ["计票说明书", "", f"表决事项：{sheet.question}", f"按什么规则：{sheet.rule}"]
    if sheet.source:
        lines.append(f"规则来源：{sheet.source}")
    lines += ["", "一、数字"]
    lines += [f"  {name}：{value}" for name, value in sheet.numbers] or ["  没有"]
    for place, line in enumerate(sheet.lines, start=2):
        lines += [
            "",
            f"{_DIGITS[place] if place <= 10 else place}、{line.question}",
            f"  规定：{line.rule}（{line.article}）",
            f"  怎么算：{line.sum}",
            f"  需要 {line.need}，实有 {line.got}：{_mark(line)} {line.verdict}",
        ]
    lines += ["", f"结果：{sheet.result}。"]
    if sheet.reasons:
        lines += ["", "说明"]
        lines += [f"  {reason}" for reason in sheet.reasons]
    if sheet.no_show:
        lines += ["", "来与不来"]
        lines += [f"  {sentence}" for sentence in sheet.no_show]
    return "\n".join([*lines, "", DISCLAIMER]) + "\n"


def as_html(sheet: Sheet) -> str:
    """The sheet as one HTML section without scripts or styles; every text is escaped."""
    parts = [
        '<section class="explanation-sheet" lang="zh-CN">',
        "<h2>计票说明书</h2>",
        "<dl>",
        _term("表决事项", sheet.question),
        _term("按什么规则", sheet.rule),
        _term("规则来源", sheet.source) if sheet.source else "",
        "</dl>",
        _numbers_table(sheet),
        _checks_table(sheet) if sheet.lines else "",
        f'<p class="result"><strong>结果：{escape(sheet.result)}。</strong></p>',
        _list("说明", sheet.reasons) if sheet.reasons else "",
        _list("来与不来", sheet.no_show) if sheet.no_show else "",
        f"<p>{DISCLAIMER}</p>",
        "</section>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _mark(line: SheetLine) -> str:
    return "✓" if line.ok else "✗"


def _term(name: str, value: str) -> str:
    return f"<dt>{name}</dt><dd>{escape(value)}</dd>"


def _list(title: str, sentences: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<h3>{title}</h3>\n<ul>{items}</ul>"


def _numbers_table(sheet: Sheet) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in sheet.numbers
    )
    return f"<table><caption>数字</caption><tbody>{rows}</tbody></table>" if rows else ""


def _checks_table(sheet: Sheet) -> str:
    names = ("看什么", "规定", "怎么算", "需要", "实有", "够不够")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(line.question)}</th>'
        f"<td>{escape(line.rule)}（{escape(line.article)}）</td>"
        f"<td>{escape(line.sum)}</td><td>{escape(line.need)}</td><td>{escape(line.got)}</td>"
        f"<td>{_mark(line)} {escape(line.verdict)}</td></tr>"
        for line in sheet.lines
    )
    return (
        f"<table><caption>每一项比较</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>\n{rows}\n</tbody></table>"
    )
