"""What doctor finds out about an official account."""

import pytest

from bot.channels.wechat.checkup import check_keys, check_reach
from core.settings import WechatAccount
from tests.bot.channels.wechat.conftest import open_client
from tests.bot.channels.wechat.platform import on


def account_with(**changes):
    values = {"name": "main", "token": "t0ken", "app_id": "wx1", "aes_key": "a" * 43}
    return WechatAccount(**(values | changes))


@pytest.mark.parametrize("aes_key", ["", "a" * 43, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"])
def test_good_keys_are_found_good(aes_key):
    assert check_keys(account_with(aes_key=aes_key)) == ""


@on("sqlite")
async def test_reach_says_what_to_put_right(house, account):
    wrong = WechatAccount(**(account.model_dump() | {"secret": "wrong"}))
    silent = WechatAccount(**(account.model_dump() | {"secret": ""}))
    found = []
    for each in (account, wrong, silent):
        async with open_client(house, each) as client:
            found.append(await check_reach(client))

    assert found == [
        "",
        "公众号 main：微信接口 /cgi-bin/stable_token 返回 40125：AppSecret 不对",
        "公众号 main 没有设置 AppSecret：只能当场回复，不能主动通知",
    ]
