"""The request inbox: what was heard, why, and what a correction leads to."""

from sqlmodel import select

from bot.web.console.why import pieces, sure_word
from cases.events import RequestCorrected
from cases.requests import Effect, correct, training_examples
from cases.rules import Phase
from cases.steps import sign
from cases.tables import Case, Disposition, Party, Request
from community.people import actor_of_resident
from core.actor import SYSTEM
from core.transaction import EventRecord


def _one(house, table, row_id):
    return house.db.read_now(SYSTEM, lambda tx: tx.get_one(table, row_id))


def _cases(house):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Case)).all())


def _actor(house, person):
    return house.db.read_now(SYSTEM, actor_of_resident, person)


async def test_stream_shows_what_was_heard_and_how_sure_the_bot_was(wu, heard):
    heard(text="3栋电梯困人了", intent="emergency", urgency="emergency", confidence=0.97)

    await wu.get("/console/requests")

    assert "3栋电梯困人了" in wu.page.replace("<mark>", "").replace("</mark>", "").replace(
        '<mark class="place">', ""
    )
    assert "很有把握" in wu.page
    assert "97%" in wu.page


async def test_saying_it_is_a_request_opens_its_case(wu, house, heard):
    request_id = heard()
    await wu.get(f"/console/requests/{request_id}")

    await wu.post(f"/console/requests/{request_id}/correct", intent="request")

    (case,) = _cases(house)
    request = _one(house, Request, request_id)
    assert (case.text, case.category, case.place) == ("东门的灯好像不亮了", "城乡建设", "东门")
    assert case.phase is Phase.DISPATCHED
    assert (request.case_id, request.disposition) == (case.id, Disposition.OPENED)
    assert "已经立案" in wu.page


async def test_choosing_a_category_says_that_it_is_a_request(wu, house, heard):
    request_id = heard(intent="chatter", category=None, place=None)
    await wu.get(f"/console/requests/{request_id}")

    await wu.post(f"/console/requests/{request_id}/correct", category="环境保护")

    (case,) = _cases(house)
    assert case.category == "环境保护"
    assert _one(house, Request, request_id).corrected == {
        "intent": "request",
        "category": "环境保护",
        "place": None,
    }


async def test_request_without_category_asks_for_one(wu, house, heard):
    request_id = heard(intent="chatter", category=None)
    await wu.get(f"/console/requests/{request_id}")

    await wu.post(f"/console/requests/{request_id}/correct", intent="request")

    assert "请先选一个类别" in wu.page
    assert _cases(house) == []
    assert _one(house, Request, request_id).corrected is None


async def test_saying_it_is_chatter_discards_an_untouched_case(wu, house, heard, report_of):
    opened = report_of(is_sure=False)
    request_id = heard(disposition=Disposition.OPENED, case_id=opened.case_id)
    await wu.get(f"/console/requests/{request_id}")

    await wu.post(f"/console/requests/{request_id}/correct", intent="chatter")

    assert _one(house, Case, opened.case_id).phase is Phase.DISCARDED
    assert _one(house, Request, request_id).disposition is Disposition.UNDONE


async def test_case_the_bot_sent_on_by_mistake_is_taken_back(wu, house, cast, heard, report_of):
    opened = report_of()
    request_id = heard(disposition=Disposition.OPENED, case_id=opened.case_id)
    await wu.get(f"/console/requests/{request_id}")

    await wu.post(f"/console/requests/{request_id}/correct", intent="chatter")

    case = _one(house, Case, opened.case_id)
    assert (case.phase, case.outcome) == (Phase.WITHDRAWN, "not_a_matter")
    assert _one(house, Request, request_id).disposition is Disposition.UNDONE


async def test_case_that_somebody_works_on_is_not_taken_back(
    wu, house, cast, heard, report_of, as_person
):
    opened = report_of()
    as_person(cast.guo, sign, opened.case_id)
    request_id = heard(disposition=Disposition.OPENED, case_id=opened.case_id)
    await wu.get(f"/console/requests/{request_id}")

    await wu.post(f"/console/requests/{request_id}/correct", intent="chatter")

    assert _one(house, Case, opened.case_id).phase is Phase.IN_PROGRESS
    assert "请到案件里接着处理" in wu.page


