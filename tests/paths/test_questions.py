"""S4 问事: answered from the knowledge base with source and date, or handed to a person."""

import re
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

from bot.erasure import erase
from bot.knowledge import Knowledge
from bot.my_file import my_file
from cases.rules import Phase
from cases.tables import Disposition, Request
from community.article_content import Content
from community.article_tables import Article, ArticleState, Question, QuestionState
from community.articles import publish_article, save_article, withdraw_article
from community.people import actor_of_resident
from community.questions import dismiss_questions, forget_questions
from community.tables import DISTRICT
from community.thresholds import set_threshold
from core.actor import SYSTEM

DAY = date(2026, 3, 1)
MEDICAL = Content(
    title="医保异地就医怎么报销",
    body="出省看病前，先在“国家医保服务平台”办**异地就医备案**，再持社保卡直接结算。",
    questions=("医保异地报销怎么办", "外地看病怎么报销"),
    source="区医保局",
    source_date=DAY,
    valid_from=DAY,
)
BINS = Content(
    title="垃圾分类投放时间",
    body="每天早上 7:00–9:00 投放。",
    questions=("几点可以扔垃圾",),
    source="社区居委会",
    source_date=DAY,
    valid_from=DAY,
)


@pytest.fixture
def publish(house, cast):
    """publish(content, place): the id of an article in force."""

    def keep(content, *, place=None, state=ArticleState.PUBLISHED):
        place = cast.xfl if place is None else place
        return house.db.run_now(SYSTEM, save_article, place, content, state=state).id

    return keep


def rows(house, table):
    def read(tx):
        return list(tx.exec(select(table).order_by(col(table.id))).all())

    return house.db.read_now(SYSTEM, read)


async def test_s4_question_is_answered_in_the_articles_own_words(story, house, publish):
    article = publish(MEDICAL, place=DISTRICT)
    publish(BINS)

    told = await story.whisper("lan", "医保异地报销怎么办")

    assert told.text == (
        "“出省看病前，先在“国家医保服务平台”办异地就医备案，再持社保卡直接结算。”\n"
        "《医保异地就医怎么报销》来源：区医保局，2026年3月1日\n"
        f"全文：http://127.0.0.1:8080/articles/{article}\n"
        "没帮上请回“没帮上”，我转给工作人员。"
    )
    assert told.facts["action"] == "answered"
    assert await story.cases() == []
    (request,) = rows(house, Request)
    assert (request.disposition, request.case_id) == (Disposition.ANSWERED, None)
    (question,) = rows(house, Question)
    assert (question.state, question.article_id) == (QuestionState.ANSWERED, article)


async def test_s4_in_a_group_one_line_with_title_source_and_link(story, house, publish):
    article = publish(BINS)

    told = await story.say("lan", "请问小区几点可以扔垃圾？")

    assert told.text == (
        f"《垃圾分类投放时间》（社区居委会，2026-03-01）：http://127.0.0.1:8080/articles/{article}"
    )
    assert (await story.deliver()).sent == []


async def test_s4_no_article_goes_to_a_person_and_onto_the_list(story, house, publish):
    publish(BINS)

    told = await story.whisper("lan", "老年公交卡怎么办理呢？我的电话13900000001")

    (case,) = await story.cases()
    assert case.phase is Phase.TRIAGE
    assert case.number in told.text
    assert "《" not in told.text
    (question,) = rows(house, Question)
    assert (question.state, question.text) == (
        QuestionState.OPEN,
        "老年公交卡怎么办理呢？我的电话电话",
    )


async def test_what_may_be_a_question_is_noted_for_the_staff(story, house, publish):
    publish(BINS)

    told = await story.whisper("lan", "明天会不会下雨")
    talk = await story.whisper("lan", "在吗")

    assert told.text == "这个我还答不上来，已经记下来给工作人员看。\n等不及请回“人工”。"
    assert "答不上来" not in talk.text
    assert [one.text for one in rows(house, Question)] == ["明天会不会下雨"]


