"""What a person said and was told, and the traces of it: cases, requests, messages, history."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, tuple_
from sqlalchemy import select as core_select
from sqlmodel import col

from bot.file_part import ROWS_MAX, Part, Whose, make_part
from bot.tables import Dialog, Outgoing, WebSession
from cases.rules import PHASE_WORDS
from cases.tables import Attachment, Case, CaseNote, Party, PartyRole, Request
from community.article_tables import Article, Question, QuestionState
from community.tables import Account
from core.attempts import Attempt
from core.transaction import EventRecord, Transaction


def cases_part(tx: Transaction, whose: Whose) -> Part:
    """What the person asked for or joined; of others' words none."""
    query = (
        core_select(
            col(Case.number),
            col(Case.text),
            col(Case.category),
            col(Case.place),
            col(Party.role),
            col(Party.joined_at),
            col(Case.phase),
            col(Party.is_solved),
            col(Party.rating),
        )
        .join(Party, col(Party.case_id) == col(Case.id))
        .where(_is_party(whose))
        .order_by(col(Case.id))
        .limit(ROWS_MAX)
    )
    rows = [
        (
            number,
            # Somebody else's words are theirs: who joined sees the matter, not the sentence.
            text if role == PartyRole.REPORTER else "（附议了别人反映的事）",
            category,
            place,
            "反映人" if role == PartyRole.REPORTER else "附议人",
            joined,
            PHASE_WORDS[phase],
            solved,
            stars,
        )
        for number, text, category, place, role, joined, phase, solved, stars in tx.look(query)
    ]
    return make_part(
        "cases",
        "您反映和附议的事",
        "办理您反映的事，让您看进度、确认、评价",
        "编号 什么事 类别 地点 您是 时间 现在 您说解决了吗 您的评分",
        rows,
    )


def requests_part(tx: Transaction, whose: Whose) -> Part:
    """What the bot heard from the person."""
    query = core_select(
        col(Request.at),
        col(Request.text),
        col(Request.intent),
        col(Request.category),
        col(Request.place),
        col(Request.disposition),
    ).where(col(Request.identity_id).in_(whose.identity_ids))
    return make_part(
        "requests",
        "机器人听到的诉求",
        "核对机器人有没有听错；群里和诉求无关的话不保存",
        "时间 原话 听成 类别 地点 怎么处理",
        tx.look(query.order_by(col(Request.id)).limit(ROWS_MAX)),
    )


def questions_part(tx: Transaction, whose: Whose) -> Part:
    """What the person asked, and which article answered."""
    query = (
        core_select(
            col(Question.at),
            col(Question.text),
            col(Question.state),
            col(Article.title),
            col(Question.was_no_help),
        )
        .outerjoin(Article, col(Article.id) == col(Question.article_id))
        .where(col(Question.identity_id).in_(whose.identity_ids))
        .order_by(col(Question.id))
        .limit(ROWS_MAX)
    )
    rows = [
        (at, text, _QUESTION_WORDS[state], title, no_help)
        for at, text, state, title, no_help in tx.look(query)
    ]
    return make_part(
        "questions",
        "您问过的问题",
        "看哪些问题没答上来，好补进知识库；号码和姓名已隐去，半年到一年后删除",
        "时间 问题 怎么样了 相关文章 没帮上",
        rows,
    )


def notes_part(tx: Transaction, whose: Whose) -> Part:
    """Words the person added to cases."""
    query = (
        core_select(col(CaseNote.at), col(Case.number), col(CaseNote.text))
        .join(Case, col(Case.id) == col(CaseNote.case_id))
        .where(col(CaseNote.by_id) == whose.resident_id)
        .order_by(col(CaseNote.id))
        .limit(ROWS_MAX)
    )
    return make_part(
        "notes", "您写的留言", "作为办理过程的一部分", "时间 案件 内容", tx.look(query)
    )


def attachments_part(tx: Transaction, whose: Whose) -> tuple[Part, tuple[tuple[str, str], ...]]:
    """Pictures and voice notes of the person, and each as (name, SHA-256)."""
    query = (
        core_select(
            col(Attachment.at),
            col(Case.number),
            col(Attachment.media_type),
            col(Attachment.size),
            col(Attachment.sha256),
        )
        .outerjoin(Case, col(Case.id) == col(Attachment.case_id))
        .where(col(Attachment.identity_id).in_(whose.identity_ids))
        .order_by(col(Attachment.id))
        .limit(ROWS_MAX)
    )
    rows, files = [], []
    for count, (at, number, media_type, size, sha256) in enumerate(tx.look(query), start=1):
        name = f"{count:04d}.{_SUFFIXES.get(media_type, 'bin')}"
        rows.append((at, number, media_type, size, name))
        files.append((name, sha256))
    part = make_part(
        "attachments",
        "照片和语音",
        "说明您反映的情况",
        "时间 案件 类型 字节 文件",
        rows,
    )
    return part, tuple(files)


