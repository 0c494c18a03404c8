import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import (
    BY_NAME,
    ENDED,
    MOVES,
    OPEN,
    PHASE_WORDS,
    Move,
    NotYetPossible,
    Phase,
    UnknownMove,
    Who,
    WrongPhase,
    check_move,
    flaws,
    fold,
)


def test_table_has_every_event_once_and_no_flaw():
    names = [move.name for move in MOVES]

    assert len(names) == len(set(names)) == 43
    assert flaws() == []
    assert set(PHASE_WORDS) == set(Phase)
    assert set(Phase) == OPEN | ENDED


@pytest.mark.parametrize(
    ("spoiled", "word"),
    [
        (
            Move("short_cut", "", ((Phase.IN_PROGRESS, Phase.CLOSED),), frozenset({Who.AGENCY})),
            "a registered case can be closed without verifying",
        ),
        (
            Move("alone", "", ((Phase.VERIFYING, Phase.CLOSED),), frozenset({Who.AGENCY})),
            "alone lets agency close alone",
        ),
        (
            Move("timer", "", ((Phase.VERIFYING, Phase.CLOSED),), frozenset({Who.TIMER})),
            "timer lets timer close alone",
        ),
    ],
)
def test_checker_finds_a_short_cut(spoiled, word):
    assert word in flaws((*MOVES, spoiled))


def test_checker_finds_an_unreachable_phase_and_a_dead_end():
    without = [move for move in MOVES if move.name not in ("resume", "suspend")]
    stuck = [move for move in MOVES if move.name != "archive"]

    assert flaws(without) == ["suspended cannot be reached"]
    assert "merged never ends" in flaws(stuck)


def test_move_from_the_wrong_phase_is_refused_in_words():
    with pytest.raises(WrongPhase, match="XFL-1 现在是“已结案”，不能“签收”"):
        check_move("XFL-1", Phase.CLOSED, "sign")
    with pytest.raises(UnknownMove):
        check_move("XFL-1", Phase.CLOSED, "fly")
    with pytest.raises(NotYetPossible):
        check_move("XFL-1", Phase.IN_PROGRESS, "suspend")


def test_the_way_of_everyday_matters():
    way = ["classify", "accept", "dispatch", "sign", "report_done", "start_verify"]

    assert fold(way) is Phase.VERIFYING
    assert fold([*way, "rework"]) is Phase.IN_PROGRESS
    assert fold([*way, "resident_close", "evaluate", "reopen"]) is Phase.REGISTERED


@pytest.mark.slow
@given(st.lists(st.sampled_from(sorted(BY_NAME)), max_size=12))
def test_no_way_from_registered_to_closed_avoids_verifying(names):
    seen, phase = [Phase.REGISTERED], Phase.REGISTERED
    for name in names:
        ends = [end for origin, end in BY_NAME[name].edges if origin is phase]
        if ends:
            phase = ends[0]
            seen.append(phase)

    if Phase.CLOSED in seen:
        last_registered = max(
            i for i, p in enumerate(seen[: seen.index(Phase.CLOSED)]) if p is Phase.REGISTERED
        )
        assert Phase.VERIFYING in seen[last_registered : seen.index(Phase.CLOSED)]
