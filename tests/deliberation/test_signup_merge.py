"""Many copies of one 接龙 made into one list: forks, foreign edits, rows for others."""

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from deliberation.signup_merge import ChainEntry, ChainPost, compile_chains
from deliberation.signup_transcript import clean_list


def copy(sender, *texts, title="清理河道"):
    numbered = [f"{number}. {text}" for number, text in enumerate(texts, start=1)]
    return ChainPost(sender, "\n".join(["#接龙", title, "", *numbered]))


def compiled(*posts):
    (chain,) = compile_chains(posts)
    return chain


def owners(chain):
    return [(entry.owner, entry.text) for entry in chain.entries]


def flags(chain):
    return [(flag.kind, flag.sender, flag.name, flag.before, flag.after) for flag in chain.flags]


def test_forks_are_merged_and_no_row_is_lost():
    """Bo and Chen post at once on top of Lan's; Ding continues Chen's and never saw Bo."""
    chain = compiled(
        copy("兰兰", "兰兰 1"),
        copy("小波", "兰兰 1", "小波 2"),
        copy("老陈", "兰兰 1", "老陈 3"),
        copy("丁叔", "兰兰 1", "老陈 3", "丁叔 4"),
    )

    assert owners(chain) == [
        ("兰兰", "兰兰 1"),
        ("小波", "小波 2"),
        ("老陈", "老陈 3"),
        ("丁叔", "丁叔 4"),
    ]
    assert (chain.flags, chain.post_count) == ((), 4)
    assert clean_list(chain) == "#接龙\n清理河道\n\n1. 兰兰 1\n2. 小波 2\n3. 老陈 3\n4. 丁叔 4\n"


def test_own_row_may_be_changed_also_from_an_old_copy():
    chain = compiled(
        copy("兰兰", "兰兰 1"),
        copy("小波", "兰兰 1", "小波 2"),
        copy("兰兰", "兰兰 5"),
        copy("小波", "兰兰 1", "小波 不来了"),
    )

    assert owners(chain) == [("兰兰", "兰兰 5"), ("小波", "小波 不来了")]
    assert chain.flags == ()


def test_own_row_may_change_its_name():
    chain = compiled(
        copy("兰兰", "兰兰 1"),
        copy("小波", "兰兰 1", "小波 2"),
        copy("小波", "兰兰 1", "波哥一家 2"),
    )

    assert owners(chain) == [("兰兰", "兰兰 1"), ("小波", "波哥一家 2")]


def test_foreign_edits_are_flagged_and_not_taken_over():
    chain = compiled(
        copy("兰兰", "兰兰 1人"),
        copy("小波", "兰兰 1人", "小波 2人"),
        copy("老陈", "兰兰 9人", "小波 2人", "老陈 3人"),
        copy("丁叔", "兰兰 9人", "小波 2人", "老陈 3人", "丁叔 4人"),
        copy("吴姐", "兰兰 9人", "老陈 3人", "丁叔 4人", "吴姐 5人"),
    )

    assert owners(chain) == [
        ("兰兰", "兰兰 1人"),
        ("小波", "小波 2人"),
        ("老陈", "老陈 3人"),
        ("丁叔", "丁叔 4人"),
        ("吴姐", "吴姐 5人"),
    ]
    assert flags(chain) == [
        ("changed", "老陈", "兰兰", "兰兰 1人", "兰兰 9人"),
        ("removed", "吴姐", "小波", "小波 2人", ""),
    ]


def test_rewritten_name_of_another_is_a_foreign_edit():
    chain = compiled(
        copy("兰兰", "兰兰 三号楼 两个人"),
        copy("小波", "兰兰 三号楼 两个人", "小波 2人"),
        copy("老陈", "兰子 三号楼 两个人", "小波 2人", "老陈 3人"),
    )

    assert owners(chain)[0] == ("兰兰", "兰兰 三号楼 两个人")
    assert flags(chain) == [("changed", "老陈", "兰兰", "兰兰 三号楼 两个人", "兰子 三号楼 两个人")]


