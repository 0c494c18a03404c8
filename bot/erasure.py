"""Taking a person out of the rows: what they said and who they are goes, what happened stays.

The history holds ids and codes alone, so it needs no change: afterwards its ids lead to nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, or_, tuple_, update
from sqlalchemy import select as core_select
from sqlmodel import col, select

from bot.my_file import DELETION_TEXT
from bot.tables import Dialog, Outgoing, PageLink, SimulatorLine, WebSession
from cases.rules import OPEN
from cases.tables import Attachment, Case, CaseNote, Party, PartyRole, Request
from community.article_tables import Question
from community.events import IdentityUnbound, ResidentErased
from community.grants import check_outranks, visible_grants
from community.privacy import mask_address
from community.residents import leave, phone_of
from community.tables import Account, BindingCode, Identity, Resident
from core.attempts import Attempt
from core.errors import NotAllowed, NotFound, Refusal
from core.files import FileStore
from core.transaction import EventRecord, Transaction
from core.vault import Vault

ERASED = "（已应本人要求删除）"
ERASED_NAME = "已删除"
SOMEBODY = "某居民"


class CannotEraseYet(Refusal):
    code = "cannot_erase_yet"
    text = "现在还不能删除：{why}"
    status = 409


@dataclass(frozen=True, slots=True)
class Erased:
    """What was taken out; `files` are SHA-256 names that nothing refers to any more."""

    request_count: int
    case_count: int
    note_count: int
    message_count: int
    files: tuple[str, ...]


def erase(tx: Transaction, vault: Vault, resident_id: int) -> Erased:
    """Make a resident unrecognisable wherever they stand; needs `people.edit` and their rights.

    Refused (CannotEraseYet) while something of theirs is still being handled, other than the
    request for deletion itself, or while they hold a role. Remove `files` from the store once
    this is durable. Answers that wait for a redelivery (core_done) go by themselves in a week.
    """
    query = select(Resident).where(col(Resident.id) == resident_id).with_for_update()
    resident = tx.exec(query).first()
    if resident is None or not tx.actor.can("people.see", resident.community_id):
        raise NotFound
    if not tx.actor.can("people.edit", resident.community_id):
        raise NotAllowed(capability="people.edit")
    if tx.actor.id == resident_id:
        raise CannotEraseYet(why="不能删除自己，请另一位工作人员来办。")
    _check_nothing_open(tx, resident)
    words = tuple(word for word in (resident.name, phone_of(vault, resident)) if len(word) > 1)
    identities = _identities(tx, resident)
    if resident.left_at is None:
        check_outranks(tx, resident_id)
        leave(tx, resident_id)
    erased = _erase_words(tx, resident_id, identities, words)
    _erase_traces(tx, resident_id, identities)
    _erase_person(tx, resident, identities)
    tx.emit(ResidentErased(community_id=resident.community_id, subject_id=resident_id))
    return erased


def erase_numbered(tx: Transaction, vault: Vault, community_id: int, number: str) -> Erased:
    """As `erase`, of the resident with this number on a community's register; NotFound if none."""
    query = select(Resident.id).where(
        col(Resident.community_id) == community_id, col(Resident.number) == number.strip()
    )
    resident_id = tx.exec(query).first()
    if resident_id is None:
        raise NotFound
    return erase(tx, vault, resident_id)


def discard_files(files: Iterable[str], store: FileStore) -> None:
    """Remove the files of an erased person from the disk, after the erasure is durable."""
    for name in files:
        store.discard(name)


def _identities(tx: Transaction, resident: Resident) -> Sequence[Identity]:
    """The chats of the person, also those let go of before and nobody else's since."""
    unbound = core_select(col(EventRecord.subject_id), col(EventRecord.facts)).where(
        col(EventRecord.community_id) == resident.community_id,
        col(EventRecord.name) == IdentityUnbound.NAME,
    )
    former = [row.subject_id for row in tx.look(unbound) if row.facts["resident_id"] == resident.id]
    query = select(Identity).where(
        or_(
            col(Identity.resident_id) == resident.id,
            and_(col(Identity.id).in_(former), col(Identity.resident_id).is_(None)),
        )
    )
    return tx.exec(query.order_by(col(Identity.id))).all()


def _check_nothing_open(tx: Transaction, resident: Resident) -> None:
    query = (
        core_select(col(Case.number))
        .join(Party, col(Party.case_id) == col(Case.id))
        .where(
            col(Party.resident_id) == resident.id,
            col(Case.phase).in_(OPEN),
            col(Case.text) != DELETION_TEXT,
        )
        .order_by(col(Case.id))
    )
    numbers = [row.number for row in tx.look(query)]
    if numbers:
        shown = "、".join(numbers[:3]) + ("等" if len(numbers) > 3 else "")
        raise CannotEraseYet(why=f"还有 {len(numbers)} 件事没办完（{shown}），先办结或请本人撤回。")
    if visible_grants(tx, resident_id=resident.id):
        raise CannotEraseYet(why="这个人还担任角色，先收回角色。")


