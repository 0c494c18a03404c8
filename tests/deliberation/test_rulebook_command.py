import json

import pytest
from typer.testing import CliRunner

from bot.commands.rulebook import rulebook
from deliberation.rulebook_export import to_text
from deliberation.rulebook_json import amendment_to_json, rulebook_to_json
from tests.deliberation.rulebook_samples import GARDEN, amendment, swap


@pytest.fixture
def files(tmp_path):
    """The garden's rules as text and JSON, and a revised text, in a folder of their own."""
    (tmp_path / "old.txt").write_text(to_text(GARDEN), encoding="utf-8")
    (tmp_path / "old.json").write_text(rulebook_to_json(GARDEN), encoding="utf-8")
    revised = to_text(GARDEN).replace("两次", "一次").replace("扣除积分5分", "罚款5元")
    (tmp_path / "new.txt").write_text(revised, encoding="utf-8")
    return tmp_path


def run(*arguments) -> tuple[int, str, str]:
    """(exit status, standard output, standard error) of a `rulebook` command."""
    result = CliRunner().invoke(rulebook, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


def test_import_lists_what_was_read(files):
    status, out, err = run("import", files / "old.txt", "--out", files / "read.json")

    assert (status, err) == (0, "")
    assert out.split("\n")[2:5] == [
        "第一章\u3000总则",
        "第一条\u3000爱护公物，每户每年参加清洁日不少于两次。",
        "第二条\u3000红白喜事从简。",
    ]
    assert out.split("\n")[-2].startswith("共 4 条。校验码 ")
    assert json.loads((files / "read.json").read_text())["parts"][2]["label"] == "第一章"


def test_export_converts(files):
    for suffix in (".md", ".docx", ".json", ".txt"):
        out = files / f"out{suffix}"
        assert run("export", files / "old.txt", out)[0] == 0
        assert run("export", out, files / "back.txt")[0] == 0
        assert (files / "back.txt").read_text(encoding="utf-8") == to_text(GARDEN)


def test_redline_in_three_forms_and_html(files):
    status, out, err = run(
        "redline", files / "old.txt", files / "new.txt", "--html", files / "x.html"
    )

    assert status == 0
    assert out == (
        "第一条 原：…每户每年参加清洁日不少于两次… 改：…每户每年参加清洁日不少于一次…\n\n"
        "第三条 原：…违者扣除积分5分… 改：…违者罚款5元…\n"
    )
    assert err == "修改 2 处。\n"
    assert "〔删〕" in (files / "x.html").read_text(encoding="utf-8")
    plain = run("redline", files / "old.txt", files / "new.txt", "--form", "plain")[1]
    assert "不少于〔删：两〕〔增：一〕次" in plain
    aloud = run("redline", files / "old.txt", files / "new.txt", "--form", "aloud")[1]
    assert aloud.startswith("一共有两处有变化。\n第一条改了一处。")


def test_redline_points_at_references_that_went_stale(files):
    text = to_text(GARDEN).replace("本规约由", "违反第一条的，依照第二条处理。本规约由")
    (files / "old.txt").write_text(text, encoding="utf-8")
    grown = text.replace("第二条\u3000", "第二条\u3000爱鸟。\n第三条\u3000", 1)
    (files / "new.txt").write_text(grown, encoding="utf-8")

    _, _, err = run("redline", files / "old.txt", files / "new.txt")

    assert "提示：文中提到的“第二条”，原来指的那一条现在是第三条，请核对。" in err


def test_lint_says_why_and_sets_the_status(files):
    status, out, err = run("lint", files / "new.txt")

    assert status == 2
    assert out.startswith("第三条 “罚款”——罚款，不能这样写。")
    assert err.startswith("查出 1 处。")
    rows = run("lint", files / "new.txt", "--json", "--community", "residents")[1].split("\n")
    assert json.loads(rows[0])["basis"][0]["law"] == "城市居民委员会组织法"
    assert run("lint", files / "old.txt")[:2] == (0, "")


def test_amend_and_merge(files):
    status, line, _ = run("amend", files / "old.json", files / "new.txt", "--id", "m7")
    (files / "wishes.jsonl").write_text(line, encoding="utf-8")

    assert status == 0
    assert json.loads(line)["id"] == "m7"
    assert run("merge", files / "old.json", files / "wishes.jsonl", files / "out.txt")[0] == 0
    assert (files / "out.txt").read_text() == (files / "new.txt").read_text()
    assert run("amend", files / "old.json", files / "old.txt") == (0, "", "两份文件没有不同。\n")


def test_merge_lists_conflicts_and_writes_only_what_is_undisputed(files):
    wishes = [
        amendment("m1", swap("a2", "从简", "简办")),
        amendment("m2", swap("a2", "从简", "新办")),
        amendment("m3", swap("a3", "5", "2")),
    ]
    (files / "wishes.jsonl").write_text("\n".join(map(amendment_to_json, wishes)))
    command = ("merge", files / "old.json", files / "wishes.jsonl", files / "out.txt")

    status, out, err = run(*command)

    assert (status, out) == (2, "")
    assert err == "冲突：第二条：改的是同一处文字，或者紧挨着的文字（m1、m2）\n"
    assert not (files / "out.txt").exists()
    assert run(*command, "--undisputed")[:2] == (2, f"合并了 1 件，写好了 {files / 'out.txt'}。\n")
    assert "扣除积分2分" in (files / "out.txt").read_text()


def test_amendment_on_another_rulebook_is_refused(files):
    (files / "other.txt").write_text(to_text(GARDEN).replace("花园村", "河边村"))
    line = run("amend", files / "old.txt", files / "new.txt")[1]
    (files / "wishes.jsonl").write_text(line)

    status, _, err = run("merge", files / "other.txt", files / "wishes.jsonl", files / "out.txt")

    assert status == 1
    assert "针对的是另一份规约" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "gone.txt"), "打不开 gone.txt：没有这个文件或文件夹。"),
        (("import", "."), "打不开 .：这是文件夹，不是文件。"),
        (("export", "old.txt", "x.pdf"), "不认识 x.pdf 的格式，只能写 .txt、.md、.docx、.json。"),
        (("export", "old.txt", "gone/x.txt"), "打不开 gone/x.txt：没有这个文件或文件夹。"),
        (("lint", "bad.txt"), "没有找到“第一条……”或“一、……”这样的条文，请给每一条写上号码再导入。"),
        (("merge", "old.json", "bad.txt", "x.txt"), "第 1 行：不是合格的 JSON。"),
    ],
)
def test_trouble_is_one_line_and_status_one(files, monkeypatch, arguments, words):
    (files / "bad.txt").write_text("什么也不是")
    monkeypatch.chdir(files)

    assert run(*arguments) == (1, "", f"{words}\n")
