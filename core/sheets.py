"""Tables that people fill in: CSV and XLSX, read with care and written without traps.

What comes in may be broken, huge or hostile: every limit is checked before the part it guards is
read, and what cannot be read is refused in words (SheetRefused).
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.errors import Refusal

FILE_MAX = 20 * 1024 * 1024
UNPACKED_MAX = 100 * 1024 * 1024
PARTS_MAX = 500
COLUMNS_MAX = 60
ROWS_MAX = 50_000
BLANK_ROWS_MAX = 200_000
CELL_MAX = 500
PROLOG_BYTES = 4_096

Cell = str | int | float | date | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PROLOG = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?(?:\s*<!--.*?-->)*\s*<[A-Za-z]", re.S
)
# What zipfile and openpyxl raise on a file that is damaged or forged.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    OSError,
    RuntimeError,
    EOFError,
)
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class SheetRefused(Refusal):
    code = "sheet_refused"
    text = "这个文件不能用：{why}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a file: its headers, and each row that is not blank with its number
    (from 1, the headers' own row counted) and as many cells as there are headers.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


def read_sheet(
    content: bytes, file_name: str, *, rows_max: int = ROWS_MAX, cell_max: int = CELL_MAX
) -> Sheet:
    """The table in a CSV or XLSX file, by what its bytes are and not by what its name says.

    At most `rows_max` rows below the headers, and `cell_max` characters in a cell.
    """
    if len(content) > FILE_MAX:
        raise SheetRefused(why=f"超过 {FILE_MAX // 1024 // 1024} MB，请分成几个文件。")
    if not content.strip():
        raise SheetRefused(why="里面是空的。")
    if content.startswith(b"PK"):
        return _gather(_xlsx_rows(content), rows_max, cell_max)
    if content.startswith(b"\xd0\xcf\x11\xe0") or file_name.lower().endswith(".xls"):
        raise SheetRefused(why="这是旧式 .xls 文件，请另存为 .xlsx 或 CSV。")
    return _gather(_csv_rows(content), rows_max, cell_max)


def write_sheet(
    file_name: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "数据"
) -> bytes:
    """A table as a file: XLSX when the name ends in .xlsx, else CSV (UTF-8 with a mark)."""
    if file_name.lower().endswith(".xlsx"):
        return write_xlsx(headers, rows, sheet=sheet)
    return write_csv(headers, rows)


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The table as CSV that Excel opens rightly; words that look like a formula get a quote mark.

    Source of the rule: OWASP, "CSV Injection".
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(
    headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "数据"
) -> bytes:
    """The table as XLSX; words are words and never formulas or links."""
    import xlsxwriter  # slow import

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet(sheet)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, headers, bold)
    page.freeze_panes(1, 0)
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                page.write_datetime(number, column, cell, day)
            elif isinstance(cell, str):
                page.write_string(number, column, cell)
            elif cell is not None:
                page.write_number(number, column, cell)
    book.close()
    return out.getvalue()


def text_of(cell: Cell) -> str:
    """A cell as words: 501 for 501.0, 2026-03-01 for a date, the quote mark of write_csv gone."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != datetime.min.time() else f"{cell:%Y-%m-%d}"
    words = str(cell).strip()
    if words.startswith("'") and words[1:2] in FORMULA_STARTS:
        words = words[1:]
    return words


def is_formula(cell: Cell) -> bool:
    """Whether a cell would be worked out rather than read, were it opened in a spreadsheet."""
    return isinstance(cell, str) and cell.lstrip()[:1] in ("=", "@")


def _harmless(cell: Cell) -> str:
    words = text_of(cell)
    return f"'{words}" if isinstance(cell, str) and words.startswith(FORMULA_STARTS) else words


