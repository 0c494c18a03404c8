"""The menu keeps to what the platform takes, and its keys to what the bot answers."""

import pytest

from bot.channels.wechat.menu import check_menu, menu_of
from bot.dialogue.router import CLICKS


def clicks(buttons):
    for button in buttons:
        yield from clicks(button.get("sub_button", ()))
        if button.get("type") == "click":
            yield button["key"]


def test_every_button_has_an_answer():
    keys = list(clicks(menu_of("https://sq.example.org")["button"]))

    assert keys
    assert [key for key in keys if key not in CLICKS] == []


def view(name):
    return {"type": "view", "name": name, "url": "https://sq.example.org"}


@pytest.mark.parametrize(
    "menu",
    [
        {"button": [view("按钮")] * 3},
        {"button": [view("一二三四五")]},
        {"button": [{"name": "更多", "sub_button": [view("一二三四五六七八九十" * 2)] * 5}]},
    ],
)
def test_menus_at_the_limit_pass(menu):
    check_menu(menu)


@pytest.mark.parametrize(
    "menu",
    [
        {},
        {"button": []},
        {"button": [view("按钮")] * 4},
        {"button": [view("一二三四五六")]},
        {"button": [{"name": "更多", "sub_button": [view("一")] * 6}]},
        {"button": [{"name": "更多", "sub_button": [view("一二三四五六七八九十" * 2 + "一")]}]},
        {"button": [{"type": "click", "name": "按钮", "key": "k" * 129}]},
    ],
)
def test_menus_beyond_the_limit_are_refused(menu):
    with pytest.raises(ValueError, match="按钮"):
        check_menu(menu)
