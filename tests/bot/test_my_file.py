"""S14: a resident sees what is kept and who looked, takes it along, and has it deleted."""

import hashlib
import io
import json
import zipfile

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot.channels import desk
from bot.erasure import ERASED, CannotEraseYet, discard_files, erase
from bot.inbox import receive
from bot.messages import Incoming
from bot.models import METADATA
from bot.my_file import (
    DELETION_TEXT,
    DeletionAsked,
    ask_deletion,
    file_as_json,
    file_as_zip,
    file_of,
    my_file,
)
from cases.desk import Report, open_case
from cases.merging import endorse
from cases.steps import attach, confirm, report_done, say, sign
from cases.tables import Case, Party
from community.accounts import create_account
from community.binding import bind, make_code
from community.grants import end_role, visible_grants
from community.passwords import prepare
from community.people import DESK_CHANNEL, Known, actor_for, actor_of_resident, meet
from community.residents import access_resident, leave
from core.actor import NOBODY, SYSTEM, Actor
from core.errors import NotAllowed, NotFound

# Words of Lan's that must be in her file, and nowhere once she is erased.
SECRETS = ("王兰", "13900000001", "三栋二单元电梯坏了", "谢谢你们", "lan-openid")


@pytest.fixture
def act(house, cast):
    def run(who, work, *args, **kwargs):
        return house.db.run_now(actor(who), work, *args, **kwargs)

    def actor(who):
        if isinstance(who, Actor):
            return who
        identity = getattr(cast, f"{who}_identity", None)
        return house.db.run_now(SYSTEM, actor_of_resident, getattr(cast, who), identity_id=identity)

    return run


@pytest.fixture
def phone(house, act, cast):
    """Lan's second chat, bound by a code."""
    identity_id = house.db.run_now(
        SYSTEM, meet, channel="wechat:main", sender="lan-openid", community_id=cast.xfl
    ).identity_id
    code = act("wu", make_code, house.signer, resident_id=cast.lan, days=1)
    house.db.run_now(NOBODY, bind, house.signer, identity_id=identity_id, code=code)
    return identity_id


def report(cast, **more):
    values = {
        "community_id": cast.xfl,
        "identity_id": cast.lan_identity,
        "resident_id": cast.lan,
        "text": "三栋二单元电梯坏了",
        "category": "住房与物业",
        "place": "3栋2单元",
    }
    return Report(**{**values, **more})


@pytest.fixture
def story(house, act, cast, phone):
    """A case of Lan's with a word, a photo and a neighbour; one of Bo's; looks of the desk."""
    lan = {"identity_id": cast.lan_identity, "resident_id": cast.lan}
    bo = {"identity_id": cast.bo_identity, "resident_id": cast.bo}
    first = act("lan", open_case, report(cast))
    second = act("bo", open_case, report(cast, text="一栋漏水了", **bo))
    mine, theirs = first.case_id, second.case_id
    for who, case, party in (("bo", first, bo), ("lan", second, lan)):
        place = {"community_id": cast.xfl, "case_id": case.case_id, "number": case.number}
        act(who, endorse, **place, **party)
    act("lan", say, mine, text="谢谢你们")
    act("wu", say, mine, text="王兰电话 13900000001 已联系", is_public=False)
    name = house.files.keep(b"a photo of the lift")
    act("lan", attach, mine, media_type="image/jpeg", sha256=name, size=19, stage="before")
    act("wu", access_resident, cast.lan, purpose="核对报修")
    return mine, theirs


@pytest.fixture
def closed(act, story):
    """The same story after both cases were done and everybody said so."""
    for case_id in story:
        act("guo", sign, case_id)
        act("guo", report_done, case_id, text="修好了")
        for who in ("lan", "bo"):
            act(who, confirm, case_id, solved=True)
    return story


def rows(file, key):
    return next(part.rows for part in file.parts if part.key == key)


