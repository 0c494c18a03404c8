"""The log: what may follow, which ballots count, and that no crash or revision bends it."""

from hashlib import sha256
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import merkle
from core.canonical import canonical
from deliberation import ballot_log
from deliberation.ballot_log import (
    LogBroken,
    LogOutOfOrder,
    LogState,
    Tip,
    Waiting,
    append,
    check_chain,
    check_next,
    draw_batch,
    log_root,
    standings,
    write_log,
)
from deliberation.ballot_records import (
    Batch,
    Closing,
    LateBallot,
    NamedBallot,
    Opening,
    RollTotals,
    Ruling,
    seal_choice,
    seal_entry,
    seal_person,
)
from deliberation.invented_vote import invent_vote
from deliberation.profiles import find_profile
from tests.deliberation.bundles import OWNERS, PERSON, vote

SALT = bytes(range(32))


def opening(mode="named"):
    return Opening("2026-1", mode, "k" * 64, "q" * 64, "p" * 64, RollTotals(3, 3, 0, "r" * 64))


def seal(number: int) -> str:
    return sha256(b"%d" % number).hexdigest()


def ballot(entry: str, version: int, number: int, channel: str = "wechat") -> NamedBallot:
    return NamedBallot(entry, version, channel, seal(number))


def batch(first: int, count: int) -> Batch:
    numbers = range(first, first + count)
    return Batch(tuple(map(seal, numbers)), tuple(f"R{number}" for number in numbers))


# Seals -----------------------------------------------------------------------------------------


def test_seals_are_the_published_formulas():
    assert seal_choice("yes", SALT) == sha256(b"\x02" + SALT + b'{"option":"yes"}').hexdigest()
    assert (
        seal_entry(who="w", heads=1, area=9000, salt=SALT)
        == sha256(b"\x03" + SALT + b'{"area":9000,"heads":1,"who":"w"}').hexdigest()
    )
    assert seal_person("7", SALT) == sha256(b"\x04" + SALT + b'{"entry":"7"}').hexdigest()


def test_a_short_salt_is_a_mistake():
    with pytest.raises(AssertionError, match="guessed"):
        seal_choice("yes", b"short")


# The chain -------------------------------------------------------------------------------------


def test_a_line_holds_its_place_and_the_one_before():
    first, tip = append(Tip(), opening())
    second, end = append(tip, ballot("a", 1, 1))

    assert check_chain([first, second]) == end == Tip(2, merkle.leaf_hash(second).hex())
    assert f'"previous":"{merkle.leaf_hash(first).hex()}","seq":1'.encode() in second
    assert log_root([first, second]) == merkle.root(map(merkle.leaf_hash, [first, second])).hex()


@pytest.mark.parametrize(
    ("bend", "seq", "why"),
    [
        (lambda lines: [lines[0], b"{", *lines[2:]], 1, "读不懂"),
        (lambda lines: [lines[0], b"[]", *lines[2:]], 1, "不在它的位置上"),
        (lambda lines: lines[1:], 0, "不在它的位置上"),
        (lambda lines: [lines[0], *lines[2:]], 1, "不在它的位置上"),
        (lambda lines: [lines[0].replace(b"2026-1", b"2026-2"), *lines[1:]], 1, "接不上"),
    ],
)
def test_a_bent_chain_names_the_place(bend, seq, why):
    lines = list(write_log([opening(), ballot("a", 1, 1), ballot("b", 1, 2)]))

    with pytest.raises(LogBroken, match=rf"第 {seq} 条{why}|第 {seq} 条与前一条{why}"):
        check_chain(bend(lines))


@given(st.integers(0, 126), st.integers(0, 126))
@settings(deadline=None)
def test_any_crash_point_leaves_a_log_that_verifies(one, other):
    # I4: what was written before the crash is a log, and a beginning of every later one.
    lines = write_log(vote().records)
    old, new = sorted((one, other))

    tip = check_chain(lines[:old])
    assert tip.size == old
    leaves = [merkle.leaf_hash(line) for line in lines[:new]]
    assert merkle.verify_consistency(
        old_size=old,
        new_size=new,
        old_root=bytes.fromhex(log_root(lines[:old])),
        new_root=bytes.fromhex(log_root(lines[:new])),
        proof=merkle.consistency_proof(leaves, old),
    )
    if old < len(lines):
        line, _ = append(tip, vote().records[old])
        assert line == lines[old]