def _gather(rows: Iterator[tuple[int, tuple[Cell, ...]]], rows_max: int, cell_max: int) -> Sheet:
    headers: tuple[str, ...] = ()
    kept: list[tuple[int, tuple[Cell, ...]]] = []
    for number, cells in rows:
        if number > rows_max + BLANK_ROWS_MAX:
            raise SheetRefused(why="行太多，或者空行太多，请删掉多余的行。")
        if all(cell is None or text_of(cell) == "" for cell in cells):
            continue
        if not headers:
            headers = _headers(cells)
            continue
        if len(kept) >= rows_max:
            raise SheetRefused(why=f"超过 {rows_max} 行，请分成几个文件。")
        if any(isinstance(cell, str) and len(cell) > cell_max for cell in cells):
            raise SheetRefused(why=f"第 {number} 行有一格超过 {cell_max} 个字。")
        if any(cell is not None for cell in cells[len(headers) :]):
            raise SheetRefused(why=f"第 {number} 行的格子比表头多，请对齐。")
        padded = cells[: len(headers)] + (None,) * (len(headers) - len(cells))
        kept.append((number, padded))
    if not headers:
        raise SheetRefused(why="里面没有表头。")
    return Sheet(headers, tuple(kept))


def _headers(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    names = [re.sub(r"\s+", "", text_of(cell)) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > COLUMNS_MAX:
        raise SheetRefused(why=f"超过 {COLUMNS_MAX} 列，请照模板来。")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise SheetRefused(why=f"表头重复：{'、'.join(name[:20] for name in twice)}。")
    return tuple(names)


def _csv_rows(content: bytes) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    text = _decoded(content)
    if "\0" in text:
        raise SheetRefused(why="不是文字表格，里面有不该有的字节。")
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(",\t;", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > COLUMNS_MAX and any(row[COLUMNS_MAX:]):
                raise SheetRefused(why=f"超过 {COLUMNS_MAX} 列，请照模板来。")
            yield number, tuple(cell if cell.strip() else None for cell in row)
    except csv.Error as error:
        raise SheetRefused(why=f"第 {number + 1} 行读不通，引号可能没有配对。") from error


def _decoded(content: bytes) -> str:
    """The text in UTF-8, UTF-16 with a mark, or GB 18030, whichever it can be."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            encodings: tuple[str, ...] = (encoding,)
            break
    else:
        encodings = ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetRefused(why="认不出文字编码，请另存为“CSV UTF-8”或 .xlsx。")


def _xlsx_rows(content: bytes) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    _check_package(content)
    from openpyxl import load_workbook  # slow import

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        page = book.worksheets[0]
        page.reset_dimensions()
        # One column beyond the limit, so that a wider table is seen and refused.
        rows: Iterator[tuple[Any, ...]] = page.iter_rows(values_only=True, max_col=COLUMNS_MAX + 1)
        for number, row in enumerate(rows, start=1):
            if len(row) > COLUMNS_MAX and row[COLUMNS_MAX] is not None:
                raise SheetRefused(why=f"超过 {COLUMNS_MAX} 列，请照模板来。")
            yield number, tuple(_cell(value) for value in row)
    except _DAMAGED as error:
        raise SheetRefused(why="文件损坏，或不是真正的 .xlsx，请重新另存一次。") from error


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | float | date):
        return (value if value.strip() else None) if isinstance(value, str) else value
    return str(value)


def _check_package(content: bytes) -> None:
    """Look at the parts before any is unpacked whole: number, size, and what their XML begins with.

    A document type declaration has no place in a workbook and is how entity bombs begin.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            if len(parts) > PARTS_MAX or sum(p.file_size for p in parts) > UNPACKED_MAX:
                raise SheetRefused(why="解开以后太大，请只留一张表，去掉图片和多余的工作表。")
            if any(part.flag_bits & 1 for part in parts):
                raise SheetRefused(why="文件加了密码，请先去掉密码。")
            if "[Content_Types].xml" not in package.namelist():
                raise SheetRefused(why="这是压缩包，不是 .xlsx 表格。")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with package.open(part) as stream:
                        head = stream.read(PROLOG_BYTES)
                    if head and not _PROLOG.match(head):
                        raise SheetRefused(why="里面的内容不像表格，请重新另存一次。")
    except _DAMAGED as error:
        raise SheetRefused(why="文件损坏，请重新另存一次。") from error
