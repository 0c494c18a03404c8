"""The words of the statements, and which of them a moderator has hidden."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from deliberation.opinion_csv import TableDamaged, read_rows

TEXT_MAX = 5_000  # characters
_HIDDEN = {"-1": True, "0": False, "1": False, "": False}


@dataclass(frozen=True, slots=True)
class StatementText:
    """What a statement says; `is_hidden` when a moderator took it out of the conversation."""

    text: str
    is_hidden: bool


def read_texts(path: Path) -> Mapping[str, StatementText]:
    """Statements by id from a CSV with `comment-id`, `comment-body` and perhaps `moderated`.

    `moderated` is -1 for hidden, 0 or 1 for shown. TableDamaged names the line of what is wrong.
    """
    texts: dict[str, StatementText] = {}
    with closing(read_rows(path)) as rows:
        _, names = next(rows, (0, []))
        header = [name.strip() for name in names]
        for name in ("comment-id", "comment-body"):
            if header.count(name) != 1:
                raise TableDamaged(problem=f"意见内容文件里要有一列“{name}”。")
        moderated = header.index("moderated") if "moderated" in header else None
        key, body = header.index("comment-id"), header.index("comment-body")
        for line, row in rows:
            if len(row) != len(header):
                raise TableDamaged(problem=f"意见内容文件第 {line} 行的格数和表头对不上。")
            statement, mark = row[key].strip(), "" if moderated is None else row[moderated].strip()
            if statement in texts:
                problem = f"意见内容文件第 {line} 行：编号“{statement[:20]}”已经出现过。"
                raise TableDamaged(problem=problem)
            if mark not in _HIDDEN or len(row[body]) > TEXT_MAX:
                raise TableDamaged(problem=f"意见内容文件第 {line} 行：moderated 或内容不合格。")
            texts[statement] = StatementText(" ".join(row[body].split()), _HIDDEN[mark])
    return texts
