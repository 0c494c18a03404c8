"""Commands over files of texts: topics and similar."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from nlp.text_rows import SHANGHAI, RowId, TextRow, row_key, text_rows
from nlp.topics import Said, Topic, topics_of


def similar(corpus: Path, queries: Path, top: int, sink: TextIO) -> None:
    """Write for each query the ids of the texts of the corpus most alike, never its own id."""
    kept = text_rows(corpus)
    asked = kept if queries == corpus else text_rows(queries)
    for row, ids in matches_of(kept, asked, top):
        _write(sink, {"id": row.id, "matches": ids})


def matches_of(
    kept: Sequence[TextRow], asked: Sequence[TextRow], top: int
) -> list[tuple[TextRow, list[RowId]]]:
    """Each asked row with the ids of at most `top` kept rows most alike, best first."""
    from nlp.similar import Kept, TextIndex  # slow import

    index: TextIndex[int] = TextIndex(
        Kept(place, row.text, row.at, row.place) for place, row in enumerate(kept)
    )
    same_id: dict[tuple[str, RowId], int] = {}
    for row in kept:
        same_id[row_key(row.id)] = same_id.get(row_key(row.id), 0) + 1
    answers = []
    for row in asked:
        own = row_key(row.id)
        found = index.find(row.text, at=row.at, place=row.place, top=top + same_id.get(own, 0))
        ids = dict.fromkeys(row_key(kept[match.key].id) for match in found)
        ids.pop(own, None)
        answers.append((row, [row_id for _, row_id in ids][:top]))
    return answers


def topics(path: Path, least: int, sink: TextIO) -> None:
    """Write the topics of a file's texts, largest first."""
    for topic in topics_of_rows(text_rows(path), least):
        _write(sink, topic)


def topics_of_rows(rows: Sequence[TextRow], least: int = 2) -> list[dict[str, Any]]:
    """The topics of rows as the command writes them; a row that came twice counts once."""
    unique = {row_key(row.id): row for row in rows}
    said = [Said(key, row.title, row.body, row.at, row.place) for key, row in unique.items()]
    return [_written(topic) for topic in topics_of(said, least)]


def _written(topic: Topic[tuple[str, RowId]]) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "size": topic.size,
        "members": [row_id for _, row_id in topic.members],
        "first": topic.first.astimezone(SHANGHAI).isoformat() if topic.first else None,
        "last": topic.last.astimezone(SHANGHAI).isoformat() if topic.last else None,
        "places": list(topic.places),
        "trend": topic.trend,
        "examples": [row_id for _, row_id in topic.examples],
    }


def _write(sink: TextIO, value: dict[str, Any]) -> None:
    sink.write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
