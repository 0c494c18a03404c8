"""今天: what is due, what waits, what the bot was unsure of, what did not arrive. Nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlmodel import col, select

from bot.channels.desk import CHANNEL as DESK_CHANNEL
from bot.delivery import dead_letters, try_again
from bot.tables import Outgoing
from bot.web.answers import see_other
from bot.web.console.shell import RAIL, row_id, show_console, staff
from bot.web.console.why import INTENT_WORDS, sure_word
from bot.web.keys import HOUSE, VISITOR
from cases.queries import CaseLine, today
from cases.rules import Phase
from cases.tables import Request
from community.tables import Group
from core.actor import EVERYWHERE, Actor
from core.errors import NotFound
from core.transaction import Transaction

LETTERS_MAX = 20
UNSURE_MAX = 10


@dataclass(frozen=True, slots=True)
class Next:
    """The next step of a line as a button: done at once by `step`, or by opening the case, with
    the form `opens` ready.
    """

    word: str
    step: str = ""
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the day with its lines, most pressing first."""

    key: str
    word: str
    hint: str
    lines: Sequence[tuple[CaseLine, Next]]


@dataclass(frozen=True, slots=True)
class Unsure:
    """Something the bot heard and left alone because it was not sure."""

    request: Request
    group: str | None
    intent: str
    sure: str


@dataclass(frozen=True, slots=True)
class Day:
    """Everything of the page."""

    sections: list[Section]
    unsure: list[Unsure]
    letters: list[Outgoing]

    @property
    def is_empty(self) -> bool:
        return not (self.sections or self.unsure or self.letters)

    @property
    def count(self) -> int:
        return sum(len(s.lines) for s in self.sections) + len(self.unsure) + len(self.letters)


HEADINGS: tuple[tuple[str, str, str], ...] = (
    ("emergencies", "紧急", "有危险，先打电话确认有人到场"),
    ("overdue", "已超时", "对外承诺的时间过了，先给居民一句话"),
    ("due_soon", "4 小时内到期", ""),
    ("to_sign", "待签收", "签收后居民会知道有人接手"),
    ("triage", "待受理、待派单", ""),
    ("silent", "报办结后居民没有回音", "打个电话问问是不是真的解决了"),
)


async def show_today(request: web.Request) -> web.Response:
    """What the day asks for; whoever has no such page starts at the first word of the rail."""
    actor = staff(request)
    if not actor.can("today.see"):
        first = next((station for station in RAIL if station.is_for(actor)), RAIL[-1])
        return see_other(first.path)
    day = await request.app[HOUSE].db.read(actor, _day)
    return show_console(
        request,
        "today.html",
        here="today",
        day=day,
        now=request.app[HOUSE].db.clock(),
        name=request[VISITOR].name,
        may_correct=actor.can("request.correct"),
        may_import=actor.can("people.edit"),
        desk_channel=DESK_CHANNEL,
    )


async def send_again(request: web.Request) -> web.Response:
    """Put a message that did not arrive back into the queue."""
    actor = staff(request, "outbox.see")
    await request.app[HOUSE].db.run(actor, _send_again, row_id(request, "letter_id"))
    return see_other("/console", done="sent_again")


async def mark_told(request: web.Request) -> web.Response:
    """Somebody told the person by telephone: the message has done its part."""
    actor = staff(request, "outbox.see")
    await request.app[HOUSE].db.run(actor, _mark_told, row_id(request, "letter_id"))
    return see_other("/console", done="told")


def next_step(actor: Actor, line: CaseLine) -> Next:
    """What this actor can do next about a case: the button at the end of its line."""
    mine = line.agency_id in actor.member_of("agency") and actor.can("case.handle")
    place = line.community_id
    if line.phase is Phase.DISPATCHED and mine:
        return Next("签收", "sign")
    if line.phase is Phase.IN_PROGRESS and mine:
        return Next("反馈办结", opens="report_done")
    if line.phase in (Phase.COLLECTED, Phase.TRIAGE) and actor.can("case.desk", place):
        return Next("受理", opens="accept")
    if line.phase is Phase.REGISTERED and actor.can("case.dispatch", place):
        return Next("派单", opens="dispatch")
    if line.phase is Phase.VERIFYING and actor.can("case.verify", place) and not mine:
        return Next("回访", opens="rework")
    return Next("查看")


def _next(actor: Actor, line: CaseLine, section: str) -> Next:
    """As `next_step`; where there is nothing to do for an overdue case, say so to the people."""
    found = next_step(actor, line)
    is_late = section == "overdue" and found.word == "查看"
    return Next("给句话", opens="say") if is_late else found


def _day(tx: Transaction) -> Day:
    found = today(tx)
    seen: set[int] = set()
    sections = []
    for key, word, hint in HEADINGS:
        fresh = [line for line in getattr(found, key) if line.id not in seen]
        seen.update(line.id for line in fresh)
        if fresh:
            lines = [(line, _next(tx.actor, line, key)) for line in fresh]
            sections.append(Section(key, word, hint, lines))
    unsure = _unsure(tx, found.unsure[:UNSURE_MAX])
    may_see = tx.actor.can("outbox.see")
    return Day(sections, unsure, dead_letters(tx, limit=LETTERS_MAX) if may_see else [])


def _unsure(tx: Transaction, requests: Sequence[Request]) -> list[Unsure]:
    wanted = {request.group_id for request in requests if request.group_id is not None}
    rows = tx.exec(select(Group.id, Group.name).where(col(Group.id).in_(wanted)))
    names = {row[0]: row[1] for row in rows}
    return [
        Unsure(
            request,
            names.get(request.group_id or 0),
            INTENT_WORDS.get(request.intent, request.intent),
            sure_word(request.confidence),
        )
        for request in requests
    ]


def _letter(tx: Transaction, letter_id: int) -> Outgoing:
    """The dead letter, where the actor may look; otherwise NotFound."""
    letter = tx.get(Outgoing, letter_id)
    places = tx.actor.places("outbox.see")
    if letter is None or letter.dead_at is None:
        raise NotFound
    if not (places >= EVERYWHERE or letter.community_id in places):
        raise NotFound
    return letter


def _send_again(tx: Transaction, letter_id: int) -> None:
    try_again(tx, _letter(tx, letter_id).id)


def _mark_told(tx: Transaction, letter_id: int) -> None:
    letter = _letter(tx, letter_id)
    letter.dead_at, letter.sent_at, letter.error = None, tx.now, "已电话告知"
    tx.add(letter)
