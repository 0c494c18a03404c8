"""Rows of text files: ids, texts and times out of JSON Lines, plain or gzipped."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LINE_CHARACTERS_MAX = 4_000_000
SHANGHAI = ZoneInfo("Asia/Shanghai")

RowId = str | int


class TextFileError(ValueError):
    """A file or a line that cannot be read; the words are for people."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text of a file: its id as it stood in the JSON, title and body, time and place if given."""

    id: RowId
    title: str
    body: str
    at: datetime | None
    place: str | None

    @property
    def text(self) -> str:
        """Title and body as one text."""
        return f"{self.title}\n{self.body}".strip()


def row_key(row_id: RowId) -> tuple[str, RowId]:
    """An id told apart from one that only looks alike: the number 1 is not the text "1"."""
    return type(row_id).__name__, row_id


def objects_of(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects of a JSON Lines file; raises `TextFileError`."""
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _object(line, path, number)
    except UnicodeDecodeError as trouble:
        raise TextFileError(f"{path.name} 第 {number + 1} 行不是 UTF-8 文字") from trouble
    except (OSError, EOFError, zlib.error) as trouble:
        words = getattr(trouble, "strerror", None) or str(trouble)
        raise TextFileError(f"打不开 {path}：{words}") from trouble


def text_rows(path: Path) -> list[TextRow]:
    """The texts of a file: `text`, or `title` and `body`; raises `TextFileError`."""
    return [_row(row, path, number) for number, row in objects_of(path)]


def time_of(words: str) -> datetime:
    """The moment a file's time means; without a zone it is Shanghai's. ValueError if unknown."""
    clean = words.strip().replace("/", "-")
    try:
        at = datetime.fromisoformat(clean)
    except ValueError:
        for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
            try:
                at = datetime.strptime(clean, form).replace(tzinfo=SHANGHAI)
                break
            except ValueError:
                continue
        else:
            raise
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def ids_in(values: object, path: Path, number: int) -> list[RowId]:
    """A list of ids of a gold line; raises `TextFileError`."""
    if not isinstance(values, list) or not values:
        raise TextFileError(f"{path.name} 第 {number} 行应是一列 id")
    return [_id(value, path, number) for value in values]


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    if len(line) > LINE_CHARACTERS_MAX:
        raise TextFileError(f"{path.name} 第 {number} 行太长，超过 {LINE_CHARACTERS_MAX} 字")
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as trouble:
        raise TextFileError(f"{path.name} 第 {number} 行不是 JSON：{trouble}") from trouble
    if not isinstance(row, dict):
        raise TextFileError(f"{path.name} 第 {number} 行应是一个 JSON 对象")
    return row


def _row(row: dict[str, Any], path: Path, number: int) -> TextRow:
    words = {name: _words(row, name, path, number) for name in ("text", "title", "body", "place")}
    if words["text"] is None and words["title"] is None and words["body"] is None:
        raise TextFileError(f"{path.name} 第 {number} 行缺 text，也没有 title 和 body")
    title, body = words["title"] or "", words["body"] or ""
    if words["text"] is not None:
        title, body = "", words["text"]
    return TextRow(
        id=_id(row.get("id"), path, number),
        title=title,
        body=body,
        at=_time(row.get("time"), path, number),
        place=words["place"],
    )


def _words(row: dict[str, Any], name: str, path: Path, number: int) -> str | None:
    value = row.get(name)
    if value is not None and not isinstance(value, str):
        raise TextFileError(f"{path.name} 第 {number} 行的 {name} 应是文字")
    return value


def _id(value: object, path: Path, number: int) -> RowId:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TextFileError(f"{path.name} 第 {number} 行的 id 应是文字或整数")
    return value


def _time(value: object, path: Path, number: int) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            return time_of(value)
    except (ValueError, OverflowError):
        pass
    raise TextFileError(f"{path.name} 第 {number} 行的 time 读不懂：{value}")
