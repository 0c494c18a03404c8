"""Cases on the console: the list, the steps, what may not be done, and cases opened for others."""

import aiohttp
from sqlmodel import select

from bot.channels.desk import CHANNEL
from bot.tables import Outgoing
from bot.web.console.steps import BY_KEY, STEPS, steps_open
from cases.access import access_case
from cases.rules import Phase
from cases.steps import confirm, report_done, sign
from cases.tables import Attachment, Case, CaseNote, Confirmation, Party, Source, Urgency
from community.people import actor_of_resident
from community.tables import Identity, Resident
from core.actor import SYSTEM
from tests.bot.web.conftest import CSRF
from tests.bot.web.photos import photo


def _case(house, case_id):
    return house.db.read_now(SYSTEM, lambda tx: tx.get_one(Case, case_id))


def _actor(house, person):
    return house.db.read_now(SYSTEM, actor_of_resident, person)


def _keys(house, person, case_id):
    def keys(tx):
        return [step.key for step in steps_open(tx, access_case(tx, case_id))]

    return house.db.read_now(_actor(house, person), keys)


def _rows(house, table):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(table)).all())


async def test_saved_filters_count_what_they_hold(wu, report_of):
    report_of(text="甲事", place="1栋", is_sure=False)
    report_of(text="乙事", place="2栋")

    await wu.get("/console/cases?group=triage")

    assert "甲事" in wu.page
    assert "乙事" not in wu.page
    counts = [part.split("<")[0] for part in wu.page.split('<span class="count">')[1:]]
    assert counts[:3] == ["2", "1", "1"]


async def test_whole_number_leads_straight_to_the_case(wu, report_of):
    opened = report_of()

    await wu.get(f"/console/find?q={opened.number.lower()}")

    assert wu.url.path == f"/console/cases/{opened.case_id}"


async def test_words_are_found_in_text_and_place(wu, report_of):
    report_of(text="车库进水", place="地下车库")
    report_of(text="路灯不亮", place="东门")

    await wu.get("/console/cases?q=车库")

    assert "车库进水" in wu.page
    assert "路灯不亮" not in wu.page


async def test_percent_sign_is_no_wildcard(wu, report_of):
    report_of(text="电梯坏了")

    await wu.get("/console/cases?q=%25")

    assert "没有找到" in wu.page


