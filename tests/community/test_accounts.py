from datetime import timedelta
from functools import cache

import pyotp
import pytest
from argon2 import PasswordHasher

from community.accounts import (
    WRONG_MAX,
    WRONG_WINDOW,
    LoginTaken,
    NoTotp,
    Outcome,
    WrongLogin,
    WrongTotp,
    create_account,
    credentials,
    disable_account,
    disable_totp,
    enable_account,
    enable_totp,
    set_password,
    sign_in,
    visible_accounts,
)
from community.grants import grant_role
from community.passwords import (
    PasswordCheck,
    WeakPassword,
    check_password_rules,
    compare,
    hash_password,
    prepare,
)
from community.tables import Account
from community.totp import matching_step, offer_totp
from core.actor import NOBODY
from core.errors import NotAllowed, NotFound

GOOD = "yun-he-song-2046"
ready = cache(prepare)  # hashing is slow on purpose


@pytest.fixture
def account(act, cast):
    """The secretary's sign-in, made by an administrator."""
    return act("system", create_account, login="Wu", password=ready(GOOD), resident_id=cast.wu)


@pytest.fixture
def enter(house):
    """enter("wu", password): looking and deciding, with the slow comparison told beforehand."""

    def run(login, password, code=""):
        known = house.db.read_now(NOBODY, credentials, login)
        check = PasswordCheck(known.account_id is not None and password == GOOD)
        return house.db.run_now(NOBODY, sign_in, house.vault, known, check, code=code)

    return run


@pytest.fixture
def totp(house, act, account):
    """The secretary's authenticator, switched on."""
    authenticator = pyotp.TOTP(offer_totp("wu").secret)
    act(
        "wu",
        enable_totp,
        house.vault,
        account.id,
        secret=authenticator.secret,
        code=authenticator.at(house.db.clock()),
    )
    return authenticator


def test_right_password_signs_in_and_a_wrong_one_does_not(house, account):
    found = house.db.read_now(NOBODY, credentials, " WU ")

    for password, outcome in ((GOOD, Outcome.SIGNED_IN), (GOOD + "x", Outcome.WRONG)):
        check = compare(found.password_hash, password)
        assert house.db.run_now(NOBODY, sign_in, house.vault, found, check).outcome == outcome


def test_nobody_has_the_password_of_an_unknown_login():
    assert compare(None, "") == PasswordCheck(False)


def test_unknown_login_and_wrong_password_look_alike(account, enter):
    wrong, unknown = enter("wu", "something-else-1"), enter("nobody", "something-else-1")

    assert wrong == unknown


def test_five_wrong_passwords_make_the_login_wait_whatever_comes(clock, account, enter, events):
    outcomes = [enter("wu", "wrong-password-1").outcome for _ in range(WRONG_MAX)]

    assert outcomes == [Outcome.WRONG] * (WRONG_MAX - 1) + [Outcome.WAIT]
    assert events("account.blocked") == [(account.id, {})]
    clock.forward(seconds=WRONG_WINDOW.total_seconds() - 1)
    assert enter("wu", GOOD).outcome == Outcome.WAIT
    clock.forward(seconds=1)
    assert enter("wu", GOOD).outcome == Outcome.SIGNED_IN


def test_unknown_login_waits_too(enter):
    outcomes = [enter("nobody", "wrong-password-1").outcome for _ in range(WRONG_MAX)]

    assert outcomes[-1] == Outcome.WAIT


def test_right_password_forgets_the_wrong_ones(account, enter):
    for _ in range(2):
        for _ in range(WRONG_MAX - 1):
            enter("wu", "wrong-password-1")
        assert enter("wu", GOOD).outcome == Outcome.SIGNED_IN


def test_password_compared_before_a_change_is_worth_nothing(house, act, account):
    known = house.db.read_now(NOBODY, credentials, "wu")
    act("wu", set_password, account.id, ready("jiang-hai-yue-77"))

    done = house.db.run_now(NOBODY, sign_in, house.vault, known, PasswordCheck(True))

    assert done.outcome == Outcome.WRONG


def test_new_password_replaces_the_old_one(house, act, account, events):
    act("wu", set_password, account.id, ready("jiang-hai-yue-77"))

    kept = house.db.read_now(NOBODY, credentials, "wu").password_hash
    assert [compare(kept, word).is_right for word in (GOOD, "jiang-hai-yue-77")] == [False, True]
    assert [facts["what"] for _, facts in events("account.change")] == ["made", "password"]


def test_weaker_hash_is_renewed_when_the_owner_signs_in(house, act, account):
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(GOOD)

    def weaken(tx):
        tx.get_one(Account, account.id).password_hash = weak

    act("system", weaken)
    found = house.db.read_now(NOBODY, credentials, "wu")
    house.db.run_now(NOBODY, sign_in, house.vault, found, compare(weak, GOOD))

    renewed = house.db.read_now(NOBODY, credentials, "wu").password_hash
    assert renewed != weak
    assert compare(renewed, GOOD) == PasswordCheck(True)


