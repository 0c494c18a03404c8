"""Articles as people keep them in files: a table (XLSX, CSV) or Markdown, read and checked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from community.article_content import (
    BODY_MAX,
    FIELD_WORDS,
    Content,
    problems_of,
    tidy_body,
    tidy_line,
    tidy_questions,
)
from community.article_tables import ArticleState
from core.errors import Refusal
from core.sheets import Cell, is_formula, read_sheet, text_of

Value = TypeVar("Value")
FIELDS = ("title", "body", "questions", "source", "source_date", "valid_from", "valid_until")
HEADERS = tuple(FIELD_WORDS[name] for name in (*FIELDS, "state", "is_public"))
REQUIRED = tuple(FIELD_WORDS[name] for name in ("title", "body", "source", "source_date"))
ROWS_MAX = 5_000
CELL_MAX = BODY_MAX + 1_000
FILE_MAX = 10 * 1024 * 1024
MARKDOWN_NAMES = (".md", ".markdown")
STATES: Mapping[str, ArticleState | None] = {
    "": None,
    "发布": ArticleState.PUBLISHED,
    "已发布": ArticleState.PUBLISHED,
    "草稿": ArticleState.DRAFT,
    "撤下": ArticleState.WITHDRAWN,
    "已撤下": ArticleState.WITHDRAWN,
}
YES_NO: Mapping[str, bool] = {"": True, "是": True, "否": False}
_DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")
_HEADING = re.compile(r"#[ \t]+(.*)")
_FACT = re.compile(rf"({'|'.join(HEADERS)})[ \t]*[:：][ \t]*(.*)")
_ESCAPED = re.compile(r"^\\(?=\\*#[ \t])", re.MULTILINE)
_TO_ESCAPE = re.compile(r"^(?=\\*#[ \t])", re.MULTILINE)


class WrongArticleHeaders(Refusal):
    code = "article_headers"
    text = "表头缺少：{missing}。表头是：{all}。"


class NoArticles(Refusal):
    code = "article_file_empty"
    text = "里面没有文章。表格从第二行起每行一篇；Markdown 每篇用“# 标题”开头。"


class ArticleFileRefused(Refusal):
    code = "article_file_refused"
    text = "这个文件不能用：{why}"


@dataclass(frozen=True, slots=True)
class ArticleProblem:
    """One thing that is wrong with a row (of Markdown: the line of the title), in words."""

    row: int
    column: str
    wrong: str

    def __str__(self) -> str:
        return f"第 {self.row} 行「{self.column}」：{self.wrong}"


@dataclass(frozen=True, slots=True)
class ArticleEntry:
    """One article that can be taken in; `state` None leaves an existing article's as it is."""

    row: int
    content: Content
    state: ArticleState | None


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """The good articles of a file, each title once, and what is wrong with the others."""

    entries: tuple[ArticleEntry, ...]
    problems: tuple[ArticleProblem, ...]
    row_count: int


def read_articles(content: bytes, file_name: str, *, today: date) -> ArticleFile:
    """The articles in a Markdown, XLSX or CSV file; a missing start of validity is `today`."""
    if len(content) > FILE_MAX:
        raise ArticleFileRefused(why=f"超过 {FILE_MAX // 1024 // 1024} MB，请分成几个文件。")
    if file_name.lower().endswith(MARKDOWN_NAMES):
        rows: Sequence[tuple[int, Mapping[str, Cell]]] = _markdown_rows(content)
    else:
        rows = _sheet_rows(content, file_name)
    if not rows:
        raise NoArticles
    if len(rows) > ROWS_MAX:
        raise ArticleFileRefused(why=f"超过 {ROWS_MAX} 篇，请分成几个文件。")
    return _checked(rows, today)


def article_markdown(entries: Iterable[ArticleEntry]) -> str:
    """The articles as Markdown that goes in again unchanged."""
    return "\n\n".join(_one_markdown(entry) for entry in entries) + "\n"


def article_cells(entry: ArticleEntry) -> tuple[Cell, ...]:
    """One article in the columns of HEADERS."""
    content = entry.content
    return (
        content.title,
        content.body,
        "\n".join(content.questions),
        content.source,
        content.source_date,
        content.valid_from,
        content.valid_until,
        _state_word(entry.state),
        "是" if content.is_public else "否",
    )


