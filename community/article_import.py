"""Taking articles of a file over into the knowledge base, and out again."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from community.article_content import content_of
from community.article_file import HEADERS, ArticleEntry, article_cells
from community.article_tables import Article, ArticleState
from community.articles import all_articles, may_edit, save_article
from core.errors import NotFound
from core.sheets import Cell
from core.transaction import Transaction

BATCH_ROWS = 100
COLUMN_NOTES = (
    ("标题", "一句话说清是什么事，同一社区里不能重复；再导入时按标题认。", "垃圾分类投放时间"),
    (
        "正文",
        "机器人只引用这里的原话，不会自己编。可以用 - 列表、**加粗**、## 小标题。",
        "每天早上七点到九点……",
    ),
    (
        "问法",
        "居民会怎么问，一行一个，或用分号隔开。越像真人说话越好。",
        "几点能扔垃圾；垃圾房几点开门",
    ),
    ("来源", "谁说的：哪个单位、哪份文件、哪位工作人员。", "幸福里社区居委会通知"),
    ("来源日期", "什么时候说的，写成 2026-03-01。", "2026-03-01"),
    ("生效日期", "从哪天起可以这样答；不写就是来源日期。", "2026-03-01"),
    ("失效日期", "最后有效的一天；不写就一直有效。过了这天机器人不再引用。", ""),
    ("状态", "发布、草稿或撤下；不写的话，新文章直接发布，已有的不变。", "发布"),
    ("公开", "是：不登录也能看；否：只给本社区的人看。不写就是公开。", "是"),
)


@dataclass(frozen=True, slots=True)
class ArticleCheck:
    """What a file would do to the knowledge base of a community."""

    new_count: int
    changed_count: int
    same_count: int


def check_articles(
    tx: Transaction, community_id: int, entries: Iterable[ArticleEntry]
) -> ArticleCheck:
    """The dry run: how many articles are new, changed or the same. Changes nothing."""
    if not may_edit(tx, community_id):
        raise NotFound
    known = {article.title: article for article in all_articles(tx, community_id)}
    new = changed = same = 0
    for entry in entries:
        article = known.get(entry.content.title)
        if article is None:
            new += 1
        elif _is_same(article, entry):
            same += 1
        else:
            changed += 1
    return ArticleCheck(new, changed, same)


def take_in_articles(tx: Transaction, community_id: int, entries: Sequence[ArticleEntry]) -> int:
    """Take a batch of articles over; returns how many changed something. Others stay."""
    if not may_edit(tx, community_id):
        raise NotFound
    titles = [entry.content.title for entry in entries]
    query = select(Article).where(
        col(Article.community_id) == community_id, col(Article.title).in_(titles)
    )
    known = {article.title: article for article in tx.exec(query)}
    count = 0
    for entry in entries:
        article = known.get(entry.content.title)
        if article is not None and _is_same(article, entry):
            continue
        _take_in(tx, community_id, entry, article)
        count += 1
    return count


def article_entries(tx: Transaction, community_id: int) -> list[ArticleEntry]:
    """Every article of one community (or DISTRICT), to be written to a file."""
    articles = all_articles(tx, community_id)
    return [
        ArticleEntry(number, content_of(article), article.state)
        for number, article in enumerate(articles, start=2)
    ]


def article_rows(entries: Iterable[ArticleEntry]) -> list[tuple[Cell, ...]]:
    """Articles in the columns of HEADERS, so that they go in again unchanged."""
    return [article_cells(entry) for entry in entries]


def article_template() -> bytes:
    """An XLSX to fill in: the headers on the first sheet, notes and an example on the second."""
    import xlsxwriter  # slow import

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    bold = book.add_format({"bold": True, "bg_color": "#E8F3EE", "border": 1})
    words = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    page, notes = book.add_worksheet("知识库"), book.add_worksheet("填写说明")
    page.set_column(0, len(HEADERS) - 1, 16, words)
    page.set_column(1, 2, 40, words)
    page.freeze_panes(1, 0)
    notes.set_column(0, 0, 12)
    notes.set_column(1, 1, 60, words)
    notes.set_column(2, 2, 30, words)
    notes.write_row(0, 0, ("列", "怎么填", "例子"), bold)
    for number, (header, note, example) in enumerate(COLUMN_NOTES):
        page.write_string(0, number, header, bold)
        page.write_comment(0, number, note)
        notes.write_string(number + 1, 0, header, bold)
        notes.write_string(number + 1, 1, note, words)
        notes.write_string(number + 1, 2, example, words)
    book.close()
    return out.getvalue()


def _is_same(article: Article, entry: ArticleEntry) -> bool:
    is_state_same = entry.state is None or entry.state is article.state
    return is_state_same and content_of(article) == entry.content


def _take_in(
    tx: Transaction, community_id: int, entry: ArticleEntry, article: Article | None
) -> None:
    is_new = article is None
    save_article(
        tx,
        community_id,
        entry.content,
        article_id=None if article is None else article.id,
        state=entry.state or (ArticleState.PUBLISHED if is_new else None),
    )


assert tuple(header for header, _, _ in COLUMN_NOTES) == HEADERS
