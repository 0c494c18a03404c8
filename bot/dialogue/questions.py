"""What residents want to know: answered in the words of an article, or handed to a person."""

from dataclasses import replace
from datetime import timedelta

from bot.article_text import as_plain, passages
from bot.dialogue import help
from bot.dialogue.report import ACT_MIN, note_request
from bot.dialogue.turn import Turn, say
from bot.knowledge import Found, source_line
from bot.messages import Answer
from cases.desk import Report, open_case
from cases.tables import Disposition, Request, Urgency
from community.article_tables import Question
from community.questions import keep_question, last_answered, reopen_question
from core.errors import Refusal
from core.transaction import Transaction
from nlp.answers import is_telling, nearest_passage
from nlp.masking import masked
from nlp.reading import Intent

# Chosen on questions written for it: tests/bot/test_answers.py holds the figures.
ANSWER_MIN = 0.7
# What was not read as a question, or seems to go on about an open matter, is only answered when
# there is hardly a doubt.
UNASKED_MIN = 0.85
HINT_MIN = 0.3
# 没帮上 is about the last answer even the next morning; 人工 soon is about something else.
NO_HELP_WITHIN = timedelta(days=1)
PERSON_WITHIN = timedelta(minutes=30)
HINTS_MAX = 2
QUOTE_MAX = 200
_MORE = "……"


class NothingAnswered(Refusal):
    code = "nothing_answered"
    text = "我刚才没有回答过您的问题。想找工作人员，请发“人工”。"


def answer(tx: Transaction, turn: Turn) -> Answer | None:
    """The words of the article that answers, with who says so; None when that is not sure."""
    if not turn.found or not _is_meant(turn):
        return None
    best = turn.found[0]
    if best.confidence < _bar(turn):
        return None
    request_id = note_request(tx, turn, Disposition.ANSWERED, None)
    _keep(tx, turn, best, request_id=request_id, answered=True)
    facts = {"article_id": str(best.article_id)}
    if turn.group is not None:
        return say(f"{_named(best)}：{_page(turn, best)}", "answered", **facts)
    text = (
        f"{quote(best, turn.text)}\n《{best.content.title}》{source_line(best.content)}\n"
        f"全文：{_page(turn, best)}\n没帮上请回“没帮上”，我转给工作人员。"
    )
    return say(text, "answered", **facts)


def handed_on(tx: Transaction, turn: Turn, given: Answer) -> Answer:
    """The answer of whoever took the question over, after it is kept for the staff's list.

    In private, articles that may help are named as well; a person looks at it all the same.
    """
    if turn.found is None or given.facts.get("action") in ("refused", "joined"):
        return given
    likely = [one for one in turn.found if one.confidence >= HINT_MIN][:HINTS_MAX]
    if turn.reading.intent is not Intent.QUESTION and not likely:
        return given
    best = likely[0] if likely else None
    _keep(tx, turn, best, request_id=None, answered=False)
    if turn.group is not None or not likely or not given.text:
        return given
    hints = "\n".join(f"《{one.content.title}》{_page(turn, one)}" for one in likely)
    return replace(given, text=f"{given.text}\n也许有用：\n{hints}")


def unknown(tx: Transaction, turn: Turn) -> Answer:
    """What has the form of a question but of which nobody knows whether it is for us: in private
    or when called, the staff see it on their list, and the way to a person is told.
    """
    likely = [one for one in turn.found or () if one.confidence >= HINT_MIN]
    if turn.found is None or not (likely or is_telling(turn.text)):
        return help.small_talk(tx, turn)
    best = likely[0] if likely else None
    _keep(tx, turn, best, request_id=None, answered=False)
    if turn.group is not None:
        return say("这个我还答不上来，已经记下。急的话私信我“人工”。", "unknown")
    hint = f"也许有用：《{best.content.title}》{_page(turn, best)}\n" if best else ""
    noted = "这个我还答不上来，已经记下来给工作人员看。"
    return say(f"{noted}\n{hint}等不及请回“人工”。", "unknown")


def no_help(tx: Transaction, turn: Turn) -> Answer:
    """The article was no help: the question goes to a person, in the words it was asked in."""
    question = last_answered(tx, turn.known.identity_id, within=NO_HELP_WITHIN)
    if question is None:
        raise NothingAnswered
    return _hand_over(tx, turn, question)


def call_person(tx: Transaction, turn: Turn) -> Answer:
    """Someone wants a person: about the question just answered, or a matter of its own."""
    question = last_answered(tx, turn.known.identity_id, within=PERSON_WITHIN)
    return _hand_over(tx, turn, question) if question is not None else help.call_person(tx, turn)


def quote(found: Found, question: str) -> str:
    """The article's own words that are nearest to the question, in quotation marks."""
    whole = as_plain(found.content.body)
    if len(whole) <= QUOTE_MAX:
        return f"“{whole}”"
    pieces = passages(found.content.body)
    place = nearest_passage(question, pieces)
    piece = pieces[place]
    before = "" if place == 0 else _MORE
    after = "" if place == len(pieces) - 1 and len(piece) <= QUOTE_MAX else _MORE
    return f"“{before}{piece[:QUOTE_MAX]}{after}”"


def _hand_over(tx: Transaction, turn: Turn, question: Question) -> Answer:
    reopen_question(tx, question)
    request = tx.get(Request, question.request_id) if question.request_id else None
    text = request.text if request is not None else question.text
    opened = open_case(
        tx,
        Report(
            community_id=question.community_id,
            identity_id=turn.known.identity_id,
            resident_id=turn.known.resident_id,
            text=text,
            category=(request.category if request is not None else None) or "其他",
            place=request.place if request is not None else None,
            urgency=Urgency.NORMAL,
            group_id=request.group_id if request is not None else None,
            is_sure=False,
        ),
    )
    if request is not None:
        request.case_id, request.disposition = opened.case_id, Disposition.OPENED
        tx.add(request)
        tx.flush()
    line = f"好的，已转给社区工作人员（{opened.number}），有人会答复您。"
    if turn.group is None:
        line = f"{line}\n查看进度：{turn.url(f'/cases/{opened.case_id}')}"
    return say(line, "opened", number=opened.number, case_id=str(opened.case_id))


def _is_meant(turn: Turn) -> bool:
    """In a group nobody asked the bot: only a clear question is answered unasked."""
    if turn.group is None or turn.incoming.addressed:
        return True
    return turn.reading.confidence >= turn.thresholds.get("act", ACT_MIN)


def _bar(turn: Turn) -> float:
    bar = turn.thresholds.get("answer", ANSWER_MIN)
    is_plain = turn.reading.intent is Intent.QUESTION and turn.joined_case is None
    return bar if is_plain else max(bar, UNASKED_MIN)


def _keep(
    tx: Transaction, turn: Turn, found: Found | None, *, request_id: int | None, answered: bool
) -> None:
    keep_question(
        tx,
        community_id=turn.community_id,
        identity_id=turn.known.identity_id,
        text=masked(turn.text),
        request_id=request_id,
        article_id=found.article_id if found else None,
        confidence=found.confidence if found else 0.0,
        answered=answered,
    )


def _named(found: Found) -> str:
    content = found.content
    return f"《{content.title}》（{content.source}，{content.source_date.isoformat()}）"


def _page(turn: Turn, found: Found) -> str:
    path = f"/articles/{found.article_id}"
    # What is not for everybody opens by a link of one's own; in a group nothing personal is said.
    if found.content.is_public or turn.group is not None:
        return f"{turn.public_url}{path}"
    return turn.url(path)
