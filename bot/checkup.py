"""What `doctor` looks at: settings, database, secrets, channels, clocks; each with what to do."""

import asyncio
import os
import socket
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.wechat.checkup import check_keys, check_reach
from bot.channels.wechat.client import WechatClient
from bot.house import open_house
from bot.migrate import is_current
from core.actor import SYSTEM
from core.database import Database
from core.holidays import shipped_holidays
from core.sealing import SealState, check_sealed, last_seals, seal_key, seal_state
from core.seals import SealBroken
from core.settings import Settings, WireMode, secret_of
from core.signing import Signer
from core.transaction import Transaction
from nlp.reading import Intent, read, use_weights

CLOCK_SECONDS_MAX = 30
# A turn each minute; twice that and a long round are no trouble yet.
SEAL_SECONDS_MAX = 300
DISK_BYTES_MIN = 500 * 1024 * 1024


class Grade(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` says what to do, empty when all is well."""

    name: str
    grade: Grade
    text: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; what fails in one place does not keep the rest from being looked at."""
    findings: list[Finding] = []
    for look in LOOKS:
        findings += look(settings)
    return findings


def _data(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        yield Finding(
            "数据目录", Grade.BAD, f"{folder} 写不进去", "改目录的属主，或换 YUNSHEQU_DATA_DIR"
        )
        return
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if free < DISK_BYTES_MIN:
        yield Finding(
            "磁盘", Grade.WARN, f"只剩 {free // 2**20} MB", "清理磁盘，或把数据目录移到大盘"
        )
    else:
        yield Finding("数据目录", Grade.OK, f"{folder}，剩余 {free // 2**30} GB")


def _secret(settings: Settings) -> Iterator[Finding]:
    if settings.secret_key:
        yield Finding("密钥", Grade.OK, "来自 YUNSHEQU_SECRET_KEY")
        return
    secret_of(settings)
    path = settings.data_dir / "secret.key"
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("密钥", Grade.BAD, f"{path} 别人也能读", f"运行：chmod 600 {path}")
    else:
        yield Finding(
            "密钥",
            Grade.WARN,
            f"自动生成在 {path}",
            "请备份这个文件：没有它，手机号等加密资料打不开",
        )


def _database(settings: Settings) -> Iterator[Finding]:
    engine = create_engine(settings.database)
    try:
        with engine.connect() as connection:
            started = time.monotonic()
            connection.execute(text("SELECT 1"))
            spent = (time.monotonic() - started) * 1000
            yield Finding("数据库", Grade.OK, f"{engine.dialect.name}，{spent:.1f} 毫秒")
            if engine.dialect.name == "postgresql":
                yield from _postgresql_clock(connection.execute(text("SELECT now()")).scalar_one())
        if is_current(settings.database):
            yield Finding("数据表", Grade.OK, "已是最新")
        else:
            yield Finding("数据表", Grade.BAD, "还没有升级", "运行：python -m bot migrate")
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error)).splitlines()[0]
        yield Finding("数据库", Grade.BAD, why, "检查 YUNSHEQU_DATABASE_URL，数据库是否启动")
    finally:
        engine.dispose()


def _postgresql_clock(theirs: datetime) -> Iterator[Finding]:
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > CLOCK_SECONDS_MAX:
        yield Finding("时钟", Grade.BAD, f"和数据库相差 {apart:.0f} 秒", "两台机器都开启 NTP 校时")


def _seals(settings: Settings) -> Iterator[Finding]:
    if not is_current(settings.database):
        return
    db = Database(settings.database)
    try:
        state = db.read_now(SYSTEM, seal_state)
        broken = db.read_now(SYSTEM, _broken_seals, Signer(secret_of(settings)))
    finally:
        db.close()
    if broken:
        yield Finding(
            "封存",
            Grade.BAD,
            "；".join(broken),
            "事件记录或密钥被动过：先查谁动过数据库，再和以前导出的记录比对",
        )
        return
    yield _sealed_in_time(state)


def _broken_seals(tx: Transaction, signer: Signer) -> list[str]:
    """What is wrong with the sealed history, a line for each community."""
    found = []
    for last in last_seals(tx):
        try:
            check_sealed(tx, last.community_id, seal_key(signer))
        except SealBroken as broken:
            found.append(f"社区 {last.community_id}：{broken}")
    return found


def _sealed_in_time(state: SealState) -> Finding:
    text = f"事件 {state.event_count} 条，已封 {state.sealed_count} 条，都对得上"
    if state.oldest_waiting is None:
        return Finding("封存", Grade.OK, text)
    waits = (datetime.now(UTC) - state.oldest_waiting).total_seconds()
    if waits <= SEAL_SECONDS_MAX:
        return Finding("封存", Grade.OK, text)
    return Finding(
        "封存",
        Grade.WARN,
        f"{text}；最早的一条等了 {waits / 3_600:.1f} 小时",
        "服务运行时每分钟封一次：没开就启动服务，开着就看日志里的 seal_events",
    )


def _clock(_settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now.year < 2026:
        yield Finding(
            "时钟", Grade.BAD, f"现在是 {now:%Y-%m-%d}？", "校准系统时间，否则微信消息会被拒收"
        )
    elif not shipped_holidays().knows(now.date()):
        yield Finding(
            "节假日", Grade.WARN, f"没有 {now.year} 年的放假安排", "在 core/holidays.toml 里补上"
        )
    else:
        yield Finding("时钟", Grade.OK, f"{now:%Y-%m-%d %H:%M} UTC，节假日表有 {now.year} 年")


def _model(settings: Settings) -> Iterator[Finding]:
    use_weights(settings.models)
    try:
        reading = read("3栋着火了，快来人！")
    except (OSError, ValueError, KeyError) as error:
        yield Finding(
            "听懂",
            Grade.BAD,
            f"装上的模型打不开：{error!r}",
            f"清空 {settings.models / 'current'}，就用回随程序来的模型",
        )
        return
    if reading.intent is Intent.EMERGENCY:
        yield Finding("听懂", Grade.OK, f"模型 {reading.model}")
    else:
        yield Finding("听懂", Grade.BAD, "模型认不出火警", "重新安装，或运行：python -m nlp train")


def _port(settings: Settings) -> Iterator[Finding]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            yield Finding(
                "端口",
                Grade.WARN,
                f"{settings.listen} 用不了：{error.strerror}",
                "可能服务已在运行；否则换 YUNSHEQU_LISTEN",
            )
        else:
            yield Finding("端口", Grade.OK, f"{settings.listen} 可用")


def _pages(settings: Settings) -> Iterator[Finding]:
    accounts = settings.accounts()
    if accounts and not settings.public_url.startswith("https://"):
        yield Finding(
            "网址",
            Grade.WARN,
            f"居民收到的链接是 {settings.public_url}",
            "把 YUNSHEQU_BASE_URL 设成外面能打开的 https 地址",
        )
    if settings.simulator:
        yield Finding(
            "模拟器", Grade.WARN, "/simulator 是开着的", "正式使用请去掉 YUNSHEQU_SIMULATOR"
        )


def _wechat(settings: Settings) -> Iterator[Finding]:
    accounts = settings.accounts()
    if not accounts:
        yield Finding("公众号", Grade.WARN, "没有设置", "要接公众号，设 YUNSHEQU_WECHAT_TOKEN 等")
        return
    for account in accounts:
        wrong = check_keys(account)
        if wrong:
            yield Finding(f"公众号 {account.name}", Grade.BAD, wrong, "核对令牌、AppID、43 位密钥")
            continue
        if account.wire_mode is not WireMode.SECURE:
            words = "明文模式" if account.wire_mode is WireMode.PLAIN else "兼容模式，明文也收"
            yield Finding(
                f"公众号 {account.name}",
                Grade.WARN,
                words,
                "在后台改用安全模式，设 _AES_KEY，去掉 _MODE",
            )
        if not account.secret:
            yield Finding(
                f"公众号 {account.name}", Grade.WARN, "没有 AppSecret，不能主动发消息", "设 _SECRET"
            )
            continue
        wrong = asyncio.run(_reach(settings, account.name))
        yield (
            Finding(f"公众号 {account.name}", Grade.BAD, wrong, "检查网络、IP 白名单和 AppSecret")
            if wrong
            else Finding(f"公众号 {account.name}", Grade.OK, "能取到令牌")
        )


async def _reach(settings: Settings, name: str) -> str:
    if not is_current(settings.database):
        return "数据表还没有升级，先运行 python -m bot migrate"
    house = open_house(settings)
    try:
        account = next(a for a in settings.accounts() if a.name == name)
        client = WechatClient(house, account)
        try:
            return await check_reach(client)
        finally:
            await client.close()
    finally:
        await asyncio.to_thread(house.close)


LOOKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _data,
    _secret,
    _database,
    _seals,
    _clock,
    _model,
    _port,
    _pages,
    _wechat,
)
