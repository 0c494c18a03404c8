"""`import articles` and `export articles`: of a community or, by its code, of the district."""

import json

import pytest
from sqlmodel import select

from community.article_tables import Article, ArticleVersion
from community.tables import DISTRICT
from core.actor import SYSTEM

TEXT = """# 垃圾投放时间

来源：居委会
来源日期：2026-03-01
问法：几点可以扔垃圾

每天七点到九点。

# 草稿一篇

来源：居委会
来源日期：2026-03-01
状态：草稿

还没写好。
"""


def articles(house, table=Article):
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(select(table)).all())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "问答.md"
    path.write_text(TEXT, "utf-8")
    return path


@pytest.mark.parametrize("suffix", [".md", ".csv", ".xlsx"])
def test_articles_go_in_come_out_and_change_nothing_again(
    house, cast, command, file, tmp_path, suffix
):
    tried = json.loads(
        command("import", "articles", file, "--community", "XFL", "--dry-run", "--json").stdout
    )
    assert (tried["new"], tried["done"], articles(house)) == (2, False, [])

    done = json.loads(command("import", "articles", file, "--community", "XFL", "--json").stdout)
    assert (done["rows"], done["new"], done["done"]) == (2, 2, True)
    assert {one.title: one.state.value for one in articles(house)} == {
        "垃圾投放时间": "published",
        "草稿一篇": "draft",
    }
    out = tmp_path / f"出{suffix}"
    assert command("export", "articles", out, "--community", "XFL").exit_code == 0
    again = json.loads(command("import", "articles", out, "--community", "XFL", "--json").stdout)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 2)
    assert len(articles(house, ArticleVersion)) == 2


def test_code_of_the_district_means_all_communities(house, cast, command, file):
    command("import", "articles", file, "--community", "csq")

    assert {one.community_id for one in articles(house)} == {DISTRICT}


def test_one_wrong_article_and_none_comes_in(house, cast, command, file):
    file.write_text(TEXT.replace("2026-03-01\n状态", "三月\n状态"), "utf-8")

    done = command("import", "articles", file, "--community", "XFL")

    assert done.exit_code == 1
    assert "第 9 行「来源日期」：不是日期" in done.stderr
    assert articles(house) == []
