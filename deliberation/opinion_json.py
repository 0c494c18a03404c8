"""A map as JSON: groups, people, statements, each cell that may be shown."""

from collections.abc import Mapping
from typing import Any

from deliberation.opinion_answers import Answers, Share, share, shown
from deliberation.opinion_breakdown import Breakdown
from deliberation.opinion_map import OpinionMap
from deliberation.opinion_statements import Typical, consensus, typical_statements
from deliberation.opinion_words import basis_words, map_words

_DIGITS = 6


def map_json(drawn: OpinionMap, split: Breakdown | None = None) -> dict[str, Any]:
    """The whole map. Shares are 0 to 1 as [low, middle, high] with 95 % Wilson intervals.

    A cell that stays hidden has `hidden` true and no numbers.
    """
    test = drawn.test
    return {
        "verdict": drawn.verdict.value,
        "words": map_words(drawn),
        "basis": basis_words(drawn),
        "k": len(drawn.sizes),
        "forced": drawn.is_forced,
        "p": None if test is None else round(test.p, _DIGITS),
        "permutations": 0 if test is None else test.permutations,
        "power": None if test is None else test.power,
        "gap": drawn.has_gap,
        "silhouette": None if drawn.silhouette is None else round(drawn.silhouette, _DIGITS),
        "shares": [round(value, _DIGITS) for value in drawn.plane.shares],
        "groups": [_group(drawn, number) for number in range(len(drawn.sizes))],
        "participants": _participants(drawn),
        "statements": [_statement(drawn, column) for column in range(len(drawn.statements))],
    } | ({} if split is None else {"breakdown": _breakdown(drawn, split)})


def earlier_labels(snapshot: Mapping[str, Any]) -> dict[str, str]:
    """Each person's group letter in a map written before; ValueError when it is no such map."""
    try:
        letters = {group["group"]: group["label"] for group in snapshot["groups"]}
        labels = {
            person["id"]: letters[person["group"]]
            for person in snapshot["participants"]
            if person["group"] is not None
        }
    except (KeyError, TypeError, IndexError) as trouble:
        raise ValueError("not a map") from trouble
    known = (*labels, *labels.values())
    if not all(isinstance(word, str) and word for word in known):
        raise ValueError("not a map")
    return labels


def _group(drawn: OpinionMap, number: int) -> dict[str, Any]:
    typical = typical_statements(drawn.table, number) if len(drawn.sizes) > 1 else ()
    return {
        "group": number,
        "label": drawn.labels[number],
        "size": drawn.sizes[number],
        "typical": [_typical(drawn, one) for one in typical],
    }


def _typical(drawn: OpinionMap, one: Typical) -> dict[str, Any]:
    return {
        "id": _statement_id(drawn, one.statement),
        "side": one.side,
        "here": _share(one.here),
        "others": _share(one.there),
    }


def _participants(drawn: OpinionMap) -> list[dict[str, Any]]:
    groups = dict(zip(drawn.places.tolist(), drawn.groups.tolist(), strict=True))
    return [
        {"id": person, "group": groups.get(place)}
        for place, person in enumerate(drawn.votes.people)
    ]


def _statement(drawn: OpinionMap, column: int) -> dict[str, Any]:
    cells = drawn.table[column]
    return {
        "id": _statement_id(drawn, column),
        **_answers(drawn.totals[column]),
        "consensus": round(consensus(cells), _DIGITS),
        "groups": {str(number): _answers(cell) for number, cell in enumerate(shown(cells))},
    }


def _breakdown(drawn: OpinionMap, split: Breakdown) -> dict[str, Any]:
    return {
        "fact": split.fact,
        "parts": [
            {"part": part, "people": people}
            for part, people in zip(split.parts, split.people, strict=True)
        ],
        "statements": [
            {
                "id": _statement_id(drawn, column),
                "parts": dict(zip(split.parts, map(_answers, split.cells[place]), strict=True)),
            }
            for column, place in enumerate(drawn.statements)
        ],
    }


def _answers(cell: Answers | None) -> dict[str, Any]:
    if cell is None:
        return {"hidden": True}
    return {
        "agree": cell.agree,
        "disagree": cell.disagree,
        "pass": cell.passed,
        "seen": cell.seen,
        "agree_share": _share(share(cell.agree, cell.seen)) if cell.seen else None,
    }


def _share(value: Share) -> list[float]:
    return [round(part, 4) for part in (value.low, value.middle, value.high)]


def _statement_id(drawn: OpinionMap, column: int) -> str:
    return drawn.votes.statements[drawn.statements[column]]
