"""Questions people asked: which article answered, and those that wait for somebody to write one."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy import select as core_select
from sqlmodel import col, select

from community.article_content import QUESTION_MAX
from community.article_tables import Question, QuestionState
from community.articles import RIGHT, access_article, add_wording
from community.events import QuestionSettled
from core.columns import new_id
from core.errors import NotFound
from core.transaction import Transaction

TEXT_MAX = 300
OPEN_MAX = 1_000  # so many of the latest are looked at together
SETTLE_MAX = 500
SETTLED_KEPT = timedelta(days=180)
OPEN_KEPT = timedelta(days=365)
FORGET_MAX = 2_000


def keep_question(
    tx: Transaction,
    *,
    community_id: int,
    identity_id: int,
    text: str,
    request_id: int | None,
    article_id: int | None,
    confidence: float,
    answered: bool,
) -> int:
    """Keep a question, its words masked by the caller; returns the row's id."""
    question_id = new_id()
    tx.write(
        Question,
        {
            "id": question_id,
            "community_id": community_id,
            "identity_id": identity_id,
            "request_id": request_id,
            "article_id": article_id,
            "text": text[:TEXT_MAX],
            "at": tx.now,
            "state": QuestionState.ANSWERED if answered else QuestionState.OPEN,
            "confidence": confidence,
            "was_no_help": False,
        },
    )
    return question_id


def last_answered(tx: Transaction, identity_id: int, *, within: timedelta) -> Question | None:
    """The question this sender asked last, if an article answered it and that was lately."""
    query = (
        select(Question)
        .where(
            col(Question.identity_id) == identity_id,
            col(Question.at) > tx.now - within,
        )
        .order_by(col(Question.id).desc())
        .limit(1)
    )
    found = tx.exec(query).first()
    return found if found is not None and found.state is QuestionState.ANSWERED else None


def reopen_question(tx: Transaction, question: Question) -> None:
    """The answer was no help: the question waits for the staff like one without an answer."""
    question.state, question.was_no_help = QuestionState.OPEN, True
    tx.add(question)
    tx.flush()


def open_questions(tx: Transaction, community_id: int) -> Sequence[Question]:
    """The latest OPEN_MAX questions of a community that wait for the staff, newest first."""
    if not tx.actor.can(RIGHT, community_id):
        return []
    query = (
        select(Question)
        .where(
            col(Question.community_id) == community_id, col(Question.state) == QuestionState.OPEN
        )
        .order_by(col(Question.id).desc())
        .limit(OPEN_MAX)
    )
    return tx.exec(query).all()


def open_count(tx: Transaction, community_id: int) -> int:
    """How many questions of a community wait for the staff."""
    query = (
        core_select(func.count())
        .select_from(Question)
        .where(
            col(Question.community_id) == community_id, col(Question.state) == QuestionState.OPEN
        )
    )
    return int(tx.look(query).scalar_one())


def access_question(tx: Transaction, question_id: int) -> Question:
    """The question, for whoever writes articles where it was asked; otherwise NotFound."""
    question = tx.get(Question, question_id)
    if question is None or not tx.actor.can(RIGHT, question.community_id):
        raise NotFound
    return question


def dismiss_questions(tx: Transaction, question_ids: Collection[int]) -> int:
    """Nobody needs to answer these; returns how many were still open."""
    return _settle(tx, question_ids, QuestionState.DISMISSED, None)


def answer_questions(tx: Transaction, question_ids: Collection[int], article_id: int) -> int:
    """There is an article for these now; returns how many were still open."""
    access_article(tx, article_id)
    return _settle(tx, question_ids, QuestionState.WRITTEN, article_id)


def add_to_article(tx: Transaction, question_ids: Collection[int], article_id: int) -> int:
    """Let an article also answer to the words of these questions; returns how many were open."""
    access_article(tx, article_id, to_change=True)
    for question in _open_among(tx, question_ids):
        add_wording(tx, article_id, question.text[:QUESTION_MAX])
    return answer_questions(tx, question_ids, article_id)


def forget_questions(tx: Transaction) -> int:
    """Delete questions nobody needs any more; a job's work, as many as it can do at once."""
    old = (
        core_select(col(Question.id))
        .where(
            (
                (col(Question.state) != QuestionState.OPEN)
                & (col(Question.at) < tx.now - SETTLED_KEPT)
            )
            | (col(Question.at) < tx.now - OPEN_KEPT)
        )
        .limit(FORGET_MAX)
    )
    ids = [row.id for row in tx.look(old)]
    if ids:
        tx.look(delete(Question).where(col(Question.id).in_(ids)))
    return len(ids)


def _settle(
    tx: Transaction, question_ids: Collection[int], state: QuestionState, article_id: int | None
) -> int:
    found = _open_among(tx, question_ids)
    for question in found:
        question.state, question.settled_at, question.settled_by = state, tx.now, tx.actor.id
        question.article_id = article_id if article_id is not None else question.article_id
        tx.add(question)
        tx.flush()
        tx.emit(
            QuestionSettled(
                community_id=question.community_id,
                subject_id=question.id,
                state=state.value,
                article_id=article_id,
            )
        )
    return len(found)


def _open_among(tx: Transaction, question_ids: Collection[int]) -> list[Question]:
    """Those of the questions that are open, each checked; NotFound when one is not the actor's."""
    query = (
        select(Question)
        .where(col(Question.id).in_(list(question_ids)[:SETTLE_MAX]))
        .order_by(col(Question.id))
        .with_for_update()
    )
    found = list(tx.exec(query))
    if any(not tx.actor.can(RIGHT, question.community_id) for question in found):
        raise NotFound
    return [question for question in found if question.state is QuestionState.OPEN]
