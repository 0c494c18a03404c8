"""The demonstration chat: plays its own cast and nobody else, live, with and without scripts."""

import asyncio
import io
import json

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlmodel import select

from bot.channels.simulator.transport import SimulatorTransport
from bot.house import House
from bot.links import LinkUsed, private_link
from bot.outbox import GROUP_PREFIX
from bot.simulator import PRIVATE_PREFIX, lines_of, speak, write_line
from bot.tables import SimulatorLine
from bot.web.server import build_web
from cases.desk import NothingSaid, TooLong
from cases.tables import Attachment, Case, Party
from community.tables import Identity
from core.actor import SYSTEM
from core.columns import new_id
from tests.bot.web.conftest import Browser, count_queries
from tests.bot.web.photos import photo

WORDS = "三栋二单元电梯又坏了，老人下不来楼"
ROOM = "/simulator?as=lan&room=xfl-3"


def rows(house, table):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(table)).all())


def said(house, room):
    return [(line.sender, line.text) for line in house.db.read_now(SYSTEM, lines_of, room)]


@pytest.fixture
def off(house, settings):
    """A house whose operator has not opened the simulator."""
    closed = settings.model_copy(update={"simulator": False})
    return House(
        settings=closed,
        db=house.db,
        signer=house.signer,
        vault=house.vault,
        files=house.files,
        hearing=house.hearing,
        knowledge=house.knowledge,
    )


async def test_is_off_unless_opened(off, cast):
    async with TestServer(build_web(off)) as server:
        browser = Browser(TestClient(server), off)
        for path in ("/simulator", "/simulator/lines?as=lan"):
            await browser.get(path)
            assert browser.status == 404
        assert "/simulator" not in await browser.get("/")
        await browser.client.close()


async def test_everyone_of_the_cast_can_be_chosen(browser, cast):
    page = await browser.get("/simulator")

    for name, about in (("王兰", "3栋2单元501"), ("陈伟", "在外"), ("吴书记", "社区书记")):
        assert name in page
        assert about in page


async def test_words_reach_the_bot_and_everyone_in_the_room(open_browser, house, cast):
    lan, bo = open_browser(), open_browser()
    await lan.get(ROOM)

    await lan.post("/simulator", **{"as": "lan", "room": "xfl-3", "text": WORDS})
    page = await bo.get("/simulator?as=bo&room=xfl-3")

    case = rows(house, Case)[0]
    assert case.text == WORDS
    assert rows(house, Party)[0].resident_id == cast.lan
    assert WORDS in page
    assert case.number in page
    assert lan.url.query["room"] == "xfl-3"


async def test_talk_is_shown_but_leads_to_nothing(browser, house, cast):
    await browser.get(ROOM)

    await browser.post("/simulator", **{"as": "lan", "room": "xfl-3", "text": "今晚谁去跳广场舞"})

    assert said(house, "xfl-3") == [("lan", "今晚谁去跳广场舞")]
    assert rows(house, Case) == []


async def test_words_in_private_stay_private(open_browser, house, cast):
    lan, bo = open_browser(), open_browser()
    room = f"{PRIVATE_PREFIX}lan"
    await lan.get(f"/simulator?as=lan&room={room}")
    await lan.post("/simulator", **{"as": "lan", "room": room, "text": "帮助"})
    assert len(said(house, room)) == 2

    await bo.get(f"/simulator?as=bo&room={room}")

    assert bo.status == 404


@pytest.mark.parametrize(
    ("sender", "room"),
    [("mo", "xfl-3"), ("", "xfl-3"), ("lan", "nowhere"), ("hua", "xfl-3"), ("openid-1", "xfl-3")],
)
async def test_only_the_cast_in_its_own_rooms_can_speak(browser, house, cast, sender, room):
    def bind_real(tx):
        tx.add(
            Identity(
                channel="wechat:main",
                sender="openid-1",
                community_id=cast.xfl,
                resident_id=cast.bo,
                first_at=tx.now,
            )
        )

    house.db.run_now(SYSTEM, bind_real)
    await browser.get(ROOM)

    await browser.post("/simulator", **{"as": sender, "room": room, "text": WORDS})

    assert browser.status in (404, 422)
    assert rows(house, SimulatorLine) == []
    assert rows(house, Case) == []


async def test_refused_words_are_not_shown(house, cast):
    for words, refusal in (("  ", NothingSaid), ("字" * 4_001, TooLong)):
        with pytest.raises(refusal):
            await speak(house, sender="lan", room="xfl-3", text=words)

    assert rows(house, SimulatorLine) == []


async def test_same_message_is_answered_once(house, cast):
    first = await speak(house, sender="lan", room="xfl-3", text=WORDS, message_id="m1")
    second = await speak(house, sender="lan", room="xfl-3", text=WORDS, message_id="m1")

    assert (second.text, second.facts) == (first.text, first.facts)
    assert (first.is_repeat, second.is_repeat) == (False, True)
    assert len(rows(house, Case)) == 1


async def test_bot_is_addressed_by_its_name(house, cast):
    answer = await speak(house, sender="lan", room="xfl-3", text="@小云 帮助")

    assert answer.text


