"""Corpora: the project's own chat, and the public data used in training when they are at hand."""

import gzip
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SENTENCE_END = re.compile(r"[。！？\n]")
OWN_CHAT = Path(__file__).parent / "data" / "chat"
OWN_TALK = Path(__file__).parent / "data" / "talk.jsonl"
OWN_PLAIN = Path(__file__).parent / "data" / "plain.jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled chat message and where it stands in its conversation."""

    group: str
    seq: int
    sender: str
    text: str
    intent: str
    category: str | None
    urgent: bool
    place: str | None
    same_as: str | None
    source: str = ""

    @property
    def key(self) -> str:
        """The id that `same_as` of other lines refers to."""
        return f"{self.group}#{self.seq}"


def testdata() -> Path:
    """The folder of public data: `YUNSHEQU_TESTDATA`, else `../shared/data` beside the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("YUNSHEQU_TESTDATA", beside))


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, plain or gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def chat_lines(paths: Sequence[Path]) -> list[Line]:
    """Labelled messages of the files, by file, then conversation, then order within it."""
    lines = []
    for path in paths:
        for row in json_lines(path):
            fields: dict[str, Any] = {name: row.get(name) for name in Line.__slots__}
            lines.append(Line(**{**fields, "source": path.stem}))
    return lines


def own_chat() -> list[Line]:
    """The training chat that ships with the project."""
    return chat_lines(sorted(OWN_CHAT.glob("*.jsonl")))


def letters(path: Path) -> list[tuple[str, str, str]]:
    """Title, body and category of the labelled letters of a file."""
    return [(row["title"], row.get("body") or "", row["category"]) for row in json_lines(path)]


def public_texts(folder: Path) -> list[str]:
    """Sentences of letters and lines of talk, without labels: how words are used at large."""
    texts = []
    for name in ("labelled_train", "stream_2019"):
        for row in json_lines(folder / "requests" / f"{name}.jsonl.gz"):
            parts = [part for part in _SENTENCE_END.split(row.get("body") or "") if part]
            texts += [row["title"], *[part for part in parts if 4 < len(part) < 80][:6]]
    for name in ("sms", "kdconv", "crosswoz"):
        rows = json_lines(folder / "chatter" / f"{name}.jsonl.gz")
        texts += [row["text"][:120] for place, row in enumerate(rows) if place % 2 == 0]
    return texts
