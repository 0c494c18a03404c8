"""Who is asking, and what they may do where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EVERYWHERE: frozenset[int] = frozenset({-1})
"""The scope that holds every place; no row has the id -1."""

Rights = Mapping[str, frozenset[int]]
_NOWHERE: frozenset[int] = frozenset()
_NONE: Rights = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a job on whose behalf a transaction runs.

    `rights` maps a capability to the ids of the places where it holds (EVERYWHERE for all).
    `memberships` names what else the actor belongs to, such as {"agency": {17}}.
    `kind` is one of person, bot, system, nobody. `home` is the place the actor belongs to.
    """

    id: int | None
    kind: str = "person"
    rights: Rights = field(default_factory=lambda: _NONE)
    memberships: Rights = field(default_factory=lambda: _NONE)
    home: int | None = None
    identity_id: int | None = None

    def can(self, capability: str, place: int | None = None) -> bool:
        """Whether the capability is held at all, or, with a place, whether it holds there."""
        scope = self.places(capability)
        if not scope:
            return False
        return place is None or place in scope or scope >= EVERYWHERE

    def places(self, capability: str) -> frozenset[int]:
        """Where the capability holds: ids of places, EVERYWHERE, or empty for nowhere."""
        scope = self.rights.get(capability)
        return self.rights.get("*", _NOWHERE) if scope is None else scope

    def member_of(self, kind: str) -> frozenset[int]:
        """Ids of what the actor belongs to, for example its agencies."""
        return self.memberships.get(kind, _NOWHERE)


ALL_RIGHTS: Rights = MappingProxyType({"*": EVERYWHERE})
SYSTEM = Actor(id=None, kind="system", rights=ALL_RIGHTS)
NOBODY = Actor(id=None, kind="nobody")
