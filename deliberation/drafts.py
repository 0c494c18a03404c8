"""Drafts of consultations: made from what people talk about, edited, removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.tables import Resident
from core.actor import EVERYWHERE
from core.errors import NotFound, Refusal
from core.transaction import Transaction
from deliberation.events import DraftChanged
from deliberation.tables import TEXT_MAX, TITLE_MAX, ConsultationDraft, DraftState

RIGHT = "consultation.draft"
LIST_MAX = 200
CASES_MAX = 500


class DraftWrong(Refusal):
    code = "draft_wrong"
    text = "草稿还不能保存：{why}。"


class DraftTitleTaken(Refusal):
    code = "draft_title_taken"
    text = "已经有一份草稿叫“{title}”，请去改那一份，或换个题目。"
    status = 409


class DraftEditedMeanwhile(Refusal):
    code = "draft_edited_meanwhile"
    text = "您打开以后，这份草稿被别人改过。您写的还在下面，请先看看新的内容再保存。"
    status = 409


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A draft as a list shows it."""

    id: int
    title: str
    case_count: int
    changed_at: datetime
    changed_by: str | None


def make_draft(
    tx: Transaction, community_id: int, *, title: str, text: str, case_ids: Sequence[int]
) -> ConsultationDraft:
    """A new draft; DraftTitleTaken when the community has one of this title."""
    tx.require(RIGHT, community_id)
    title, text = title.strip(), text.strip()
    check_words(title, text)
    _check_title_free(tx, community_id, title)
    draft = ConsultationDraft(
        community_id=community_id,
        title=title,
        text=text,
        case_ids=[str(case_id) for case_id in dict.fromkeys(case_ids)][:CASES_MAX],
        state=DraftState.DRAFT,
        made_by=tx.actor.id,
        made_at=tx.now,
        changed_by=tx.actor.id,
        changed_at=tx.now,
    )
    tx.add(draft)
    tx.flush()
    _tell(tx, draft, "made")
    return draft


def edit_draft(
    tx: Transaction, draft_id: int, *, title: str, text: str, seen_version: int
) -> ConsultationDraft:
    """The draft with a new title and text; refused when somebody else changed it meanwhile."""
    draft = access_draft(tx, draft_id, to_change=True)
    title, text = title.strip(), text.strip()
    check_words(title, text)
    if draft.version != seen_version:
        raise DraftEditedMeanwhile
    if (title, text) == (draft.title, draft.text):
        return draft
    if title != draft.title:
        _check_title_free(tx, draft.community_id, title)
    draft.title, draft.text = title, text
    draft.changed_by, draft.changed_at = tx.actor.id, tx.now
    draft.version += 1
    tx.flush()
    _tell(tx, draft, "edited")
    return draft


def remove_draft(tx: Transaction, draft_id: int) -> int:
    """Delete the draft and return its community; the cases it came from stay as they are."""
    draft = access_draft(tx, draft_id, to_change=True)
    community_id = draft.community_id
    _tell(tx, draft, "removed")
    tx.delete(draft)
    tx.flush()
    return community_id


def access_draft(tx: Transaction, draft_id: int, *, to_change: bool = False) -> ConsultationDraft:
    """The draft, for whoever drafts consultations in its community; otherwise NotFound."""
    query = select(ConsultationDraft).where(col(ConsultationDraft.id) == draft_id)
    draft = tx.exec(query.with_for_update() if to_change else query).first()
    if draft is None or not tx.actor.can(RIGHT, draft.community_id):
        raise NotFound
    return draft


def visible_drafts(tx: Transaction, community_id: int) -> list[DraftLine]:
    """The drafts of a community, the last changed first, at most LIST_MAX."""
    scope = tx.actor.places(RIGHT)
    if community_id not in scope and not scope >= EVERYWHERE:
        return []
    query = (
        core_select(
            col(ConsultationDraft.id),
            col(ConsultationDraft.title),
            col(ConsultationDraft.case_ids),
            col(ConsultationDraft.changed_at),
            col(Resident.name),
        )
        .outerjoin(Resident, col(Resident.id) == col(ConsultationDraft.changed_by))
        .where(col(ConsultationDraft.community_id) == community_id)
        .order_by(col(ConsultationDraft.changed_at).desc(), col(ConsultationDraft.id).desc())
        .limit(LIST_MAX)
    )
    return [
        DraftLine(row.id, row.title, len(row.case_ids), row.changed_at, row.name)
        for row in tx.look(query)
    ]


def draft_titled(tx: Transaction, community_id: int, title: str) -> int | None:
    """The id of the community's draft of this title, or None."""
    tx.require(RIGHT, community_id)
    query = select(ConsultationDraft.id).where(
        col(ConsultationDraft.community_id) == community_id,
        col(ConsultationDraft.title) == title.strip(),
    )
    return tx.exec(query).first()


def check_words(title: str, text: str) -> None:
    """Return if title and text can be kept; otherwise DraftWrong."""
    if not title:
        raise DraftWrong(why="请写题目")
    if len(title) > TITLE_MAX:
        raise DraftWrong(why=f"题目最多 {TITLE_MAX} 个字")
    if not text:
        raise DraftWrong(why="请写要商量什么")
    if len(text) > TEXT_MAX:
        raise DraftWrong(why=f"正文最多 {TEXT_MAX} 个字")


def _check_title_free(tx: Transaction, community_id: int, title: str) -> None:
    if draft_titled(tx, community_id, title) is not None:
        raise DraftTitleTaken(title=title)


def _tell(tx: Transaction, draft: ConsultationDraft, what: str) -> None:
    tx.emit(DraftChanged(community_id=draft.community_id, subject_id=draft.id, what=what))
