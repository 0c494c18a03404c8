"""事件记录: who did what and when, as it stands in the log that nobody can change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Row, Select, or_, select
from sqlmodel import col

from bot.web.console.case import WHO_WORDS
from bot.web.console.shell import before_of, show_console, staff
from bot.web.forms import path_id
from bot.web.keys import HOUSE
from cases.queries import NOTE_WORDS
from cases.rules import BY_NAME
from cases.tables import Case
from community.roles import ROLE_WORDS
from community.tables import DISTRICT, Area, AreaKind, Resident
from core.actor import EVERYWHERE
from core.sealing import last_seals
from core.seals import Seal
from core.transaction import EventRecord, Transaction

PAGE = 60
SEALS_SHOWN = 20
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "case": ("案件", ("case.",)),
    "request": ("纠正", ("request.",)),
    "people": ("居民资料", ("resident.", "binding.", "roster.")),
    "look": ("看过谁的资料", ("resident.file_opened",)),
    "role": ("角色和账号", ("role.", "account.")),
    "place": ("地点和清单", ("place.", "duty.", "duty_shift.")),
}
WORDS: Mapping[str, str] = {
    "case.collect": "收到诉求",
    "case.endorse": "有人附议",
    "case.endorse_undone": "撤回附议",
    "case.answer_recorded": "代记居民回话",
    "request.correct": "纠正机器人",
    "binding.code_made": "发绑定码",
    "binding.bound": "绑定聊天",
    "binding.unbound": "解绑聊天",
    "binding.locked": "绑定码试错太多，锁一小时",
    "resident.register": "登记居民",
    "resident.move": "换户",
    "resident.leave": "居民离开名册",
    "resident.edit": "改居民资料",
    "resident.file_opened": "看居民资料",
    "resident.erase": "删除个人信息",
    "place.change": "改地点",
    "role.grant": "授予角色",
    "role.end": "收回角色",
    "draft.change": "改协商草稿",
    "duty_shift.change": "改值班表",
    "duty.change": "改权责清单",
    "account.change": "改账号",
    "account.blocked": "登录试错太多",
    "model.train": "训练模型",
    "model.choose": "换模型",
    "roster.check": "名册试导入",
    "roster.batch": "名册导入一批",
    "roster.finish": "名册导入完成",
}
CHANGE_WORDS: Mapping[str, str] = {
    "added": "添加",
    "edited": "修改",
    "removed": "移除",
    "made": "开通",
    "password": "换密码",
    "totp_on": "开启两步验证",
    "totp_off": "关闭两步验证",
    "disabled": "停用",
    "enabled": "恢复",
    "grid": "网格",
    "building": "楼栋",
    "facility": "设施",
    "unit": "单元",
    "dwelling": "房屋",
    "household": "户",
    "group": "群",
    "agency": "承办单位",
    "area": "辖区",
    "agreed": "说得对",
    "intent": "意图",
    "category": "类别",
    "place": "地点",
}
ACTOR_WORDS: Mapping[str, str] = {"system": "系统", "bot": "机器人", "nobody": "未登录的人"}


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the log in words; `path` leads to what it is about, or is empty."""

    id: int
    at: datetime
    who: str
    what: str
    detail: str
    about: str
    path: str
    place: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """How far a community's log is sealed; `root` in groups of eight, to be read aloud."""

    place: str
    at: datetime
    number: int
    size: int
    root: str


async def show_history(request: web.Request) -> web.Response:
    """The log where the actor may look, newest first."""
    actor = staff(request, "history.see")
    kind = request.query.get("kind", "")
    kind = kind if kind in KINDS else ""
    who = path_id(request.query.get("who", "")) or None
    db = request.app[HOUSE].db
    lines = await db.read(actor, _history, kind, who=who, before=before_of(request))
    sealed = await db.read(actor, _sealed)
    more = lines[PAGE - 1].id if len(lines) > PAGE else None
    return show_console(
        request,
        "history.html",
        here="more",
        lines=lines[:PAGE],
        more=more,
        kind=kind,
        who=who,
        sealed=sealed,
        kinds={key: word for key, (word, _) in KINDS.items()},
    )


