"""Which of several ballots of one voice counts, whatever order they are looked at in."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.counting import (
    AlreadyVoted,
    BallotAct,
    BallotsAmiss,
    CountRule,
    Ruling,
    RulingAmiss,
    check_may_cast_again,
    count_ballots,
    rulings_for_log,
)

ZONE = ZoneInfo("Asia/Shanghai")
OPENS = datetime(2026, 3, 13, 8, tzinfo=ZONE)
CLOSES = OPENS + timedelta(days=7)
RULE = CountRule(OPENS, CLOSES)


def at(minutes, seconds=0.0):
    return OPENS + timedelta(minutes=minutes, seconds=seconds)


def online(seq, option, minute, by="lan", *, seconds=0.0, proxy=False):
    moment = at(minute, seconds)
    return BallotAct(seq, "e", option, "online", moment, moment, by, proxy)


def paper(seq, option, first, last=None, by="lan", *, proxy=False):
    return BallotAct(
        seq, "e", option, "paper", at(first), at(first if last is None else last), by, proxy
    )


def outcome(*acts, rule=RULE, rulings=()):
    """The seq of the ballot that counts, "suspended", or None where nothing was cast in time."""
    voice = count_ballots(acts, rule, rulings=rulings)["e"]
    if voice.is_suspended:
        assert voice.took_part
        return "suspended"
    assert voice.took_part == (voice.counted is not None)
    return voice.counted.seq if voice.counted else None


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        # A revision: the last counts, also within the same instant of one channel.
        ([online(1, "yes", 1)], 1),
        ([online(1, "yes", 1), online(2, "no", 2), online(3, "yes", 3)], 3),
        ([online(1, "yes", 1), online(2, "no", 1)], 2),
        ([online(9, "no", 1), online(2, "yes", 5)], 2),
        # Paper counts by its witnessed time, not by when it was entered.
        ([online(1, "yes", 10), paper(2, "no", 5)], 1),
        ([online(1, "yes", 10), paper(2, "no", 15)], 2),
        ([paper(1, "yes", 5), paper(2, "no", 6)], 2),
        # The order cannot be told: agreeing ballots count, others are suspended.
        ([online(1, "yes", 10), paper(2, "no", 9, 11)], "suspended"),
        ([online(1, "yes", 10), paper(2, "yes", 9, 11)], 2),
        ([online(1, "yes", 10), paper(2, "no", 10)], "suspended"),
        ([online(1, "yes", 10, seconds=0.9), paper(2, "no", 10)], "suspended"),
        ([online(1, "yes", 10, seconds=1), paper(2, "no", 10)], 1),
        ([paper(1, "yes", 5, 8), paper(2, "no", 7, 9)], "suspended"),
        ([paper(1, "yes", 5, 8), paper(2, "no", 7, 9), online(3, "no", 20)], 3),
        # One's own ballot before a proxy's, whichever was first.
        ([online(1, "yes", 10), online(2, "no", 20, "bo", proxy=True)], 1),
        ([online(1, "no", 10, "bo", proxy=True), online(2, "yes", 20)], 2),
        ([online(1, "no", 10, "bo", proxy=True)], 1),
        ([online(1, "no", 10, "bo", proxy=True), online(2, "yes", 20, "bo", proxy=True)], 2),
        # Two persons for one voice: agreed or suspended, never the last.
        ([online(1, "yes", 10, "lan"), online(2, "no", 20, "bo")], "suspended"),
        ([online(1, "yes", 10, "lan"), online(2, "yes", 20, "bo")], 2),
        ([online(1, "no", 5, "lan"), online(2, "yes", 9, "bo"), online(3, "yes", 20, "lan")], 3),
        # Outside the window.
        ([online(1, "yes", -1)], None),
        ([online(1, "yes", 7 * 1440)], None),
        ([online(1, "yes", 5), online(2, "no", 7 * 1440)], 1),
        ([online(1, "yes", 0)], 1),
        ([online(1, "yes", 7 * 1440, seconds=-1)], 1),
        # Perhaps in time: alone it is suspended, beside an agreeing one it does not matter.
        ([paper(1, "yes", 7 * 1440 - 5, 7 * 1440)], "suspended"),
        ([paper(1, "yes", -5, 5)], "suspended"),
        ([online(1, "yes", 5), paper(2, "no", 7 * 1440 - 5, 7 * 1440)], "suspended"),
        ([online(1, "no", 5), paper(2, "no", 7 * 1440 - 5, 7 * 1440)], 1),
        ([online(1, "no", 5, "bo", proxy=True), paper(2, "yes", -5, 5)], "suspended"),
    ],
)
def test_count_ballots_of_one_voice(acts, expected):
    assert outcome(*acts) == expected
    assert outcome(*reversed(acts)) == expected


def test_example_of_the_law_page_own_ballot_wins_over_the_proxy():
    voice = count_ballots(
        [online(1, "no", 30, "bo", proxy=True), online(2, "yes", 10, "lan")], RULE
    )["e"]

    assert (voice.counted.option, voice.states) == ("yes", {1: "superseded", 2: "valid"})


@pytest.mark.parametrize(
    ("precedence", "expected"),
    [("later_act", 1), ("paper_first", 2), ("online_first", 1)],
)
def test_precedence_is_what_was_fixed_at_opening(precedence, expected):
    rule = replace(RULE, precedence=precedence)

    assert outcome(online(1, "yes", 10), paper(2, "no", 5), rule=rule) == expected


def test_precedence_settles_what_time_cannot():
    acts = [online(1, "yes", 10), paper(2, "no", 9, 11)]

    assert outcome(*acts, rule=replace(RULE, precedence="paper_first")) == 2
    assert outcome(*acts, rule=replace(RULE, precedence="online_first")) == 1
    doubtful = [online(1, "yes", 10), paper(2, "no", -5, 5)]
    assert outcome(*doubtful, rule=replace(RULE, precedence="paper_first")) == 1
    assert outcome(online(1, "yes", 10), rule=replace(RULE, precedence="paper_first")) == 1


def test_documented_change_of_representative_makes_a_revision():
    acts = [online(1, "yes", 10, "lan"), online(2, "no", 20, "bo")]
    changed = replace(RULE, successions=frozenset({("e", "lan", "bo")}))

    assert outcome(*acts, rule=changed) == 2
    # The former one votes once more after the change: nobody knows which of them speaks.
    assert outcome(*acts, online(3, "yes", 30, "lan"), rule=changed) == "suspended"
    other = replace(RULE, successions=frozenset({("f", "lan", "bo")}))
    assert outcome(*acts, rule=other) == "suspended"


def test_states_tell_what_became_of_each_ballot():
    voices = count_ballots(
        [
            online(1, "yes", -1),
            online(2, "yes", 1),
            online(3, "no", 2),
            paper(4, "yes", 1, 3),
            online(5, "no", 9 * 1440),
        ],
        RULE,
    )

    assert voices["e"].states == {
        1: "void",
        2: "superseded",
        3: "suspended",
        4: "suspended",
        5: "late",
    }


def ruling(seq, state="valid", **more):
    facts = {"reason": "当面核对", "first_signer": "wu", "second_signer": "ding"} | more
    return Ruling(seq, state, **facts)


def test_rulings_void_a_ballot_or_name_the_one_that_stands():
    pair = [online(1, "yes", 10), paper(2, "no", 9, 11)]

    voided = count_ballots(pair, RULE, rulings=[ruling(2, "void")])["e"]
    assert voided.states == {1: "valid", 2: "void"}
    assert outcome(*pair, rulings=[ruling(2)]) == 2
    assert outcome(*pair, rulings=[ruling(2, "void")]) == 1
    assert outcome(*pair, rulings=[ruling(1, "void"), ruling(2, "void")]) is None
    assert outcome(paper(1, "yes", -5, 5), rulings=[ruling(1)]) == 1


@pytest.mark.parametrize(
    ("rulings", "words"),
    [
        ([ruling(7)], "没有第 7 张票"),
        ([ruling(2, reason=" ")], "要写明理由，由两个不同的人签字"),
        ([ruling(2, second_signer=" wu")], "要写明理由，由两个不同的人签字"),
        ([ruling(2, second_signer=" ")], "要写明理由，由两个不同的人签字"),
        ([ruling(2), ruling(2, "void")], "第 2 张票裁定了两次"),
        ([ruling(1), ruling(2)], "第 1 张和第 2 张不能都算"),
        ([ruling(3)], "第 3 张票没有暂停，不需要裁定"),
        ([ruling(1), ruling(2, "void")], "第 1 张票没有暂停，不需要裁定"),
    ],
)
def test_rulings_that_cannot_be_are_refused(rulings, words):
    acts = [online(1, "yes", 10), paper(2, "no", 9, 11), online(3, "no", 9 * 1440)]

    with pytest.raises(RulingAmiss) as refusal:
        outcome(*acts, rulings=rulings)
    assert str(refusal.value) == f"裁定不能用：{words}。"


@pytest.mark.parametrize(
    ("acts", "words"),
    [
        ([online(1, "yes", 1), online(1, "no", 2)], "第 1 张出现了两次"),
        ([paper(1, "yes", 3, 2)], "第 1 张的时间首尾颠倒"),
        (
            [replace(online(1, "yes", 1), latest=at(2))],
            "第 1 张是网上投的，时间应当准确",
        ),
        (
            [replace(online(1, "yes", 1), latest=datetime(2026, 3, 14))],  # noqa: DTZ001  the fault
            "第 1 张的时间没有写时区",
        ),
    ],
)
def test_ballots_that_cannot_be_are_refused(acts, words):
    with pytest.raises(BallotsAmiss) as refusal:
        count_ballots(acts, RULE)
    assert str(refusal.value) == f"选票对不上：{words}。"


def test_detached_vote_takes_one_ballot():
    check_may_cast_again("named", has_voted=True)
    check_may_cast_again("detached", has_voted=False)
    with pytest.raises(AlreadyVoted):
        check_may_cast_again("detached", has_voted=True)


def test_log_is_told_what_it_could_not_know():
    acts = [
        online(0, "yes", -1),
        online(1, "yes", 1),
        online(2, "no", 2),
        online(3, "no", 1, "bo", proxy=True),
        online(4, "no", 9 * 1440),
    ]

    told = rulings_for_log(count_ballots(acts, RULE).values())

    # 2 is the last valid one; 1 needs no word, 3 would be read as the last.
    assert told == ((0, "void"), (3, "superseded"), (4, "void"))
    assert rulings_for_log(count_ballots(acts[4:], RULE).values()) == ((4, "void"),)
    pair = count_ballots([online(5, "yes", 10), paper(6, "no", 9, 11)], RULE)
    assert rulings_for_log(pair.values()) == ((5, "suspended"), (6, "suspended"))


# Any ballots whatever ----------------------------------------------------------------------------

ACTS = st.lists(
    st.builds(
        lambda entry, option, channel, first, width, by, proxy: BallotAct(
            0,
            entry,
            option,
            channel,
            at(first),
            at(first + (width if channel == "paper" else 0)),
            by,
            proxy,
        ),
        st.sampled_from("ef"),
        st.sampled_from(["yes", "no"]),
        st.sampled_from(["online", "paper"]),
        st.sampled_from([-9, -2, 0, 1, 2, 3, 4, 7 * 1440 - 2, 7 * 1440 - 1, 7 * 1440]),
        st.integers(0, 3),
        st.sampled_from(["lan", "bo"]),
        st.booleans(),
    ),
    max_size=7,
).map(lambda acts: [replace(act, seq=seq) for seq, act in enumerate(acts)])
RULES = st.builds(
    lambda precedence, succeeds: CountRule(
        OPENS, CLOSES, precedence, frozenset({("e", "lan", "bo")} if succeeds else ())
    ),
    st.sampled_from(["later_act", "paper_first", "online_first"]),
    st.booleans(),
)


@pytest.mark.slow
@settings(max_examples=400)
@given(acts=ACTS, rule=RULES, seed=st.integers(0, 10**6))
def test_count_is_independent_of_the_order_of_ballots(acts, rule, seed):
    shuffled = list(acts)
    random.Random(seed).shuffle(shuffled)

    assert count_ballots(shuffled, rule) == count_ballots(acts, rule)


@pytest.mark.slow
@settings(max_examples=400)
@given(acts=ACTS, rule=RULES)
def test_at_most_one_ballot_of_a_voice_is_valid_and_all_are_accounted_for(acts, rule):
    voices = count_ballots(acts, rule)

    assert sorted(seq for voice in voices.values() for seq in voice.states) == [
        act.seq for act in acts
    ]
    for voice in voices.values():
        states = list(voice.states.values())
        assert states.count("valid") == (voice.counted is not None)
        assert not (voice.counted is not None and voice.is_suspended)
        assert voice.is_suspended == ("suspended" in states)
        for act in acts:
            if act.seq in voice.states and act.earliest >= CLOSES:
                assert voice.states[act.seq] == "late"


@given(st.lists(st.sampled_from(["yes", "no"]), min_size=1, max_size=20))
def test_any_number_of_revisions_counts_once(options):
    acts = [online(seq, option, seq) for seq, option in enumerate(options)]

    voice = count_ballots(acts, RULE)["e"]

    assert voice.counted.option == options[-1]
    assert list(voice.states.values()).count("valid") == 1


@settings(max_examples=200)
@given(acts=ACTS, rule=RULES)
def test_a_ballot_after_the_close_changes_nothing(acts, rule):
    before = count_ballots(acts, rule)
    late = [
        replace(online(90, "no", 7 * 1440), entry_id="e"),
        replace(online(91, "yes", 8 * 1440), entry_id="f"),
    ]
    after = count_ballots([*acts, *late], rule)

    for entry_id, voice in before.items():
        assert after[entry_id].counted == voice.counted
        assert after[entry_id].is_suspended == voice.is_suspended


@pytest.mark.slow
@settings(max_examples=400)
@given(acts=ACTS, rule=RULES)
def test_the_log_told_of_rulings_gives_the_same_standing_ballots(acts, rule):
    """A reader of the log takes the last ballot of a voice whose state is valid or suspended."""
    voices = count_ballots(acts, rule)
    told = dict(rulings_for_log(voices.values()))

    read = {}
    for act in acts:
        state = told.get(act.seq, "valid")
        if state in ("valid", "suspended"):
            read[act.entry_id] = act.option if state == "valid" else None

    assert read == {
        entry_id: voice.counted.option if voice.counted else None
        for entry_id, voice in voices.items()
        if voice.took_part
    }