async def test_long_list_goes_on_without_gap_or_repeat(wu, report_of):
    made = [report_of(text=f"事{n:02}", place=f"{n}号").number for n in range(53)]

    await wu.get("/console/cases")
    first = [number for number in made if number in wu.page]
    await wu.get(wu.page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&"))
    second = [number for number in made if number in wu.page]

    assert (first, second) == (made[3:], made[:3])


async def test_steps_are_those_of_the_person_and_the_phase(house, cast, report_of):
    waiting = report_of(is_sure=False, place="1栋").case_id
    sent = report_of(place="2栋").case_id

    assert _keys(house, cast.wu, waiting)[:3] == ["accept", "answer", "ask_info"]
    assert "sign" not in _keys(house, cast.wu, sent)
    assert _keys(house, cast.guo, sent) == ["sign", "say", "note"]
    assert _keys(house, cast.ding, sent) == ["say", "note"]


async def test_reporter_who_is_staff_gets_no_step_of_residents(house, cast, report_of):
    identity = house.db.read_now(
        SYSTEM, lambda tx: tx.exec(select(Identity.id).where(Identity.sender == "ding")).one()
    )
    case_id = report_of(identity_id=identity, resident_id=cast.ding).case_id

    assert _keys(house, cast.ding, case_id) == ["say", "note"]


async def test_accepting_puts_right_and_gives_on(wu, house, cast, report_of):
    case_id = report_of(is_sure=False).case_id
    await wu.get(f"/console/cases/{case_id}")

    await wu.post(
        f"/console/cases/{case_id}/do/accept",
        category="环境保护",
        place="东门",
        urgency="today",
        agency="",
    )

    case = _case(house, case_id)
    assert (case.phase, case.category, case.place) == (Phase.DISPATCHED, "环境保护", "东门")
    assert (case.urgency, case.agency_id) == (Urgency.TODAY, cast.property)
    assert "办好了" in wu.page


async def test_agency_signs_and_reports_with_words_and_photo(guo, house, report_of):
    case_id = report_of().case_id
    await guo.get("/console")
    await guo.post(f"/console/cases/{case_id}/quick/sign", next="/console")
    signed = _case(house, case_id).phase, guo.url.path
    await guo.get(f"/console/cases/{case_id}")

    form = aiohttp.FormData(
        {"csrf": CSRF.search(guo.page)[1], "text": "换了门机"}, default_to_multipart=True
    )
    form.add_field("photo", photo(), filename="a.jpg", content_type="image/jpeg")
    async with guo.client.post(f"/console/cases/{case_id}/do/report_done", data=form) as response:
        page = await response.text()

    (kept,) = _rows(house, Attachment)
    assert signed == (Phase.IN_PROGRESS, "/console")
    assert _case(house, case_id).phase is Phase.VERIFYING
    assert (kept.case_id, kept.stage) == (case_id, "after")
    assert "换了门机" in page
    await guo.get(f"/console/cases/{case_id}/photos/{kept.id}")
    assert (guo.status, guo.headers["Content-Type"]) == (200, "image/jpeg")


async def test_photo_is_not_for_others(guo, ding, house, cast, report_of):
    opened = report_of(community_id=cast.hyc, identity_id=cast.chen_identity, resident_id=cast.chen)

    def hang(tx):
        row = Attachment(
            community_id=cast.hyc,
            case_id=opened.case_id,
            media_type="image/jpeg",
            sha256=house.files.keep(b"x"),
            size=1,
            at=tx.now,
        )
        tx.add(row)
        tx.flush()
        return row.id

    photo_id = house.db.run_now(SYSTEM, hang)
    for browser in (guo, ding):
        await browser.get(f"/console/cases/{opened.case_id}/photos/{photo_id}")

        assert browser.status == 404


async def test_refused_step_keeps_what_was_typed(guo, house, as_person, cast, report_of):
    case_id = report_of().case_id
    await guo.get(f"/console/cases/{case_id}")

    await guo.post(f"/console/cases/{case_id}/do/report_done", text="已经修好了，请看看")

    assert guo.status == 409
    assert "已经修好了，请看看" in guo.page
    assert _case(house, case_id).phase is Phase.DISPATCHED


async def test_what_cannot_be_undone_wants_a_tick(wu, house, report_of):
    case_id = report_of(is_sure=False).case_id
    await wu.get(f"/console/cases/{case_id}")

    await wu.post(f"/console/cases/{case_id}/do/discard", text="邻里闲聊")
    asked = wu.status, _case(house, case_id).phase, "邻里闲聊" in wu.page
    await wu.post(f"/console/cases/{case_id}/do/discard", text="邻里闲聊", sure="1")

    assert asked == (422, Phase.TRIAGE, True)
    assert _case(house, case_id).phase is Phase.DISCARDED


async def test_merge_goes_by_number_and_says_when_it_is_wrong(wu, house, cast, report_of):
    first = report_of(text="水管漏了", place="1栋")
    second = report_of(text="漏水", place="2栋", is_sure=False)
    await wu.get(f"/console/cases/{second.case_id}")

    await wu.post(f"/console/cases/{second.case_id}/do/merge", into="XFL-1", sure="1")
    wrong = "没有找到这个编号" in wu.page and 'value="XFL-1"' in wu.page
    await wu.post(f"/console/cases/{second.case_id}/do/merge", into=first.number.lower(), sure="1")

    assert wrong
    assert _case(house, second.case_id).merged_into == first.case_id


async def test_inner_note_is_not_for_residents(wu, browser, house, cast, report_of):
    case_id = report_of().case_id
    await wu.get(f"/console/cases/{case_id}")

    await wu.post(f"/console/cases/{case_id}/do/note", text="当事人情绪激动，慢慢说")
    await browser.sign_in(cast.lan_identity, f"/cases/{case_id}")

    (note,) = _rows(house, CaseNote)
    assert "当事人情绪激动" in wu.page
    assert not note.is_public
    assert browser.status == 200
    assert "当事人情绪激动" not in browser.page


async def test_case_of_both_is_closed_by_the_verifier_after_the_resident(
    wu, house, as_person, cast, report_of
):
    case_id = report_of().case_id
    as_person(cast.guo, sign, case_id)
    as_person(cast.guo, report_done, case_id, text="好了")

    def both(tx):
        tx.get_one(Case, case_id).confirmation = Confirmation.BOTH

    house.db.run_now(SYSTEM, both)
    before = "confirm_both" in _keys(house, cast.wu, case_id)
    as_person(cast.lan, confirm, case_id, solved=True)
    await wu.get(f"/console/cases/{case_id}")
    await wu.post(f"/console/cases/{case_id}/do/confirm_both", text="到现场看了", sure="1")

    assert not before
    assert _case(house, case_id).phase is Phase.CLOSED


async def test_answer_by_telephone_is_taken_down_and_closes(wu, house, cast, report_of, as_person):
    case_id = report_of().case_id
    as_person(cast.guo, sign, case_id)
    as_person(cast.guo, report_done, case_id, text="修好了")
    await wu.get(f"/console/cases/{case_id}")
    (party,) = _rows(house, Party)
    path = f"/console/cases/{case_id}/do/record_answer"

    await wu.post(path, party=party.id, way="phone", answer="", text="好了")
    assert wu.status == 422
    await wu.post(path, party=party.id, way="phone", answer="yes", text="电话里说灯亮了")

    assert "已结案" in wu.page
    assert "说解决了（代记）" in wu.page
    assert "电话里说灯亮了" in wu.page


async def test_case_sent_on_by_mistake_is_taken_back_in_one_step(wu, guo, house, report_of):
    case_id = report_of().case_id
    await wu.get(f"/console/cases/{case_id}")
    path = f"/console/cases/{case_id}/do/withdraw"

    await wu.post(path, outcome="not_a_matter", text="听错了")
    assert (wu.status, _case(house, case_id).phase) == (422, Phase.DISPATCHED)
    await wu.post(path, outcome="not_a_matter", text="听错了", sure="1")

    assert _case(house, case_id).phase is Phase.WITHDRAWN
    await guo.get(f"/console/cases/{case_id}")
    assert "听错了" in guo.page


async def test_agency_cannot_do_what_is_the_desks(guo, house, report_of):
    case_id = report_of(is_sure=False).case_id
    await guo.get("/console/more")

    await guo.post(f"/console/cases/{case_id}/do/discard", text="不管", sure="1")

    assert guo.status == 404
    assert _case(house, case_id).phase is Phase.TRIAGE


async def test_quick_step_is_only_for_steps_without_words(wu, house, report_of):
    case_id = report_of(is_sure=False).case_id
    await wu.get(f"/console/cases/{case_id}")

    await wu.post(f"/console/cases/{case_id}/quick/discard", next="/console")

    assert wu.status == 404
    assert _case(house, case_id).phase is Phase.TRIAGE


async def test_quick_step_leads_nowhere_else(guo, report_of):
    case_id = report_of().case_id
    await guo.get("/console")

    await guo.post(f"/console/cases/{case_id}/quick/sign", next="https://evil.example/")

    assert guo.url.path == f"/console/cases/{case_id}"


async def test_clerk_of_an_agency_reads_masked_names(guo, wu, report_of):
    case_id = report_of().case_id

    await guo.get(f"/console/cases/{case_id}")
    await wu.get(f"/console/cases/{case_id}")

    assert "王兰" not in guo.page
    assert "王*" in guo.page
    assert "王兰" in wu.page


async def test_words_of_people_are_never_markup(wu, report_of):
    case_id = report_of(text="<script>alert(1)</script><b>坏了</b>", place="<i>东门</i>").case_id

    await wu.get(f"/console/cases/{case_id}")

    assert "<script>alert" not in wu.page
    assert "<i>东门" not in wu.page
    assert "&lt;script&gt;" in wu.page


NEW = {
    "source": "phone",
    "community": "",
    "who": "",
    "text": "楼道堆满杂物，下不了楼",
    "category": "住房与物业",
    "place": "3栋2单元",
    "urgency": "normal",
}


async def test_call_of_a_known_resident_is_theirs(wu, house, cast):
    await wu.get("/console/cases/new?who=王")
    found = f'value="{cast.lan}"' in wu.page

    await wu.post("/console/cases/new", **{**NEW, "resident": str(cast.lan)})

    (case,), (party,) = _rows(house, Case), _rows(house, Party)
    assert found
    assert (case.source, case.taken_by) == (Source.PHONE, cast.wu)
    assert (party.identity_id, party.resident_id) == (cast.lan_identity, cast.lan)
    assert "吴书记登记" in wu.page


async def test_somebody_without_chat_waits_for_a_call(wu, house, cast):
    await wu.get("/console/cases/new")

    await wu.post("/console/cases/new", **{**NEW, "who": "住3栋的老张 52880000"})

    (case,), (party,) = _rows(house, Case), _rows(house, Party)
    identity = house.db.read_now(SYSTEM, lambda tx: tx.get_one(Identity, party.identity_id))
    assert case.text.endswith("（住3栋的老张 52880000）")
    assert (identity.channel, party.resident_id) == (CHANNEL, None)


async def test_resident_without_chat_gets_one_identity_only(wu, house, cast):
    for text in ("楼道灯坏了", "垃圾没人收"):
        await wu.get("/console/cases/new")
        await wu.post(
            "/console/cases/new",
            **{**NEW, "text": text, "place": text, "resident": str(_nobody(house, cast))},
        )

    found = {party.identity_id for party in _rows(house, Party)}
    assert len(_rows(house, Case)) == 2
    assert len(found) == 1


async def test_likely_repeat_is_asked_about_first(wu, house, cast, report_of):
    opened = report_of(text="楼道堆满杂物，下不了楼", place="3栋2单元")
    await wu.get("/console/cases/new")
    fields = {**NEW, "resident": ""}

    await wu.post("/console/cases/new", **fields)
    asked = (
        wu.status,
        opened.number in wu.page,
        len(_rows(house, Case)),
        len(_rows(house, Identity)),
    )
    await wu.post("/console/cases/new", **fields, same_as=opened.number)
    joined = len(_rows(house, Case)), len(_rows(house, Party))
    await wu.get("/console/cases/new")
    await wu.post("/console/cases/new", **fields, same_as="new")

    assert asked[:3] == (409, True, 1)
    assert joined == (1, 2)
    assert len(_rows(house, Case)) == 2


async def test_emergency_by_telephone_pages_who_is_on_duty(wu, house, cast):
    await wu.get("/console/cases/new")

    await wu.post("/console/cases/new", **{**NEW, "urgency": "emergency", "resident": ""})

    recipients = {letter.recipient for letter in _rows(house, Outgoing) if "紧急" in letter.text}
    assert recipients == {"ding"}


async def test_form_of_a_case_keeps_what_was_typed(wu, house):
    await wu.get("/console/cases/new")

    await wu.post("/console/cases/new", **{**NEW, "text": "", "place": "三号楼后面"})

    assert wu.status == 422
    assert "三号楼后面" in wu.page
    assert _rows(house, Case) == []


async def test_person_of_another_place_cannot_be_named(wu, house, cast):
    await wu.get("/console/cases/new")

    await wu.post("/console/cases/new", **{**NEW, "resident": str(cast.hua)})

    assert wu.status == 404
    assert _rows(house, Case) == []


def test_every_step_says_what_follows():
    assert all(step.hint and step.button for step in STEPS)
    assert list(BY_KEY) == [step.key for step in STEPS]


def _nobody(house, cast):
    """A resident of the estate whom no chat knows; made once."""

    def make(tx):
        found = tx.exec(select(Resident.id).where(Resident.number == "R9")).first()
        if found is None:
            row = Resident(community_id=cast.xfl, number="R9", name="孙奶奶")
            tx.add(row)
            tx.flush()
            found = row.id
        return found

    return house.db.run_now(SYSTEM, make)
