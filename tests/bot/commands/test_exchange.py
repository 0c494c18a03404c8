import json
import re

import pytest
from sqlmodel import col, select

from cases.case_sheet import IMPORT_HEADERS
from cases.duty_sheet import HEADERS as DUTY_HEADERS
from cases.tables import Case, Duty, Party
from community.groups import mute_group
from community.tables import AccessRecord, Resident
from core import verify_seals
from core.actor import SYSTEM
from core.sealing import last_seals
from core.sheets import read_sheet, text_of, write_sheet
from tests.community.rosters import invented_rows, roster_file

DUTY = ("住房与物业", "电梯", "安居物业", 2, 16, "居民", "是", "物业服务合同第三条")
MATTER = ("12345-1", "三栋路灯不亮", "城乡建设", "3栋", "当天", "13900000001")


@pytest.fixture
def put(tmp_path):
    """put("a.csv", content): a file with this content."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def residents(house, community_id):
    query = select(Resident).where(col(Resident.community_id) == community_id)
    return house.db.read_now(SYSTEM, lambda tx: tx.exec(query).all())


@pytest.mark.parametrize("name", ["名册.csv", "名册.xlsx"])
def test_roster_goes_in_and_comes_out_and_in_again(house, cast, command, put, tmp_path, name):
    file = put(name, roster_file(invented_rows(30), name=name))

    done = command("import", "roster", file, "--community", "XFL", "--json")

    told = json.loads(done.stdout)
    assert (done.exit_code, told["done"], told["new"], told["rows"]) == (0, True, 30, 30)
    assert len(residents(house, cast.xfl)) == 35
    out = tmp_path / f"出{name}"
    assert command("export", "roster", out, "--community", "XFL").exit_code == 0
    assert out.stat().st_mode & 0o077 == 0
    assert len(read_sheet(out.read_bytes(), name).rows) == 32
    again = json.loads(command("import", "roster", out, "--community", "XFL", "--json").stdout)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 32)


def test_roster_that_is_taken_out_is_a_look_at_everybody_in_it(house, cast, command, tmp_path):
    command("export", "roster", tmp_path / "a.csv", "--community", "XFL")

    query = select(AccessRecord.resident_id, AccessRecord.purpose)
    looks = house.db.read_now(SYSTEM, lambda tx: [tuple(row) for row in tx.exec(query)])
    assert looks == [(cast.lan, "命令行导出名册"), (cast.bo, "命令行导出名册")]


def test_dry_run_tells_and_changes_nothing(house, cast, command, put):
    file = put("a.csv", roster_file(invented_rows(5)))

    done = command("import", "roster", file, "--community", "xfl", "--dry-run")

    assert done.exit_code == 0
    assert "5 行：新增 5" in done.stdout
    assert "还没有导入" in done.stdout
    assert len(residents(house, cast.xfl)) == 5


def test_problems_are_told_by_row_and_end_with_status_1(house, cast, command, put):
    rows = [list(row) for row in invented_rows(3)]
    rows[1][-2] = "12345"
    file = put("a.csv", roster_file(rows))

    for flags in ((), ("--dry-run",), ("--json",)):
        done = command("import", "roster", file, "--community", "XFL", *flags)
        assert done.exit_code == 1
        assert "第 3 行「手机号」" in done.output
    assert len(residents(house, cast.xfl)) == 5


def test_community_must_be_named_when_there_are_several(cast, command, put):
    file = put("a.csv", roster_file(invented_rows(3)))

    done = command("import", "roster", file)

    assert done.exit_code == 1
    assert "HYC、XFL" in done.stderr


def test_duties_go_in_and_come_out_and_in_again(house, cast, command, put, tmp_path):
    file = put("权责.csv", write_sheet("a.csv", DUTY_HEADERS, [DUTY]))

    told = json.loads(command("import", "duties", file, "--community", "XFL", "--json").stdout)

    assert (told["done"], told["new"]) == (True, 1)
    query = select(Duty).where(col(Duty.category2) == "电梯")
    duty = house.db.read_now(SYSTEM, lambda tx: tx.exec(query).one())
    assert (duty.agency_id, duty.sign_minutes, duty.handle_minutes) == (cast.property, 120, 960)
    out = tmp_path / "出.xlsx"
    assert command("export", "duties", out, "--community", "XFL").exit_code == 0
    again = json.loads(command("import", "duties", out, "--community", "XFL", "--json").stdout)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 14)


@pytest.mark.parametrize(
    ("place", "cell", "column"),
    [
        (0, "外星", "类别"),
        (2, "没有的公司", "承办单位"),
        (3, "0", "签收时限（工作小时）"),
        (4, "很快", "办结时限（工作小时）"),
        (5, "书记", "谁确认"),
        (6, "也许", "公开"),
        (7, "=1+1", "依据"),
    ],
)
def test_wrong_duties_are_told_and_none_is_taken_over(cast, command, put, place, cell, column):
    row = [*DUTY]
    row[place] = cell
    rows = [DUTY, row] if place else [row]
    content = "\n".join(",".join(map(str, one)) for one in (DUTY_HEADERS, *rows)).encode()

    done = command("import", "duties", put("a.csv", content), "--community", "XFL", "--json")

    told = json.loads(done.stdout)
    assert (done.exit_code, told["done"]) == (1, False)
    assert any(f"「{column}」" in problem for problem in told["problems"])


def test_matters_of_another_system_become_cases_once(house, cast, command, put):
    other = ("12345-2", "东门垃圾成堆", "环境保护", "", "", "")
    file = put("案件.csv", write_sheet("a.csv", IMPORT_HEADERS, [MATTER, other]))

    for new, same in ((2, 0), (0, 2)):
        told = json.loads(command("import", "cases", file, "--community", "XFL", "--json").stdout)
        assert (told["done"], told["new"], told["same"]) == (True, new, same)

    def found(tx):
        query = select(Case.text, Case.source, Case.urgency, Party.resident_id).join(
            Party, col(Party.case_id) == col(Case.id)
        )
        return [tuple(row) for row in tx.exec(query.order_by(col(Case.text)))]

    assert house.db.read_now(SYSTEM, found) == [
        ("三栋路灯不亮", "import", "today", cast.lan),
        ("东门垃圾成堆", "import", "normal", None),
    ]


def test_cases_are_taken_out_with_numbers_of_people_masked(cast, command, put, tmp_path):
    matter = ("1", "请回电 13812345678 说路灯", *MATTER[2:])
    file = put("案件.csv", write_sheet("a.csv", IMPORT_HEADERS, [matter]))
    command("import", "cases", file, "--community", "XFL")
    out = tmp_path / "案件.xlsx"

    assert command("export", "cases", out, "--community", "XFL").exit_code == 0

    sheet = read_sheet(out.read_bytes(), "a.xlsx")
    line = dict(zip(sheet.headers, map(text_of, sheet.rows[0][1]), strict=True))
    assert re.fullmatch(r"XFL-\d{8}-0001", line["编号"])
    assert (line["来源"], line["承办单位"], line["几人反映"]) == ("导入", "安居物业", "1")
    assert line["什么事"] == "请回电 138******78 说路灯"


def test_sealed_history_is_taken_out_and_checked_by_anybody(house, cast, command, tmp_path):
    for _ in range(3):
        house.db.run_now(SYSTEM, mute_group, cast.group3, is_muted=True)
    out = tmp_path / "记录.jsonl"

    done = command("export", "seals", out, "--community", "XFL", "--json")

    assert (done.exit_code, json.loads(done.stdout)["rows"]) == (0, 4)
    root = house.db.read_now(SYSTEM, last_seals)[0].root
    assert "树根对得上" in verify_seals.check(str(out), root, None)[-1]
    assert "丁网格" not in out.read_text("utf-8")
    assert command("export", "seals", tmp_path / "a.csv", "--community", "XFL").exit_code == 1
    street = command("export", "seals", tmp_path / "b.jsonl", "--community", "csjd", "--json")
    assert json.loads(street.stdout)["rows"] == 0
    assert command("export", "seals", tmp_path / "c.jsonl", "--community", "NO").exit_code == 1


def test_seals_only_come_out(cast, command, put):
    done = command("import", "seals", put("a.jsonl", b"{}"), "--community", "XFL")

    assert (done.exit_code, "只能导出" in done.stderr) == (1, True)


@pytest.mark.parametrize("kind", ["calendar", "items", "rulebook"])
def test_kinds_to_come_are_refused_in_words(cast, command, put, tmp_path, kind):
    file = put("a.csv", b"a\n1\n")

    for done in (
        command("import", kind, file, "--community", "XFL"),
        command("export", kind, tmp_path / "b.csv", "--community", "XFL"),
    ):
        assert done.exit_code == 1
        assert "还没有做好" in done.stderr
    assert not (tmp_path / "b.csv").exists()


def test_what_cannot_be_read_or_written_ends_with_status_1(cast, command, put, tmp_path):
    broken = put("a.xlsx", b"PK\x03\x04broken")
    taken = put("b.csv", b"x")

    for words, why in (
        (("import", "roster", tmp_path / "none.csv", "--community", "XFL"), "打不开"),
        (("import", "roster", broken, "--community", "XFL"), "损坏"),
        (("export", "roster", taken, "--community", "XFL"), "--force"),
        (("export", "roster", tmp_path / "a.pdf", "--community", "XFL"), ".csv"),
        (("export", "roster", tmp_path / "no" / "a.csv", "--community", "XFL"), "写不了"),
    ):
        done = command(*words)
        assert done.exit_code == 1, words
        assert why in done.stderr
    assert taken.read_bytes() == b"x"
    assert command("export", "roster", taken, "--community", "XFL", "--force").exit_code == 0


def test_database_that_is_not_migrated_is_told(tmp_path, monkeypatch, command, put):
    monkeypatch.setenv("YUNSHEQU_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")

    done = command("import", "roster", put("a.csv", b"x"), "--community", "XFL")

    assert done.exit_code == 1
    assert "migrate" in done.stderr
