"""Nearness: how much the places and times of two messages speak for the same matter."""

import math
from functools import lru_cache

from nlp.address import Place, find_places

SAME_PLACE = 1.2
SAME_BUILDING = 1.1
OTHER_PART = 0.85
OTHER_PLACE = 0.55
FAR_IN_TIME = 0.9
DAYS_HALF = 30.0

_DAY_SECONDS = 86_400.0


def place_factor(one: str | None, other: str | None) -> float:
    """Above 1 for the same place, below 1 for another building, 1 where one of them says nothing.

    Both are words or normal forms (`3栋2单元`, `花园村5组`, `东门`). The same building without
    contradiction counts a little; another unit of the same building speaks somewhat against.
    """
    if not one or not other:
        return 1.0
    if one == other:
        return SAME_PLACE
    first, second = _parts(one), _parts(other)
    if first is None or second is None:
        return 1.0
    if _differ(first.village, second.village) or _differ(first.group, second.group):
        return OTHER_PLACE
    if _differ(first.building, second.building):
        return OTHER_PLACE
    if _differ(first.unit, second.unit) or _differ(first.spot, second.spot):
        return OTHER_PART
    same = bool(first.building) and first.building == second.building
    return SAME_BUILDING if same else 1.0


def time_factor(one: float | None, other: float | None) -> float:
    """From 1 for the same moment down to 0.9 for far apart; both in seconds, null says nothing."""
    if one is None or other is None:
        return 1.0
    days = abs(one - other) / _DAY_SECONDS
    return FAR_IN_TIME + (1.0 - FAR_IN_TIME) * math.exp2(-days / DAYS_HALF)


@lru_cache(maxsize=8192)
def _parts(words: str) -> Place | None:
    found = find_places(words)
    return found[0] if found else None


def _differ(one: str, other: str) -> bool:
    return bool(one) and bool(other) and one != other
