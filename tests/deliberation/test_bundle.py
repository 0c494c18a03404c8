"""The bundle as it is made: the same bytes for the same vote, and nothing in it that tells who."""

import json
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.canonical import canonical, parsed
from deliberation.ballot_records import Batch, Closing, NamedBallot, Ruling
from deliberation.bundle import bundle_files, write_bundle
from deliberation.bundle_documents import (
    NotDetachable,
    OpenedBallot,
    SealNotOpened,
    count_votes,
    profile_document,
    standing_ballots,
)
from deliberation.invented_vote import PaperOnly, invent_vote
from deliberation.profiles import find_profile
from deliberation.tally import tally
from tests.deliberation.bundles import OWNERS, PERSON, files, vote


def counted(invented, records=None):
    return count_votes(
        invented.profile,
        invented.question,
        invented.roll,
        invented.records if records is None else records,
        invented.openings,
    )


def test_the_same_vote_gives_the_same_bytes():
    one, two = BytesIO(), BytesIO()

    write_bundle(one, vote(), "recount")
    write_bundle(
        two,
        invent_vote(ballots=120, mode="named", profile=find_profile(PERSON), seed=1),
        "recount",
    )

    assert one.getvalue() == two.getvalue()
    with ZipFile(one) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("mode", ["named", "detached"])
def test_every_document_is_canonical(mode):
    for name, data in files(mode).items():
        if name.endswith(".json"):
            assert canonical(parsed(data)) == data
        elif name.endswith(".jsonl"):
            assert [canonical(parsed(line)) for line in data.splitlines()] == data.splitlines()


def test_ballots_that_do_not_count_are_never_opened():
    invented = vote()
    opened = files()["openings.jsonl"].splitlines()
    standing = [
        ballot.seal
        for ballot in standing_ballots(invented.profile, invented.roll, invented.records)
        if ballot.seal is not None
    ]

    assert len(opened) == len(standing) < len(invented.openings)


def test_a_notice_opens_nothing():
    notice = files("named", OWNERS, kind="notice")

    assert "openings.jsonl" not in notice
    assert "weights.jsonl" not in notice
    salts = [line.salt.hex().encode() for line in vote("named", OWNERS).roll]
    assert not any(salt in data for salt in salts for data in notice.values())


def test_a_detached_log_names_no_line_of_the_roll():
    invented = vote("detached")
    log = files("detached")["log.jsonl"]

    assert not any(line.seal.encode() in log for line in invented.roll)
    assert b"channel" not in log
    assert b"time" not in log
    batches = [record for record in invented.records if isinstance(record, Batch)]
    assert min(len(batch.ballots) for batch in batches) >= 10


def test_a_bundle_holds_no_key_that_could_sign():
    everything = b"".join(files().values())

    assert b"PRIVATE" not in everything
    assert json.loads(files()["heads.jsonl"].splitlines()[0])["key"] in everything.decode()


def test_profile_as_data_gives_the_same_judgement():
    profile = find_profile(OWNERS)
    rule = json.loads(profile_document(profile))
    numbers = {
        "heads": 478, "area": 4825037, "part_heads": 319, "part_area": 3300001,
        "yes_heads": 160, "yes_area": 1650001,
    }  # fmt: skip

    judged = tally(profile, numbers)

    keys = ("stage", "lhs", "op", "ratio", "rhs", "article")
    assert [{key: check[key] for key in keys} for check in rule["checks"]] == [
        {key: check.as_json()[key] for key in keys} for check in judged.checks
    ]
    assert judged.outcome == "PASSED"


def test_numbers_add_up():
    told = counted(vote())
    said = sum(answer["count"] for answer in told["answers"].values())
    suspended = [
        one
        for one in standing_ballots(vote().profile, vote().roll, vote().records)
        if one.seal is None
    ]

    assert told["numbers"]["attend"] == said + len(suspended)
    assert told["numbers"]["roll"] == told["numbers"]["heads"] == len(vote().roll)
    assert told["numbers"]["area"] == 0


