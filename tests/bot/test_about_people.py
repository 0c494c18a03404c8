import pytest
from sqlmodel import col, select

from bot.tables import Outgoing
from cases.desk import Report, open_case
from cases.tables import Party
from community.accounts import create_account, credentials, sign_in
from community.binding import WRONG_MAX, bind, make_code
from community.passwords import PasswordCheck, prepare
from community.people import Known, actor_for, meet
from core.actor import NOBODY, SYSTEM


@pytest.fixture
def mo(house, cast):
    """A stranger's chat."""
    return house.db.run_now(
        SYSTEM, meet, channel="simulator", sender="mo", community_id=cast.xfl
    ).identity_id


def told(house):
    """Who was told what, in the order it was written."""

    def find(tx):
        query = select(Outgoing.recipient, Outgoing.text).order_by(col(Outgoing.id))
        return [tuple(row) for row in tx.exec(query)]

    return house.db.read_now(SYSTEM, find)


def test_secretary_hears_of_wrong_codes_once(house, cast, mo):
    for _ in range(WRONG_MAX + 2):
        house.db.run_now(NOBODY, bind, house.signer, identity_id=mo, code="0000-0000")

    assert [(who, "输错 5 次" in text) for who, text in told(house)] == [("wu", True)]


def test_lock_of_a_chat_that_belongs_nowhere_is_told_to_nobody(house, cast):
    nowhere = house.db.run_now(
        SYSTEM, meet, channel="wechat:main", sender="x", community_id=0
    ).identity_id
    for _ in range(WRONG_MAX):
        house.db.run_now(NOBODY, bind, house.signer, identity_id=nowhere, code="0000-0000")

    assert told(house) == []


def test_cases_of_a_stranger_are_theirs_once_bound(house, cast, mo):
    stranger = house.db.run_now(SYSTEM, actor_for, Known(mo, cast.xfl, None))
    report = Report(
        community_id=cast.xfl,
        identity_id=mo,
        resident_id=None,
        text="路灯不亮",
        category="城乡建设",
        is_sure=False,
    )
    house.db.run_now(stranger, open_case, report)
    code = house.db.run_now(SYSTEM, make_code, house.signer, resident_id=cast.bo, days=1)

    house.db.run_now(NOBODY, bind, house.signer, identity_id=mo, code=code)

    parties = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Party.resident_id)).all())
    assert parties == [cast.bo]


def test_chat_that_is_bound_already_hears_of_another(house, cast, mo):
    code = house.db.run_now(SYSTEM, make_code, house.signer, resident_id=cast.bo, days=1)

    house.db.run_now(NOBODY, bind, house.signer, identity_id=mo, code=code)

    assert [(who, text[:3]) for who, text in told(house)] == [("bo", "李*，")]


def test_owner_hears_of_wrong_passwords(house, cast):
    account = {"login": "wu", "password": prepare("yun-he-song-2046"), "resident_id": cast.wu}
    house.db.run_now(SYSTEM, create_account, **account)
    known = house.db.read_now(SYSTEM, credentials, "wu")

    for _ in range(WRONG_MAX + 2):
        house.db.run_now(NOBODY, sign_in, house.vault, known, PasswordCheck(False))

    assert [(who, "输错密码" in text) for who, text in told(house)] == [("wu", True)]
