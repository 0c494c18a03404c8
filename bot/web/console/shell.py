"""The frame of the console: who may come in, the rail by role, and how a page is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlmodel import col

from bot.web.answers import show
from bot.web.forms import FormTrouble, path_id
from bot.web.keys import VISITOR
from bot.web.session import SignInNeeded, StaffSignInNeeded
from community.tables import Area, AreaKind
from core.actor import EVERYWHERE, Actor
from core.errors import NotFound, Refusal
from core.transaction import Transaction

HX_REQUEST = "HX-Request"
NOT_A_FORM_MATTER = frozenset({401, 404, 503})


@dataclass(frozen=True, slots=True)
class Station:
    """One word of the rail (or one line of 更多): shown to whoever holds any of the rights."""

    key: str
    word: str
    path: str
    icon: str
    rights: tuple[str, ...] = ()
    hint: str = ""

    def is_for(self, actor: Actor) -> bool:
        return not self.rights or any(actor.can(right) for right in self.rights)


RAIL: tuple[Station, ...] = (
    Station("today", "今天", "/console", "clock", ("today.see",)),
    Station("requests", "诉求", "/console/requests", "chat", ("request.see",)),
    Station("cases", "案件", "/console/cases", "list", ("case.see", "case.handle")),
    Station("people", "居民", "/console/people", "people", ("people.see",)),
    Station("more", "更多", "/console/more", "more"),
)
PEOPLE: tuple[Station, ...] = (
    Station("residents", "居民", "/console/people", "me", ("people.see",)),
    Station("households", "户", "/console/households", "home", ("people.see",)),
    Station("places", "楼栋和设施", "/console/places", "pin", ("people.see", "places.edit")),
    Station("groups", "群", "/console/groups", "chat", ("places.edit",)),
    Station("codes", "绑定单", "/console/codes", "print", ("people.edit",)),
    Station("roster", "导入名册", "/console/roster", "upload", ("people.edit",)),
)
MORE: tuple[Station, ...] = (
    Station("me", "我的账号", "/console/me", "me", (), "密码、两步验证、登录过的电脑"),
    Station(
        "topics",
        "大家在说什么",
        "/console/topics",
        "chat",
        ("case.see",),
        "最近的话题、多少人、在哪里",
    ),
    Station(
        "drafts",
        "协商草稿",
        "/console/drafts",
        "list",
        ("consultation.draft",),
        "从话题拟出来，还没公开的",
    ),
    Station(
        "roles", "人员和角色", "/console/roles", "people", ("roles.grant",), "谁从哪天到哪天管什么"
    ),
    Station(
        "agencies", "承办单位", "/console/agencies", "wrench", ("duties.edit",), "物业、科室、公司"
    ),
    Station(
        "duties",
        "权责清单",
        "/console/duties",
        "list",
        ("case.dispatch", "duties.edit"),
        "哪类事谁来办、多久办完",
    ),
    Station(
        "knowledge",
        "知识库",
        "/console/knowledge",
        "board",
        ("knowledge.edit",),
        "机器人照着它回答，一字不改",
    ),
    Station(
        "questions",
        "没答上来的问题",
        "/console/questions",
        "question",
        ("knowledge.edit",),
        "问的人多的排在前面",
    ),
    Station(
        "listening",
        "听懂的门槛",
        "/console/listening",
        "tune",
        ("listening.edit",),
        "多有把握才动手、才回答",
    ),
    Station(
        "shifts", "值班表", "/console/shifts", "clock", ("case.desk", "duties.edit"), "有危险时找谁"
    ),
    Station("areas", "辖区", "/console/areas", "pin", ("places.edit",), "街道、社区、网格、楼栋"),
    Station(
        "history", "事件记录", "/console/history", "eye", ("history.see",), "谁在什么时候做了什么"
    ),
    Station(
        "learning", "纠正与模型", "/console/learning", "tune", ("operate",), "照着纠正学、换模型"
    ),
    Station(
        "setup", "设置", "/console/setup", "tune", ("operate", "roles.grant"), "渠道、地址、版本"
    ),
)
SAYINGS: Mapping[str, str] = {
    "signed_out": "已退出登录。",
    "saved": "已保存。",
    "added": "已添加。",
    "removed": "已移除。",
    "model_chosen": "模型换好了，马上生效。",
    "erased": "个人信息已经删除，恢复不了。",
    "sent_again": "已放回待发，马上再送一次。",
    "told": "已记下：电话告知过了。",
    "noted": "记下了，谢谢。机器人会照着学。",
    "opened": "记下了，已经立案。",
    "joined": "记下了，已并入同一件事。",
    "reclassified": "记下了，案件的类别和地点也改了。",
    "discarded": "记下了，案件已作废并告诉了当事人。",
    "too_late": "记下了。案件已经有人在办，请到案件里接着处理。",
    "stepped": "办好了，相关的人会收到消息。",
    "noted_case": "已记下。",
    "password": "密码已换，别的电脑上都已退出登录。",
    "totp_on": "两步验证已开启，下次登录会问六位数字。",
    "totp_off": "两步验证已关闭。",
    "granted": "角色已授予。",
    "revoked": "角色已收回。",
    "unbound": "已解绑。",
    "left_others": "别的电脑上都已退出登录。",
    "account": "账号已开通，请把密码当面交给本人。",
    "disabled": "账号已停用。",
    "enabled": "账号已恢复。",
    "published": "已发布，机器人现在就照它回答。",
    "withdrawn_article": "已撤下，机器人不再引用。",
    "restored": "已换回那一版。",
    "imported": "导入好了。",
    "dismissed": "好的，不用答了。",
    "drafted": "草稿拟好了，可以接着改。",
    "draft_there": "这个话题已经有草稿，就在这里接着改。",
    "wording": "记下了，以后这样问就答这一篇。",
}
"""What a console page says once after something was done: `?done=` carries the key."""


def staff(request: web.Request, *rights: str) -> Actor:
    """Whoever signed in, holding any of the rights.

    StaffSignInNeeded when nobody is signed in; NotFound when the page is not for them, in the
    same words as for a page that does not exist.
    """
    try:
        actor = request[VISITOR].staff()
    except SignInNeeded as error:
        raise StaffSignInNeeded from error
    if rights and not any(actor.can(right) for right in rights):
        raise NotFound
    return actor


def show_console(
    request: web.Request, template: str, *, here: str, status: int = 200, **values: Any
) -> web.Response:
    """A page of the console inside its frame; `here` is the key of its station."""
    said = SAYINGS.get(request.query.get("done", ""), "")
    values = {**frame(request, here=here), "said": said, **values}
    return show(request, f"console/{template}", status=status, **values)


def frame(request: web.Request, *, here: str = "") -> dict[str, Any]:
    """What the frame around every console page needs, for whoever is signed in."""
    actor = request[VISITOR].actor
    return {
        "rail": [station for station in RAIL if station.is_for(actor)],
        "people_shelf": [station for station in PEOPLE if station.is_for(actor)],
        "here": here,
        "refused": "",
        "search": request.query.get("q", "")[:100],
    }


def trouble_of(refusal: Refusal) -> dict[str, Any]:
    """What a page needs to show a refusal beside everything that was typed.

    What cannot be put right in the form (nobody signed in, nothing there, too busy) is raised.
    """
    if refusal.status in NOT_A_FORM_MATTER:
        raise refusal
    if isinstance(refusal, FormTrouble):
        return {"errors": refusal.errors, "typed": refusal.typed, "status": refusal.status}
    return {"refused": str(refusal), "status": refusal.status}


def typed_in(data: Mapping[str, Any]) -> dict[str, str]:
    """What was typed into a form, without its token and without secrets."""
    hidden = {"csrf", "password", "new_password", "again"}
    return {k: v for k, v in data.items() if isinstance(v, str) and k not in hidden}


def row_id(request: web.Request, name: str) -> int:
    """The id in the address; NotFound when it cannot be one."""
    found = path_id(request.match_info[name])
    if found == 0:
        raise NotFound
    return found


def before_of(request: web.Request) -> int | None:
    """Where the last page of a list ended, from the address."""
    return path_id(request.query.get("before", "")) or None


def communities(tx: Transaction, right: str) -> list[Area]:
    """The communities where the actor holds the right, by name."""
    places = tx.actor.places(right)
    query = select(Area).where(col(Area.kind) == AreaKind.COMMUNITY).order_by(col(Area.name))
    if not places >= EVERYWHERE:
        query = query.where(col(Area.id).in_(places))
    return list(tx.execute(query).scalars())


def chosen_community(tx: Transaction, wanted: int | None, *rights: str) -> tuple[Area, list[Area]]:
    """The community one works in, and those one may choose among.

    It is the one asked for, else one's own, else the first; NotFound where there is none or the
    one asked for is not among them.
    """
    among: dict[int, Area] = {}
    for right in rights:
        among.update({area.id: area for area in communities(tx, right)})
    found = list(among.values())
    if wanted:
        if wanted not in among:
            raise NotFound
        return among[wanted], found
    if tx.actor.home in among:
        return among[tx.actor.home], found
    if not found:
        raise NotFound
    return found[0], found


def wanted_community(request: web.Request) -> int | None:
    """The community asked for in the address, or None."""
    return path_id(request.query.get("community", "")) or None