def test_owners_are_counted_with_their_area():
    invented = vote("named", OWNERS)
    told = counted(invented)

    assert told["numbers"]["area"] == sum(line.area for line in invented.roll)
    assert told["answers"]["yes"]["area"] > told["answers"]["yes"]["count"] * 4_500


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_after_the_close_only_a_listed_ruling_changes_the_count(data):
    # I6: without a new record the count stays; a void takes exactly one ballot away.
    invented = vote()
    plain = [record for record in invented.records if not isinstance(record, Ruling)]
    single = [
        seq
        for seq, record in enumerate(plain)
        if isinstance(record, NamedBallot)
        and sum(1 for one in plain if isinstance(one, NamedBallot) and one.entry == record.entry)
        == 1
    ]
    victim = data.draw(st.sampled_from(single))
    before = counted(invented, plain)

    after = counted(invented, [*plain, Ruling(victim, "void", "forged_name")])
    held = counted(invented, [*plain, Ruling(victim, "suspended", "two_channels")])

    assert counted(invented, plain) == before
    assert after["numbers"]["attend"] == before["numbers"]["attend"] - 1
    assert held["numbers"]["attend"] == before["numbers"]["attend"]
    lost = [
        key
        for key in before["answers"]
        if after["answers"][key]["count"] != before["answers"][key]["count"]
    ]
    assert len(lost) == 1
    assert held["answers"] == after["answers"]


def test_forgetting_people_leaves_chain_and_count():
    # I10: what ties a line to a person is the salt of `who`, which the bundle never holds.
    invented = vote("named", OWNERS)
    whole = b"".join(bundle_files(invented, "recount").values())

    assert "演示户".encode() not in whole
    assert counted(invented) == json.loads(invented.tally)


def test_a_ballot_that_cannot_be_opened_stops_the_count():
    invented = vote()
    seal = next(
        one.seal
        for one in standing_ballots(invented.profile, invented.roll, invented.records)
        if one.seal
    )
    rest = {key: value for key, value in invented.openings.items() if key != seal}

    with pytest.raises(SealNotOpened, match=seal):
        count_votes(invented.profile, invented.question, invented.roll, invented.records, rest)


def test_several_proposals_are_judged_one_by_one():
    # Approval is asked of those present, never of the sum of two proposals' votes.
    invented = vote()
    options = (
        invented.question.options[0],
        type(invented.question.options[0])("other", "yes", "另一个方案"),
        *invented.question.options[1:],
    )
    question = type(invented.question)("两个方案", "", options, {})
    openings = {
        seal: OpenedBallot("other", one.salt) if int(seal[0], 16) < 8 else one
        for seal, one in invented.openings.items()
    }

    told = count_votes(invented.profile, question, invented.roll, invented.records, openings)

    assert [result["option"] for result in told["results"]] == ["yes", "other"]
    for result in told["results"]:
        approve = next(check for check in result["checks"] if check["stage"] == "approve")
        assert approve["got"] == told["answers"][result["option"]]["count"]


def test_area_may_not_be_counted_in_secret():
    with pytest.raises(NotDetachable, match="只能记名"):
        invent_vote(ballots=5, mode="detached", profile=find_profile(OWNERS), seed=1)


def test_elections_are_never_run_here():
    with pytest.raises(PaperOnly, match="只能纸质投票"):
        invent_vote(ballots=5, mode="named", profile=find_profile("cn.village.election"), seed=1)


def test_the_invented_vote_has_what_real_ones_have():
    records = vote().records
    versions = [record.version for record in records if isinstance(record, NamedBallot)]

    assert len(versions) == 120
    assert max(versions) == 2
    assert any(isinstance(record, Ruling) for record in records)
    assert [record.ballots for record in records if isinstance(record, Closing)] == [120]