async def test_s4_unsure_in_a_group_is_quiet_and_noted(story, house, publish):
    publish(BINS)

    told = await story.say("lan", "请问护照去哪里办")

    assert told.text == ""
    assert await story.cases() == []
    (question,) = rows(house, Question)
    assert question.state is QuestionState.OPEN


@pytest.mark.parametrize("words", ["没帮上", "转人工", "答非所问。"])
async def test_s4_no_help_goes_to_a_person_in_the_words_it_was_asked(story, house, publish, words):
    publish(MEDICAL)
    await story.whisper("lan", "医保异地报销怎么办")

    told = await story.whisper("lan", words)

    (case,) = await story.cases()
    assert (case.text, case.phase) == ("医保异地报销怎么办", Phase.TRIAGE)
    assert case.number in told.text
    (question,) = rows(house, Question)
    assert (question.state, question.was_no_help) == (QuestionState.OPEN, True)
    (request,) = rows(house, Request)
    assert (request.case_id, request.disposition) == (case.id, Disposition.OPENED)
    again = await story.whisper("lan", "没帮上")
    assert "没有回答过您的问题" in again.text
    assert len(await story.cases()) == 1


async def test_person_called_much_later_is_a_matter_of_its_own(story, clock, publish):
    publish(MEDICAL)
    await story.whisper("lan", "医保异地报销怎么办")
    clock.forward(hours=2)

    await story.whisper("lan", "人工")

    (case,) = await story.cases()
    assert case.text == "人工"


@pytest.mark.parametrize(
    "text", ["师傅什么时候来修垃圾房的灯", "垃圾怎么还没人来清，几点能清走", "几点来修水管"]
)
async def test_call_to_do_something_is_never_swallowed(story, house, publish, text):
    publish(BINS)

    told = await story.whisper("lan", text)

    assert told.facts["action"] in ("opened", "asked")
    assert len(await story.cases()) == 1


async def test_question_about_an_open_matter_goes_on_with_it(story, publish):
    publish(BINS)
    opened = await story.say("lan", "三栋二单元电梯又坏了，老人下不来楼")

    told = await story.say("bo", "我们家也是，二单元")

    assert told.facts["case_id"] == opened.facts["case_id"]


async def test_validity_draft_and_withdrawal_are_believed_at_once(
    story, house, cast, clock, publish
):
    later = Content(
        **{
            **{name: getattr(BINS, name) for name in BINS.__dataclass_fields__},
            "valid_from": date(2026, 11, 24),
            "valid_until": date(2026, 11, 25),
        }
    )
    article = publish(later, state=ArticleState.DRAFT)

    async def is_answered(sender):
        told = await story.whisper(sender, "几点可以扔垃圾")
        return told.facts["action"] == "answered"

    assert not await is_answered("lan")
    house.db.run_now(SYSTEM, publish_article, article)
    assert not await is_answered("bo")
    clock.forward(days=1)
    assert await is_answered("lan")
    clock.forward(days=1)
    assert await is_answered("bo")
    clock.forward(days=1)
    assert not await is_answered("lan")
    clock.forward(days=-1)
    house.db.run_now(SYSTEM, withdraw_article, article)
    assert not await is_answered("bo")


async def test_other_process_sees_what_this_one_published(house, cast, publish):
    other = Knowledge(house.db)
    assert await other.find("几点可以扔垃圾", cast.xfl) == ()

    publish(BINS)
    found = await other.find("几点可以扔垃圾", cast.xfl)

    assert [one.content for one in found] == [BINS]
    assert await other.find("几点可以扔垃圾", cast.hyc) == ()


async def test_warmed_process_has_read_everything(house, cast, publish):
    publish(BINS)
    publish(MEDICAL, place=DISTRICT)
    other = Knowledge(house.db)

    await other.warm()

    assert sorted(other._contents) == sorted(
        (one.community_id, one.id) for one in rows(house, Article)
    )


