"""What the platform's error codes mean for us, and what to do about each."""

from collections.abc import Mapping
from enum import StrEnum

from bot.channels.base import TransportError


class Remedy(StrEnum):
    """What helps against an error."""

    RENEW = "renew"  # the token is no longer good: get another, once
    PAUSE = "pause"  # too much at this moment: try again shortly
    LATER = "later"  # nothing wrong with the message: the outbox tries again later
    TOMORROW = "tomorrow"  # the day's quota of this interface is used up
    DISABLE = "disable"  # the account may not use this interface at all
    NEVER = "never"  # this message to this person will not go through


REMEDIES: Mapping[int, Remedy] = {
    -1: Remedy.PAUSE,
    40001: Remedy.RENEW,
    40014: Remedy.RENEW,
    42001: Remedy.RENEW,
    45009: Remedy.TOMORROW,
    45011: Remedy.PAUSE,
    # The account is set up wrongly; once the operator has put it right, the message can go.
    40013: Remedy.LATER,
    40125: Remedy.LATER,
    40164: Remedy.LATER,
    40243: Remedy.LATER,
    41001: Remedy.LATER,
    41002: Remedy.LATER,
    41004: Remedy.LATER,
    61004: Remedy.LATER,
    # One person's refusal, unlike the other 48xxx.
    48002: Remedy.NEVER,
}

WORDS: Mapping[int, str] = {
    -1: "微信系统繁忙",
    40001: "AppSecret 或 access_token 不对",
    40003: "没有这个 OpenID",
    40013: "AppID 不对",
    40014: "access_token 不对",
    40125: "AppSecret 不对",
    40164: "本机的出口 IP 不在公众号的 IP 白名单里",
    40243: "AppSecret 已被冻结",
    42001: "access_token 已过期",
    43004: "对方没有关注公众号",
    43101: "对方没有同意接收订阅通知",
    45002: "内容太长",
    45009: "这个接口今天的次数用完了",
    45011: "调用太频繁",
    45015: "对方超过 48 小时没有来过消息",
    45047: "发给对方的客服消息超过条数",
    48001: "公众号没有这个接口的权限",
    48002: "对方拒收公众号的消息",
    48004: "这个接口被封禁",
    50002: "用户受限",
    61004: "本机的出口 IP 没有登记",
}


def remedy_for(code: int) -> Remedy:
    """What to do about an error code; unknown ones count by their kind."""
    if code in REMEDIES:
        return REMEDIES[code]
    if 48_000 <= code < 49_000:
        return Remedy.DISABLE
    # 40xxx to 47xxx and 50002: something about this message or person that will not change.
    if 40_000 <= code < 48_000 or 50_000 <= code < 51_000:
        return Remedy.NEVER
    return Remedy.LATER


class WechatError(TransportError):
    """The platform refused a call, or could not be reached (code None)."""

    def __init__(
        self, message: str, remedy: Remedy, *, code: int | None = None, wait_seconds: float = 0
    ) -> None:
        permanent = remedy in {Remedy.NEVER, Remedy.DISABLE}
        super().__init__(message, permanent=permanent, wait_seconds=wait_seconds)
        self.remedy = remedy
        self.code = code


def refused(path: str, code: int) -> WechatError:
    """The error for a code the platform answered; the message holds nothing secret."""
    word = WORDS.get(code)
    message = f"微信接口 {path} 返回 {code}" + (f"：{word}" if word else "")
    return WechatError(message, remedy_for(code), code=code)