# What may follow -------------------------------------------------------------------------------

NAMED = [opening(), ballot("a", 1, 1)]
DETACHED = [opening("detached"), batch(0, 10)]


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([ballot("a", 1, 1)], "最前面"),
        ([opening(), opening()], "最前面"),
        ([*NAMED, ballot("a", 1, 2)], "应当是第 2 版"),
        ([*NAMED, ballot("a", 3, 2)], "应当是第 2 版"),
        ([*NAMED, ballot("b", 2, 2)], "应当是第 1 版"),
        ([*NAMED, ballot("b", 1, 1)], "同一张票入箱两次"),
        ([*NAMED, batch(5, 10)], "不收不记名票"),
        ([*NAMED, Ruling(0, "void", "x")], "第 0 条不是选票"),
        ([*NAMED, Ruling(2, "void", "x")], "第 2 条不是选票"),
        ([*NAMED, LateBallot("b", "page", seal(9))], "还没有截止"),
        ([*NAMED, Closing(2)], "是 1 张，不是 2 张"),
        ([*NAMED, Closing(1, "v" * 64)], "名单"),
        ([*NAMED, Closing(1), ballot("b", 1, 2)], "已经截止"),
        ([*NAMED, Closing(1), Closing(1)], "已经截止"),
        ([*DETACHED, ballot("a", 1, 99)], "不收记名票"),
        ([*DETACHED, Ruling(1, "void", "x")], "不收记名票"),
        ([*DETACHED, Closing(10, "v" * 64), LateBallot("a", "page", seal(99))], "不收记名票"),
        ([*DETACHED, batch(9, 10)], "回执重复"),
        ([*DETACHED, Batch((seal(0),), ("R99",))], "同一张票入箱两次"),
        ([*DETACHED, Batch((seal(77), seal(77)), ("R77", "R78"))], "同一张票入箱两次"),
        ([*DETACHED, Batch((seal(77), seal(78)), ("R77", "R77"))], "回执重复"),
        ([*DETACHED, batch(20, 9), batch(40, 10)], "只能是最后一批"),
        ([*DETACHED, Batch((), ())], "张数与回执数"),
        ([*DETACHED, Batch((seal(50),), ())], "张数与回执数"),
        ([*DETACHED, batch(100, ballot_log.BATCH_MAX + 1)], "张数与回执数"),
        ([*DETACHED, Closing(10)], "名单"),
    ],
)
def test_a_record_out_of_place_is_refused(records, why):
    with pytest.raises(LogOutOfOrder, match=why):
        write_log(records)


def test_a_refused_record_leaves_the_state_as_it_was():
    state = LogState()
    for record in NAMED:
        check_next(state, record)
    with pytest.raises(LogOutOfOrder):
        check_next(state, ballot("b", 1, 1))

    check_next(state, ballot("b", 1, 2))

    assert (state.size, state.versions) == (3, {"a": 1, "b": 1})


def test_batches_of_ten_may_follow_each_other_and_the_last_may_be_small():
    lines = write_log([*DETACHED, batch(20, ballot_log.BATCH_MAX), batch(9000, 1)])

    assert check_chain(lines).size == 4
    assert max(map(len, lines)) < 2**20


# Which ballots count ---------------------------------------------------------------------------


def test_the_last_valid_version_counts():
    found = standings(
        [
            opening(),
            ballot("a", 1, 1),
            ballot("b", 1, 2, "paper"),
            ballot("a", 2, 3, "desk"),
            ballot("c", 1, 4),
            ballot("c", 2, 5),
            Ruling(5, "void", "forged"),
            Closing(5),
            LateBallot("d", "page", seal(6)),
        ]
    )

    assert {entry: (one.recorded, one.ballot, one.channel) for entry, one in found.items()} == {
        "a": (2, 3, "desk"),
        "b": (1, 2, "paper"),
        "c": (2, 4, "wechat"),
    }
    assert found["a"].choice == seal(3)