def test_file_shows_everything_kept_about_me_and_who_looked(house, act, cast, story):
    file = act("lan", my_file, house.vault)

    assert rows(file, "person")[0][1:3] == ("王兰", "R1")
    assert rows(file, "person")[0][7] == "13900000001"
    assert rows(file, "household") == (("XFL-H1", "3栋2单元501", "89.50"),)
    assert [row[:2] for row in rows(file, "identities")] == [
        ("simulator", "lan"),
        ("wechat:main", "lan-openid"),
    ]
    assert [row[1:] for row in rows(file, "looks")] == [("吴书记", "核对报修")]
    assert [row[2] for row in rows(file, "notes")] == ["谢谢你们"]
    assert [row[2] for row in rows(file, "attachments")] == ["image/jpeg"]
    assert len(rows(file, "codes")) == 1
    assert ("resident.file_opened", str(cast.lan)) in [row[1:] for row in rows(file, "events")]


def test_file_holds_no_words_of_others(house, act, cast, story):
    file = act("lan", my_file, house.vault)

    assert [(row[1], row[4]) for row in rows(file, "cases")] == [
        ("三栋二单元电梯坏了", "反映人"),
        ("（附议了别人反映的事）", "附议人"),
    ]
    words = file_as_json(file).decode()
    for other in ("李波", "13900000002", "一栋漏水了", "已联系"):
        assert other not in words


async def test_what_the_bot_heard_and_said_is_in_the_file(house, cast):
    incoming = Incoming(
        channel="simulator", message_id="m1", sender="lan", text="3栋2单元路灯不亮，天黑看不见"
    )
    await receive(house, incoming)

    actor = house.db.run_now(SYSTEM, actor_of_resident, cast.lan)
    file = house.db.read_now(actor, my_file, house.vault)

    assert [row[1] for row in rows(file, "requests")] == ["3栋2单元路灯不亮，天黑看不见"]
    assert len(rows(file, "cases")) == 1


def test_stranger_sees_what_is_kept_about_a_chat(house, act, cast):
    mo = house.db.run_now(
        SYSTEM, meet, channel="simulator", sender="mo", community_id=cast.xfl
    ).identity_id
    actor = house.db.run_now(SYSTEM, actor_for, Known(mo, cast.xfl, None))

    file = act(actor, my_file, house.vault)

    assert rows(file, "identities")[0][:2] == ("simulator", "mo")
    assert rows(file, "person") == ()
    with pytest.raises(NotFound):
        act(NOBODY, my_file, house.vault)


def test_file_for_somebody_at_the_desk_is_a_look_as_any_other(house, act, cast, story):
    file = act("wu", file_of, house.vault, cast.lan, purpose="本人到服务台要一份")

    assert rows(file, "looks")[-1][1:] == ("吴书记", "本人到服务台要一份")
    for who in ("bo", "ding", "hua"):
        with pytest.raises(NotFound):
            act(who, file_of, house.vault, cast.lan, purpose="好奇")


def test_export_opens_without_us_and_holds_the_pictures(house, act, cast, story):
    file = act("lan", my_file, house.vault)

    with zipfile.ZipFile(io.BytesIO(file_as_zip(file, house.files))) as package:
        assert package.namelist() == ["我的资料.json", "我的资料.txt", "附件/0001.jpg"]
        assert package.read("附件/0001.jpg") == b"a photo of the lift"
        told = json.loads(package.read("我的资料.json"))
        readable = package.read("我的资料.txt").decode("utf-8-sig")
    assert told == file.as_json()
    assert told["parts"][0]["rows"][0]["姓名"] == "王兰"
    assert "谁看过您的资料" in readable
    assert all(part["purpose"] for part in told["parts"])


def test_deletion_is_asked_once_and_is_a_case_at_the_desk(house, act, cast):
    opened = act("lan", ask_deletion)

    case = house.db.read_now(SYSTEM, lambda tx: tx.get_one(Case, opened.case_id))
    assert (case.text, case.is_public, case.phase) == (DELETION_TEXT, False, "triage")
    with pytest.raises(DeletionAsked) as refusal:
        act("lan", ask_deletion)
    assert opened.number in str(refusal.value)
    assert act("bo", ask_deletion).number != opened.number


