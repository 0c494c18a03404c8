"""Many copies of one 接龙 made into one list: only a sender's own row is believed.

Every repost repeats the whole list, so two people posting at once make forks, rows get lost, and
anybody can change anybody's row. Each copy is compared with the copy it was made from.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from deliberation.signup_chain import ChainRow, SignupChain, read_chain

FlagKind = Literal["changed", "removed", "added_for_other", "unclear", "title_changed"]
SIMILAR_MIN = 0.6  # of two rows to be taken for one row rewritten
LIKENESSES_MAX = 10_000  # pairs compared in one copy; a list rewritten as a whole is not


@dataclass(frozen=True, slots=True)
class ChainPost:
    """One message as it came: who sent it ("" if the paste does not say), and its whole text."""

    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class ChainFlag:
    """Something a person should look at: who did what to whose row; never taken over."""

    kind: FlagKind
    sender: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One row of the clean list. `owner` is the sender who wrote it for themselves, or "".

    Without an owner nobody has confirmed it yet: it was only seen in other people's copies, or
    `added_by` somebody for another.
    """

    name: str
    text: str
    owner: str
    added_by: str = ""


@dataclass(frozen=True)
class CompiledChain:
    """A chain made clean: entries in the order they first appeared, flags in theirs."""

    title: str
    notes: tuple[str, ...]
    entries: tuple[ChainEntry, ...]
    flags: tuple[ChainFlag, ...]
    post_count: int

    @property
    def confirmed(self) -> tuple[ChainEntry, ...]:
        """The entries their owners wrote themselves."""
        return tuple(entry for entry in self.entries if entry.owner)

    @property
    def to_ask(self) -> tuple[ChainEntry, ...]:
        """The entries somebody must still be asked about, in private."""
        return tuple(entry for entry in self.entries if not entry.owner)


def compile_chains(posts: Iterable[ChainPost]) -> tuple[CompiledChain, ...]:
    """Every chain among the posts, merged, in the order they began; other messages are ignored."""
    merges: list[_Merge] = []
    for post in posts:
        chain = read_chain(post.text)
        if chain is None:
            continue
        merge = _merge_of(chain, merges)
        if merge is None:
            merge = _Merge(chain.title)
            merges.append(merge)
        merge.take(post.sender.strip(), chain)
    return tuple(merge.compiled() for merge in merges)


def _merge_of(chain: SignupChain, merges: Sequence["_Merge"]) -> "_Merge | None":
    """The merge a copy belongs to: by its title, else by half of its rows known there."""
    for merge in reversed(merges):
        if merge.title == chain.title:
            return merge
    texts = {row.text for row in chain.rows}
    for merge in reversed(merges):
        if texts and 2 * len(texts & merge.by_text.keys()) >= len(texts):
            return merge
    return None


# One chain while its copies are read ------------------------------------------------------------


@dataclass(eq=False)
class _Line:
    """A row through all its copies; compared by identity."""

    name: str
    text: str
    owner: str = ""
    added_by: str = ""
    is_withdrawn: bool = False


# Lines in their order, each once.
_Lines: TypeAlias = dict[_Line, None]


@dataclass
class _Copy:
    texts: set[str]
    names: set[str]
    lines: _Lines


