import pytest

from deliberation.articles import Kind, Part, Rulebook
from deliberation.redline import (
    CELLS_MAX,
    Mark,
    NotTheOldText,
    Segment,
    apply,
    common,
    longest_common,
    new_text,
    old_text,
    redline,
)
from deliberation.redline_book import Fate, redline_book, summary
from deliberation.redline_html import fragment, marked, page
from deliberation.redline_words import aloud, card, cards, changed_clauses, inline, plain
from tests.deliberation.rulebook_samples import GARDEN


def signs(old: str, new: str) -> str:
    """The redline with short signs: [-两][+一]."""
    shapes = {Mark.KEEP: "{}", Mark.DELETE: "[-{}]", Mark.INSERT: "[+{}]"}
    return "".join(shapes[each.mark].format(each.text) for each in redline(old, new))


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        (
            "每户每年参加清洁日不少于两次；垃圾应当投放到指定地点，违者扣除积分5分。",
            "每户每年参加清洁日不少于一次；厨余垃圾应当分类投放到指定地点，违者经提醒仍不改正的扣除积分2分。",
            "每户每年参加清洁日不少于[-两][+一]次；[+厨余]垃圾应当[+分类]投放到指定地点，"
            "违者[+经提醒仍不改正的]扣除积分[-5][+2]分。",
        ),
        # numbers are never cut
        ("罚12元", "罚15元", "罚[-12][+15]元"),
        ("共一百零三户", "共一百零五户", "共[-一百零三][+一百零五]户"),
        ("自2026-03-01起", "自2026-04-01起", "自[-2026-03-01][+2026-04-01]起"),
        ("三分之二以上", "三分之一以上", "[-三分之二][+三分之一]以上"),
        ("5%的住户", "5.5%的住户", "[-5%][+5.5%]的住户"),
        # a single kept character between two changes goes with them
        ("甲乙丙丁戊己庚辛", "甲一丙二戊己庚辛", "甲[-乙丙丁][+一丙二]戊己庚辛"),
        ("甲乙丙丁戊己庚辛", "甲一丙丁二己庚辛", "甲[-乙][+一]丙丁[-戊][+二]己庚辛"),
        # most of a clause changed: the whole clause, and only that one
        (
            "村民应当爱护公物，不得损坏路灯。",
            "村民要爱惜集体财产，不得损坏路灯。",
            "[-村民应当爱护公物][+村民要爱惜集体财产]，不得损坏路灯。",
        ),
        # exactly 60 % changed stays by character, one more does not
        ("甲乙丙丁戊", "甲乙子丑寅", "甲乙[-丙丁戊][+子丑寅]"),
        ("甲乙丙丁戊己", "甲乙子丑寅卯", "[-甲乙丙丁戊己][+甲乙子丑寅卯]"),
        # what was added starts where a clause starts
        ("扣2分；扣3分。", "扣2分；扣5分；扣3分。", "扣2分；[+扣5分；]扣3分。"),
        ("扣2分；扣5分；扣3分。", "扣2分；扣3分。", "扣2分；[-扣5分；]扣3分。"),
        # paragraphs
        ("甲\n乙", "甲\n丙\n乙", "甲\n[+丙\n]乙"),
        ("甲\n乙", "丙\n丁", "[-甲][+丙]\n[-乙][+丁]"),
        # ends
        ("", "新", "[+新]"),
        ("旧", "", "[-旧]"),
        ("旧", "新", "[-旧][+新]"),
        ("同", "同", "同"),
        ("", "", ""),
    ],
)
def test_marks(old, new, marked):
    assert signs(old, new) == marked


def test_apply_refuses_another_text():
    segments = redline("不少于两次", "不少于一次")

    assert apply(segments, "不少于两次") == "不少于一次"
    with pytest.raises(NotTheOldText):
        apply(segments, "不少于三次")


def test_longest_common_is_longest():
    assert longest_common("abcbdab", "bdcaba") == sorted(longest_common("abcbdab", "bdcaba"))
    assert len(longest_common("abcbdab", "bdcaba")) == 4
    assert longest_common("abc", "xyz") == []
    assert longest_common("", "xyz") == []


def test_too_large_comparison_keeps_only_the_ends():
    side = int(CELLS_MAX**0.5) + 1
    old = ["头", *("甲" for _ in range(side)), "尾"]
    new = ["头", *("乙" for _ in range(side - 1)), "甲", "尾"]

    assert common(old, new) == [(0, 0), (side, side), (side + 1, side + 1)]


