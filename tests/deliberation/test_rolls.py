"""Who may vote: age, households, owners' heads and areas, sealing, corrections."""

from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliberation.ballot_records import seal_entry, seal_person
from deliberation.dwellings import OwnedDwelling, owner_roll
from deliberation.profiles import RollRule, find_profile
from deliberation.roll_corrections import (
    Correction,
    CorrectionAmiss,
    CorrectionTooLate,
    CorrectionUnsigned,
    correct_roll,
)
from deliberation.rolls import (
    BIRTH_UNKNOWN,
    NO_REPRESENTATIVE,
    EntrySalts,
    HouseholdVoice,
    Person,
    Roll,
    RollDuplicate,
    RollEntry,
    RollRowDamaged,
    RollSaltsMissing,
    anniversary,
    household_roll,
    is_of_age,
    member_roll,
    person_roll,
    seal_roll,
)
from deliberation.tally import tally

ADULT = RollRule(age_min=18)
CLOSING = date(2026, 3, 20)


def ids(roll):
    return [entry.entry_id for entry in roll.entries]


# Persons -----------------------------------------------------------------------------------------


def test_person_who_turns_18_by_the_closing_date_is_on_the_roll():
    people = [
        Person("e", date(1990, 1, 1), is_elector=False),
        Person("c", date(2008, 3, 20)),
        Person("b", date(2008, 3, 21)),
        Person("a", date(1940, 1, 1)),
        Person("d", None),
    ]

    roll = person_roll(people, rule=ADULT, closing=CLOSING)

    assert roll == Roll(
        "person",
        (
            RollEntry("a", ("a",)),
            RollEntry("c", ("c",)),
            RollEntry("d", ("d",), flags=(BIRTH_UNKNOWN,)),
        ),
    )
    assert (roll.heads, roll.area) == (3, 0)


@pytest.mark.parametrize(
    ("birth", "counts_from", "on", "old_enough"),
    [
        (date(2008, 3, 20), "birthday", date(2026, 3, 19), False),
        (date(2008, 3, 20), "birthday", date(2026, 3, 20), True),
        (date(2008, 3, 20), "day_after", date(2026, 3, 20), False),
        (date(2008, 3, 20), "day_after", date(2026, 3, 21), True),
        (date(2008, 2, 29), "birthday", date(2026, 2, 27), False),
        (date(2008, 2, 29), "birthday", date(2026, 2, 28), True),
        (date(2008, 2, 29), "day_after", date(2026, 3, 1), True),
    ],
)
def test_age_is_reckoned_on_the_day_itself(birth, counts_from, on, old_enough):
    rule = RollRule(age_min=18, age_counts_from=counts_from)

    assert is_of_age(birth, rule=rule, on=on) is old_enough


def test_age_does_not_matter_where_the_profile_sets_none():
    child, unknown = Person("a", date(2020, 1, 1)), Person("b", None)

    assert person_roll([child, unknown], rule=RollRule(), closing=CLOSING) == Roll(
        "person", (RollEntry("a", ("a",)), RollEntry("b", ("b",)))
    )


@given(st.dates(date(1900, 1, 1), date(2080, 12, 31)), st.integers(0, 100))
def test_anniversary_keeps_month_and_day_save_on_leap_days(birth, years):
    found = anniversary(birth, years)

    assert found.year == birth.year + years
    assert (found.month, found.day) in {(birth.month, birth.day), (2, 28)}


def test_member_roll_leaves_out_those_without_full_capacity():
    people = [Person("a", date(1990, 1, 1)), Person("b", date(1990, 1, 1), is_capable=False)]

    roll = member_roll(people, rule=ADULT, closing=CLOSING)

    assert (roll.unit, ids(roll)) == ("member", ["a"])


def test_roll_names_the_lines_of_a_double():
    people = [Person("a", None), Person("b", None), Person("a", None)]

    with pytest.raises(RollDuplicate) as refusal:
        person_roll(people, rule=ADULT, closing=CLOSING)
    assert str(refusal.value) == "名册第 3 行和第 1 行重复：a。"
    with pytest.raises(RollRowDamaged) as refusal:
        person_roll([Person("a", None), Person("", None)], rule=ADULT, closing=CLOSING)
    assert str(refusal.value) == "名册第 2 行写得不对：没有编号。"


