"""Masks: what people see of somebody's data when they have no reason to see all of it."""

import re

_DIGIT_RUNS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9}|0\d{2,3}[- ]?\d{7,8})(?!\d)")
_INSIDE = re.compile(r"(?<=[栋座组楼]).+$|\d{1,4}室?$")
_LONG_FAMILY_NAMES = (
    "欧阳司马上官诸葛司徒东方独孤南宫夏侯皇甫尉迟公孙慕容令狐长孙宇文轩辕端木百里呼延"
)
_FAMILY_NAMES = frozenset(
    _LONG_FAMILY_NAMES[n : n + 2] for n in range(0, len(_LONG_FAMILY_NAMES), 2)
)


def mask_name(name: str) -> str:
    """王*, 欧阳*, J*: the family name or first letter alone."""
    if not name:
        return ""
    family = name[:2] if name[:2] in _FAMILY_NAMES and len(name) > 2 else name[:1]
    return f"{family}*"


def mask_phone(phone: str) -> str:
    """139****0001; of a short number only the last two digits stay."""
    if len(phone) >= 11:
        return f"{phone[:3]}****{phone[-4:]}"
    return "*" * max(len(phone) - 2, 0) + phone[-2:] if len(phone) > 4 else "*" * len(phone)


def mask_address(address: str) -> str:
    """3栋2单元501 becomes 3栋*单元*: the building stays, unit and room do not."""
    inside = _INSIDE.search(address)
    if inside is None:
        return address
    return address[: inside.start()] + ("*单元*" if "单元" in inside[0] else "*")


def mask_text(text: str) -> str:
    """Words with every telephone and identity number in them made unreadable."""
    return _DIGIT_RUNS.sub(lambda run: run[0][:3] + "*" * (len(run[0]) - 5) + run[0][-2:], text)
