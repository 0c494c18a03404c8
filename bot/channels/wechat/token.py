"""The access token of an official account: fetched by one, shared by every process."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from bot.channels.wechat.errors import Remedy, WechatError
from bot.tables import PlatformToken
from core.actor import SYSTEM
from core.database import Database
from core.errors import Busy
from core.transaction import Transaction
from core.vault import CannotUnseal, Vault

# Whoever fetches is given this long; after that somebody else may.
LEASE = timedelta(seconds=15)
POLL_SECONDS = 0.2
POLLS_MAX = 2 * int(LEASE.total_seconds() / POLL_SECONDS)
# The platform hands out the next token during the last five minutes of the old one.
EARLY_SECONDS = 240.0

Fetch = Callable[[bool], Awaitable[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class Token:
    """A token and until when it should be used."""

    value: str
    good_until: datetime


class AccessToken:
    """Gives a good token at once when there is one, and fetches at most one at a time.

    `fetch(force)` asks the platform; it gives the token and its life in seconds. Other processes
    see the token through the database, sealed, and wait while one of them is fetching.
    """

    def __init__(self, db: Database, vault: Vault, name: str, fetch: Fetch) -> None:
        self._db = db
        self._vault = vault
        self._name = name
        self._fetch = fetch
        self._token: Token | None = None
        self._flight: asyncio.Task[Token] | None = None

    async def get(self, *, instead_of: str = "") -> str:
        """A good token, other than the one the platform just refused; or WechatError."""
        token = self._token
        if token and token.value != instead_of and token.good_until > self._db.clock():
            return token.value
        if self._flight is None:
            self._flight = asyncio.create_task(self._obtain(instead_of))
            self._flight.add_done_callback(self._land)
        # Whoever gives up waiting must not take the token away from the others.
        return (await asyncio.shield(self._flight)).value

    async def close(self) -> None:
        """Stop fetching."""
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.gather(self._flight, return_exceptions=True)

    def _land(self, flight: "asyncio.Task[Token]") -> None:
        self._flight = None
        # Reading the error also marks it as seen, when nobody waits for it any more.
        if not flight.cancelled() and flight.exception() is None:
            self._token = flight.result()

    async def _obtain(self, instead_of: str) -> Token:
        try:
            for _ in range(POLLS_MAX):
                found = await self._db.run(SYSTEM, claim, self._vault, self._name, instead_of)
                if isinstance(found, Token):
                    return found
                if found:
                    return await self._fetch_and_share(instead_of)
                await asyncio.sleep(POLL_SECONDS)
        except Busy as busy:
            raise WechatError("数据库太忙，取不到 access_token", Remedy.LATER) from busy
        raise WechatError("等不到另一个进程取来的 access_token", Remedy.LATER)

    async def _fetch_and_share(self, instead_of: str) -> Token:
        try:
            value, seconds = await self._fetch(False)
            if value == instead_of:
                # The platform thinks the refused token is good: only force brings another.
                value, seconds = await self._fetch(True)
        except BaseException:
            await self._db.run(SYSTEM, give_up, self._name)
            raise
        life = timedelta(seconds=max(seconds - EARLY_SECONDS, seconds / 2))
        token = Token(value, self._db.clock() + life)
        await self._db.run(SYSTEM, share, self._vault, self._name, token)
        return token


_ROW = {
    "sqlite": sqlite.insert(PlatformToken).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(PlatformToken).on_conflict_do_nothing(),
}
_FIND = (
    select(
        col(PlatformToken.token), col(PlatformToken.expires_at), col(PlatformToken.fetching_until)
    )
    .where(col(PlatformToken.name) == bindparam("n"))
    .with_for_update()
)
_UPDATE = update(PlatformToken).where(col(PlatformToken.name) == bindparam("n"))


def claim(tx: Transaction, vault: Vault, name: str, instead_of: str) -> Token | bool:
    """A good token somebody shared; else whether it is now ours to fetch one (False: wait)."""
    empty = {"name": name, "token": "", "expires_at": tx.now, "fetching_until": tx.now}
    tx.look(_ROW[tx.core.dialect.name], empty)
    row = tx.look(_FIND, {"n": name}).one()
    value = _unseal(vault, row.token)
    if value and value != instead_of and row.expires_at > tx.now:
        return Token(value, row.expires_at)
    if row.fetching_until > tx.now:
        return False
    tx.look(_UPDATE.values(fetching_until=tx.now + LEASE), {"n": name})
    return True


def share(tx: Transaction, vault: Vault, name: str, token: Token) -> None:
    """Let every process use the token."""
    sealed = base64.b64encode(vault.seal(token.value)).decode("ascii")
    values = {"token": sealed, "expires_at": token.good_until, "fetching_until": tx.now}
    tx.look(_UPDATE.values(**values), {"n": name})


def give_up(tx: Transaction, name: str) -> None:
    """Let somebody else try at once."""
    tx.look(_UPDATE.values(fetching_until=tx.now), {"n": name})


def _unseal(vault: Vault, sealed: str) -> str:
    """The token; empty when there is none, or when the installation's secret has changed."""
    try:
        return vault.unseal(base64.b64decode(sealed)) if sealed else ""
    except (CannotUnseal, binascii.Error):
        return ""