VERSION = Rulebook(
    "garden",
    (
        GARDEN.parts[0],
        Part("preamble", Kind.PREAMBLE, "为了一起把村子建好，制定本规约。"),
        GARDEN.parts[2],
        Part("a3", Kind.ARTICLE, "厨余垃圾应当投放到指定地点，违者扣除积分2分。"),
        Part("a1", Kind.ARTICLE, "爱护公物，每户每年参加清洁日不少于一次。"),
        Part("n1", Kind.ARTICLE, "爱鸟护鸟。"),
        Part("c2", Kind.CHAPTER, "附则"),
        Part("a4", Kind.ARTICLE, "本规约由村民会议解释。"),
    ),
)


def test_redline_book_tells_what_became_of_each_part():
    rows = redline_book(GARDEN, VERSION)

    assert [(row.id, row.fate, row.moved, row.old_label, row.new_label) for row in rows] == [
        ("title", Fate.KEPT, False, "名称", "名称"),
        ("preamble", Fate.CHANGED, False, "序言", "序言"),
        ("c1", Fate.KEPT, False, "第一章", "第一章"),
        ("a3", Fate.CHANGED, True, "第三条", "第一条"),
        ("a1", Fate.CHANGED, False, "第一条", "第二条"),
        ("a2", Fate.DELETED, False, "第二条", None),
        ("n1", Fate.INSERTED, False, None, "第三条"),
        ("c2", Fate.KEPT, False, "第二章", "第二章"),
        ("a4", Fate.KEPT, False, "第四条", "第四条"),
    ]
    assert old_text(rows[3].segments) == GARDEN.parts[5].text
    assert new_text(rows[3].segments) == VERSION.parts[3].text
    assert summary(rows) == "修改 3 处，新增 1 处，删去 1 处，移动 1 处"
    assert summary(redline_book(GARDEN, GARDEN)) == "没有改动"


def test_struck_part_at_the_very_front_stands_after_the_preamble():
    shorter = Rulebook("garden", (*GARDEN.parts[:2], *GARDEN.parts[4:]))

    assert [row.id for row in redline_book(GARDEN, shorter)][:4] == [
        "title",
        "preamble",
        "c1",
        "a1",
    ]


def test_inline_and_cards():
    rows = {row.id: row for row in redline_book(GARDEN, VERSION)}

    assert (
        inline(rows["a1"].segments) == "爱护公物，每户每年参加清洁日不少于〔删：两〕〔增：一〕次。"
    )
    assert card(rows["a1"]) == (
        "第二条（原第一条） 原：…每户每年参加清洁日不少于两次… 改：…每户每年参加清洁日不少于一次…"
    )
    assert card(rows["a3"]) == (
        "第一条（原第三条） 移到这里 "
        "原：…垃圾应当投放到指定地点… 改：…厨余垃圾应当投放到指定地点…\n"
        "原：…违者扣除积分5分… 改：…违者扣除积分2分…"
    )
    assert card(rows["a2"]) == "原第二条 删去：红白喜事从简。\n提倡不收礼金。"
    assert card(rows["n1"]) == "第三条 新增：爱鸟护鸟。"
    assert card(rows["a4"]) == "第四条 内容不变"
    assert cards(redline_book(GARDEN, GARDEN)) == "\n"


def test_added_and_struck_clauses_say_so():
    def only(old, new):
        before = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, old)))
        after = Rulebook("x", (*GARDEN.parts[:2], Part("a", Kind.ARTICLE, new)))
        return card(redline_book(before, after)[2]), aloud(redline_book(before, after))

    assert only("甲乙丙丁。", "甲乙丙丁。戊己庚辛。") == (
        "第一条 原：（没有） 改：…戊己庚辛…",
        "一共有一处有变化。\n第一条改了一处。增加了：戊己庚辛。\n",
    )
    assert only("甲乙丙丁。戊己庚辛。", "甲乙丙丁。") == (
        "第一条 原：…戊己庚辛… 改：（删去）",
        "一共有一处有变化。\n第一条改了一处。删去了：戊己庚辛。\n",
    )
    assert only("甲乙丙丁，戊己", "甲乙丙丁。戊己") == (
        "第一条 原：…甲乙丙丁，戊己… 改：…甲乙丙丁。戊己…",
        "一共有一处有变化。\n第一条改了一处。原来是：甲乙丙丁，戊己。现在改成：甲乙丙丁。戊己。\n",
    )