@pytest.mark.parametrize(
    ("rulings", "stands", "suspended"),
    [
        ([], 2, False),
        ([Ruling(2, "void", "x")], 1, False),
        ([Ruling(2, "superseded", "x")], 1, False),
        ([Ruling(1, "void", "x"), Ruling(2, "void", "x")], None, False),
        ([Ruling(1, "suspended", "x"), Ruling(2, "suspended", "x")], 2, True),
        ([Ruling(1, "suspended", "x")], 2, False),
        ([Ruling(2, "suspended", "x"), Ruling(2, "valid", "y")], 2, False),
        ([Ruling(2, "suspended", "x"), Ruling(2, "void", "y")], 1, False),
    ],
)
def test_rulings_say_which_version_stands(rulings, stands, suspended):
    # I6: after the close the count changes by such a record only, and the log lists it.
    found = standings([opening(), ballot("a", 1, 1), ballot("a", 2, 2), Closing(2), *rulings])["a"]

    assert (found.ballot, found.suspended, found.recorded) == (stands, suspended, 2)


@given(st.permutations("aabbbcde"), st.integers(0, 2**32))
def test_revisions_count_once_in_whatever_order_people_come(order, seed):
    # I3: what counts depends on each line's own versions, never on who came in between.
    versions: dict[str, int] = {}
    records: list = [opening()]
    for number, entry in enumerate(order):
        versions[entry] = versions.get(entry, 0) + 1
        choice = sha256(f"{seed} {entry} {versions[entry]}".encode()).hexdigest()
        records.append(NamedBallot(entry, versions[entry], "wechat", choice))
        assert number + 2 == len(records)
    write_log(records)

    found = standings(records)

    assert {entry: (one.recorded, one.choice) for entry, one in found.items()} == {
        entry: (last, sha256(f"{seed} {entry} {last}".encode()).hexdigest())
        for entry, last in versions.items()
    }


@given(st.integers(0, 80), st.integers(0, 2**32), st.sampled_from([PERSON, OWNERS]))
@settings(max_examples=25, deadline=None)
def test_every_ballot_belongs_to_one_line_of_the_roll(count, seed, profile):
    # I5: no two lines share a seal; every ballot's line is on the roll; one stands for each line.
    invented = invent_vote(ballots=count, mode="named", profile=find_profile(profile), seed=seed)
    roll = [line.seal for line in invented.roll]
    ballots = [record for record in invented.records if isinstance(record, NamedBallot)]

    assert len(set(roll)) == len(roll)
    assert {one.entry for one in ballots} <= set(roll)
    assert len({(one.entry, one.version) for one in ballots}) == len(ballots)
    assert len(standings(invented.records)) == len({one.entry for one in ballots})


# Detached ballots ------------------------------------------------------------------------------


def waiting(count: int) -> list[Waiting]:
    return [Waiting(seal(number), f"R{number}") for number in range(count)]


@given(st.integers(0, 60), st.booleans(), st.integers())
def test_ballots_enter_ten_at_least_and_ten_stay_behind(count, closing, seed):
    here = waiting(count)

    taken, left = draw_batch(here, closing=closing, random=Random(seed))

    entered = set(taken.ballots) if taken else set()
    assert entered | {one.choice for one in left} == {one.choice for one in here}
    assert len(entered) + len(left) == count
    if closing:
        assert len(left) == 0
    elif count < 20:
        assert taken is None
    else:
        assert (len(entered), len(left)) == (count - 10, 10)


def test_a_batch_keeps_neither_order_nor_pairs():
    here = waiting(40)

    taken, _ = draw_batch(here, closing=True, random=Random(1))

    assert taken is not None
    assert list(taken.ballots) == sorted(one.choice for one in here)
    assert list(taken.receipts) == sorted(one.receipt for one in here)
    assert canonical(taken.body()).count(b"R") == 40


def test_who_enters_is_drawn_by_lot():
    here = waiting(20)

    drawn = {
        frozenset(batch.ballots)
        for number in range(50)
        if (batch := draw_batch(here, closing=False, random=Random(number))[0])
    }

    assert len(drawn) == 50


def test_no_line_of_the_log_grows_past_what_a_verifier_reads():
    taken, left = draw_batch(waiting(5_003), closing=True, random=Random(1))
    last, none = draw_batch(left, closing=True, random=Random(1))

    assert taken is not None
    assert last is not None
    assert (len(taken.ballots), len(last.ballots), none) == (5_000, 3, ())
