"""What every test starts from: a clock that stands still, a real database, a cast of people."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.house import open_house
from bot.migrate import migrate
from core.actor import SYSTEM
from core.settings import Settings
from tests import postgres
from tests.cast import Cast, make_cast

SECRET = "tests-only-secret-tests-only-secret-0123456789"
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in China


class Clock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server():
    if postgres.binaries() is None:
        message = "PostgreSQL is missing (apt-get install postgresql): its half is not run"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with postgres.running_server() as url:
        base = url.rsplit("/", 1)[0]
        postgres.execute(url, "CREATE DATABASE template_yunshequ")
        migrate(f"{base}/template_yunshequ")
        yield url


_count = 0


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """A fresh migrated database: every test that asks for it runs on both kinds."""
    global _count
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    _count += 1
    name = f"test_{os.getpid()}_{_count}"
    postgres.execute(server, f"CREATE DATABASE {name} TEMPLATE template_yunshequ")
    yield f"{server.rsplit('/', 1)[0]}/{name}"
    postgres.execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(
        data_dir=tmp_path / "var",
        database_url=database_url,
        secret_key=SECRET,
        config=tmp_path / "none.toml",
        simulator=True,
    )


@pytest.fixture
def house(settings, clock):
    house = open_house(settings, clock=clock)
    yield house
    house.close()


@pytest.fixture
def db(house):
    return house.db


@pytest.fixture
def cast(house) -> Cast:
    """The fixed people and places every story is told with."""
    return house.db.run_now(SYSTEM, make_cast, house.vault)


@pytest.fixture
def testdata() -> Path:
    """The folder of public test data; a test that needs it is skipped where it is absent."""
    folder = Path(
        os.environ.get("YUNSHEQU_TESTDATA")
        or Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    )
    if not folder.is_dir():
        pytest.skip(f"test data not found at {folder}: set YUNSHEQU_TESTDATA")
    return folder