async def test_picture_is_cleaned_and_hung_on_the_case(browser, house, cast):
    await browser.get(ROOM)
    await browser.post("/simulator", **{"as": "lan", "room": "xfl-3", "text": WORDS})
    form = aiohttp.FormData()
    for name, value in (
        ("csrf", browser.page.split('name="csrf" value="')[1][:64]),
        ("as", "lan"),
        ("room", "xfl-3"),
    ):
        form.add_field(name, value)
    form.add_field("photo", io.BytesIO(photo()), filename="a.jpg", content_type="image/jpeg")

    async with browser.client.post("/simulator", data=form) as response:
        page = await browser._take(response)

    line = next(line for line in rows(house, SimulatorLine) if line.media)
    assert f"/simulator/pictures/{line.id}?as=lan" in page
    assert [file.sha256 for file in rows(house, Attachment)] == [line.media]
    await browser.get(f"/simulator/pictures/{line.id}?as=bo")
    assert browser.headers["Content-Type"] == "image/jpeg"
    await browser.get(f"/simulator/pictures/{line.id}?as=chen")
    assert browser.status == 404


async def test_what_is_sent_arrives_in_the_right_room(house, cast):
    transport = SimulatorTransport(house.db)

    await transport.send("lan", "只给您", "/l/token")
    await transport.send(f"{GROUP_PREFIX}xfl-3", "给大家", "")

    assert said(house, f"{PRIVATE_PREFIX}lan") == [("", "只给您")]
    assert said(house, "xfl-3") == [("", "给大家")]


async def follow(browser, sender, room):
    await browser.get(f"/simulator?as={sender}&room={room}")
    line_id = browser.page.split('name="line" value="')[1].split('"')[0]
    return await browser.post("/simulator/open", **{"as": sender, "line": line_id, "link": "0"})


async def test_link_opens_as_the_person_with_the_phone_again_and_again(browser, house, cast):
    link = "http://127.0.0.1:8080" + private_link(house.signer, cast.lan_identity, "/me")
    room = f"{PRIVATE_PREFIX}lan"
    house.db.run_now(SYSTEM, write_line, room=room, sender="", text=f"您的事：{link}")

    for _ in range(2):
        page = await follow(browser, "lan", room)

        assert browser.url.path == "/me"
        assert "王兰" in page
        assert "/simulator?as=lan" in page  # the way back to chat


async def test_link_of_another_opens_nothing_personal(browser, house, cast):
    link = "http://127.0.0.1:8080" + private_link(house.signer, cast.lan_identity, "/me")
    house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="lan", text=f"看看：{link}")

    page = await follow(browser, "bo", "xfl-3")

    assert browser.status == LinkUsed.status
    assert "王兰" not in page


async def test_link_of_a_real_identity_cannot_be_opened(browser, house, cast):
    def bind_real(tx):
        identity = Identity(
            channel="wechat:main",
            sender="lan",
            community_id=cast.xfl,
            resident_id=cast.lan,
            first_at=tx.now,
        )
        tx.add(identity)
        tx.flush()
        return identity.id

    real = house.db.run_now(SYSTEM, bind_real)
    link = "http://127.0.0.1:8080" + private_link(house.signer, real, "/me")
    house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="", text=link)

    await follow(browser, "lan", "xfl-3")

    assert browser.status == LinkUsed.status


async def test_words_are_shown_as_words(browser, house, cast):
    words = "<img src=x onerror=alert(1)>'\"&"
    house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="lan", text=words)

    page = await browser.get(ROOM)

    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<img src=x" not in page


async def events(response, count):
    """The data of the next events of a stream."""
    found = []
    async with asyncio.timeout(10):
        async for row in response.content:
            if row.startswith(b"data: "):
                found.append(json.loads(row[6:]))
                if len(found) == count:
                    return found
    raise AssertionError("the stream ended")


async def test_lines_of_everyone_arrive_live_once_each(browser, house, cast):
    house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="lan", text="早上好")
    page = await browser.get("/simulator?as=bo&room=xfl-3")
    stream = page.split('data-stream="')[1].split('"')[0].replace("&amp;", "&")

    async with browser.client.get(stream) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        # The line the page already shows comes once more, under the same id, and no third time.
        await events(response, 1)
        house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="lan", text="第一句")
        (first,) = await events(response, 1)
        house.db.run_now(SYSTEM, write_line, room=f"{PRIVATE_PREFIX}bo", sender="", text="私下")
        house.db.run_now(SYSTEM, write_line, room=f"{PRIVATE_PREFIX}lan", sender="", text="别人")
        house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="", text="第二句")
        rest = await events(response, 2)

    assert "第一句" in first["html"]
    assert [(e["room"], e["last"]) for e in rest] == [
        (f"{PRIVATE_PREFIX}bo", "机器人：私下"),
        ("xfl-3", "机器人：第二句"),
    ]


async def test_a_line_committed_late_is_not_missed(browser, house, cast):
    early = new_id()
    house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="lan", text="先到")
    page = await browser.get("/simulator?as=bo&room=xfl-3")
    stream = page.split('data-stream="')[1].split('"')[0].replace("&amp;", "&")

    def commit_late(tx):
        row = {"id": early, "room": "xfl-3", "sender": "lan", "text": "晚到", "link": ""}
        tx.write(SimulatorLine, {**row, "media": "", "at": tx.now})

    async with browser.client.get(stream) as response:
        await events(response, 1)
        house.db.run_now(SYSTEM, commit_late)
        (late,) = await events(response, 1)

    assert "晚到" in late["html"]


async def test_stream_is_for_the_cast_only(browser, cast):
    await browser.get("/simulator/lines?as=mo")

    assert browser.status == 404


async def test_page_asks_the_same_number_of_queries_however_much_was_said(browser, house, cast):
    house.db.run_now(SYSTEM, write_line, room="xfl-3", sender="lan", text="一")
    with count_queries(house) as one:
        await browser.get(ROOM)
    for sender in ("lan", "bo", ""):
        house.db.run_now(SYSTEM, write_line, room="xfl-3", sender=sender, text="又一句")

    with count_queries(house) as more:
        await browser.get(ROOM)

    assert len(more) == len(one)
