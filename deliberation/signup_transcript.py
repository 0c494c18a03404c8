"""Pasted group talk with several copies of a 接龙 in it, and the clean list that goes back."""

import re
from collections.abc import Sequence

from deliberation.signup_chain import HEADER
from deliberation.signup_merge import ChainFlag, ChainPost, CompiledChain

_CLOCK = r"(?:\d{4}[-/年]\d{1,2}[-/月]\d{1,2}日?\s*)?(?:[上下]午|AM|PM)?\s*\d{1,2}:\d{2}(?::\d{2})?"
# "张三:" or "张三 2026-03-01 20:11" on the line above, as the clients copy several messages.
_SENDER = re.compile(rf"^(?P<name>[^\d\s#＃].{{0,30}}?)\s*(?:[:：]|\s+{_CLOCK})\s*$", re.IGNORECASE)
_SAME_LINE = re.compile(r"^(?P<name>[^#＃:：]{1,31})[:：]\s*(?P<rest>[#＃].*)$")
_FLAG_WORDS = {
    "changed": "{sender}把{name}那一行从“{before}”改成“{after}”，没有采纳",
    "removed": "{sender}发的里面少了{name}那一行“{before}”，已经补上",
    "added_for_other": "{sender}替{name}加了一行“{after}”，要请本人确认",
    "unclear": "{sender}加了几行，看不出哪一行是自己的：“{after}”，要问一下",
    "title_changed": "{sender}把标题从“{before}”改成“{after}”，没有采纳",
}


def read_transcript(text: str) -> tuple[ChainPost, ...]:
    """The posts in a paste; a post begins at each 接龙 header, its sender stands just before.

    Where the paste does not say who sent a copy, the sender is "".
    """
    posts: list[ChainPost] = []
    sender, body = "", list[str]()
    for line in text.splitlines():
        same_line = _SAME_LINE.match(line)
        opening = same_line["rest"] if same_line else line
        if not HEADER.match(opening.strip()):
            body.append(line)
            continue
        named = same_line["name"].strip() if same_line else _take_sender(body)
        _close(posts, sender, body)
        sender, body = named, [opening]
    _close(posts, sender, body)
    return tuple(posts)


def _take_sender(body: list[str]) -> str:
    """The sender named on the last line that is not empty, which then leaves the body."""
    place = len(body) - 1
    while place >= 0 and not body[place].strip():
        place -= 1
    found = _SENDER.match(body[place].strip()) if place >= 0 else None
    if found is None:
        return ""
    del body[place:]
    return found["name"].strip()


def _close(posts: list[ChainPost], sender: str, body: Sequence[str]) -> None:
    text = "\n".join(body)
    if text.strip():
        posts.append(ChainPost(sender, text))


def clean_list(chain: CompiledChain) -> str:
    """The chain as one message to send back: confirmed rows numbered anew, then those to ask."""
    lines = ["#接龙", chain.title, ""]
    lines += [f"{number}. {entry.text}" for number, entry in enumerate(chain.confirmed, start=1)]
    if chain.to_ask:
        lines += ["", "还要本人确认："]
        lines += [f"· {entry.text}" for entry in chain.to_ask]
    return "\n".join(lines) + "\n"


def flag_words(flag: ChainFlag) -> str:
    """A flag as a sentence for the one who keeps the list, without a full stop."""
    sender = flag.sender or "有人"
    return _FLAG_WORDS[flag.kind].format(
        sender=sender, name=flag.name, before=flag.before, after=flag.after
    )
