"""S1 报修, S2 闲聊, S3 危险, S5 说不清: told through a channel."""

import asyncio

import pytest
from sqlmodel import col, select

from bot.tables import Dialog, Outgoing
from cases.rules import Phase
from cases.steps import report_done, sign
from cases.tables import Case, CaseNote, Party, Request
from community.people import actor_of_resident
from core.actor import SYSTEM
from core.transaction import EventRecord


async def as_person(house, resident_id, work, *args, **kwargs):
    actor = await house.db.read(SYSTEM, actor_of_resident, resident_id)
    return await house.db.run(actor, work, *args, **kwargs)


async def count(house, table):
    return len(await house.db.read(SYSTEM, lambda tx: tx.exec(select(table)).all()))


async def test_s1_from_a_broken_elevator_to_a_confirmed_end(story, house, cast, clock):
    first = await story.say("lan", "三栋二单元电梯又坏了，老人下不来楼")

    (case,) = await story.cases()
    assert case.number == "XFL-20261123-0001"
    assert (case.category, case.place, case.phase) == ("住房与物业", "3栋2单元", Phase.DISPATCHED)
    assert case.urgency == "today"
    assert first.text == "收到，编号 XFL-20261123-0001，安居物业办理，今天 18:00 前答复。"

    second = await story.say("bo", "我们也是，二单元")
    assert second.facts["action"] == "joined"
    assert len(await story.cases()) == 1
    mail = await story.deliver()
    assert len(mail.to("lan")) == 1
    assert case.number in mail.to("lan")[0]
    assert "2 人反映" in mail.to("bo")[0]
    assert "【派单】" in mail.to("guo")[0]

    await story.whisper("guo", f"签收 {case.number}")
    await story.whisper("guo", f"办结 {case.number} 换了门机皮带")
    mail = await story.deliver()
    assert "解决了吗" in mail.to("lan")[-1]
    assert "解决了吗" in mail.to("bo")[-1]
    due = case.due_at

    clock.forward(hours=1)
    why = await story.whisper("lan", "没有")
    assert "哪里还没解决" in why.text
    back = await story.whisper("lan", "走两层又停了")
    assert back.facts["action"] == "reworked"
    (case,) = await story.cases()
    assert (case.phase, case.rework_count, case.due_at) == (Phase.IN_PROGRESS, 1, due)

    await as_person(house, cast.guo, report_done, case.id, text="换了主板")
    assert (await story.whisper("bo", "解决了")).facts["action"] == "confirmed"
    closed = await story.whisper("lan", "解决了，谢谢")
    assert closed.facts["action"] == "closed"
    (case,) = await story.cases()
    assert (case.phase, case.outcome) == (Phase.CLOSED, "solved")
    rated = await story.whisper("lan", "5分")
    assert rated.facts["action"] == "rated"
    (case,) = await story.cases()
    assert case.phase is Phase.EVALUATED


async def test_s1_phase_is_the_fold_of_its_events(story, house, cast):
    from cases.rules import fold

    await story.say("lan", "三栋二单元电梯又坏了，老人下不来楼")
    (case,) = await story.cases()
    await as_person(house, cast.guo, sign, case.id)
    await as_person(house, cast.guo, report_done, case.id, text="修好了")

    def moves(tx):
        query = select(EventRecord).where(
            col(EventRecord.subject_id) == case.id, col(EventRecord.name) == "case.move"
        )
        return [r.facts["move"] for r in tx.exec(query.order_by(col(EventRecord.id)))]

    names = await house.db.read(SYSTEM, moves)
    (case,) = await story.cases()
    assert names == ["classify", "accept", "dispatch", "sign", "report_done", "start_verify"]
    assert fold(names) is case.phase


@pytest.mark.parametrize("text", ["今晚谁去跳广场舞", "哈哈", "[表情]", "通知：明天停水"])
async def test_s2_talk_is_neither_answered_nor_kept(story, house, text):
    answer = await story.say("lan", text)

    assert answer.text == ""
    for table in (Case, Request, CaseNote, Party, Outgoing, Dialog, EventRecord):
        assert await count(house, table) == 0


async def test_s3_danger_shows_the_numbers_and_pages_duty(story, cast):
    answer = await story.say("lan", "12栋有人家里着火了！！")

    (case,) = await story.cases()
    assert answer.text.startswith("火警 119 · 急救 120 · 报警 110")
    assert (case.urgency, case.phase) == ("emergency", Phase.DISPATCHED)
    mail = await story.deliver()
    assert [text[:4] for text in mail.to("ding")] == ["【紧急】"]

    again = await story.say("bo", "12栋着火了快来人啊")
    assert again.facts["number"] == case.number
    assert len(await story.cases()) == 1


async def test_s5_asks_once_where_and_the_answer_joins_the_same_case(story):
    asked = await story.say("lan", "那边灯坏了")
    (case,) = await story.cases()
    assert asked.facts["action"] == "asked"
    assert case.phase is Phase.TRIAGE
    assert "1 3栋2单元" in asked.text

    answered = await story.say("lan", "2")
    assert answered.facts["action"] == "place_given"
    (case,) = await story.cases()
    assert (case.place, case.phase) == ("3栋", Phase.DISPATCHED)


async def test_s5_silence_hands_over_to_a_person(story, house, clock):
    from bot.jobs import hand_over_unanswered
    from cases.tables import Disposition

    await story.say("lan", "那边灯坏了")
    clock.forward(minutes=31)
    assert await house.db.run(SYSTEM, hand_over_unanswered) == 1
    (request,) = await house.db.read(SYSTEM, lambda tx: tx.exec(select(Request)).all())
    assert request.disposition is Disposition.UNSURE


async def test_twenty_copies_at_once_open_one_case(story):
    answers = await asyncio.gather(
        *(story.say("lan", "三栋二单元电梯坏了", message_id="same") for _ in range(20))
    )

    assert len(await story.cases()) == 1
    assert len({a.text for a in answers}) == 1


async def test_undo_within_ten_minutes(story, clock):
    await story.say("lan", "三栋二单元电梯坏了")
    undone = await story.say("lan", "弄错了")
    (case,) = await story.cases()
    assert (undone.facts["action"], case.phase) == ("undone", Phase.WITHDRAWN)

    await story.say("bo", "三栋二单元门禁坏了进不来")
    clock.forward(minutes=11)
    late = await story.say("bo", "撤销")
    assert late.facts["code"] == "nothing_to_undo"


async def test_a_stranger_may_report_and_sees_only_their_own(story):
    answer = await story.whisper("mo", "3栋楼下井盖坏了，晚上看不见")
    assert answer.facts["action"] == "opened"
    number = answer.facts["number"]

    assert number in (await story.whisper("mo", number)).text
    other = await story.whisper("hua", number)
    assert other.facts["code"] == "not_found"
