"""What every test starts from: a clock that stands still, a real database, a cast of people."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.house import open_house
from bot.migrate import migrate
from community.tables import Area
from core.actor import SYSTEM
from core.settings import Settings
from tests import postgres
from tests.cast import Cast, make_cast

SECRET = "tests-only-secret-tests-only-secret-0123456789"
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in China


# What stands on both kinds of database is tested on both in the fast tier, too.
GROUND = Path(__file__).parent / "core"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Elsewhere than in core, the PostgreSQL half runs in `make test` and not in `make check`."""
    for item in items:
        kind = getattr(item, "callspec", None) and item.callspec.params.get("database_url")
        if kind == "postgresql" and not item.path.is_relative_to(GROUND):
            item.add_marker(pytest.mark.slow)


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
    with postgres.running_server(durable=False) as url:
        base = url.rsplit("/", 1)[0]
        postgres.execute(url, "CREATE DATABASE template_yunshequ")
        migrate(f"{base}/template_yunshequ")
        yield url


@pytest.fixture(scope="session")
def sqlite_peopled(sqlite_template):
    """A migrated database with the cast in it, and the cast."""
    path = sqlite_template.with_name("peopled.db")
    shutil.copy(sqlite_template, path)
    return path, _write_cast(f"sqlite:///{path}", path.parent)


@pytest.fixture(scope="session")
def postgres_peopled(postgres_server, tmp_path_factory):
    """The name of a migrated database with the cast in it, and the cast."""
    _copy_database(postgres_server, "template_yunshequ", "template_peopled")
    url = f"{postgres_server.rsplit('/', 1)[0]}/template_peopled"
    return "template_peopled", _write_cast(url, tmp_path_factory.mktemp("peopled"))


def _write_cast(url, folder) -> Cast:
    settings = Settings(data_dir=folder, database_url=url, secret_key=SECRET, config=folder / "no")
    house = open_house(settings, clock=Clock())
    try:
        return house.db.run_now(SYSTEM, make_cast, house.vault)
    finally:
        house.close()


def _copy_database(server, template, name):
    # Copying files beats writing every page to the log when nothing has to survive.
    postgres.execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


_count = 0


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """A fresh migrated database: every test that asks for it runs on both kinds.

    For a test that asks for the cast it is a copy of one in which they are already.
    """
    global _count
    with_cast = "cast" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "test.db"
        template = request.getfixturevalue("sqlite_peopled" if with_cast else "sqlite_template")
        shutil.copy(template[0] if with_cast else template, path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    _count += 1
    name = f"test_{os.getpid()}_{_count}"
    peopled = request.getfixturevalue("postgres_peopled")[0] if with_cast else ""
    _copy_database(server, peopled or "template_yunshequ", name)
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
def cast(house, request) -> Cast:
    """The fixed people and places every story is told with."""
    kind = "sqlite" if house.db.is_sqlite else "postgres"
    known = request.getfixturevalue(f"{kind}_peopled")[1]
    if house.db.read_now(SYSTEM, lambda tx: tx.get(Area, known.xfl)) is None:
        return house.db.run_now(SYSTEM, make_cast, house.vault)  # a database of the test's own
    return known


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
