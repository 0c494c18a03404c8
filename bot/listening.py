"""How sure the bot must be before it listens, acts, asks or answers: what can be set, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.dialogue.questions import ANSWER_MIN
from bot.dialogue.report import ACT_MIN, CATEGORY_SURE_MIN
from community.thresholds import BOUNDS
from nlp.reading import THRESHOLDS


@dataclass(frozen=True, slots=True)
class Knob:
    """One threshold that a community may set; the default and the bounds are shares, 0 to 1."""

    name: str
    word: str
    lower: str  # what happens when it is set lower
    higher: str
    default: float

    @property
    def bounds(self) -> tuple[float, float]:
        return BOUNDS[self.name]


KNOBS: tuple[Knob, ...] = (
    Knob(
        "gate",
        "听不听",
        "听得更多，闲聊有时也会当真",
        "更安静，有的诉求会漏掉",
        THRESHOLDS["gate"],
    ),
    Knob(
        "emergency",
        "当不当险情",
        "一有苗头就报警示、叫值班，误报多",
        "只在很像时才报，可能报晚",
        THRESHOLDS["emergency"],
    ),
    Knob(
        "act",
        "群里自己动手",
        "没人叫它也会立案、回答",
        "多数只记下来，等人看",
        ACT_MIN,
    ),
    Knob(
        "sure",
        "自己派单",
        "多数直接派给承办单位，派错的会多",
        "多数先给人看一眼再派",
        CATEGORY_SURE_MIN,
    ),
    Knob(
        "answer",
        "照知识库回答",
        "答得更多，答偏的也多",
        "只答最有把握的，其余转人工",
        ANSWER_MIN,
    ),
)


def in_force(own: Mapping[str, float]) -> dict[str, float]:
    """Every threshold as it holds: the community's own, else the default."""
    return {knob.name: own.get(knob.name, knob.default) for knob in KNOBS}