class _Merge:
    """The lines, copies and flags of one chain so far."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.notes: tuple[str, ...] = ()
        self.lines: _Lines = {}
        self.own: dict[str, _Line] = {}
        # Every wording seen of a line, foreign ones too, and every name it had.
        self.by_text: dict[str, _Lines] = {}
        self.by_name: dict[str, _Lines] = {}
        self.copies: list[_Copy] = []
        self.flags: list[ChainFlag] = []

    def compiled(self) -> CompiledChain:
        entries = (
            ChainEntry(line.name, line.text, line.owner, line.added_by)
            for line in self.lines
            if not line.is_withdrawn
        )
        return CompiledChain(
            self.title, self.notes, tuple(entries), tuple(self.flags), len(self.copies)
        )

    def take(self, sender: str, chain: SignupChain) -> None:
        """Compare a copy with the one it was made from and believe the sender's own row."""
        base = self._base(sender, chain)
        if chain.title != self.title:
            self._flag("title_changed", sender, "", self.title, chain.title)
        self.notes = self.notes or chain.notes
        shown, rest = self._known(sender, chain.rows)
        missing = {line: None for line in (base.lines if base else ()) if line not in shown}
        flags_before = len(self.flags)
        rest = self._rewritten(sender, rest, shown, missing)
        self._new(sender, rest, shown, is_first=base is None)
        for line in missing:
            if line.owner != sender and not line.is_withdrawn:
                self._flag("removed", sender, line.name, line.text, "")
        own = self.own.get(sender)
        meddled = len(self.flags) > flags_before
        if own is not None and own not in shown and not meddled:
            # Who reposts the list without the own row, and changes nothing else, steps back.
            own.is_withdrawn = True
        self.copies.append(_Copy({row.text for row in chain.rows}, _names(chain), shown))

    def _base(self, sender: str, chain: SignupChain) -> _Copy | None:
        """The copy this one was made from, so that nobody is blamed for a fork.

        It shows every known name of this copy, if one does; of those the one of which the fewest
        names are gone, then with most rows in the same words, then the latest.
        """
        own = self.own.get(sender)
        texts, every_name = {row.text for row in chain.rows}, _names(chain)
        ours = {own.name if own else "", *(n for n in every_name if _is_same_name(sender, n))}
        names = every_name - ours
        known = names & self.by_name.keys()
        best, best_score = None, (0, 0, 0)
        for copy in self.copies:
            gone = copy.names - ours - names
            score = (-len(known - copy.names), -len(gone), len(texts & copy.texts))
            if every_name & copy.names and (best is None or score >= best_score):
                best, best_score = copy, score
        return best

    def _known(self, sender: str, rows: Sequence[ChainRow]) -> tuple[_Lines, list[ChainRow]]:
        """Rows seen before in these very words, and those that are not."""
        shown: _Lines = {}
        rest: list[ChainRow] = []
        for row in rows:
            lines = [line for line in self.by_text.get(row.text, ()) if line not in shown]
            if not lines:
                rest.append(row)
                continue
            line = min(lines, key=lambda line: (line.owner != sender, line.text != row.text))
            shown[line] = None
            if sender and line.owner == sender:
                line.text, line.is_withdrawn = row.text, False
        self._claim(sender, shown)
        return shown, rest

    def _claim(self, sender: str, shown: Iterable[_Line]) -> None:
        """A row others had written becomes the sender's own when the sender reposts it."""
        mine = [line for line in shown if not line.owner and _is_same_name(sender, line.name)]
        if sender and sender not in self.own and len(mine) == 1:
            self.own[sender] = mine[0]
            mine[0].owner = sender

    def _rewritten(
        self, sender: str, rows: Sequence[ChainRow], shown: _Lines, missing: _Lines
    ) -> list[ChainRow]:
        """Rows that are rewordings of lines absent from the copy; returns the others.

        First by the name in the row, then the sender's own line, then by likeness of words.
        """
        rest = list(rows)
        for find in (self._named_alike, _own_renamed, _worded_alike):
            for row in tuple(rest):
                line = find(sender, row, rest, shown if find == self._named_alike else missing)
                if line is not None:
                    rest.remove(row)
                    shown[line] = None
                    missing.pop(line, None)
                    self._reword(sender, line, row)
        return rest

    def _named_alike(
        self, sender: str, row: ChainRow, rest: Sequence[ChainRow], shown: _Lines
    ) -> _Line | None:
        """The line of that name that the copy does not show, the sender's own before others."""
        named = [
            line
            for line in self.by_name.get(row.name, ())
            if line not in shown and line.name == row.name
        ]
        if _is_same_name(sender, row.name) and self.own.get(sender) not in named:
            # Somebody else of the sender's name keeps their row; the sender's own is another.
            named = [line for line in named if not line.owner]
        return min(named, key=lambda line: not sender or line.owner != sender, default=None)

    def _reword(self, sender: str, line: _Line, row: ChainRow) -> None:
        claims = not line.owner and sender not in self.own and _is_same_name(sender, row.name)
        if sender and (line.owner == sender or claims):
            self._write(line, sender, row)
        else:
            self.by_text.setdefault(row.text, {})[line] = None
            self._flag("changed", sender, line.name, line.text, row.text)

    def _new(self, sender: str, rows: Sequence[ChainRow], shown: _Lines, *, is_first: bool) -> None:
        own = self.own.get(sender)
        mine = None if own in shown else _mine(sender, rows, has_own=own is not None)
        for row in rows:
            if row is mine:
                line = own if own is not None else _Line(row.name, row.text)
                self._write(line, sender, row)
            else:
                line = self._index(_Line(row.name, row.text))
                # Who reads along from the middle sees rows of people who posted before.
                if sender and not is_first:
                    line.added_by = sender
                    is_clear = mine is not None or own is not None
                    kind: FlagKind = "added_for_other" if is_clear else "unclear"
                    self._flag(kind, sender, row.name, "", row.text)
            shown[line] = None

    def _write(self, line: _Line, sender: str, row: ChainRow) -> None:
        line.owner, line.added_by, line.is_withdrawn = sender, "", False
        line.name, line.text = row.name, row.text
        self.own[sender] = self._index(line)

    def _index(self, line: _Line) -> _Line:
        self.lines[line] = None
        self.by_text.setdefault(line.text, {})[line] = None
        self.by_name.setdefault(line.name, {})[line] = None
        return line

    def _flag(self, kind: FlagKind, sender: str, name: str, before: str, after: str) -> None:
        self.flags.append(ChainFlag(kind, sender, name, before, after))


