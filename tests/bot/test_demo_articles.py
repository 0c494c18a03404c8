"""The demonstration answers questions from articles that say themselves that they are invented."""

import pytest
from sqlmodel import col, select

from bot.inbox import receive
from bot.messages import Incoming
from bot.seed import seed
from community.article_tables import Article, ArticleState, Question, QuestionState
from core.actor import SYSTEM


@pytest.mark.slow
async def test_demo_has_articles_marked_as_examples_and_answers_with_them(house):
    await seed(house, lambda _: None)

    def look(tx):
        articles = tx.exec(select(Article).order_by(col(Article.id))).all()
        questions = tx.exec(select(Question).order_by(col(Question.id))).all()
        return list(articles), [one.state for one in questions]

    articles, states = await house.db.read(SYSTEM, look)
    assert len(articles) == 7
    assert all(one.state is ArticleState.PUBLISHED for one in articles)
    assert all("这是演示用的例子" in one.body for one in articles)
    assert all(one.source.startswith("示例：") for one in articles)
    assert states == [QuestionState.ANSWERED, QuestionState.ANSWERED, QuestionState.OPEN]
    told = await receive(
        house,
        Incoming(
            channel="simulator",
            message_id="after",
            sender="wangfang",
            text="周日能装修吗",
            community="XFL",
        ),
    )
    assert "《装修要怎么报备》来源：示例：安居物业" in told.text
