"""Signing in by WeChat's web authorisation, where the operator has switched it on.

Only the quiet scope is asked for (snsapi_base): WeChat says which follower of the official account
this is, and nothing else about the person.
https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_webpage_authorization.html
"""

import json
import logging
from urllib.parse import quote

import aiohttp
from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.house import House
from bot.links import SESSION
from bot.web.answers import (
    SESSION_COOKIE,
    VISIT_COOKIE,
    YEAR_SECONDS,
    inner_path,
    see_other,
    set_cookie,
)
from bot.web.keys import HOUSE, VISITOR
from bot.web.session import begin_session
from community.people import meet
from community.tables import DISTRICT, Area, AreaKind
from core.actor import SYSTEM
from core.errors import NotFound, Refusal
from core.settings import WechatAccount
from core.signing import LinkExpired, LinkForged, hash_token, new_token, same
from core.transaction import Transaction

AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
PURPOSE = "oauth"
STATE_SECONDS_MAX = 600
CODE_LENGTH_MAX = 512
OPENID_LENGTH_MAX = 120
ANSWER_BYTES_MAX = 10_000
ASK_SECONDS_MAX = 5.0

log = logging.getLogger(__name__)


class WechatSilent(Refusal):
    code = "wechat_silent"
    text = "微信那边没有回应，请退回聊天里，过一会儿再点一次。"
    status = 502


class SignInBroken(Refusal):
    code = "sign_in_broken"
    text = "登录没有完成，请退回聊天里，重新点一次菜单或链接。"
    status = 400


async def start(request: web.Request) -> web.Response:
    """Send the browser to WeChat, with a state that only this browser can bring back."""
    house = request.app[HOUSE]
    account = _account(house)
    secret = request[VISITOR].secret
    fresh = "" if secret else new_token()
    wanted = inner_path(request.query.get("next", "/"))
    state = house.signer.sign(PURPOSE, [wanted, hash_token(secret or fresh)])
    back = f"{house.settings.public_url}/oauth/wechat/back"
    target = (
        f"{AUTHORIZE}?appid={quote(account.app_id)}&redirect_uri={quote(back, safe='')}"
        f"&response_type=code&scope=snsapi_base&state={quote(state)}#wechat_redirect"
    )
    response = web.Response(status=303, headers={"Location": target, "Cache-Control": "no-store"})
    if fresh:
        set_cookie(request, response, VISIT_COOKIE, fresh, seconds=YEAR_SECONDS)
    return response


async def come_back(request: web.Request) -> web.Response:
    """Sign in whoever WeChat says this is, and go on to the page that was wanted."""
    house = request.app[HOUSE]
    account = _account(house)
    code = request.query.get("code", "")
    if not 0 < len(code) <= CODE_LENGTH_MAX:
        raise SignInBroken
    try:
        state = house.signer.open(
            PURPOSE, request.query.get("state", ""), seconds_max=STATE_SECONDS_MAX
        )
    except (LinkExpired, LinkForged) as error:
        raise SignInBroken from error
    assert isinstance(state, list)
    wanted, browser = str(state[0]), str(state[1])
    # Without this a stranger could have somebody else sign in as the stranger.
    if not same(browser, hash_token(request[VISITOR].secret)):
        raise SignInBroken
    openid = await _ask_who(account, code)
    token = await house.db.run(SYSTEM, _sign_in, account, openid)
    response = see_other(wanted)
    set_cookie(request, response, SESSION_COOKIE, token, seconds=int(SESSION.total_seconds()))
    return response


def _account(house: House) -> WechatAccount:
    accounts = house.settings.accounts()
    if not house.settings.wechat_oauth or not accounts:
        raise NotFound
    return accounts[0]


async def _ask_who(account: WechatAccount, code: str) -> str:
    """The openid the code stands for; a code works once, for five minutes."""
    query = {
        "appid": account.app_id,
        "secret": account.secret,
        "code": code,
        "grant_type": "authorization_code",
    }
    timeout = aiohttp.ClientTimeout(total=ASK_SECONDS_MAX)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(
                f"{account.api_base}/sns/oauth2/access_token", params=query, allow_redirects=False
            ) as answer,
        ):
            # Sent as text/plain more often than not.
            said = json.loads(await answer.content.read(ANSWER_BYTES_MAX))
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        # The address holds the secret: say what kind of trouble, never the words of it.
        log.warning("web authorisation: %s", type(error).__name__)
        raise WechatSilent from None
    openid = said.get("openid") if isinstance(said, dict) else None
    if not isinstance(openid, str) or not 0 < len(openid) <= OPENID_LENGTH_MAX:
        log.warning("web authorisation: errcode %s", _error_code(said))
        raise SignInBroken
    return openid


def _error_code(said: object) -> int | None:
    found = said.get("errcode") if isinstance(said, dict) else None
    return found if isinstance(found, int) else None


def _sign_in(tx: Transaction, account: WechatAccount, openid: str) -> str:
    known = meet(
        tx,
        channel=f"wechat:{account.name}",
        sender=openid,
        community_id=_community(tx, account.community),
    )
    return begin_session(tx, lasts=SESSION, identity_id=known.identity_id)


def _community(tx: Transaction, code: str) -> int:
    """Where strangers of this account count to: its community, the only one, or none yet."""
    query = select(col(Area.id)).where(col(Area.kind) == AreaKind.COMMUNITY)
    rows = tx.look(query.where(col(Area.code) == code) if code else query.limit(2)).all()
    return int(rows[0].id) if len(rows) == 1 else DISTRICT