async def test_new_place_goes_into_the_waiting_case(wu, house, heard, report_of):
    opened = report_of(is_sure=False)
    request_id = heard(disposition=Disposition.OPENED, case_id=opened.case_id)
    await wu.get(f"/console/requests/{request_id}")

    await wu.post(f"/console/requests/{request_id}/correct", place="南门")

    assert _one(house, Case, opened.case_id).place == "南门"


async def test_correction_joins_the_case_it_repeats(house, cast, heard, report_of):
    opened = report_of(text="东门的灯不亮了", category="城乡建设", place="东门")
    request_id = heard(identity_id=cast.bo_identity)

    done = house.db.run_now(
        _actor(house, cast.wu),
        correct,
        request_id,
        intent="request",
        category="城乡建设",
        place="东门",
    )

    parties = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Party.identity_id)).all())
    assert (done.effect, done.case_id) == (Effect.JOINED, opened.case_id)
    assert set(parties) == {cast.lan_identity, cast.bo_identity}


async def test_agreeing_is_kept_as_well(house, cast, heard):
    request_id = heard(disposition=Disposition.ANSWERED, intent="thanks", category=None)

    house.db.run_now(
        _actor(house, cast.wu), correct, request_id, intent="thanks", category=None, place="东门"
    )

    def fields(tx):
        where = EventRecord.name == RequestCorrected.NAME
        return [record.facts for record in tx.exec(select(EventRecord).where(where))]

    assert house.db.read_now(SYSTEM, fields) == [{"field": "agreed"}]


async def test_who_may_not_correct_changes_nothing(guo, ding, house, heard):
    request_id = heard()
    for browser in (guo, ding):
        await browser.get("/console/more")

        await browser.post(f"/console/requests/{request_id}/correct", intent="request")

        assert browser.status == 404
    assert _cases(house) == []


async def test_secretary_of_another_place_does_not_see_it(wu, cast, heard):
    request_id = heard(community_id=cast.hyc, group_id=None)

    await wu.get(f"/console/requests/{request_id}")

    assert wu.status == 404


async def test_examples_leave_without_names_and_numbers(house, cast, heard):
    request_id = heard(text="王兰家的水管爆了，电话13900000001，快来")
    actor = _actor(house, cast.wu)
    house.db.run_now(
        actor, correct, request_id, intent="request", category="住房与物业", place=None
    )

    (example,) = house.db.read_now(actor, training_examples)

    assert "王兰" not in example.text
    assert "13900000001" not in example.text
    assert "水管爆了" in example.text
    assert example.corrected["category"] == "住房与物业"
    assert house.db.read_now(_actor(house, cast.hua), training_examples) == []


async def test_filters_narrow_the_stream(wu, heard):
    heard(text="拿不准的话")
    heard(text="已经立案的话", disposition=Disposition.OPENED)

    await wu.get("/console/requests?kind=unsure")

    text = wu.page.replace("<mark>", "").replace("</mark>", "")
    assert "拿不准的话" in text
    assert "已经立案的话" not in text


async def test_long_stream_goes_on_on_the_next_page(wu, heard):
    for number in range(43):
        heard(text=f"第{number:02}句")

    await wu.get("/console/requests")
    first = wu.page
    following = first.split('rel="next" href="')[1].split('"')[0]
    await wu.get(following)

    assert "第42句" in first
    assert "第02句" not in first
    assert all(f"第{number:02}句" in wu.page for number in (0, 1, 2))


def test_pieces_put_together_are_the_text():
    text = "三栋二单元电梯又坏了，老人下不来楼"

    found = pieces(text, "二单元")

    assert "".join(piece.text for piece in found) == text
    assert [piece.text for piece in found if piece.kind == "place"] == ["二单元"]
    assert any(piece.kind == "word" for piece in found)


def test_confidence_is_said_in_words():
    assert [sure_word(number) for number in (0.97, 0.7, 0.45, 0.1)] == [
        "很有把握",
        "有把握",
        "拿不准",
        "没把握",
    ]


async def test_emergency_by_correction_is_an_urgent_case(house, cast, heard):
    request_id = heard(text="有人掉到塘里了", intent="chatter", category=None, place=None)

    done = house.db.run_now(
        _actor(house, cast.wu),
        correct,
        request_id,
        intent="emergency",
        category="治安安全",
        place="东门",
    )

    case = _one(house, Case, done.case_id)
    assert case.urgency == "emergency"
