"""Rows of a CSV file that may be anything: plain or gzip, with or without BOM, broken or huge."""

import csv
import gzip
import io
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

from core.errors import Refusal

LINE_MAX = 100_000  # characters

_NOT_TEXT = "文件不是 UTF-8 编码的文字，请另存为 CSV（UTF-8）。"


class TableDamaged(Refusal):
    code = "table_damaged"
    text = "{problem}"


def read_rows(path: Path) -> Generator[tuple[int, list[str]], None, None]:
    """The rows that are not blank, each with the number of the line where it ends.

    Read one by one, so a file may be larger than memory. TableDamaged for what is no UTF-8 CSV,
    OSError when the file cannot be opened. Close it when leaving early.
    """
    with path.open("rb") as raw:
        head = raw.peek(4)[:4]
        if head[:4] == b"PK\x03\x04":
            raise TableDamaged(problem="这是压缩包或 Excel 文件，请另存为 CSV（UTF-8）再来。")
        stream = gzip.GzipFile(fileobj=raw) if head[:2] == b"\x1f\x8b" else raw
        try:
            with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
                yield from _rows(text)
        except UnicodeDecodeError as trouble:
            raise TableDamaged(problem=_NOT_TEXT) from trouble
        except (gzip.BadGzipFile, EOFError, zlib.error) as trouble:
            raise TableDamaged(problem="压缩文件不完整或已损坏，解不开。") from trouble


def _rows(text: io.TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_lines(text), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as trouble:
        problem = f"第 {reader.line_num} 行不是合格的 CSV（引号或字符有误）。"
        raise TableDamaged(problem=problem) from trouble


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LINE_MAX + 1):
        number += 1
        if len(line) > LINE_MAX:
            raise TableDamaged(problem=f"第 {number} 行太长，超过 {LINE_MAX} 个字符。")
        if "\0" in line:
            raise TableDamaged(problem=f"第 {number} 行有不是文字的内容。")
        yield line
