"""What `doctor` finds out about an official account."""

import time

from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.codec import Codec, Letter, WireRefused, parse
from bot.channels.wechat.errors import WechatError
from core.settings import WechatAccount

WORDS = "3栋2单元的灯坏了]]>"


def check_keys(account: WechatAccount) -> str:
    """Empty when our codec and wechatpy open each other's messages with the account's keys.

    Otherwise what is wrong, in a line for the operator.
    """
    if not account.aes_key:
        return ""
    codec = Codec(token=account.token, app_id=account.app_id, aes_key=account.aes_key)
    theirs = WeChatCrypto(account.token, account.aes_key, account.app_id)
    now = int(time.time())
    try:
        letter = Letter({"FromUserName": "a", "ToUserName": "b"}, is_sealed=True)
        reply = parse(codec.reply(letter, WORDS, timestamp=now))
        read = theirs.decrypt_message(
            reply, reply["MsgSignature"], reply["TimeStamp"], reply["Nonce"]
        )
        back = parse(theirs.encrypt_message(read, "nonce", str(now)).encode())
        same = parse(codec.decrypt(back["Encrypt"]))["Content"] == WORDS
    except (WeChatException, WireRefused, ValueError) as error:
        return f"公众号 {account.name} 的消息加解密密钥不能用：{error}"
    return "" if same else f"公众号 {account.name} 的消息加解密和 wechatpy 不一致"


async def check_reach(client: WechatClient) -> str:
    """Empty when the platform gives us a token; otherwise what is wrong, in a line."""
    if not client.account.secret:
        return f"公众号 {client.account.name} 没有设置 AppSecret：只能当场回复，不能主动通知"
    try:
        await client.check()
    except WechatError as error:
        return f"公众号 {client.account.name}：{error}"
    return ""
