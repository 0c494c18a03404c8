"""My file: everything the house keeps about a person, to look at, to take along, to have deleted.

Each part says what it is kept for. The same list feeds the page, the JSON and the ZIP, so that
nothing is shown in one and missing in another.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_
from sqlalchemy import select as core_select
from sqlmodel import col, select

from bot.file_part import Part, Value, Whose, plain_value
from bot.file_register import (
    account_part,
    codes_part,
    household_part,
    identities_part,
    looks_part,
    person_part,
    roles_part,
    shifts_part,
)
from bot.file_words import (
    attachments_part,
    attempts_part,
    cases_part,
    dialogs_part,
    events_part,
    messages_part,
    notes_part,
    questions_part,
    requests_part,
    sessions_part,
)
from cases.desk import Opened, Report, open_case
from cases.rules import OPEN
from cases.tables import Case, Party
from community.people import DESK_CHANNEL, meet
from community.residents import access_resident
from community.tables import (
    Identity,
    Resident,
)
from core.errors import NotFound, Refusal
from core.files import FileStore
from core.transaction import Transaction
from core.vault import Vault

DELETION_TEXT = "申请删除本人的个人资料"
DELETION_CATEGORY = "其他"


class DeletionAsked(Refusal):
    code = "deletion_asked"
    text = "您已经申请过删除，编号 {number}，社区会联系您。"
    status = 409


@dataclass(frozen=True, slots=True)
class MyFile:
    """Everything kept about one person; `files` are (name in the ZIP, SHA-256) of attachments."""

    made_at: datetime
    parts: tuple[Part, ...]
    files: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """The file as plain JSON, readable without us: headers are the names of the fields."""
        return {
            "made_at": self.made_at.isoformat(),
            "parts": [
                {
                    "key": part.key,
                    "title": part.title,
                    "purpose": part.purpose,
                    "rows": [dict(zip(part.headers, row, strict=True)) for row in part.rows],
                }
                for part in self.parts
            ],
        }


def my_file(tx: Transaction, vault: Vault) -> MyFile:
    """Everything kept about the actor: a resident, or a stranger known by a chat alone."""
    if tx.actor.id is not None:
        return _file(tx, vault, _of_resident(tx, tx.actor.id))
    identity = tx.get(Identity, tx.actor.identity_id) if tx.actor.identity_id else None
    if identity is None:
        raise NotFound
    return _file(tx, vault, Whose(None, (identity,)))


def file_of(tx: Transaction, vault: Vault, resident_id: int, *, purpose: str) -> MyFile:
    """The same for somebody who asks for it at the desk; the look is written down as any other."""
    access_resident(tx, resident_id, purpose=purpose)
    return _file(tx, vault, _of_resident(tx, resident_id))


def file_as_json(file: MyFile) -> bytes:
    """The file as JSON text in UTF-8."""
    return json.dumps(file.as_json(), ensure_ascii=False, indent=2).encode()


def file_as_zip(file: MyFile, store: FileStore) -> bytes:
    """The file as a ZIP: the JSON, the same as text, and every picture and voice note."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("我的资料.json", file_as_json(file))
        package.writestr("我的资料.txt", _as_text(file).encode("utf-8-sig"))
        for name, sha256 in file.files:
            try:
                package.write(store.path(sha256), f"附件/{name}")
            except NotFound:
                continue  # it is still on its way from the platform, or was removed
    return out.getvalue()


def ask_deletion(tx: Transaction) -> Opened:
    """Ask to have everything deleted: a case of its own, which a person at the desk decides.

    DeletionAsked names the number when it was asked before and is not decided yet.
    """
    actor = tx.actor
    if actor.home is None or (actor.id is None and actor.identity_id is None):
        raise NotFound
    identity_id = actor.identity_id or _some_identity(tx)
    mine = col(Party.identity_id) == identity_id
    if actor.id is not None:
        mine = or_(mine, col(Party.resident_id) == actor.id)
    query = (
        core_select(col(Case.number))
        .join(Party, col(Party.case_id) == col(Case.id))
        .where(mine, col(Case.text) == DELETION_TEXT, col(Case.phase).in_(OPEN))
    )
    asked = tx.look(query).scalar()
    if asked is not None:
        raise DeletionAsked(number=asked)
    return open_case(
        tx,
        Report(
            community_id=actor.home,
            identity_id=identity_id,
            resident_id=actor.id,
            text=DELETION_TEXT,
            category=DELETION_CATEGORY,
            is_sure=False,
            is_public=False,
        ),
    )


def _of_resident(tx: Transaction, resident_id: int) -> Whose:
    query = select(Identity).where(col(Identity.resident_id) == resident_id)
    return Whose(
        tx.get_one(Resident, resident_id),
        tuple(tx.exec(query.order_by(col(Identity.id))).all()),
    )


def _some_identity(tx: Transaction) -> int:
    assert tx.actor.id is not None
    assert tx.actor.home is not None
    query = select(Identity.id).where(col(Identity.resident_id) == tx.actor.id)
    found = tx.exec(query.order_by(col(Identity.id))).first()
    if found is not None:
        return found
    sender = f"resident-{tx.actor.id}"
    known = meet(tx, channel=DESK_CHANNEL, sender=sender, community_id=tx.actor.home)
    return known.identity_id


def _file(tx: Transaction, vault: Vault, whose: Whose) -> MyFile:
    parts, files = _parts_of(tx, vault, whose)
    return MyFile(tx.now, parts, files)


def _parts_of(
    tx: Transaction, vault: Vault, whose: Whose
) -> tuple[tuple[Part, ...], tuple[tuple[str, str], ...]]:
    attachments, files = attachments_part(tx, whose)
    parts = (
        person_part(tx, vault, whose),
        household_part(tx, whose),
        identities_part(whose),
        codes_part(tx, whose),
        roles_part(tx, whose),
        shifts_part(tx, whose),
        account_part(tx, whose),
        cases_part(tx, whose),
        requests_part(tx, whose),
        questions_part(tx, whose),
        notes_part(tx, whose),
        attachments,
        messages_part(tx, whose),
        dialogs_part(tx, whose),
        sessions_part(tx, whose),
        attempts_part(tx, whose),
        looks_part(tx, whose),
        events_part(tx, whose),
    )
    return parts, files


def _as_text(file: MyFile) -> str:
    lines = [f"我的资料（{plain_value(file.made_at)}）", ""]
    for part in file.parts:
        lines += [f"【{part.title}】{len(part.rows)} 条。用途：{part.purpose}。"]
        for row in part.rows:
            pairs = zip(part.headers, row, strict=True)
            lines.append("；".join(f"{name}：{_said(value)}" for name, value in pairs))
        lines.append("")
    return "\r\n".join(lines)


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return "—" if value in (None, "") else str(value)