# Households --------------------------------------------------------------------------------------


def test_household_has_one_voice_also_without_a_representative():
    roll = household_roll(
        [
            HouseholdVoice("h2", ("c", "d"), None),
            HouseholdVoice("h1", ("a", "b"), "b"),
        ]
    )

    assert roll == Roll(
        "household",
        (RollEntry("h1", ("b",)), RollEntry("h2", (), flags=(NO_REPRESENTATIVE,))),
    )


@pytest.mark.parametrize(
    ("households", "words"),
    [
        ([("h1", ("a",), None), ("h1", ("b",), None)], "第 2 行和第 1 行重复：h1"),
        ([("h1", ("a",), "z")], "第 1 行写得不对：推选的代表不是这一户的人"),
        ([("h1", ("a",), "a"), ("h2", ("a",), "a")], "第 2 行和第 1 行重复：同一个人代表两户"),
    ],
)
def test_household_roll_refuses_what_cannot_be(households, words):
    with pytest.raises((RollDuplicate, RollRowDamaged), match=words):
        household_roll([HouseholdVoice(*household) for household in households])


# Owners ------------------------------------------------------------------------------------------


def interpretation_example():
    """500 units: 20 held by the developer, 3 the second dwellings of buyers counted already."""
    units = [
        OwnedDwelling(f"u{n}", (f"o{n}",), 9_000, held_by_developer=n < 20) for n in range(500)
    ]
    for n in (30, 31, 32):
        units[n] = OwnedDwelling(f"u{n}", (f"o{n + 10}",), 9_000)
    return units


def test_owner_roll_counts_the_example_of_the_interpretation():
    roll = owner_roll(interpretation_example())

    assert roll.unit == "owner"
    assert (roll.heads, roll.area, len(roll.entries)) == (478, 500 * 9_000, 478)
    by_id = roll.by_id()
    assert by_id["developer"] == RollEntry("developer", ("developer",), 1, 20 * 9_000)
    assert by_id["o40"] == RollEntry("o40", ("o40",), 1, 18_000)


def test_owner_with_several_dwellings_is_one_head_and_all_their_area():
    roll = owner_roll(
        [
            OwnedDwelling("1-101", ("lan",), 8_950),
            OwnedDwelling("1-102", ("bo", "lan"), 10_000),
            OwnedDwelling("1-103", ("lan",), 1_001),
            OwnedDwelling("1-104", ("lan", "bo"), 500, representative="bo"),
        ]
    )

    assert roll.entries == (
        RollEntry("bo+lan", ("bo",), 1, 10_500),
        RollEntry("lan", ("lan",), 1, 9_951),
    )


def test_parking_space_without_a_register_entry_counts_for_nothing():
    roll = owner_roll(
        [
            OwnedDwelling("P1", ("lan",), 1_200, counts_for_head=False, counts_for_area=False),
            OwnedDwelling("P2", ("bo",), 1_300, counts_for_head=False),
            OwnedDwelling("S1", ("chen",), 4_000, counts_for_area=False),
        ]
    )

    assert roll.entries == (
        RollEntry("bo", ("bo",), 0, 1_300),
        RollEntry("chen", ("chen",), 1, 0),
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (OwnedDwelling("", ("a",), 1), "没有编号"),
        (OwnedDwelling("u", (), 1), "没有业主"),
        (OwnedDwelling("u", ("a", "a"), 1), "业主重复或没有编号"),
        (OwnedDwelling("u", ("a", ""), 1), "业主重复或没有编号"),
        (OwnedDwelling("u", ("a+b",), 1), "业主编号里不能有加号"),
        (OwnedDwelling("u", ("a",), 0), "面积要写成大于零的整数，单位 0.01 平方米"),
        (OwnedDwelling("u", ("a",), 89.5), "面积要写成大于零的整数，单位 0.01 平方米"),
        (OwnedDwelling("u", ("a",), True), "面积要写成大于零的整数，单位 0.01 平方米"),
        (OwnedDwelling("u", ("a",), 1, area_source="guess"), "面积要写明来自登记、实测还是合同"),
        (OwnedDwelling("u", ("a",), 1, representative="b"), "推选的代表不是业主"),
    ],
)
def test_owner_roll_names_the_line_and_the_fault(row, words):
    with pytest.raises(RollRowDamaged) as refusal:
        owner_roll([OwnedDwelling("first", ("z",), 1), row])

    assert str(refusal.value) == f"名册第 2 行写得不对：{words}。"