def day_of(cell: Cell) -> date | None:
    """A day as a date cell or written 2026-03-01, 2026/3/1, 2026年3月1日; None when it is none."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    match = _DAY.fullmatch(text_of(cell).removesuffix(" 00:00:00").strip())
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def _state_word(state: ArticleState | None) -> str:
    return next((word for word, one in STATES.items() if word and one is state), "")


def _one_markdown(entry: ArticleEntry) -> str:
    content = entry.content
    facts = [
        ("source", content.source),
        ("source_date", content.source_date.isoformat()),
        ("valid_from", content.valid_from.isoformat()),
        ("valid_until", content.valid_until.isoformat() if content.valid_until else ""),
        ("state", _state_word(entry.state)),
        ("is_public", "是" if content.is_public else "否"),
        *(("questions", question) for question in content.questions),
    ]
    lines = [f"{FIELD_WORDS[name]}：{words}" for name, words in facts if words]
    body = _TO_ESCAPE.sub(r"\\", content.body)
    return "\n".join([f"# {content.title}", "", *lines, "", body])


def _sheet_rows(content: bytes, file_name: str) -> list[tuple[int, Mapping[str, Cell]]]:
    sheet = read_sheet(content, file_name, rows_max=ROWS_MAX + 1, cell_max=CELL_MAX)
    missing = [name for name in REQUIRED if name not in sheet.headers]
    if missing:
        raise WrongArticleHeaders(missing="、".join(missing), all="、".join(HEADERS))
    return [(row, dict(zip(sheet.headers, cells, strict=True))) for row, cells in sheet.rows]


def _markdown_rows(content: bytes) -> list[tuple[int, Mapping[str, Cell]]]:
    """Each "# title" with the facts below it and, after the first other line, its body."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ArticleFileRefused(why="认不出文字编码，请另存为 UTF-8。") from error
    if "\0" in text:
        raise ArticleFileRefused(why="不是文字，里面有不该有的字节。")
    found: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        heading = _HEADING.fullmatch(line)
        if heading is not None:
            found.append((number, heading[1], []))
        elif found:
            found[-1][2].append(line)
        elif line.strip():
            raise ArticleFileRefused(why=f"第 {number} 行在第一个“# 标题”前面，不知道属于哪一篇。")
    return [(number, _named(title, lines)) for number, title, lines in found]


def _named(title: str, lines: Sequence[str]) -> Mapping[str, Cell]:
    named: dict[str, Cell] = {FIELD_WORDS["title"]: title}
    questions: list[str] = []
    rest = 0
    for place, line in enumerate(lines):
        fact = _FACT.fullmatch(line.strip())
        if fact is None and line.strip():
            break
        rest = place + 1
        if fact is not None and fact[1] == FIELD_WORDS["questions"]:
            questions.append(fact[2])
        elif fact is not None:
            named[fact[1]] = fact[2]
        elif len(named) > 1:
            break  # an empty line after the facts: what follows is the body, whatever it is
    named[FIELD_WORDS["questions"]] = "\n".join(questions)
    named[FIELD_WORDS["body"]] = _ESCAPED.sub("", "\n".join(lines[rest:]))
    return named


def _checked(rows: Sequence[tuple[int, Mapping[str, Cell]]], today: date) -> ArticleFile:
    entries: dict[str, ArticleEntry] = {}
    problems: list[ArticleProblem] = []
    for row, cells in rows:
        entry, wrong = _entry(row, cells, today)
        problems += [ArticleProblem(row, column, words) for column, words in wrong]
        if entry is None:
            continue
        if entry.content.title in entries:
            first = entries[entry.content.title].row
            problems.append(ArticleProblem(row, "标题", f"和第 {first} 行一样，一个标题只能有一篇"))
            continue
        entries[entry.content.title] = entry
    return ArticleFile(tuple(entries.values()), tuple(problems), len(rows))


def _entry(
    row: int, cells: Mapping[str, Cell], today: date
) -> tuple[ArticleEntry | None, list[tuple[str, str]]]:
    wrong = [(column, "是公式，请只贴文字") for column, cell in cells.items() if is_formula(cell)]
    source_date = _day(cells, "source_date", wrong, required=True)
    valid_from = _day(cells, "valid_from", wrong)
    valid_until = _day(cells, "valid_until", wrong)
    state = _among(cells, "state", STATES, "写“发布”“草稿”或“撤下”，不写就是发布", wrong)
    is_public = _among(cells, "is_public", YES_NO, "写“是”或“否”", wrong)
    content = Content(
        title=tidy_line(_words(cells, "title")),
        body=tidy_body(_words(cells, "body")),
        questions=tidy_questions(_words(cells, "questions").split("\n")),
        source=tidy_line(_words(cells, "source")),
        source_date=source_date or today,
        valid_from=valid_from or source_date or today,
        valid_until=valid_until,
        is_public=bool(is_public),
    )
    wrong += [(FIELD_WORDS[name], words) for name, words in problems_of(content)]
    return (None if wrong else ArticleEntry(row, content, state)), wrong


def _day(
    cells: Mapping[str, Cell], name: str, wrong: list[tuple[str, str]], *, required: bool = False
) -> date | None:
    cell = cells.get(FIELD_WORDS[name])
    if text_of(cell) == "":
        if required:
            wrong.append((FIELD_WORDS[name], "要填写，写成 2026-03-01 这样"))
        return None
    day = day_of(cell)
    if day is None:
        wrong.append((FIELD_WORDS[name], "不是日期，请写成 2026-03-01 这样"))
    return day


def _among(
    cells: Mapping[str, Cell],
    name: str,
    choices: Mapping[str, Value],
    advice: str,
    wrong: list[tuple[str, str]],
) -> Value | None:
    words = _words(cells, name)
    if words not in choices:
        wrong.append((FIELD_WORDS[name], advice))
    return choices.get(words)


def _words(cells: Mapping[str, Cell], name: str) -> str:
    return text_of(cells.get(FIELD_WORDS[name])).strip()