def test_row_added_for_another_waits_for_their_word():
    posts = [
        copy("兰兰", "兰兰 1"),
        copy("小波", "兰兰 1", "小波 2", "张奶奶 1"),
    ]

    chain = compiled(*posts)
    assert chain.confirmed == (
        ChainEntry("兰兰", "兰兰 1", "兰兰"),
        ChainEntry("小波", "小波 2", "小波"),
    )
    assert chain.to_ask == (ChainEntry("张奶奶", "张奶奶 1", "", "小波"),)
    assert flags(chain) == [("added_for_other", "小波", "张奶奶", "", "张奶奶 1")]
    assert clean_list(chain) == (
        "#接龙\n清理河道\n\n1. 兰兰 1\n2. 小波 2\n\n还要本人确认：\n· 张奶奶 1\n"
    )

    later = compiled(*posts, copy("张奶奶", "兰兰 1", "小波 2", "张奶奶 1", "丁叔 4"))
    assert [entry.text for entry in later.confirmed] == ["兰兰 1", "小波 2", "张奶奶 1"]
    assert later.to_ask == (ChainEntry("丁叔", "丁叔 4", "", "张奶奶"),)


def test_several_new_rows_of_which_none_is_the_senders_are_asked_about():
    chain = compiled(copy("兰兰", "兰兰 1"), copy("云淡风轻", "兰兰 1", "赵六 2", "钱七 1"))

    assert [entry.text for entry in chain.to_ask] == ["赵六 2", "钱七 1"]
    assert [flag[:3] for flag in flags(chain)] == [
        ("unclear", "云淡风轻", "赵六"),
        ("unclear", "云淡风轻", "钱七"),
    ]


def test_single_new_row_is_the_senders_whatever_the_name():
    chain = compiled(copy("兰兰", "兰兰 1"), copy("云淡风轻", "兰兰 1", "赵六 2"))

    assert owners(chain) == [("兰兰", "兰兰 1"), ("云淡风轻", "赵六 2")]


def test_rows_from_before_the_paste_wait_until_their_owners_post():
    first = copy("3-201小波", "兰兰 1", "小波 2", "老陈 3")

    chain = compiled(first)
    assert owners(chain) == [("", "兰兰 1"), ("3-201小波", "小波 2"), ("", "老陈 3")]
    assert chain.flags == ()

    later = compiled(first, copy("老陈", "兰兰 1", "小波 2", "老陈 5"))
    assert owners(later) == [("", "兰兰 1"), ("3-201小波", "小波 2"), ("老陈", "老陈 5")]
    assert later.flags == ()


def test_stepping_back_and_coming_again():
    posts = [
        copy("兰兰", "兰兰 1"),
        copy("小波", "兰兰 1", "小波 2"),
        copy("老陈", "兰兰 1", "小波 2", "老陈 3"),
        copy("小波", "兰兰 1", "老陈 3"),
    ]

    assert owners(compiled(*posts)) == [("兰兰", "兰兰 1"), ("老陈", "老陈 3")]
    assert compiled(*posts).flags == ()
    again = compiled(*posts, copy("小波", "兰兰 1", "老陈 3", "小波 4"))
    assert owners(again) == [("兰兰", "兰兰 1"), ("小波", "小波 4"), ("老陈", "老陈 3")]


def test_stepping_back_right_after_joining():
    chain = compiled(
        copy("兰兰", "兰兰 1"), copy("小波", "兰兰 1", "小波 2"), copy("小波", "兰兰 1")
    )

    assert owners(chain) == [("兰兰", "兰兰 1")]


def test_meddling_in_an_old_copy_is_no_stepping_back():
    chain = compiled(
        copy("兰兰", "兰兰 1人"),
        copy("小波", "兰兰 1人", "小波 2人"),
        copy("小波", "兰兰 8人"),
    )

    assert owners(chain) == [("兰兰", "兰兰 1人"), ("小波", "小波 2人")]


def test_row_for_another_on_a_fork_is_no_new_wording_of_the_own():
    chain = compiled(
        copy("兰兰", "兰兰 1"),
        copy("小波", "兰兰 1", "小波 2"),
        copy("老陈", "兰兰 1", "老陈 3"),
        copy("小波", "兰兰 1", "老陈 3", "张奶奶 1"),
    )

    assert owners(chain) == [
        ("兰兰", "兰兰 1"),
        ("小波", "小波 2"),
        ("老陈", "老陈 3"),
        ("", "张奶奶 1"),
    ]
    assert flags(chain) == [("added_for_other", "小波", "张奶奶", "", "张奶奶 1")]


