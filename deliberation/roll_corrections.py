"""Corrections of a roll: countersigned before the vote opens, next to none afterwards."""

from dataclasses import dataclass
from typing import Literal

from core.errors import Refusal
from deliberation.ballot_records import Mode
from deliberation.rolls import Roll, RollEntry

# Once a vote is open only the loss of capacity by one of these papers takes a voice off the roll.
PAPERS_AFTER_OPENING = ("death", "court")


class CorrectionUnsigned(Refusal):
    code = "correction_unsigned"
    text = "改名册要写明理由，由两个不同的人签字。"


class CorrectionTooLate(Refusal):
    code = "correction_too_late"
    text = "表决已经开始，名册不能再改；只有凭死亡证明或法院文书可以减人，不记名表决连这个也不行。"


class CorrectionAmiss(Refusal):
    code = "correction_amiss"
    text = "名册对不上：{problem}。"


@dataclass(frozen=True)
class Correction:
    """One change of a roll with its reason and the two who signed; kept for good.

    `entry` is the entry after the change, or the one taken off. `paper` is `death` or `court`
    where such a document is the ground, `document` where it is filed.
    """

    action: Literal["add", "remove", "change"]
    entry: RollEntry
    reason: str
    first_signer: str
    second_signer: str
    paper: str = ""
    document: str = ""


def correct_roll(roll: Roll, correction: Correction, *, opened_as: Mode | None = None) -> Roll:
    """The roll after the correction. `opened_as` is the mode of the vote once it is open.

    After opening the published lines stay as they are: the caller shows the count by the roll as
    published and the count by this roll side by side.
    """
    check_signed(correction)
    if opened_as is not None:
        _check_allowed_after_opening(correction, opened_as)
    entries = roll.by_id()
    entry_id = correction.entry.entry_id
    if correction.action == "add" and entry_id in entries:
        raise CorrectionAmiss(problem=f"{entry_id} 已经在名册里")
    if correction.action != "add" and entry_id not in entries:
        raise CorrectionAmiss(problem=f"{entry_id} 不在名册里")
    if correction.action == "remove":
        if entries[entry_id] != correction.entry:
            raise CorrectionAmiss(problem=f"{entry_id} 和名册里写的不一样")
        del entries[entry_id]
    else:
        entries[entry_id] = correction.entry
    return Roll(roll.unit, tuple(entries[key] for key in sorted(entries)))


def check_signed(correction: Correction) -> None:
    """Refuse a correction without a reason or without two different signers."""
    signers = {correction.first_signer.strip(), correction.second_signer.strip()} - {""}
    if len(signers) < 2 or not correction.reason.strip():
        raise CorrectionUnsigned()


def _check_allowed_after_opening(correction: Correction, mode: Mode) -> None:
    # A voice taken off a detached vote could be found by subtraction of two published counts.
    if (
        mode == "detached"
        or correction.action != "remove"
        or correction.paper not in PAPERS_AFTER_OPENING
        or not correction.document.strip()
    ):
        raise CorrectionTooLate()