def _own_renamed(
    sender: str, row: ChainRow, rest: Sequence[ChainRow], missing: Iterable[_Line]
) -> _Line | None:
    """The sender's own line gone from the copy, if this is the new row most like it."""
    own = next((line for line in missing if sender and line.owner == sender), None)
    if own is None:
        return None
    likest = max(rest, key=lambda other: (_is_same_name(sender, other.name), _likeness(own, other)))
    return own if row is likest else None


def _worded_alike(
    sender: str, row: ChainRow, rest: Sequence[ChainRow], missing: Collection[_Line]
) -> _Line | None:
    """The line gone from the copy whose words this row has for the most part."""
    if _is_same_name(sender, row.name) or len(missing) * len(rest) > LIKENESSES_MAX:
        return None
    best = max(missing, key=lambda line: _likeness(line, row), default=None)
    return best if best is not None and _likeness(best, row) >= SIMILAR_MIN else None


def _names(chain: SignupChain) -> set[str]:
    return {row.name for row in chain.rows}


def _likeness(line: _Line, row: ChainRow) -> float:
    return SequenceMatcher(None, line.text, row.text, autojunk=False).ratio()


def _mine(sender: str, rows: Sequence[ChainRow], *, has_own: bool) -> ChainRow | None:
    """The one new row that is the sender's own, if that can be told.

    Whoever has a row already and adds one of another name adds it for somebody else.
    """
    named = [row for row in rows if _is_same_name(sender, row.name)]
    if sender and len(named) == 1:
        return named[0]
    return rows[0] if sender and len(rows) == 1 and not has_own else None


def _is_same_name(sender: str, name: str) -> bool:
    """Group names hold more than the name: 张三 in 3-201张三, 根宝 in 二组根宝."""
    if sender == name:
        return True
    return min(len(sender), len(name)) >= 2 and (name in sender or sender in name)