def test_a_thousand_rows_rewritten_at_once_stay_a_matter_of_seconds():
    before = [f"住户{chr(0x4E00 + n)}{chr(0x5E00 + n)} 一份" for n in range(1000)]
    after = [f"{row} 和一点别的" for row in before]
    names = [f"门牌{chr(0x5E00 + n)}{chr(0x4E00 + n)} 两份" for n in range(1000)]
    began = time.perf_counter()

    chain = compiled(copy("物业", *before), copy("物业", *after), copy("", *names, *before[:1]))

    assert len(chain.entries) == 2000
    assert [flag.kind for flag in chain.flags].count("changed") == 1000
    # Comparing every row with every other in full would take an hour.
    assert time.perf_counter() - began < 300


def test_changed_title_is_flagged_and_another_chain_is_another():
    first = copy("兰兰", "兰兰 1")
    retitled = copy("小波", "兰兰 1", "小波 2", title="清理河道（改周日）")
    other = copy("老陈", "老陈 一箱", title="桃子团购")

    river, peaches = compile_chains([first, retitled, other])

    assert (river.title, owners(river)) == (
        "清理河道",
        [("兰兰", "兰兰 1"), ("小波", "小波 2")],
    )
    assert flags(river) == [("title_changed", "小波", "", "清理河道", "清理河道（改周日）")]
    assert (peaches.title, owners(peaches)) == ("桃子团购", [("老陈", "老陈 一箱")])


def test_copies_without_a_sender_confirm_nothing():
    chain = compiled(
        copy("", "兰兰 1"), copy("", "兰兰 1", "小波 2"), copy(" ", "兰兰 3", "小波 2")
    )

    assert chain.confirmed == ()
    assert [entry.text for entry in chain.to_ask] == ["兰兰 1", "小波 2"]
    assert flags(chain) == [("changed", "", "兰兰", "兰兰 1", "兰兰 3")]


def test_two_people_of_one_name_keep_their_rows():
    chain = compiled(
        copy("王伟", "王伟 1"),
        copy("8栋王伟", "王伟 1", "王伟 2"),
        copy("老陈", "王伟 1", "王伟 2", "老陈 3"),
    )

    assert owners(chain) == [("王伟", "王伟 1"), ("8栋王伟", "王伟 2"), ("老陈", "老陈 3")]
    assert chain.flags == ()


NAMES = ["赵一鸣", "钱二宝", "孙三妹", "李四光", "周五哥", "吴六奶", "郑七叔", "冯八斤"]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), meddling=st.booleans())
def test_any_forks_with_broken_numbers_give_everybody_their_own_latest_row(seed, meddling):
    """People post on top of whichever copy they saw last; the truth is what each wrote last."""
    dice = random.Random(seed)
    copies: list[list[str]] = [[]]
    truth: dict[str, str] = {}
    posts, meddled = [], set()
    for turn in range(dice.randint(1, 14)):
        sender = dice.choice(NAMES)
        base = list(dice.choice(copies[-3:]))
        if not base and copies != [[]]:
            base = list(copies[-1])
        if meddling and dice.random() < 0.3:
            others = [place for place, row in enumerate(base) if not row.startswith(sender)]
            if others:
                place = dice.choice(others)
                meddled.add(base[place].split()[0])
                base[place] = f"{base[place].split()[0]} 改{turn}"
        truth[sender] = f"{sender} 要{turn}份"
        places = [place for place, row in enumerate(base) if row.startswith(sender)]
        if places:
            base[places[0]] = truth[sender]
        else:
            base.append(truth[sender])
        copies.append(base)
        numbers = [dice.choice([n, n, 1, 99]) for n in range(1, len(base) + 1)]
        body = "\n".join(f"{n}. {row}" for n, row in zip(numbers, base, strict=True))
        posts.append(ChainPost(sender, f"#接龙\n清理河道\n\n{body}\n"))

    chain = compiled(*posts)

    assert {entry.owner: entry.text for entry in chain.entries} == truth
    assert {flag.name for flag in chain.flags if flag.kind == "changed"} == meddled
    assert {flag.kind for flag in chain.flags} <= {"changed"}


@given(st.permutations(NAMES))
def test_clean_list_posted_again_by_its_keeper_changes_nothing(order):
    posts = [copy(name, *order[:place], name) for place, name in enumerate(order)]
    chain = compiled(*posts)

    again = compiled(*posts, ChainPost(order[0], clean_list(chain)))

    assert (again.entries, again.flags) == (chain.entries, ())