async def test_article_for_members_is_never_quoted_to_strangers(story, house, publish):
    values = {name: getattr(BINS, name) for name in BINS.__dataclass_fields__}
    article = publish(Content(**{**values, "is_public": False}))

    stranger = await story.whisper("mo", "几点可以扔垃圾")
    member = await story.whisper("lan", "几点可以扔垃圾")

    assert "7:00" not in stranger.text
    assert "《" not in stranger.text
    assert "7:00–9:00" in member.text
    assert f"/articles/{article}" not in member.text  # the link is the member's own
    assert re.search(r"全文：http://127\.0\.0\.1:8080/l/\S+", member.text)


@pytest.mark.parametrize(("own", "action"), [(None, "opened"), (0.6, "answered")])
async def test_community_sets_how_sure_an_answer_must_be(story, house, cast, publish, own, action):
    publish(BINS)
    house.db.run_now(SYSTEM, set_threshold, cast.xfl, "answer", own)

    told = await story.whisper("lan", "早上几点可以扔厨余垃圾")

    assert told.facts["action"] == action
    assert ("也许有用：\n《垃圾分类投放时间》" in told.text) is (own is None)


async def test_community_sets_when_the_bot_listens(story, house, cast):
    text = "东门那边晚上老是有点吵"
    heard = await story.say("lan", text)
    house.db.run_now(SYSTEM, set_threshold, cast.hyc, "gate", 0.15)

    assert heard.facts["intent"] in ("chatter", "request", "suggestion")
    place = (await house.hearing._learn(("simulator", "xfl-3"))).place
    assert place.thresholds == {}
    house.db.run_now(SYSTEM, set_threshold, cast.xfl, "gate", 0.15)
    place = (await house.hearing._learn(("simulator", "xfl-3"))).place
    assert place.thresholds == {"gate": 0.15}
    lower = await story.say("lan", text)
    assert lower.facts["intent"] != "chatter"


async def test_redelivered_question_is_answered_once(story, house, publish):
    publish(MEDICAL)

    first = await story.whisper("lan", "医保异地报销怎么办", message_id="same")
    again = await story.whisper("lan", "医保异地报销怎么办", message_id="same")

    assert again.text == first.text
    assert len(rows(house, Question)) == 1


async def test_questions_are_in_my_file_and_gone_once_erased(story, house, cast, publish):
    publish(MEDICAL)
    await story.whisper("lan", "医保异地报销怎么办")

    def mine(tx):
        return next(part for part in my_file(tx, house.vault).parts if part.key == "questions")

    actor = house.db.read_now(SYSTEM, actor_of_resident, cast.lan, identity_id=cast.lan_identity)
    part = house.db.read_now(actor, mine)
    assert part.rows[0][1:] == (
        "医保异地报销怎么办",
        "照文章回答了",
        "医保异地就医怎么报销",
        False,
    )

    wu = house.db.read_now(SYSTEM, actor_of_resident, cast.wu)
    house.db.run_now(wu, erase, house.vault, cast.lan)
    (question,) = rows(house, Question)
    assert "医保" not in question.text


async def test_old_questions_are_forgotten(story, house, cast, clock, publish):
    publish(MEDICAL)
    await story.whisper("lan", "医保异地报销怎么办")
    await story.whisper("bo", "请问护照去哪里办")
    await story.whisper("bo", "请问驾照在哪里换证")
    dismissed = rows(house, Question)[2].id
    house.db.run_now(SYSTEM, dismiss_questions, [dismissed])

    assert house.db.run_now(SYSTEM, forget_questions) == 0
    clock.forward(days=181)
    assert house.db.run_now(SYSTEM, forget_questions) == 2
    assert [one.text for one in rows(house, Question)] == ["请问护照去哪里办"]
    clock.now += timedelta(days=185)
    assert house.db.run_now(SYSTEM, forget_questions) == 1