def messages_part(tx: Transaction, whose: Whose) -> Part:
    """What was said to the person in private."""
    query = core_select(
        col(Outgoing.made_at), col(Outgoing.channel), col(Outgoing.text), col(Outgoing.sent_at)
    ).where(_addressed(whose))
    return make_part(
        "messages",
        "发给您的消息",
        "保证送到；没送到的会重发",
        "写下 渠道 内容 送达",
        tx.look(query.order_by(col(Outgoing.id)).limit(ROWS_MAX)),
    )


def _addressed(whose: Whose) -> Any:
    places = [(identity.channel, identity.sender) for identity in whose.identities]
    if not places:
        return false()
    return tuple_(col(Outgoing.channel), col(Outgoing.recipient)).in_(places)


def dialogs_part(tx: Transaction, whose: Whose) -> Part:
    """What the bot and the person are in the middle of."""
    places = [(identity.channel, identity.sender) for identity in whose.identities]
    rows: Iterable[Sequence[Any]] = ()
    if places:
        query = core_select(
            col(Dialog.channel), col(Dialog.flow), col(Dialog.changed_at), col(Dialog.expires_at)
        ).where(tuple_(col(Dialog.channel), col(Dialog.sender)).in_(places))
        rows = tx.look(query.order_by(col(Dialog.id)).limit(ROWS_MAX))
    return make_part(
        "dialogs",
        "没说完的对话",
        "接着上一句话说下去；到期就删",
        "渠道 在等什么 时间 到期",
        rows,
    )


def sessions_part(tx: Transaction, whose: Whose) -> Part:
    """Browsers that are signed in as the person."""
    accounts = core_select(col(Account.id)).where(col(Account.resident_id) == whose.resident_id)
    query = core_select(
        col(WebSession.made_at), col(WebSession.seen_at), col(WebSession.expires_at)
    ).where(
        or_(
            col(WebSession.identity_id).in_(whose.identity_ids),
            col(WebSession.account_id).in_(accounts),
        )
    )
    return make_part(
        "sessions",
        "打开过您页面的手机和电脑",
        "不用每次重新登录",
        "第一次 最近一次 到期",
        tx.look(query.order_by(col(WebSession.id)).limit(ROWS_MAX)),
    )


def attempts_part(tx: Transaction, whose: Whose) -> Part:
    """Wrong binding codes of the person."""
    subjects = [
        f"{kind}:{identity_id}"
        for identity_id in whose.identity_ids
        for kind in ("bind", "bind-lock")
    ]
    query = core_select(col(Attempt.at)).where(col(Attempt.subject).in_(subjects))
    return make_part(
        "attempts",
        "输错的验证码",
        "防止别人冒充您",
        "时间",
        tx.look(query.order_by(col(Attempt.id)).limit(ROWS_MAX)),
    )


def events_part(tx: Transaction, whose: Whose) -> Part:
    """What the history holds about the person, and of what they did to their own cases."""
    about = [*whose.identity_ids, whose.resident_id]
    mine = core_select(col(Party.case_id)).where(_is_party(whose))
    query: Select[*tuple[Any, ...]] = (
        core_select(col(EventRecord.at), col(EventRecord.name), col(EventRecord.subject_id))
        .where(
            or_(
                col(EventRecord.subject_id).in_(about),
                and_(
                    col(EventRecord.subject_id).in_(mine),
                    col(EventRecord.actor_id) == whose.resident_id,
                ),
            )
        )
        .order_by(col(EventRecord.id))
        .limit(ROWS_MAX)
    )
    rows = [(at, name, str(subject)) for at, name, subject in tx.look(query)]
    return make_part(
        "events",
        "和您有关的记录",
        "历史不能改写，所以只记编号和时间，不记姓名和内容",
        "时间 事件 编号",
        rows,
    )


def _is_party(whose: Whose) -> ColumnElement[bool]:
    return or_(
        col(Party.resident_id) == whose.resident_id,
        col(Party.identity_id).in_(whose.identity_ids),
    )


_QUESTION_WORDS = {
    QuestionState.OPEN: "等工作人员",
    QuestionState.ANSWERED: "照文章回答了",
    QuestionState.WRITTEN: "后来写成了文章",
    QuestionState.DISMISSED: "不用答",
}
_SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "video/mp4": "mp4",
}
