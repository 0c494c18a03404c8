"""Rulebooks and amendments to test with: a small one to read, and strategies that invent more."""

from hypothesis import strategies as st

from deliberation.articles import (
    Kind,
    Part,
    Rulebook,
    clean_text,
    make_rulebook,
    rulebook_hash,
)
from deliberation.articles import text_trouble as trouble_of
from deliberation.operations import (
    Amendment,
    BadAmendment,
    Delete,
    Insert,
    Move,
    Operation,
    Replace,
    check_amendment,
)

GARDEN = make_rulebook(
    id="garden",
    title="花园村村规民约",
    preamble="为了把村子建好，制定本规约。",
    parts=(
        Part("c1", Kind.CHAPTER, "总则"),
        Part("a1", Kind.ARTICLE, "爱护公物，每户每年参加清洁日不少于两次。"),
        Part("a2", Kind.ARTICLE, "红白喜事从简。\n提倡不收礼金。"),
        Part("a3", Kind.ARTICLE, "垃圾应当投放到指定地点，违者扣除积分5分。"),
        Part("c2", Kind.CHAPTER, "附则"),
        Part("a4", Kind.ARTICLE, "本规约由村民会议解释。"),
    ),
)


def amendment(id: str, *operations: Operation, base: Rulebook = GARDEN) -> Amendment:
    """An amendment pinned on `base`."""
    return Amendment(id, base.id, rulebook_hash(base), operations)


def swap(part: str, old: str, new: str, *, base: Rulebook = GARDEN) -> Replace:
    """`new` in place of the first `old` of this part."""
    text = next(each.text for each in base.parts if each.id == part)
    return Replace(part, text.index(old), old, new)


LETTERS = st.sampled_from(
    list(
        "村民应当爱护公物，。；不得第一二三十百条章节（）0123456789五分次年%abc *_#>-+.!“”【】、："
    )
)
LINES = st.text(LETTERS, min_size=1, max_size=14)
TEXTS = st.lists(LINES, min_size=1, max_size=3).map("\n".join).map(clean_text)
ARTICLE_TEXTS = TEXTS.filter(lambda text: trouble_of(Kind.ARTICLE, text) is None)
HEADING_TEXTS = LINES.map(clean_text).filter(lambda text: trouble_of(Kind.CHAPTER, text) is None)
TITLE_TEXTS = LINES.map(clean_text).filter(lambda text: trouble_of(Kind.TITLE, text) is None)
PREAMBLES = st.one_of(st.just(""), ARTICLE_TEXTS)


@st.composite
def numbered_parts(draw, *, prefix: str = "p", min_articles: int = 1):
    """Some chapters, sections and articles, articles at least so many."""
    kinds = draw(
        st.lists(st.sampled_from([Kind.ARTICLE] * 4 + [Kind.CHAPTER, Kind.SECTION]), max_size=7)
    )
    kinds += [Kind.ARTICLE] * max(0, min_articles - kinds.count(Kind.ARTICLE))
    return tuple(
        Part(f"{prefix}{n}", kind, draw(ARTICLE_TEXTS if kind is Kind.ARTICLE else HEADING_TEXTS))
        for n, kind in enumerate(kinds)
    )


@st.composite
def rulebooks(draw, *, prefix: str = "p", min_articles: int = 1):
    """A whole rulebook."""
    return make_rulebook(
        id="book",
        title=draw(TITLE_TEXTS),
        preamble=draw(PREAMBLES),
        parts=draw(numbered_parts(prefix=prefix, min_articles=min_articles)),
    )


@st.composite
def operations_on(draw, base: Rulebook, tag: str):
    """One operation that may or may not fit `base`; identities are mostly real ones."""
    ids = [part.id for part in base.parts]
    part = draw(st.sampled_from(base.parts))
    kind = draw(st.sampled_from(["replace"] * 4 + ["insert", "delete", "move"]))
    if kind == "replace":
        start = draw(st.integers(0, len(part.text)))
        end = draw(st.integers(start, min(len(part.text), start + 4)))
        return Replace(part.id, start, part.text[start:end], draw(st.text(LETTERS, max_size=4)))
    if kind == "insert":
        text = draw(ARTICLE_TEXTS)
        return Insert(draw(st.sampled_from(ids)), Part(f"n{tag}", Kind.ARTICLE, text))
    if kind == "delete":
        return Delete(part.id, part.text)
    return Move(part.id, draw(st.sampled_from(ids)))


@st.composite
def amended(draw, *, most: int = 5):
    """A rulebook and amendments that each pass by themselves; they may conflict."""
    base = draw(rulebooks(min_articles=3))
    found = []
    for n in range(draw(st.integers(1, most))):
        operations = tuple(
            draw(operations_on(base, f"{n}x{m}")) for m in range(draw(st.integers(1, 3)))
        )
        each = amendment(f"m{n}", *operations, base=base)
        try:
            check_amendment(base, each)
        except BadAmendment:
            continue
        found.append(each)
    return base, found
