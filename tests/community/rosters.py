"""Invented registers, as large as one likes."""

from core.sheets import write_sheet

HEADERS = (
    "户号",
    "楼栋",
    "单元",
    "房号",
    "建筑面积",
    "姓名",
    "人员编号",
    "居住情况",
    "所在城市",
    "时区",
    "出生日期",
    "手机号",
    "网格",
)
FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂"


def invented_rows(count):
    """`count` people, three to a household, fifty households to a building; all invented."""
    for number in range(count):
        home = number // 3
        building, room = home // 50 + 1, home % 50
        yield (
            f"H{home:05d}",
            f"{building}栋",
            str(room % 2 + 1),
            f"{room // 2 + 1}01",
            f"{80 + room % 40}.50",
            FAMILY[home % len(FAMILY)] + GIVEN[number % len(GIVEN)] + GIVEN[home % 7],
            "",
            ("在家", "在外", "租住")[number % 11 % 3],
            "深圳" if number % 11 % 3 == 1 else "",
            "",
            f"{1940 + number % 80}-0{number % 9 + 1}-1{number % 9}",
            f"139{number:08d}",
            "G01",
        )


def roster_file(rows, *, name="名册.csv", headers=HEADERS):
    """The bytes of a roster with these rows."""
    return write_sheet(name, headers, list(rows))
