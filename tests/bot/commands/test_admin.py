import json

import pytest
from sqlmodel import select

from community.accounts import credentials, sign_in
from community.grants import grantable_roles
from community.passwords import compare
from community.people import actor_of_account
from community.roles import CAPABILITIES
from community.tables import Account, Area
from core.actor import SYSTEM

GOOD = "yun-he-song-2046"


def test_first_administrator_of_an_empty_house_may_give_every_role(house, command):
    done = command("create-admin", "Lin", "--district", "新区", input=f"{GOOD}\n{GOOD}\n")

    assert done.exit_code == 0, done.output
    assert "新建了“新区”" in done.output
    assert "/console" in done.output
    assert GOOD not in done.output
    known = house.db.read_now(SYSTEM, credentials, "lin")
    entered = house.db.run_now(
        SYSTEM, sign_in, house.vault, known, compare(known.password_hash, GOOD)
    )
    actor = house.db.read_now(SYSTEM, actor_of_account, entered.account_id)
    area = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Area.id)).one())
    assert set(house.db.read_now(actor, grantable_roles, area)) == set(CAPABILITIES) - {"resident"}


def test_administrator_of_a_community_stays_in_it(house, cast, command):
    done = command(
        "create-admin", "lin", "--community", "hyc", "--password-stdin", "--json", input=f"{GOOD}\n"
    )

    told = json.loads(done.stdout)
    assert (told["login"], told["area"], told["new_district"]) == ("lin", "花园村", False)
    account_id = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Account.id)).one())
    actor = house.db.read_now(SYSTEM, actor_of_account, account_id)
    assert actor.can("people.edit", cast.hyc)
    assert not actor.can("people.edit", cast.xfl)


@pytest.mark.parametrize(
    ("words", "typed", "why"),
    [
        (("lin",), "short\nshort\n", "太短"),
        (("lin", "--password-stdin"), "\n", "太短"),
        (("a b", "--password-stdin"), f"{GOOD}\n", "登录名"),
        (("lin", "--community", "ABC", "--password-stdin"), f"{GOOD}\n", "XFL"),
    ],
)
def test_refusals_are_said_and_end_with_status_1(house, cast, command, words, typed, why):
    done = command("create-admin", *words, input=typed)

    assert done.exit_code == 1
    assert why in done.stderr
    assert house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Account.id)).all()) == []


def test_same_login_twice_is_refused(house, cast, command):
    first = command("create-admin", "lin", "--password-stdin", input=f"{GOOD}\n")
    again = command("create-admin", "LIN", "--password-stdin", input=f"{GOOD}\n")

    assert (first.exit_code, again.exit_code) == (0, 1)
    assert len(house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Account.id)).all())) == 1


def test_two_different_passwords_are_asked_again(house, cast, command):
    done = command("create-admin", "lin", input=f"{GOOD}\nother-words-99\n{GOOD}\n{GOOD}\n")

    assert done.exit_code == 0
