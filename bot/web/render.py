"""Templates become pages here: words for times and cases, the form token, addresses of files."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.web.assets import Assets
from bot.web.phases import mark_of
from bot.web.resident.places import without_room
from bot.wording import LOCAL, say_left, say_time, shorten
from cases.rules import PHASE_WORDS

FOLDER = Path(__file__).parent / "templates"
TINTS = 6
WEEKDAYS = "一二三四五六日"
_NUMBER = re.compile(r"([A-Z]{2,8}-\d{8}-\d{4,})")
URGENCY_WORDS: Mapping[str, str] = {"emergency": "紧急", "today": "今天办", "normal": "一般"}


class Pages:
    """The templates of the house and what all of them may use.

    Filters: `when` (今天 14:20, as a <time> with the full moment), `left` (还剩 1天3小时), `moment`
    (2026年11月22日 周日 14:20), `day`, `shorten(most)`, `phase` (word of a case's phase), `mark`
    (its shape and tone), `urgency`, `tint` (of an avatar), `numbers` (case numbers kept whole),
    `public_place` (without the door). Globals: `static(name)`.
    """

    def __init__(self, assets: Assets, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = assets.url
        self._environment.filters.update(
            when=self._when,
            left=self._left,
            moment=say_moment,
            day=say_day,
            shorten=shorten,
            phase=PHASE_WORDS.__getitem__,
            mark=mark_of,
            urgency=URGENCY_WORDS.__getitem__,
            tint=tint,
            numbers=whole_numbers,
            public_place=lambda place: without_room(place or ""),
        )

    def text(self, template: str, values: Mapping[str, Any]) -> str:
        """The template filled in; `now` is the moment it is."""
        return self._environment.get_template(template).render({"now": self._clock(), **values})

    def _when(self, value: datetime, zone: ZoneInfo = LOCAL) -> Markup:
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            value.isoformat(timespec="minutes"),
            say_moment(value, zone),
            say_time(value, self._clock(), zone),
        )

    def _left(self, value: datetime) -> str:
        return say_left(value, self._clock())


def whole_numbers(text: str) -> Markup:
    """The text with every case number kept on one line."""
    parts = _NUMBER.split(text)
    keep = Markup('<span class="number">{}</span>')
    return Markup("").join(
        keep.format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def tint(sender: str) -> int:
    """Which of the TINTS an avatar has: always the same for the same person."""
    return sum(map(ord, sender)) % TINTS + 1


def say_day(value: datetime, zone: ZoneInfo = LOCAL) -> str:
    """11月22日 周日"""
    there = value.astimezone(zone)
    return f"{there.month}月{there.day}日 周{WEEKDAYS[there.weekday()]}"


def say_moment(value: datetime, zone: ZoneInfo = LOCAL) -> str:
    """2026年11月22日 周日 14:20"""
    there = value.astimezone(zone)
    return f"{there.year}年{say_day(value, zone)} {there:%H:%M}"