def test_owner_roll_refuses_a_dwelling_twice_and_two_representatives():
    with pytest.raises(RollDuplicate, match="第 2 行和第 1 行重复：u"):
        owner_roll([OwnedDwelling("u", ("a",), 1), OwnedDwelling("u", ("b",), 1)])
    with pytest.raises(RollRowDamaged, match="第 2 行写得不对：同一些业主推选了两个代表"):
        owner_roll(
            [
                OwnedDwelling("u", ("a", "b"), 1, representative="a"),
                OwnedDwelling("v", ("a", "b"), 1, representative="b"),
            ]
        )


def test_owner_example_of_the_law_page_from_its_dwellings():
    """Nine owners of 100 m2 and one of 600 m2: the quorum needs heads and area."""
    roll = owner_roll(
        [OwnedDwelling(f"u{n}", (f"o{n}",), 60_000 if n == 9 else 10_000) for n in range(10)]
    )
    numbers = {"heads": roll.heads, "area": roll.area, "part_heads": 7, "part_area": 70_000}

    result = tally(
        find_profile("cn.owners.general"), numbers | {"yes_heads": 7, "yes_area": 70_000}
    )

    assert (roll.heads, roll.area) == (10, 150_000)
    assert [check.ok for check in result.checks] == [True, False, True, True]


@given(st.permutations([*range(12)]))
def test_owner_roll_is_independent_of_the_order_of_dwellings(order):
    dwellings = [OwnedDwelling(f"u{n}", (f"o{n % 5}",), 100 + n) for n in range(12)]

    assert owner_roll(dwellings[n] for n in order) == owner_roll(dwellings)


# Sealing -----------------------------------------------------------------------------------------


def salts_for(roll, start=0):
    return {
        entry.entry_id: EntrySalts(
            sha256(f"p{start + n}".encode()).digest(), sha256(f"f{start + n}".encode()).digest()
        )
        for n, entry in enumerate(roll.entries)
    }


def test_sealed_roll_publishes_a_line_an_entry_and_no_id():
    roll = owner_roll([OwnedDwelling("u", ("lan",), 8_950), OwnedDwelling("v", ("bo",), 10_000)])
    salts = salts_for(roll)

    sealed = seal_roll(roll, salts)

    who = seal_person("lan", salts["lan"].person)
    line = seal_entry(who=who, heads=1, area=8_950, salt=salts["lan"].facts)
    assert sealed.line_by_entry["lan"] == line
    assert sealed.lines == tuple(sorted(sealed.line_by_entry.values()))
    assert sealed.text == "".join(f"{line}\n" for line in sealed.lines)
    assert (sealed.totals.entries, sealed.totals.heads, sealed.totals.area) == (2, 2, 18_950)
    assert sealed.totals.sha256 == sha256(sealed.text.encode()).hexdigest()
    assert "lan" not in sealed.text


def test_sealed_roll_lines_are_as_many_as_entries_and_change_with_every_fact():
    roll = owner_roll([OwnedDwelling(f"u{n}", (f"o{n}",), 100) for n in range(50)])
    salts = salts_for(roll)
    sealed = seal_roll(roll, salts)
    other = Roll("owner", (*roll.entries[:-1], RollEntry("o9", ("o9",), 1, 101)))

    assert len(set(sealed.lines)) == 50
    assert len(set(seal_roll(other, salts).lines) & set(sealed.lines)) == 49
    assert set(seal_roll(roll, salts_for(roll, 50)).lines).isdisjoint(sealed.lines)


