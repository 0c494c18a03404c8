"""删除个人信息: a person taken out of every row, which nobody can take back."""

from aiohttp import web

from bot.erasure import Erased, discard_files, erase
from bot.web.answers import see_other
from bot.web.console.people import show_file
from bot.web.console.shell import row_id, staff, typed_in
from bot.web.forms import Fields, FormTrouble
from bot.web.keys import HOUSE
from community.residents import find_resident
from core.errors import NotFound, Refusal
from core.transaction import Transaction
from core.vault import Vault

NAME_MAX = 40


async def erase_resident(request: web.Request) -> web.Response:
    """Erase, after the whole name was typed and the consequence ticked; files go once it is
    durable.
    """
    actor = staff(request, "people.edit")
    house = request.app[HOUSE]
    resident_id = row_id(request, "resident_id")
    data = await request.post()
    fields = Fields(data)
    try:
        name = fields.text("erase_name", "这位居民的姓名", most=NAME_MAX)
        if not fields.flag("erase_sure"):
            fields.wrong("erase_sure", "请先在“我知道”前打勾。")
        fields.check()
        erased = await house.db.run(actor, _erase, house.vault, resident_id, name)
    except Refusal as refusal:
        return await show_file(request, refusal=refusal, typed=typed_in(data))
    discard_files(erased.files, house.files)
    return see_other("/console/people", done="erased")


def _erase(tx: Transaction, vault: Vault, resident_id: int, name: str) -> Erased:
    resident = find_resident(tx, resident_id)
    if not tx.actor.can("people.edit", resident.community_id):
        raise NotFound
    if name != resident.name:
        raise FormTrouble({"erase_name": "和名册上的姓名不一样，没有删除。"}, {"erase_name": name})
    return erase(tx, vault, resident_id)
