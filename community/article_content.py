"""The words of an article and what must be true of them; pure, the same for forms and imports."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from community.article_tables import TITLE_MAX, Article

BODY_MAX = 5_000
QUESTIONS_MAX = 30
QUESTION_MAX = 60
SOURCE_MAX = 80

_BETWEEN = re.compile(r"[\n;；]")
FIELD_WORDS: Mapping[str, str] = {
    "title": "标题",
    "body": "正文",
    "questions": "问法",
    "source": "来源",
    "source_date": "来源日期",
    "valid_from": "生效日期",
    "valid_until": "失效日期",
    "is_public": "公开",
    "state": "状态",
}


@dataclass(frozen=True, slots=True)
class Content:
    """Everything of an article that people write; dates are calendar days in China."""

    title: str
    body: str
    questions: tuple[str, ...]
    source: str
    source_date: date
    valid_from: date
    valid_until: date | None = None
    is_public: bool = True

    def as_document(self) -> dict[str, Any]:
        """Plain JSON, as versions keep it."""
        days = {"source_date": self.source_date, "valid_from": self.valid_from}
        until = self.valid_until.isoformat() if self.valid_until else None
        return {
            **asdict(self),
            "questions": list(self.questions),
            **{name: day.isoformat() for name, day in days.items()},
            "valid_until": until,
        }

    def holds_on(self, day: date) -> bool:
        """Whether the article is valid on this day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


def content_of(article: Article) -> Content:
    """The words of a stored article."""
    return Content(
        title=article.title,
        body=article.body,
        questions=tuple(article.questions),
        source=article.source,
        source_date=article.source_date,
        valid_from=article.valid_from,
        valid_until=article.valid_until,
        is_public=article.is_public,
    )


def content_from(document: Mapping[str, Any]) -> Content:
    """The words of a version, from its plain JSON."""
    until = document["valid_until"]
    return Content(
        title=document["title"],
        body=document["body"],
        questions=tuple(document["questions"]),
        source=document["source"],
        source_date=date.fromisoformat(document["source_date"]),
        valid_from=date.fromisoformat(document["valid_from"]),
        valid_until=date.fromisoformat(until) if until else None,
        is_public=document["is_public"],
    )


def tidy_line(text: str) -> str:
    """One line without stray spaces."""
    return " ".join(text.split())


def tidy_body(text: str) -> str:
    """A body without trailing spaces, Windows line ends and runs of empty lines."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def tidy_questions(lines: Iterable[str]) -> tuple[str, ...]:
    """Wordings in order, each once, empty ones left out; a semicolon parts two of them."""
    parts = (part for line in lines for part in _BETWEEN.split(line))
    return tuple(dict.fromkeys(part for part in map(tidy_line, parts) if part))


def problems_of(content: Content) -> list[tuple[str, str]]:
    """What must be put right before this can be kept: (field, words); empty when nothing."""
    problems = [
        (name, f"{FIELD_WORDS[name]}要填写")
        for name in ("title", "body", "source")
        if not getattr(content, name)
    ]
    for name, most in (("title", TITLE_MAX), ("body", BODY_MAX), ("source", SOURCE_MAX)):
        size = len(getattr(content, name))
        if size > most:
            problems.append((name, f"{FIELD_WORDS[name]}最多 {most} 个字，现在有 {size} 个"))
    if len(content.questions) > QUESTIONS_MAX:
        problems.append(("questions", f"问法最多 {QUESTIONS_MAX} 条"))
    if any(len(question) > QUESTION_MAX for question in content.questions):
        problems.append(("questions", f"一条问法最多 {QUESTION_MAX} 个字"))
    if content.valid_until is not None and content.valid_until < content.valid_from:
        problems.append(("valid_until", "失效日期不能早于生效日期"))
    return problems
