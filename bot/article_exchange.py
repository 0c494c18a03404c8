"""Articles between files and the knowledge base: the slow parts outside, the rest in batches."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

from sqlmodel import col, select

from bot.house import House
from community.article_file import (
    HEADERS,
    MARKDOWN_NAMES,
    ArticleEntry,
    ArticleFile,
    article_markdown,
    read_articles,
)
from community.article_import import BATCH_ROWS, article_rows, take_in_articles
from community.tables import Area, AreaKind
from core.actor import Actor
from core.errors import Busy
from core.sheets import write_sheet
from core.transaction import Transaction

Progress = Callable[[int, int], None]


def read_article_file(content: bytes, file_name: str, *, today: date) -> ArticleFile:
    """The articles of a file, checked row by row."""
    return read_articles(content, file_name, today=today)


def article_file(entries: Sequence[ArticleEntry], file_name: str) -> bytes:
    """The articles as Markdown when the name ends so, else as XLSX or CSV."""
    if file_name.lower().endswith(MARKDOWN_NAMES):
        return article_markdown(entries).encode()
    return write_sheet(file_name, HEADERS, article_rows(entries), sheet="知识库")


async def take_in_all(
    house: House,
    actor: Actor,
    community_id: int,
    entries: Sequence[ArticleEntry],
    *,
    progress: Progress = lambda done, of: None,
) -> None:
    """Take every article over, some at a time; asked again it goes on where it was cut short."""
    for start in range(0, len(entries), BATCH_ROWS):
        batch = entries[start : start + BATCH_ROWS]
        while True:
            try:
                await house.db.run(actor, take_in_articles, community_id, batch)
                break
            except Busy:
                # The house is full of people's messages: they go first.
                await asyncio.sleep(1)
        progress(start + len(batch), len(entries))


def district_coded(tx: Transaction, code: str) -> bool:
    """Whether the code is that of the district, whose articles every community shares."""
    query = select(Area.id).where(
        col(Area.kind) == AreaKind.DISTRICT, col(Area.code) == code.strip().upper()
    )
    return tx.exec(query).first() is not None
