"""Matters: which open matter of a group a message goes on with, if any."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlp.address import find_places
from nlp.linear import Vector
from nlp.signals import without_quote

OPEN_MAX = 12
OURS = (0, 1, 2, 3, 4, 10)
EMERGENCY, SUGGESTION, COMMAND, QUESTION = 3, 2, 10, 1
OPENS, FOLLOWS = 1, 2
MATTER_LEAST = 0.25

_FOLLOW = re.compile(
    r"^(?:我家?也|我们?(?:家|这|那|单元|楼|栋)?也|也是|同|\+1|\+\d|支持|赞成|附议|同意|"
    r"对[啊的 ]|是的|是啊|就是|"
    r"真的|没错|又|还是|还没|还在|到现在|都|那|哪有|怎么还|已经|打了|报了|好像|像是|听着)|"
    r"也是|一样|同求|作证|俺也|我都|咱家也|这边也"
)
_NEW = re.compile(r"^(?:对了|话说|另外|还有个事|顺便|问一下|请问|各位|有人知道|有没有人|谁家|求)")
_SIGN = re.compile(r"\[(?:图片|视频|照片|语音|位置)\]")
_BOT = re.compile(r"小[栖七云]|登记|催|查|进度|撤|结了|关了|报修")
_QUOTED = re.compile(r"^[「\"“](?:[^：:\n]{1,20}[：:])?(.{1,80}?)[」\"”]", re.DOTALL)
LINK_NUMBERS = 38


@dataclass(frozen=True, slots=True)
class Said:
    """A message as linking sees it: its id, sender, plain text, and the model's side of it.

    `thread` holds the chances that it stands apart, opens a matter, or goes on with one.
    """

    key: str
    sender: str
    text: str
    side: Sequence[float]
    thread: Sequence[float] = (0.0, 0.0, 0.0)

    @property
    def ours(self) -> float:
        """The probability that the message concerns the community."""
        return sum(self.side[place] for place in OURS)

    @property
    def opens(self) -> bool:
        """Whether the message may open a matter; linking weighs how surely it does."""
        return self.thread[OPENS] >= MATTER_LEAST


@dataclass(slots=True)
class Matter:
    """An open matter: its first message, who spoke of it, and where it last came up."""

    first: Said
    last_index: int
    last_sender: str
    senders: set[str] = field(default_factory=set)
    pieces: set[str] = field(default_factory=set)
    size: int = 1

    def add(self, said: Said, index: int) -> None:
        """Take a further message into the matter."""
        self.last_index, self.last_sender = index, said.sender
        self.senders.add(said.sender)
        self.pieces |= pairs_of(said.text)
        self.size += 1


@dataclass(frozen=True, slots=True)
class LinkModel:
    """Weights of the numbers of a pair of message and matter."""

    weights: Vector
    bias: float
    least: float


def load_links(numbers: Mapping[str, Any]) -> LinkModel:
    """The model of the numbers that training wrote into the manifest."""
    weights = np.array(numbers["weights"], dtype=np.float32)
    return LinkModel(weights, float(numbers["bias"]), float(numbers["least"]))


def pairs_of(text: str) -> set[str]:
    """The two-character pieces of a text that are no punctuation or digits alone."""
    own = without_quote(text)
    pairs = {own[place : place + 2] for place in range(len(own) - 1)}
    return {pair for pair in pairs if pair.isalnum() and not pair.isdigit()}


def opened(said: Said, index: int) -> Matter:
    """A new matter that begins with this message."""
    return Matter(said, index, said.sender, {said.sender}, pairs_of(said.text))


def link_numbers(said: Said, index: int, matter: Matter, newest: bool) -> list[float]:
    """What speaks for and against that a message goes on with a matter."""
    own = without_quote(said.text)
    bare = _SIGN.sub("", own).strip()
    pairs = pairs_of(said.text)
    shared = len(pairs & matter.pieces)
    gap = index - matter.last_index
    side, first = np.asarray(said.side), np.asarray(matter.first.side)
    alike = float(side[11:] @ first[11:]) / max(
        float(np.linalg.norm(side[11:]) * np.linalg.norm(first[11:])), 1e-6
    )
    mine = said.sender == matter.first.sender
    quoted = _QUOTED.match(said.text)
    quote = bool(quoted and quoted[1][:12] in matter.first.text)
    follow, new = bool(_FOLLOW.search(own)), bool(_NEW.search(own))
    same_kind = float(side[:11] @ first[:11])
    numbers = [
        said.ours,
        matter.first.ours,
        min(gap, 12) / 6.0,
        gap == 1,
        gap <= 3,
        mine,
        mine and gap <= 2,
        said.sender == matter.last_sender,
        said.sender in matter.senders,
        newest,
        shared / max(len(pairs), 1),
        min(shared, 4) / 2.0,
        alike,
        alike * said.ours,
        follow,
        follow and newest,
        new,
        not bare,
        not bare and mine,
        len(bare) <= 6,
        len(bare) <= 12 and newest,
        bool(find_places(own)) and len(bare) <= 14,
        quote,
        side[SUGGESTION] * first[SUGGESTION],
        side[EMERGENCY] * first[EMERGENCY],
        side[COMMAND],
        side[COMMAND] * (shared > 0),
        bool(_BOT.search(own)) and shared > 0,
        side[QUESTION],
        same_kind,
        min(matter.size, 6) / 3.0,
        said.ours * newest,
        said.thread[OPENS],
        said.thread[FOLLOWS],
        said.thread[FOLLOWS] * newest,
        said.thread[FOLLOWS] * mine,
        said.thread[FOLLOWS] * alike,
        matter.first.thread[OPENS],
    ]
    return [float(number) for number in numbers]


def best_matter(
    model: LinkModel, said: Said, index: int, matters: Sequence[Matter]
) -> tuple[Matter, float] | None:
    """The matter a message most likely goes on with, if likely enough."""
    if not matters:
        return None
    last = max(matter.last_index for matter in matters)
    table = np.array(
        [link_numbers(said, index, matter, matter.last_index == last) for matter in matters],
        dtype=np.float32,
    )
    chances = 1 / (1 + np.exp(-(table @ model.weights + model.bias)))
    best = int(chances.argmax())
    return (matters[best], float(chances[best])) if chances[best] >= model.least else None


def matters_of(model: LinkModel, talk: Iterable[Said], known: Iterable[Said] = ()) -> list[Matter]:
    """The open matters that a talk holds, those `known` beforehand first."""
    matters = [opened(said, -1) for said in known]
    ids = {matter.first.key for matter in matters}
    for index, said in enumerate(talk):
        if said.key in ids:
            continue
        going_on = best_matter(model, said, index, matters[-OPEN_MAX:])
        if going_on:
            going_on[0].add(said, index)
        elif said.opens:
            matters.append(opened(said, index))
    return matters
