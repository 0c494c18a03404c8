"""听懂的门槛: how sure the bot must be in a community, in plain words, and back to the default."""

from typing import Any

from aiohttp import web

from bot.listening import KNOBS, in_force
from bot.web.answers import see_other
from bot.web.console.shell import (
    chosen_community,
    row_id,
    show_console,
    staff,
    trouble_of,
    typed_in,
    wanted_community,
)
from bot.web.forms import Fields
from bot.web.keys import HOUSE
from community.thresholds import RIGHT, set_threshold, thresholds_of
from core.errors import Refusal
from core.transaction import Transaction

RESET = "reset"


async def show_listening(request: web.Request) -> web.Response:
    """Every threshold of a community with what lower and higher mean."""
    return await _page(request, wanted_community(request))


async def keep_listening(request: web.Request) -> web.Response:
    """Set the thresholds that were changed, or put one or all of them back to the default."""
    actor = staff(request, RIGHT)
    area_id = row_id(request, "area_id")
    data = await request.post()
    fields, typed = Fields(data), typed_in(data)
    try:
        wanted: dict[str, float | None] = {}
        reset = typed.get(RESET, "")
        for knob in KNOBS:
            if reset in ("all", knob.name):
                wanted[knob.name] = None
            elif not reset:
                least, most = knob.bounds
                percent = fields.whole(
                    knob.name, knob.word, least=round(least * 100), most=round(most * 100)
                )
                is_default = percent == round(knob.default * 100)
                wanted[knob.name] = None if is_default else percent / 100
        fields.check()
        await request.app[HOUSE].db.run(actor, _set, area_id, wanted)
    except Refusal as refusal:
        return await _page(request, area_id, refusal=refusal, typed=typed)
    return see_other(f"/console/listening?community={area_id}", done="saved")


def _set(tx: Transaction, area_id: int, wanted: dict[str, float | None]) -> None:
    area, _ = chosen_community(tx, area_id, RIGHT)
    for name, value in wanted.items():
        set_threshold(tx, area.id, name, value)


async def _page(
    request: web.Request,
    wanted: int | None,
    *,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> web.Response:
    actor = staff(request, RIGHT)
    trouble = trouble_of(refusal) if refusal is not None else {}
    if typed is not None:
        trouble["typed"] = typed
    values = await request.app[HOUSE].db.read(actor, _read, wanted)
    return show_console(
        request, "listening.html", here="more", knobs=KNOBS, **{**values, **trouble}
    )


def _read(tx: Transaction, wanted: int | None) -> dict[str, Any]:
    area, among = chosen_community(tx, wanted, RIGHT)
    own = thresholds_of(tx, area.id)
    percents = {name: round(value * 100) for name, value in in_force(own).items()}
    return {"area": area, "among": among, "own": own, "percents": percents}
