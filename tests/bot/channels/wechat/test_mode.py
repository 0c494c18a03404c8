"""What an account in each mode takes, and what it refuses."""

import pytest

from core.settings import Settings, SettingsError, WechatAccount, WireMode
from tests.bot.channels.wechat.envelopes import plain_query, sealed, text_message
from tests.bot.channels.wechat.platform import numbers, on, open_webhook, post, row_counts

WORDS = "3栋2单元的电梯坏了"


def in_mode(account, mode):
    return WechatAccount(**(account.model_dump() | {"mode": mode}))


@on("sqlite")
@pytest.mark.parametrize("mode", ["secure", None, ""])
async def test_secure_mode_takes_nothing_plain(house, account, cast, now, mode):
    body = text_message(WORDS, created=now)
    before = row_counts(house)
    async with open_webhook(house, in_mode(account, mode)) as http:
        plain = await post(http, plain_query(now), body)
        bare = await post(http, plain_query(now) | {"encrypt_type": "aes"}, body)
        assert (plain[0], bare[0]) == (403, 403)
        assert row_counts(house) == before

        status, words = await post(http, *sealed(body, now))
        assert (status, "收到" in words) == (200, True)
        both = text_message("12栋的门禁坏了", message_id=2, created=now)
        assert (await post(http, *sealed(both, now, compatible=True)))[0] == 200
    assert len(numbers(house)) == 2


@on("sqlite")
async def test_compatible_mode_takes_both(house, account, cast, now):
    async with open_webhook(house, in_mode(account, "compatible")) as http:
        one = await post(http, plain_query(now), text_message(WORDS, created=now))
        two = await post(
            http, *sealed(text_message("12栋的门禁坏了", message_id=2, created=now), now)
        )

    assert (one[0], two[0], len(numbers(house))) == (200, 200, 2)


@on("sqlite")
async def test_plain_mode_uses_no_key(house, account, cast, now):
    async with open_webhook(house, in_mode(account, "plain")) as http:
        one = await post(http, plain_query(now), text_message(WORDS, created=now))
        two = await post(
            http, *sealed(text_message("12栋的门禁坏了", message_id=2, created=now), now)
        )

    assert (one[0], two[0]) == (200, 400)


def account_of(**more):
    return WechatAccount(name="main", token="t0ken", app_id="wx1", **more)


def test_mode_follows_the_key_when_nothing_is_said():
    assert account_of().wire_mode is WireMode.PLAIN
    assert account_of(aes_key="a" * 43).wire_mode is WireMode.SECURE
    assert account_of(aes_key="a" * 43, mode="compatible").wire_mode is WireMode.COMPATIBLE


@pytest.mark.parametrize("mode", ["secure", "compatible", "open"])
def test_mode_without_a_key_or_unknown_is_named(monkeypatch, tmp_path, mode):
    settings = Settings(
        config=tmp_path / "none.toml",
        wechat_token="t0ken",
        wechat_app_id="wx1",
        wechat_aes_key="",
        wechat_mode=mode,
    )

    with pytest.raises(SettingsError, match="YUNSHEQU_WECHAT_MODE"):
        settings.accounts()