def test_disabled_account_cannot_sign_in_until_it_is_enabled(act, account, enter):
    act("system", disable_account, account.id)
    assert enter("wu", GOOD).outcome == Outcome.WRONG

    with pytest.raises(NotFound):
        act("lan", enable_account, account.id)
    act("system", enable_account, account.id)
    assert enter("wu", GOOD).outcome == Outcome.SIGNED_IN


def test_second_factor_is_asked_for_and_works_once(clock, account, totp, enter):
    clock.forward(minutes=5)
    code = totp.at(clock())

    assert enter("wu", GOOD).outcome == Outcome.NEED_CODE
    assert enter("wu", GOOD, "000000").outcome == Outcome.WRONG
    assert enter("wu", GOOD, code).outcome == Outcome.SIGNED_IN
    assert enter("wu", GOOD, code).outcome == Outcome.WRONG


def test_wrong_codes_make_the_login_wait(clock, account, totp, enter):
    outcomes = [enter("wu", GOOD, "abc").outcome for _ in range(WRONG_MAX)]

    assert outcomes[-1] == Outcome.WAIT
    assert enter("wu", GOOD, totp.at(clock())).outcome == Outcome.WAIT


@pytest.mark.parametrize(("seconds", "fits"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_code_of_a_neighbouring_step_fits(clock, seconds, fits):
    secret = offer_totp("wu").secret
    code = pyotp.TOTP(secret).at(clock() + timedelta(seconds=seconds))

    assert (matching_step(secret, code, clock()) is not None) == fits


def test_authenticator_must_prove_that_it_has_the_secret(house, act, account):
    with pytest.raises(WrongTotp):
        act(
            "wu", enable_totp, house.vault, account.id, secret=offer_totp("wu").secret, code="12345"
        )


def test_lost_phone_is_replaced_by_an_administrator(act, account, totp, enter):
    act("system", disable_totp, account.id)

    assert enter("wu", GOOD).outcome == Outcome.SIGNED_IN
    with pytest.raises(NoTotp):
        act("system", disable_totp, account.id)


def test_secret_of_the_second_factor_is_sealed(house, account, totp):
    row = house.db.read_now(NOBODY, lambda tx: tx.get_one(Account, account.id))

    assert totp.secret.encode() not in row.totp_sealed


def test_accounts_are_made_by_who_grants_roles_and_holds_as_much(act, cast):
    for who in ("lan", "ding", "guo", "hua"):
        with pytest.raises(NotFound):
            act(who, create_account, login="bo", password=ready(GOOD), resident_id=cast.bo)
    with pytest.raises(NotFound):
        act("wu", create_account, login="chen", password=ready(GOOD), resident_id=cast.chen)

    made = act("wu", create_account, login="ding", password=ready(GOOD), resident_id=cast.ding)
    assert made.resident_id == cast.ding


def test_nobody_sets_the_password_of_somebody_who_holds_more(act, cast):
    account = act("wu", create_account, login="ding", password=ready(GOOD), resident_id=cast.ding)
    act("system", grant_role, resident_id=cast.ding, role="supervisor", area_id=cast.district)

    for attempt in (
        lambda: act("wu", set_password, account.id, ready("jiang-hai-yue-77")),
        lambda: act("wu", disable_totp, account.id),
        lambda: act("wu", disable_account, account.id),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    with pytest.raises(NotFound):
        act("lan", set_password, account.id, ready("jiang-hai-yue-77"))
    act("ding", set_password, account.id, ready("jiang-hai-yue-77"))


def test_login_is_taken_once_in_any_case(act, cast, account):
    with pytest.raises(LoginTaken):
        act("system", create_account, login="WU", password=ready(GOOD), resident_id=cast.ding)


@pytest.mark.parametrize("login", ["", "x", "a b", "a" * 61, "a/b", "<script>"])
def test_strange_logins_are_refused(act, cast, login):
    with pytest.raises(WrongLogin):
        act("system", create_account, login=login, password=ready(GOOD), resident_id=cast.ding)


@pytest.mark.parametrize(
    "password",
    [
        "short-9",
        "a" * 129,
        "aaaaaaaaaaaa",
        "1234567890",
        "zyxwvutsrqp",
        "woaini1314",
        "ding-likes-tea",
    ],
)
def test_weak_passwords_are_refused_with_a_reason(act, cast, password):
    with pytest.raises(WeakPassword) as refusal:
        act(
            "system",
            create_account,
            login="ding",
            password=prepare(password, login="ding"),
            resident_id=cast.ding,
        )

    assert len(str(refusal.value)) > 12


def test_limits_of_a_password_are_themselves_fine():
    for password in ("abcde12345", "长城外古道边芳草碧连", "abcd1-23" * 16):
        check_password_rules("wu", password)


def test_nothing_of_a_password_can_be_read_from_its_hash():
    first, second = hash_password(GOOD), hash_password(GOOD)

    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second


def test_list_of_accounts_shows_those_one_may_change(act, cast, account):
    act("system", create_account, login="chen", password=ready(GOOD), resident_id=cast.chen)

    assert [line.login for line in act("system", visible_accounts)] == ["chen", "wu"]
    assert [line.login for line in act("wu", visible_accounts)] == ["wu"]
    assert [line.login for line in act("chen", visible_accounts)] == ["chen"]
    assert act("lan", visible_accounts) == []
