"""From a pinned version and accepted amendments to one draft, or to what must be settled first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import Refusal
from deliberation.articles import Rulebook, rulebook_hash
from deliberation.conflicts import Conflict, conflicts, explain
from deliberation.operations import (
    Amendment,
    applied,
    check_operations,
    check_pin,
    distinct,
)

AMENDMENTS_MAX = 2_000


class AmendmentsConflict(Refusal):
    code = "amendments_conflict"
    text = "修订案 {amendments} 不能同时采纳。{reason}。请先商定用哪一个。"
    status = 409


class RepeatedAmendment(Refusal):
    code = "amendment_repeated"
    text = "修订案“{amendment}”出现了两次。"
    status = 409


class TooManyAmendments(Refusal):
    code = "amendments_too_many"
    text = "一次最多合并 {most} 件修订案，这里有 {count} 件。"


@dataclass(frozen=True, slots=True)
class Preview:
    """The draft if everything undisputed were accepted, what went in, and what is disputed."""

    rulebook: Rulebook
    accepted: tuple[str, ...]
    conflicts: tuple[Conflict, ...]


def check_amendments(base: Rulebook, amendments: Sequence[Amendment]) -> None:
    """Raise unless each amendment fits this version by itself and none is there twice."""
    if len(amendments) > AMENDMENTS_MAX:
        raise TooManyAmendments(most=AMENDMENTS_MAX, count=len(amendments))
    for id, times in Counter(amendment.id for amendment in amendments).items():
        if times > 1:
            raise RepeatedAmendment(amendment=id)
    base_hash = rulebook_hash(base)
    for amendment in amendments:
        check_pin(base, amendment, base_hash)
        check_operations(base, amendment)


def consolidate(base: Rulebook, amendments: Sequence[Amendment]) -> Rulebook:
    """The text that these accepted amendments give together, the same in whatever order.

    Raises `AmendmentsConflict` naming the first conflict in the text, or what `check_amendments`
    raises.
    """
    check_amendments(base, amendments)
    found = conflicts(base, amendments)
    if found:
        names = "、".join(found[0].amendments)
        raise AmendmentsConflict(amendments=names, reason=explain(base, found[0]))
    return applied(base, distinct(amendments))


def preview(base: Rulebook, amendments: Sequence[Amendment]) -> Preview:
    """The draft with every amendment that is in no conflict; raises as `check_amendments`."""
    check_amendments(base, amendments)
    found = conflicts(base, amendments)
    disputed = {id for conflict in found for id in conflict.amendments}
    clear = [amendment for amendment in amendments if amendment.id not in disputed]
    accepted = tuple(sorted(amendment.id for amendment in clear))
    return Preview(applied(base, distinct(clear)), accepted, found)
