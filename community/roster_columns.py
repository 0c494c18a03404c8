"""The columns of a roster file: what they are called, what belongs in them, and the template."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from community.tables import Residency


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the template: its header, what else people call it, what to fill in."""

    key: str
    header: str
    also: tuple[str, ...]
    note: str
    example: tuple[str, str]


COLUMNS: tuple[Column, ...] = (
    Column(
        "household",
        "户号",
        ("户编号", "家庭编号"),
        "同一户的人填同一个。不填就用楼栋、单元和房号当户号。",
        ("XFL-0301", "HY-0012"),
    ),
    Column(
        "building",
        "楼栋",
        ("楼号", "幢", "栋", "村民组", "组"),
        "3栋、三号楼、3幢都认得；村里填村民组，如 5组。",
        ("3栋", "5组"),
    ),
    Column("unit", "单元", ("单元号",), "没有单元就空着。", ("2", "")),
    Column("room", "房号", ("室号", "门牌", "房间号"), "501；村里填门牌号。", ("501", "18")),
    Column(
        "floor_area",
        "建筑面积",
        ("建筑面积(㎡)", "建筑面积（㎡）", "建筑面积(平方米)", "建筑面积（平方米）", "面积"),
        "平方米，最多两位小数，和不动产证一致；不填不影响登记。",
        ("89.50", ""),
    ),
    Column("name", "姓名", (), "必填。", ("张三", "李四")),
    Column(
        "person",
        "人员编号",
        ("居民编号", "编号"),
        "可不填。同一户里有同名的人，或者有人要换户时，才需要填，填了以后一直用同一个。",
        ("", "HY-P-0031"),
    ),
    Column(
        "residency", "居住情况", ("居住状态",), "在家、在外或租住；不填算在家。", ("在家", "在外")
    ),
    Column("city", "所在城市", ("城市", "现居地"), "在外的人住在哪个城市。", ("", "东京")),
    Column(
        "time_zone",
        "时区",
        (),
        "在国外的人填，如 Asia/Tokyo，或写东京；不填算北京时间。",
        ("", "Asia/Tokyo"),
    ),
    Column("birth_date", "出生日期", ("生日",), "1980-05-01 这样写。", ("1980-05-01", "")),
    Column(
        "phone",
        "手机号",
        ("手机", "电话", "联系电话", "手机号码"),
        "加密保存。国外的号码用 + 开头。",
        ("13900000001", "+819012345678"),
    ),
    Column(
        "grid", "网格", ("所属网格", "网格编号"), "网格的编号或名称，要先建好网格。", ("G01", "")
    ),
)
BY_HEADER: Mapping[str, Column] = {
    name: column for column in COLUMNS for name in (column.header, *column.also)
}
RESIDENCIES: Mapping[str, Residency] = {
    **dict.fromkeys(("在家", "常住", "自住", "本地", "home"), Residency.HOME),
    **dict.fromkeys(("在外", "外出", "外出务工", "在外村民", "away"), Residency.AWAY),
    **dict.fromkeys(("租住", "租户", "租客", "承租", "tenant"), Residency.TENANT),
}
RESIDENCY_WORDS: Mapping[Residency, str] = {
    Residency.HOME: "在家",
    Residency.AWAY: "在外",
    Residency.TENANT: "租住",
    Residency.STAFF: "工作人员",
}
TIME_ZONES: Mapping[str, str] = {
    "北京时间": "Asia/Shanghai",
    "北京": "Asia/Shanghai",
    "上海": "Asia/Shanghai",
    "香港": "Asia/Hong_Kong",
    "澳门": "Asia/Macau",
    "台北": "Asia/Taipei",
    "东京": "Asia/Tokyo",
    "首尔": "Asia/Seoul",
    "新加坡": "Asia/Singapore",
    "曼谷": "Asia/Bangkok",
    "迪拜": "Asia/Dubai",
    "莫斯科": "Europe/Moscow",
    "巴黎": "Europe/Paris",
    "柏林": "Europe/Berlin",
    "罗马": "Europe/Rome",
    "马德里": "Europe/Madrid",
    "伦敦": "Europe/London",
    "纽约": "America/New_York",
    "多伦多": "America/Toronto",
    "芝加哥": "America/Chicago",
    "洛杉矶": "America/Los_Angeles",
    "温哥华": "America/Vancouver",
    "悉尼": "Australia/Sydney",
    "墨尔本": "Australia/Melbourne",
    "奥克兰": "Pacific/Auckland",
}


def roster_template() -> bytes:
    """An XLSX to fill in: the headers on the first sheet, notes and examples on the second.

    The examples stand apart so that nobody registers them by forgetting to delete them.
    """
    import xlsxwriter  # slow import

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    bold = book.add_format({"bold": True, "bg_color": "#E8F3EE", "border": 1})
    # Text cells keep the zeros of 0301 and all eleven digits of a telephone number.
    words = book.add_format({"num_format": "@"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    page, notes = book.add_worksheet("居民名册"), book.add_worksheet("填写说明")
    page.set_column(0, len(COLUMNS) - 1, 14, words)
    page.freeze_panes(1, 0)
    notes.set_column(0, 0, 12)
    notes.set_column(1, 1, 60, wrapped)
    notes.set_column(2, 3, 18, words)
    notes.write_row(0, 0, ("列", "怎么填", "例一", "例二"), bold)
    for number, column in enumerate(COLUMNS):
        page.write_string(0, number, column.header, bold)
        page.write_comment(0, number, column.note)
        notes.write_string(number + 1, 0, column.header, bold)
        notes.write_string(number + 1, 1, column.note, wrapped)
        for place, example in enumerate(column.example):
            notes.write_string(number + 1, 2 + place, example, words)
    for line, rule in enumerate(RULES, start=len(COLUMNS) + 2):
        notes.write_string(line, 1, rule, wrapped)
    residency = next(n for n, column in enumerate(COLUMNS) if column.key == "residency")
    page.data_validation(
        1,
        residency,
        ROWS_TO_FILL,
        residency,
        {"validate": "list", "source": ["在家", "在外", "租住"]},
    )
    book.close()
    return out.getvalue()


ROWS_TO_FILL = 50_000
RULES = (
    "每人一行，第一行是表头，不要合并单元格，不要用公式。",
    "同一个人再导入一次不会重复：有人员编号的按编号认，没有的按户号和姓名认。",
    "空着的格子不会改动已经登记的内容；表里没有的人不会被删掉。",
    "导入前先检查，逐行告诉您哪里要改；有一处错就一行也不导入。",
)
