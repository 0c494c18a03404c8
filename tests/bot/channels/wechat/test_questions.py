"""S4 over the official account: a question in, an article's own words back; no help, a person."""

from datetime import date

from sqlmodel import select

from community.article_content import Content
from community.article_tables import ArticleState, Question, QuestionState
from community.articles import save_article
from core.actor import SYSTEM
from tests.bot.channels.wechat.envelopes import sealed, text_message
from tests.bot.channels.wechat.platform import numbers, on, post

MEDICAL = Content(
    title="医保异地就医怎么报销",
    body="先办异地就医备案，再持社保卡直接结算。",
    questions=("医保异地报销怎么办",),
    source="区医保局",
    source_date=date(2026, 3, 1),
    valid_from=date(2026, 3, 1),
)


def ask(http, now, words, number):
    return post(http, *sealed(text_message(words, message_id=number, created=now), now))


@on("sqlite", "postgresql")
async def test_s4_question_is_quoted_from_the_article_then_handed_to_a_person(
    http, house, cast, now
):
    house.db.run_now(SYSTEM, save_article, cast.xfl, MEDICAL, state=ArticleState.PUBLISHED)

    status, words = await ask(http, now, "医保异地报销怎么办", 1)

    assert status == 200
    assert words.startswith(
        f"“{MEDICAL.body}”\n《医保异地就医怎么报销》来源：区医保局，2026年3月1日\n"
    )
    assert len(words.encode()) < 2_048  # what the platform takes
    assert numbers(house) == []

    _, words = await ask(http, now, "没帮上", 2)

    (number,) = numbers(house)
    assert number in words
    (question,) = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Question)).all())
    assert (question.state, question.was_no_help) == (QuestionState.OPEN, True)


@on("sqlite", "postgresql")
async def test_s4_without_an_article_a_person_has_it(http, house, now):
    _, words = await ask(http, now, "请问老年公交卡怎么办理呢", 1)

    (number,) = numbers(house)
    assert number in words
    assert "《" not in words
