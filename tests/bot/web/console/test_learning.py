"""Learning from corrections: counted, exported, trained on, and the model put back."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.tables import Training
from bot.training import MINUTES_MAX, RIGHT
from bot.web.console.learning import RUNS
from cases.requests import correct
from community.grants import grant_role
from community.people import actor_of_resident
from community.roles import CAPABILITY_WORDS
from core.actor import SYSTEM
from nlp.installed import chosen_version
from nlp.reading import read, use_weights
from tests.bot.commands.conftest import command
from tests.nlp.test_installed import SHIPPED, install

__all__ = ["command"]


@pytest.fixture(autouse=True)
def shipped_again():
    yield
    use_weights(None)


@pytest.fixture
async def operator(staff_browser, house, cast):
    """Wu, who also runs the installation."""
    house.db.run_now(
        SYSTEM, grant_role, resident_id=cast.wu, role="operator", area_id=cast.district
    )
    return staff_browser("wu")


@pytest.fixture
def put_right(house, cast, heard):
    """Corrects something the bot heard, as Wu."""

    def make(text="东门的灯好像不亮了", intent="chatter"):
        request_id = heard(text=text)
        actor = house.db.read_now(SYSTEM, actor_of_resident, cast.wu)
        house.db.run_now(
            actor, correct, request_id, intent=intent, category="城乡建设", place="东门"
        )

    return make


async def test_page_counts_what_there_is_to_learn(operator, put_right):
    await operator.get("/console/learning")
    assert "还没有纠正" in operator.page
    await operator.post("/console/learning")
    assert (operator.status, "还没有可以学的纠正" in operator.page) == (409, True)

    put_right()
    put_right()
    await operator.get("/console/learning")

    assert operator.page.count("<strong>2</strong>") == 2
    assert SHIPPED in operator.page


async def test_model_is_put_in_use_and_back(operator, settings, house):
    install(settings.models, "a-1")
    await operator.get("/console/learning")
    assert "换回 a-1" in operator.page

    await operator.post("/console/learning/use", version="a-1")
    assert "模型换好了" in operator.page
    assert (chosen_version(settings.models), read("漏水了").model) == ("a-1", "a-1")

    await operator.post("/console/learning/use", version="nowhere")
    assert (operator.status, "没有“nowhere”这个版本" in operator.page) == (409, True)
    await operator.post("/console/learning/use", version="")
    assert (chosen_version(settings.models), read("漏水了").model) == ("", SHIPPED)
    await operator.get("/console/history")
    assert "换模型" in operator.page


async def test_only_who_runs_the_installation_trains(wu, put_right, settings):
    put_right()
    install(settings.models, "a-1")
    await wu.get("/console/me")

    await wu.post("/console/learning")
    assert wu.status == 404
    await wu.get("/console/me")
    await wu.post("/console/learning/use", version="a-1")
    assert (wu.status, chosen_version(settings.models)) == (404, "")


async def test_one_run_at_a_time_and_one_cut_short_counts_as_over(
    operator, house, put_right, clock
):
    put_right()
    begun = Training(begun_at=clock(), until=clock())
    house.db.run_now(SYSTEM, lambda tx: tx.add(begun))
    await operator.get("/console/learning")
    assert "正在训练" in operator.page

    await operator.get("/console/me")
    await operator.post("/console/learning")
    assert (operator.status, "已经在训练了" in operator.page) == (409, True)

    clock.forward(seconds=timedelta(minutes=MINUTES_MAX).total_seconds())
    await operator.get("/console/learning")
    assert "中途停了" in operator.page


@pytest.mark.slow
async def test_training_says_class_by_class_what_came_of_it(
    operator, house, web_server, settings, put_right
):
    for number in range(10):
        put_right(text=f"喇叭裤大爷又来了{number}")

    await operator.get("/console/learning")
    await operator.post("/console/learning")
    assert "正在训练" in operator.page
    await asyncio.gather(*web_server.app[RUNS].values())
    await operator.get("/console/learning")

    run = house.db.read_now(SYSTEM, lambda tx: tx.exec(select(Training)).one())
    assert run.correction_count == 10
    assert run.is_installed is (run.scores["worse"] == [])
    assert chosen_version(settings.models) == run.version == read("漏水了").model
    assert {"request", "chatter"} <= set(run.scores["before"]["intent"])
    assert ("装上了" in operator.page) is run.is_installed
    assert "<span>条新的纠正</span>" in operator.page
    assert "<strong>0</strong><span>条新的纠正" in operator.page


@pytest.mark.slow
async def test_training_that_breaks_off_says_so(operator, house, web_server, settings, put_right):
    put_right()
    settings.models.parent.mkdir(parents=True, exist_ok=True)
    settings.models.write_text("a file where a folder should be")

    await operator.get("/console/learning")
    await operator.post("/console/learning")
    await asyncio.gather(*web_server.app[RUNS].values())
    await operator.get("/console/learning")

    assert "没有装上：" in operator.page
    assert "正在训练" not in operator.page


def test_corrections_leave_masked(house, cast, command, put_right, tmp_path):
    put_right(text="王兰说东门漏水，打13912345678")
    out = tmp_path / "纠正.jsonl"

    done = command("export", "corrections", out, "--json")

    assert (done.exit_code, json.loads(done.stdout)["rows"]) == (0, 1)
    (row,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert (row["intent"], row["category"], row["place"]) == ("chatter", "城乡建设", "东门")
    assert row["was"]["intent"] == "request"
    assert "王兰" not in row["text"]
    assert "13912345678" not in row["text"]
    other = tmp_path / "b.jsonl"
    assert command("export", "corrections", other, "--community", "HYC").exit_code == 0
    assert other.read_bytes() == b""


def test_right_is_one_that_exists():
    assert RIGHT in CAPABILITY_WORDS
