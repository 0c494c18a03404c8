"""The menu under an official account's chat."""

from collections.abc import Mapping, Sequence
from typing import Any

BUTTONS_MAX = 3
BELOW_MAX = 5
NAME_BYTES_MAX = 16
NAME_BELOW_BYTES_MAX = 60
KEY_BYTES_MAX = 128


def menu_of(public_url: str) -> dict[str, Any]:
    """The menu every community starts with: 报事, 我的事, 更多.

    The keys of click buttons come back as the scene of a message (CLICKS in
    bot/dialogue/router.py).
    """
    menu = {
        "button": [
            {"type": "view", "name": "报事", "url": f"{public_url}/report"},
            {"type": "click", "name": "我的事", "key": "my_cases"},
            {
                "name": "更多",
                "sub_button": [
                    {"type": "view", "name": "公示栏", "url": f"{public_url}/board"},
                    {"type": "click", "name": "绑定我家", "key": "bind"},
                    {"type": "click", "name": "找社区工作人员", "key": "person"},
                    {"type": "click", "name": "怎么用", "key": "help"},
                ],
            },
        ]
    }
    check_menu(menu)
    return menu


def check_menu(menu: Mapping[str, Any]) -> None:
    """Return if the platform will take the menu; ValueError says which limit it breaks."""
    buttons = menu.get("button", [])
    if not 1 <= len(buttons) <= BUTTONS_MAX:
        raise ValueError(f"菜单要有 1 到 {BUTTONS_MAX} 个按钮")
    for button in buttons:
        below = button.get("sub_button", ())
        if len(below) > BELOW_MAX:
            raise ValueError(f"“{button['name']}”下面最多 {BELOW_MAX} 个按钮")
        _check_names([button], NAME_BYTES_MAX)
        _check_names(below, NAME_BELOW_BYTES_MAX)


def _check_names(buttons: Sequence[Mapping[str, Any]], bytes_max: int) -> None:
    for button in buttons:
        if len(button["name"].encode()) > bytes_max:
            raise ValueError(f"按钮名“{button['name']}”太长")
        if len(button.get("key", "").encode()) > KEY_BYTES_MAX:
            raise ValueError(f"按钮“{button['name']}”的 key 太长")
