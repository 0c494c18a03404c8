"""What every command that works on the database begins and ends with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from bot.commands.run import settings_or_exit
from core.errors import Refusal

if TYPE_CHECKING:
    from bot.house import House


@contextmanager
def opened_house() -> Iterator["House"]:
    """The house, open, with ids of its own beside a running service; closed at the end.

    Ends the program with status 1 and plain words when the database is not migrated, and on any
    Refusal raised inside.
    """
    from bot.house import open_house  # slow import
    from bot.migrate import is_current  # slow import
    from core.actor import SYSTEM  # slow import
    from core.workers import become_worker, release_worker  # slow import

    settings = settings_or_exit()
    if not is_current(settings.database):
        typer.echo("数据库还没有升级，请先运行：python -m bot migrate", err=True)
        raise typer.Exit(1)
    house = open_house(settings)
    try:
        number, holder = become_worker(house.db)
        try:
            yield house
        finally:
            house.db.run_now(SYSTEM, release_worker, number, holder)
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal
    finally:
        house.close()