def test_deletion_is_asked_also_without_any_chat(house, act, cast):
    opened = act("wu", ask_deletion)

    def identity(tx):
        return tx.exec(select(Party.identity_id).where(Party.case_id == opened.case_id)).one()

    assert house.db.read_now(SYSTEM, identity) > 0
    assert desk.CHANNEL == DESK_CHANNEL


def every_word(tx):
    """Everything that stands in any row, the history included, as one text."""
    found = []
    for table in METADATA.sorted_tables:
        found += [str(tuple(row)) for row in tx.execute(text(f'SELECT * FROM "{table.name}"'))]
    return "\n".join(found)


def test_erased_person_is_nowhere_and_the_history_is_whole(house, act, cast, closed):
    mine, _ = closed
    account = {"login": "wanglan", "password": prepare("yun-he-song-2046"), "resident_id": cast.lan}
    act(SYSTEM, create_account, **account)
    before = house.db.read_now(SYSTEM, every_word)
    assert all(secret in before for secret in SECRETS if secret != "13900000001")
    count = "SELECT count(*) FROM core_event"
    events = house.db.read_now(SYSTEM, lambda tx: tx.execute(text(count)).scalar_one())

    erased = act("wu", erase, house.vault, cast.lan)
    discard_files(erased.files, house.files)

    after = house.db.read_now(SYSTEM, every_word)
    assert [secret for secret in (*SECRETS, "wanglan") if secret in after] == []
    assert house.vault.index("13900000001") not in after
    assert "一栋漏水了" in after
    assert "李波" in after
    assert (erased.case_count, erased.note_count) == (2, 2)
    assert erased.files == (hashlib.sha256(b"a photo of the lift").hexdigest(),)
    with pytest.raises(NotFound):
        house.files.path(erased.files[0])
    assert house.db.read_now(SYSTEM, lambda tx: tx.execute(text(count)).scalar_one()) > events
    case = house.db.read_now(SYSTEM, lambda tx: tx.get_one(Case, mine))
    assert (case.text, case.place) == (ERASED, "3栋*单元*")


def test_picture_that_another_case_shows_stays(house, act, cast, closed):
    _, theirs = closed
    name = hashlib.sha256(b"a photo of the lift").hexdigest()
    act("bo", attach, theirs, media_type="image/jpeg", sha256=name, size=19, stage="before")

    erased = act("wu", erase, house.vault, cast.lan)

    assert erased.files == ()


def test_chat_let_go_of_before_is_erased_too(house, act, cast, closed):
    act("wu", leave, cast.lan)

    act("wu", erase, house.vault, cast.lan)

    assert "lan-openid" not in house.db.read_now(SYSTEM, every_word)


def test_nothing_is_erased_while_something_is_being_handled(house, act, cast, story):
    with pytest.raises(CannotEraseYet) as refusal:
        act("wu", erase, house.vault, cast.lan)
    assert "2 件事" in str(refusal.value)

    with pytest.raises(CannotEraseYet) as refusal:
        act("wu", erase, house.vault, cast.ding)
    assert "角色" in str(refusal.value)
    act("wu", end_role, act("wu", visible_grants, resident_id=cast.ding)[0].id)
    act("wu", erase, house.vault, cast.ding)


def test_request_for_deletion_does_not_stand_in_its_own_way(house, act, cast):
    act("lan", ask_deletion)

    act("wu", erase, house.vault, cast.lan)

    assert "王兰" not in house.db.read_now(SYSTEM, every_word)


def test_erasing_is_for_who_edits_people_there_and_never_oneself(house, act, cast):
    for who in ("lan", "bo", "ding", "hua"):
        with pytest.raises(NotFound):
            act(who, erase, house.vault, cast.bo)
    with pytest.raises(NotFound):
        act("wu", erase, house.vault, cast.chen)
    with pytest.raises(NotFound):
        act("wu", erase, house.vault, 1)
    with pytest.raises((CannotEraseYet, NotAllowed)):
        act("wu", erase, house.vault, cast.wu)
    names = house.db.read_now(SYSTEM, every_word)
    assert "李波" in names
    assert "吴书记" in names