def test_changed_clauses():
    segments = redline("甲乙丙丁，戊己庚辛。壬癸", "甲乙丙丁，戊己庚子。壬癸")

    assert changed_clauses(segments) == [("戊己庚辛", "戊己庚子")]
    assert changed_clauses([]) == []


def test_aloud_is_sentences_without_signs():
    assert aloud(redline_book(GARDEN, VERSION)) == (
        "一共有五处有变化。\n"
        "序言改了一处。原来是：为了把村子建好。现在改成：为了一起把村子建好。\n"
        "第一条，原来的第三条，移到了这里，改了两处。"
        "第一处，原来是：垃圾应当投放到指定地点。现在改成：厨余垃圾应当投放到指定地点。"
        "第二处，原来是：违者扣除积分5分。现在改成：违者扣除积分2分。\n"
        "第二条，原来的第一条，改了一处。"
        "原来是：每户每年参加清洁日不少于两次。现在改成：每户每年参加清洁日不少于一次。\n"
        "原来的第二条删去了，内容是：红白喜事从简。提倡不收礼金。\n"
        "第三条是新增的，内容是：爱鸟护鸟。\n"
    )
    assert aloud(redline_book(GARDEN, GARDEN)) == "没有改动。\n"
    moved = Rulebook("garden", (*GARDEN.parts[:3], *GARDEN.parts[4:], GARDEN.parts[3]))
    assert aloud(redline_book(GARDEN, moved)) == (
        "一共有一处有变化。\n第四条，原来的第一条，移到了这里，内容不变。\n"
    )


def test_plain_shows_the_whole_text_with_marks():
    assert plain(redline_book(GARDEN, VERSION)) == (
        "名称 花园村村规民约\n\n"
        "序言\u3000为了〔增：一起〕把村子建好，制定本规约。\n\n"
        "第一章 总则\n\n"
        "第一条（原第三条）（移到这里）\u3000"
        "〔增：厨余〕垃圾应当投放到指定地点，违者扣除积分〔删：5〕〔增：2〕分。\n\n"
        "第二条（原第一条）\u3000爱护公物，每户每年参加清洁日不少于〔删：两〕〔增：一〕次。\n\n"
        "原第二条\u3000〔删：红白喜事从简。\n提倡不收礼金。〕\n\n"
        "第三条\u3000〔增：爱鸟护鸟。〕\n\n"
        "第二章 附则\n\n"
        "第四条\u3000本规约由村民会议解释。\n"
    )


def test_html_labels_in_words_and_escapes():
    segments = [
        Segment(Mark.KEEP, "<b>&"),
        Segment(Mark.DELETE, "甲\n"),
        Segment(Mark.INSERT, '"乙"'),
    ]

    assert marked(segments) == (
        "&lt;b&gt;&amp;"
        '<del><span class="mark">〔删〕</span>甲<br><span class="end">〔删完〕</span></del>'
        '<ins><span class="mark">〔增〕</span>&quot;乙&quot;<span class="end">〔增完〕</span></ins>'
    )


def test_html_parts_and_page():
    written = fragment(redline_book(GARDEN, VERSION)).split("\n")

    assert written[1] == (
        '<p class="part touched" id="preamble"><span class="label">序言</span>为了'
        '<ins><span class="mark">〔增〕</span>一起<span class="end">〔增完〕</span></ins>'
        "把村子建好，制定本规约。</p>"
    )
    assert written[2] == '<h2 class="part" id="c1"><span class="label">第一章</span>总则</h2>'
    assert written[3].startswith(
        '<p class="part touched" id="a3"><span class="label">第一条</span>'
        '<span class="was">（原第三条）</span><span class="note">（移到这里）</span><ins>'
    )
    assert written[5].startswith(
        '<p class="part touched" id="a2"><span class="label">第二条</span>'
        '<span class="was">（原条文，删去）</span><del>'
    )
    whole = page(GARDEN, VERSION)
    assert whole.startswith('<!doctype html>\n<html lang="zh-CN">')
    assert "修改 3 处，新增 1 处，删去 1 处，移动 1 处：序言、第一条（原第三条）、" in whole
    assert "没有改动。〔删〕" in page(GARDEN, GARDEN)
    assert "<script" not in page(
        GARDEN, Rulebook("garden", (Part("title", Kind.TITLE, "<script>"), *GARDEN.parts[1:]))
    )