def test_seal_roll_refuses_a_salt_shared_by_entries_far_apart():
    roll = household_roll([HouseholdVoice(name, ()) for name in "abc"])
    salts = salts_for(roll)

    for bad in (
        EntrySalts(salts["a"].person, salts["c"].facts),
        EntrySalts(salts["c"].person, salts["a"].facts),
        EntrySalts(salts["a"].facts, salts["c"].facts),
    ):
        with pytest.raises(RollSaltsMissing, match="c 没有盐"):
            seal_roll(roll, salts | {"c": bad})


def test_seal_roll_refuses_missing_and_repeated_salts():
    roll = household_roll([HouseholdVoice("a", ()), HouseholdVoice("b", ())])
    salts = salts_for(roll)

    for bad in (
        {"a": salts["a"]},
        {"a": salts["a"], "b": salts["a"]},
        {"a": salts["a"], "b": EntrySalts(salts["b"].person, salts["a"].facts)},
        {"a": salts["a"], "b": EntrySalts(salts["b"].person, salts["b"].person)},
    ):
        with pytest.raises(RollSaltsMissing, match="b 没有盐"):
            seal_roll(roll, bad)


# Corrections -------------------------------------------------------------------------------------


def correction(action="add", entry=None, **more):
    facts = {
        "reason": "漏登",
        "first_signer": "wu",
        "second_signer": "ding",
    } | more
    return Correction(action, entry or RollEntry("c", ("c",)), **facts)


ROLL = Roll("person", (RollEntry("a", ("a",)), RollEntry("b", ("b",))))


def test_correction_adds_changes_and_removes():
    added = correct_roll(ROLL, correction())
    changed = correct_roll(added, correction("change", RollEntry("b", ("b", "x"))))
    removed = correct_roll(changed, correction("remove", RollEntry("a", ("a",))))

    assert (added.unit, ids(added)) == ("person", ["a", "b", "c"])
    assert changed.entries[1].voters == ("b", "x")
    assert ids(removed) == ["b", "c"]
    assert ids(ROLL) == ["a", "b"]


@pytest.mark.parametrize(
    "amiss",
    [
        {"reason": " "},
        {"second_signer": "wu"},
        {"second_signer": " wu "},
        {"second_signer": ""},
        {"first_signer": "", "second_signer": ""},
    ],
)
def test_correction_needs_a_reason_and_two_signers(amiss):
    with pytest.raises(CorrectionUnsigned):
        correct_roll(ROLL, correction(**amiss))


@pytest.mark.parametrize(
    ("action", "entry", "words"),
    [
        ("add", RollEntry("a", ("a",)), "a 已经在名册里"),
        ("remove", RollEntry("c", ("c",)), "c 不在名册里"),
        ("change", RollEntry("c", ("c",)), "c 不在名册里"),
        ("remove", RollEntry("a", ("x",)), "a 和名册里写的不一样"),
    ],
)
def test_correction_must_fit_the_roll(action, entry, words):
    with pytest.raises(CorrectionAmiss, match=words):
        correct_roll(ROLL, correction(action, entry))


def test_after_opening_only_a_death_or_a_court_paper_takes_a_voice_off():
    gone = {"entry": RollEntry("a", ("a",)), "action": "remove"}

    for paper in ("death", "court"):
        papers = {"paper": paper, "document": "镇派出所 2026-15"}
        assert ids(correct_roll(ROLL, correction(**gone, **papers), opened_as="named")) == ["b"]
        with pytest.raises(CorrectionTooLate):
            correct_roll(ROLL, correction(**gone, **papers), opened_as="detached")
        with pytest.raises(CorrectionTooLate):
            correct_roll(ROLL, correction(**papers), opened_as="named")
        with pytest.raises(CorrectionTooLate):
            correct_roll(ROLL, correction(**gone, paper=paper), opened_as="named")
    with pytest.raises(CorrectionTooLate):
        correct_roll(ROLL, correction(**gone, paper="moved", document="x"), opened_as="named")
