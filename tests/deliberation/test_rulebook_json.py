import json

import pytest

from core.errors import Refusal
from deliberation.articles import BadRulebook, BadText, Kind, Part
from deliberation.operations import Delete, Insert, Move, Replace
from deliberation.rulebook_json import (
    JSON_CHARS_MAX,
    BadJson,
    HashDiffers,
    amendment_to_json,
    amendments_from_json,
    rulebook_from_json,
    rulebook_to_json,
)
from tests.deliberation.rulebook_samples import GARDEN, amendment, swap

WISH = amendment(
    "m1",
    swap("a1", "两", "一"),
    Insert("a1", Part("n1", Kind.ARTICLE, "爱鸟护鸟。")),
    Delete("a2", "红白喜事从简。\n提倡不收礼金。"),
    Move("a4", "c1"),
)


def changed(**fields) -> str:
    """The garden's JSON with these fields in place of its own."""
    return json.dumps(json.loads(rulebook_to_json(GARDEN)) | fields)


def test_rulebook_round_trip():
    text = rulebook_to_json(GARDEN)

    assert rulebook_from_json(text) == GARDEN
    assert rulebook_from_json(text, id="other").parts == GARDEN.parts
    assert rulebook_from_json(text, id="other").id == "other"
    assert json.loads(text)["parts"][3] == {
        "id": "a1",
        "kind": "article",
        "label": "第一条",
        "text": "爱护公物，每户每年参加清洁日不少于两次。",
    }


def test_changed_words_do_not_fit_the_hash():
    with pytest.raises(HashDiffers):
        rulebook_from_json(rulebook_to_json(GARDEN).replace("两次", "三次"))

    fields = json.loads(rulebook_to_json(GARDEN).replace("两次", "三次"))
    del fields["hash"]
    assert "三次" in rulebook_from_json(json.dumps(fields)).parts[3].text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "规约文件：不是合格的 JSON。"),
        ("[", "规约文件：不是合格的 JSON。"),
        ("[" * 100_000, "规约文件：不是合格的 JSON。"),
        ("[]", "规约文件：应当是 {…} 这样的对象。"),
        ('{"id": NaN}', "规约文件：不是合格的 JSON。"),
        ('{"id": 1' + "0" * 5_000 + "}", "规约文件：不是合格的 JSON。"),
        ('{"id": "a", "id": "b"}', "规约文件：不是合格的 JSON。"),
        ("{}", "规约文件：缺少 parts。"),
        ('{"parts": {}}', "规约文件：缺少 parts。"),
        ('{"parts": [3]}', "parts 第 1 项：应当是 {…} 这样的对象。"),
        ('{"parts": [{"id": "a"}]}', "parts 第 1 项：缺少 kind，或者不是文字。"),
        ('{"parts": [{"kind": "x"}]}', "parts 第 1 项：kind 不认识。"),
        (
            '{"parts": [{"kind": "article", "id": "甲"}]}',
            "parts 第 1 项：id 只能用字母、数字和 _.:-，最多 64 个。",
        ),
        (
            '{"parts": [{"kind": "article", "id": "a", "text": 3}]}',
            "parts 第 1 项：缺少 text，或者不是文字。",
        ),
        ('{"parts": []}', "规约文件：缺少 id，或者不是文字。"),
        (" " * (JSON_CHARS_MAX + 1), "规约文件：太大了。"),
    ],
)
def test_bad_rulebook_is_refused_with_its_field(text, words):
    with pytest.raises(BadJson) as refusal:
        rulebook_from_json(text)

    assert str(refusal.value) == words


def test_rulebook_that_breaks_the_rules_is_refused():
    with pytest.raises(BadRulebook):
        rulebook_from_json(changed(id="\ud800"))
    with pytest.raises(BadText):
        rulebook_from_json(rulebook_to_json(GARDEN).replace("两次", "\\ud800"))


def test_amendments_round_trip():
    text = (
        f"{amendment_to_json(WISH)}\n\n{amendment_to_json(amendment('m2', swap('a3', '5', '2')))}\n"
    )

    assert list(amendments_from_json(text)) == [WISH, amendment("m2", swap("a3", "5", "2"))]
    assert json.loads(amendment_to_json(WISH))["operations"][0] == {
        "op": "replace",
        "part": "a1",
        "start": 17,
        "old": "两",
        "new": "一",
    }


def test_line_separators_inside_words_do_not_break_lines():
    odd = amendment("m1", Replace("a1", 0, "爱", "护\u2028"))

    assert list(amendments_from_json(amendment_to_json(odd))) == [odd]


def wish(*operations: str, **fields: str) -> str:
    """An amendment line with these operations as JSON."""
    whole = {"id": '"m1"', "rulebook": '"x"', "base": '"h"'} | fields
    named = "".join(f'"{name}": {value}, ' for name, value in whole.items())
    return f'{{{named}"operations": [{", ".join(operations)}]}}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x", "不是合格的 JSON。"),
        ("3", "应当是 {…} 这样的对象。"),
        ('{"id": "m1"}', "缺少 operations。"),
        ('{"operations": {}}', "缺少 operations。"),
        (wish("3"), "第 1 处：应当是 {…} 这样的对象。"),
        (wish("{}"), "第 1 处：缺少 op，或者不是文字。"),
        (
            wish('{"op": "burn"}'),
            "第 1 处：op 只能是 insert、replace、delete、move。",
        ),
        (wish('{"op": "insert", "after": "a"}'), "第 1 处：应当是 {…} 这样的对象。"),
        (
            wish('{"op": "delete", "part": "a", "old": ""}', '{"op": "move", "part": "a"}'),
            "第 2 处：缺少 after，或者不是文字。",
        ),
        (
            wish('{"op": "delete", "part": "\\ud800", "old": ""}'),
            "第 1 处：part 只能用字母、数字和 _.:-，最多 64 个。",
        ),
        (wish('{"op": "replace", "part": "a"}'), "第 1 处：start 应当是 0 或更大的整数。"),
        (
            wish('{"op": "replace", "part": "a", "start": true}'),
            "第 1 处：start 应当是 0 或更大的整数。",
        ),
        (
            wish('{"op": "replace", "part": "a", "start": -1}'),
            "第 1 处：start 应当是 0 或更大的整数。",
        ),
        (
            wish('{"op": "replace", "part": "a", "start": 1.0}'),
            "第 1 处：start 应当是 0 或更大的整数。",
        ),
        (wish(id='"甲"'), "：id 只能用字母、数字和 _.:-，最多 64 个。"),
        (wish(rulebook='"\\ud800"'), "：rulebook 只能用字母、数字和 _.:-，最多 64 个。"),
        (wish(base="3"), "：缺少 base，或者不是文字。"),
    ],
)
def test_bad_amendment_is_refused_with_line_and_place(line, words):
    with pytest.raises(BadJson) as refusal:
        list(amendments_from_json(f"\n{line}\n"))

    assert str(refusal.value).replace("第 2 行", "", 1).lstrip("：") == words.lstrip("：")
    assert str(refusal.value).startswith("第 2 行")


def test_huge_numbers_are_a_refusal_not_a_crash():
    with pytest.raises(Refusal):
        list(amendments_from_json(wish('{"op": "replace", "part": "a", "start": 1e999}')))