def _history(tx: Transaction, kind: str, *, who: int | None, before: int | None) -> list[Line]:
    places = _places(tx)
    query: Select[*tuple[Any, ...]] = (
        select(
            col(EventRecord.id),
            col(EventRecord.at),
            col(EventRecord.name),
            col(EventRecord.facts),
            col(EventRecord.actor_kind),
            col(EventRecord.subject_id),
            col(Resident.name).label("actor"),
            col(Area.name).label("place"),
            col(Case.number),
        )
        .outerjoin(Resident, col(Resident.id) == col(EventRecord.actor_id))
        .outerjoin(Area, col(Area.id) == col(EventRecord.community_id))
        .outerjoin(Case, col(Case.id) == col(EventRecord.subject_id))
        .order_by(col(EventRecord.id).desc())
        .limit(PAGE + 1)
    )
    if not places >= EVERYWHERE:
        query = query.where(col(EventRecord.community_id).in_(places))
    if kind:
        starts = KINDS[kind][1]
        query = query.where(or_(*(col(EventRecord.name).startswith(name) for name in starts)))
    if who is not None:
        query = query.where(col(EventRecord.actor_id) == who)
    if before is not None:
        query = query.where(col(EventRecord.id) < before)
    may_see_people = tx.actor.can("people.see")
    return [_line(row, may_see_people=may_see_people) for row in tx.look(query)]


def _places(tx: Transaction) -> frozenset[int]:
    """Where the actor may look; with the whole district also at what belongs to no community."""
    places = tx.actor.places("history.see")
    districts = select(col(Area.id)).where(col(Area.kind) == AreaKind.DISTRICT)
    if any(row.id in places for row in tx.look(districts)):
        return places | {DISTRICT}
    return places


def _sealed(tx: Transaction) -> list[Sealed]:
    """The last seals of the places whose history the actor may look at, one's own first."""
    places = _places(tx)
    found = last_seals(tx, None if places >= EVERYWHERE else sorted(places))
    query = select(col(Area.id), col(Area.name)).where(
        col(Area.id).in_([seal.community_id for seal in found])
    )
    names: dict[int, str] = {row.id: row.name for row in tx.look(query)}
    found.sort(key=lambda seal: seal.community_id != tx.actor.home)
    return [_in_words(seal, names.get(seal.community_id, "全区")) for seal in found[:SEALS_SHOWN]]


def _in_words(seal: Seal, place: str) -> Sealed:
    return Sealed(
        place=place,
        at=datetime.fromisoformat(seal.time),
        number=seal.number,
        size=seal.size,
        root=" ".join(seal.root[at : at + 8] for at in range(0, len(seal.root), 8)),
    )


def _line(row: Row[Any], *, may_see_people: bool) -> Line:
    facts = row.facts
    path, about = "", ""
    if row.number:
        path, about = f"/console/cases/{row.subject_id}", row.number
    elif row.name.startswith("resident.") and may_see_people:
        path, about = f"/console/people/{row.subject_id}", "这位居民"
    return Line(
        id=row.id,
        at=row.at,
        who=row.actor or ACTOR_WORDS.get(row.actor_kind, "没有绑定的人"),
        what=_what(row.name, facts),
        detail=_detail(row.name, facts),
        about=about,
        path=path,
        place=row.place or "全区",
    )


def _what(name: str, facts: Mapping[str, Any]) -> str:
    if name == "case.move":
        move = BY_NAME.get(str(facts.get("move")))
        return move.word if move is not None else name
    if name == "case.note":
        return NOTE_WORDS.get(str(facts.get("kind")), "记了一笔")
    return WORDS.get(name, name)


def _detail(name: str, facts: Mapping[str, Any]) -> str:
    if name == "case.move":
        return WHO_WORDS.get(str(facts.get("who")), "")
    if name in ("role.grant", "role.end"):
        role = ROLE_WORDS.get(str(facts.get("role")), "")
        until = facts.get("until_date")
        return f"{role}{f'，到 {until}' if until else ''}"
    if name in ("model.train", "model.choose"):
        return str(facts.get("version", "")) or ("没有装上" if name == "model.train" else "自带的")
    said = [str(facts[key]) for key in ("what", "kind", "field") if facts.get(key)]
    return "、".join(CHANGE_WORDS.get(part, part) for text in said for part in text.split(","))