def _erase_words(
    tx: Transaction, resident_id: int, identities: Sequence[Identity], words: tuple[str, ...]
) -> Erased:
    identity_ids = [identity.id for identity in identities]
    mine = or_(col(Party.resident_id) == resident_id, col(Party.identity_id).in_(identity_ids))
    parts = tx.exec(select(Party).where(mine).order_by(col(Party.id)).with_for_update()).all()
    case_ids = [party.case_id for party in parts]
    for party in parts:
        party.resident_id = None
        if party.role is PartyRole.REPORTER:
            case = tx.get_one(Case, party.case_id)
            case.text, case.place = ERASED, mask_address(case.place) if case.place else None
            # What agencies and neighbours were told quotes the words of who reported.
            told = col(Outgoing.key).startswith(f"case:{case.id}:", autoescape=True)
            tx.look(update(Outgoing).where(told).values(text=ERASED))
    request_count = tx.look(
        update(Request)
        .where(col(Request.identity_id).in_(identity_ids))
        .values(text=ERASED, place=None, reasons=[], corrected=None)
    ).rowcount
    tx.look(update(Question).where(col(Question.identity_id).in_(identity_ids)).values(text=ERASED))
    note_count = _erase_notes(tx, resident_id, case_ids, words)
    tx.flush()
    message_count = _erase_messages(tx, identities)
    return Erased(
        request_count=request_count,
        case_count=len(case_ids),
        note_count=note_count,
        message_count=message_count,
        files=_erase_attachments(tx, identity_ids),
    )


def _erase_notes(
    tx: Transaction, resident_id: int, case_ids: Sequence[int], words: tuple[str, ...]
) -> int:
    """The person's own notes whole; out of others' notes on the same cases name and number."""
    query = select(CaseNote).where(
        or_(col(CaseNote.by_id) == resident_id, col(CaseNote.case_id).in_(case_ids))
    )
    count = 0
    for note in tx.exec(query):
        before = note.text
        if note.by_id == resident_id:
            note.text, note.by_id = ERASED, None
        for word in words:
            note.text = note.text.replace(word, SOMEBODY)
        count += note.text != before
    return count


def _erase_messages(tx: Transaction, identities: Sequence[Identity]) -> int:
    count = 0
    for identity in identities:
        count += tx.look(
            update(Outgoing)
            .where(
                col(Outgoing.channel) == identity.channel,
                col(Outgoing.recipient) == identity.sender,
            )
            .values(text=ERASED, link="", recipient=_nobody(identity), settled=True)
        ).rowcount
        if identity.channel == "simulator":
            tx.look(
                update(SimulatorLine)
                .where(
                    or_(
                        col(SimulatorLine.sender) == identity.sender,
                        col(SimulatorLine.room) == f"private:{identity.sender}",
                    )
                )
                .values(text=ERASED, link="", media="")
            )
    return count


def _erase_attachments(tx: Transaction, identity_ids: Sequence[int]) -> tuple[str, ...]:
    """Delete the rows; returns the files that no other row shows."""
    mine = col(Attachment.identity_id).in_(identity_ids)
    names = {row.sha256 for row in tx.look(core_select(col(Attachment.sha256)).where(mine))}
    tx.look(delete(Attachment).where(mine))
    still = core_select(col(Attachment.sha256)).where(col(Attachment.sha256).in_(names))
    return tuple(sorted(names - {row.sha256 for row in tx.look(still)} - {""}))


def _erase_traces(tx: Transaction, resident_id: int, identities: Sequence[Identity]) -> None:
    """Open dialogues, signed-in browsers, links, counted tries and unused codes."""
    identity_ids = [identity.id for identity in identities]
    places = [(identity.channel, identity.sender) for identity in identities]
    if places:
        tx.look(delete(Dialog).where(tuple_(col(Dialog.channel), col(Dialog.sender)).in_(places)))
    accounts = core_select(col(Account.id)).where(col(Account.resident_id) == resident_id)
    sessions = core_select(col(WebSession.id)).where(
        or_(col(WebSession.identity_id).in_(identity_ids), col(WebSession.account_id).in_(accounts))
    )
    tx.look(
        delete(PageLink).where(
            or_(col(PageLink.identity_id).in_(identity_ids), col(PageLink.session_id).in_(sessions))
        )
    )
    tx.look(delete(WebSession).where(col(WebSession.id).in_(sessions)))
    subjects = [f"{kind}:{one}" for one in identity_ids for kind in ("bind", "bind-lock")]
    tx.look(delete(Attempt).where(col(Attempt.subject).in_(subjects)))
    unused = (col(BindingCode.resident_id) == resident_id, col(BindingCode.used_at).is_(None))
    tx.look(delete(BindingCode).where(*unused))


def _erase_person(tx: Transaction, resident: Resident, identities: Sequence[Identity]) -> None:
    for identity in identities:
        identity.sender, identity.resident_id, identity.bound_at = _nobody(identity), None, None
    query = select(Account).where(col(Account.resident_id) == resident.id)
    for account in tx.exec(query):
        account.login, account.password_hash = f"erased-{account.id}", ""
        account.totp_sealed, account.disabled_at = None, account.disabled_at or tx.now
    resident.name, resident.number = ERASED_NAME, f"erased-{resident.id}"
    resident.city, resident.birth_date, resident.household_id = "", None, None
    resident.phone_sealed, resident.phone_hash = None, None
    resident.left_at = resident.left_at or tx.now
    tx.flush()


def _nobody(identity: Identity) -> str:
    return f"erased-{identity.id}"
