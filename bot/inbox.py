"""The way in: every message of every channel passes through `receive`."""

import hashlib
import json
import logging
from dataclasses import replace

from bot.dialogue.router import dispatch
from bot.dialogue.turn import Turn, recall
from bot.hearing import Heard
from bot.house import House
from bot.knowledge import is_question
from bot.messages import Answer, Incoming
from cases.tables import Attachment
from community.people import actor_for, meet
from core.actor import NOBODY, Actor
from core.columns import new_id
from core.errors import Busy, KeyReused, Refusal
from core.once import once_told
from core.settings import Settings
from core.signing import Signer
from core.transaction import Transaction

APOLOGY = "抱歉，我这边出了点问题，已经记下来了。急事请直接打社区电话。"
_JSON = json.JSONEncoder(ensure_ascii=False).encode
IGNORED = Answer("", {"action": "ignored"})

log = logging.getLogger(__name__)


async def receive(house: House, incoming: Incoming) -> Answer:
    """Answer a message, once what it led to is durable.

    A redelivered message gets its first answer again and has no second effect. Talk in groups
    that is not for us costs no transaction and leaves no trace. Raises Busy when too much waits.
    """
    heard = await house.hearing.hear(incoming)
    if heard is None:
        return IGNORED
    if not heard.is_ours:
        return Answer("", {"action": "ignored", "intent": heard.reading.intent.value})
    if is_question(incoming, heard.reading, heard.joined_case):
        heard = replace(heard, found=await house.knowledge.ask(incoming, heard.community_id))
    key = f"{incoming.channel}:{incoming.message_id}"[:200]
    shard = f"{incoming.channel}:{incoming.chat or incoming.sender}"
    mark = _fingerprint(incoming)
    try:
        stored, is_repeat = await house.db.run_sharded(
            shard,
            NOBODY,
            _answer_once,
            incoming,
            heard,
            house.signer,
            house.settings,
            key,
            mark,
        )
    except Busy:
        raise
    except KeyReused:
        return IGNORED
    except Refusal as refusal:
        refused = _dump(_refused(incoming, heard, refusal))
        stored, is_repeat = await _store(house, shard, key, mark, refused)
    except Exception:
        log.exception("bug while answering a message of %s", incoming.channel)
        failed = _dump(Answer(APOLOGY, {"action": "failed"}))
        stored, is_repeat = await _store(house, shard, key, mark, failed)
    answer = _load(stored, is_repeat=is_repeat)
    _keep_in_mind(house, incoming, heard, answer)
    return answer


def _answer_once(
    tx: Transaction,
    incoming: Incoming,
    heard: Heard,
    signer: Signer,
    settings: Settings,
    key: str,
    mark: str,
) -> tuple[str, bool]:
    return once_told(tx, key, mark, lambda: _dump(_answer(tx, incoming, heard, signer, settings)))


def _answer(
    tx: Transaction, incoming: Incoming, heard: Heard, signer: Signer, settings: Settings
) -> Answer:
    known = meet(
        tx,
        channel=incoming.channel,
        sender=incoming.sender,
        community_id=heard.community_id,
    )
    tx.actor = actor_for(tx, known)
    # In private people belong where they are bound; in a group the group says where it is.
    home = tx.actor.home if heard.group is None else None
    community_id = home or heard.community_id
    tx.actor = _allowed_here(tx, community_id)
    turn = Turn(
        incoming=incoming,
        reading=heard.reading,
        known=known,
        community_id=community_id,
        group=heard.group,
        memory=recall(tx, incoming),
        gazetteer=heard.gazetteer,
        signer=signer,
        public_url=settings.public_url,
        pages_hook=bool(settings.duty_hook_url),
        joined_case=heard.joined_case,
        thresholds=heard.thresholds,
        found=heard.found,
    )
    answer = dispatch(tx, turn)
    if incoming.media and answer.facts.get("case_id"):
        hang_media(tx, turn, int(answer.facts["case_id"]))
    facts = {"intent": heard.reading.intent.value, **answer.facts}
    return Answer(answer.text, facts)


def hang_media(tx: Transaction, turn: Turn, case_id: int) -> None:
    """The pictures and voice notes of a message belong to the case it led to."""
    tx.write(
        Attachment,
        *(
            {
                "id": new_id(),
                "community_id": turn.community_id,
                "case_id": case_id,
                "identity_id": turn.known.identity_id,
                "media_type": media.media_type,
                "sha256": media.stored,
                "size": media.size,
                "reference": "" if media.stored else media.reference[:300],
                "attempts": 0,
                "stage": "before",
                "at": tx.now,
            }
            for media in turn.incoming.media
        ),
    )


def _allowed_here(tx: Transaction, community_id: int) -> Actor:
    """Whoever writes in a community's group may report there, wherever home is."""
    actor = tx.actor
    known = actor.rights.get("case.report", frozenset())
    if community_id in known:
        return actor
    rights = {**actor.rights, "case.report": known | {community_id}}
    return replace(actor, rights=rights)


def _refused(incoming: Incoming, heard: Heard, refusal: Refusal) -> Answer:
    # In a group nobody asked the bot anything: a refusal there would only be noise.
    talks = incoming.is_private or incoming.addressed or heard.reading.intent.value == "command"
    facts = {"action": "refused", "code": refusal.code, "intent": heard.reading.intent.value}
    return Answer(str(refusal) if talks else "", facts)


async def _store(house: House, shard: str, key: str, mark: str, result: str) -> tuple[str, bool]:
    return await house.db.run_sharded(shard, NOBODY, once_told, key, mark, lambda: result)


def _keep_in_mind(house: House, incoming: Incoming, heard: Heard, answer: Answer) -> None:
    case_id = answer.facts.get("case_id")
    if case_id:
        house.hearing.note(incoming, heard, int(case_id))
    if answer.facts.get("action") in ("asked", "why", "closed"):
        house.hearing.expect(incoming)


def _fingerprint(incoming: Incoming) -> str:
    content = "\0".join(
        (incoming.sender, incoming.chat, incoming.kind, incoming.text, incoming.scene)
    )
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _dump(answer: Answer) -> str:
    return _JSON([answer.text, dict(answer.facts)])


def _load(stored: str, *, is_repeat: bool) -> Answer:
    text, facts = json.loads(stored)
    return Answer(text, facts, is_repeat)
