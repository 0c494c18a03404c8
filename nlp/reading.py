"""One call, `read`: what a message is, what it is about, how urgent, where, and how sure."""

import json
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

from nlp.address import match_place, place_in
from nlp.categories import CATEGORIES, lexicon, own_category, second_level, words_in
from nlp.chat_model import (
    INTENTS,
    ChatModel,
    Impression,
    around_of,
    impression_of,
    load_chat_model,
)
from nlp.installed import chosen_version
from nlp.letter_model import LetterModel, letter_category, load_letter_model
from nlp.linear import Known, likeliest
from nlp.link_numbers import FOLLOWS, Said, Words, words_of
from nlp.matters import LINKS_FILE, LinkModel, best_first, load_links
from nlp.plain import plain
from nlp.rules import Rule, danger_rules, far_away, shielded
from nlp.signals import (
    NOTHING_AROUND,
    Around,
    around_numbers,
    bare_sign,
    numbers_of,
    pieces_of,
    without_quote,
)

Urgency = Literal["emergency", "today", "normal"]

WEIGHTS = Path(__file__).parent / "weights"
MESSAGES_MAX = 20
SAID_CHARACTERS = 300
LETTER_LEAST = 0.05
LETTER_LONG = 160
REASONS_LOOKED_AT = 12
LETTER_SURE = 0.2
# Messages less likely to go on with something, by their words, are not compared with earlier ones.
LINK_LEAST, LIFT_LEAST = 0.05, 0.15
THRESHOLDS: Mapping[str, float] = {
    "gate": 0.45,
    "gate_alone": 0.54,
    "letter_gate": 0.15,
    "fault_gate": 0.15,
    "emergency": 0.24,
    "emergency_alone": 0.16,
    "rule": 0.02,
    "far": 0.8,
    "own": 0.3,
    "today": 0.4,
}
_FAULT = re.compile(
    r"漏水|漏雨|漏电|渗水|冒水|积水|坏了|坏的|不亮|停水|停电|没水|没电|没网|断网|堵了|堵住|不能用|用不了|断了|打不开|关不上|"
    r"裂了|松了|倒了|没人(?:管|修|清|收|来)|(?:修|管|处理|清理|查)一下|太吵|好吵|臭死|扰民|占(?:道|用)|乱停|乱扔"
)
_OFFICIAL = re.compile(r"[a-z]\d{0,2}[市县区]|局长|市长|县长|省长|市委|县委|市政府|县政府|西地省")


class Intent(StrEnum):
    """What the writer wants with a message."""

    REQUEST = "request"
    QUESTION = "question"
    SUGGESTION = "suggestion"
    EMERGENCY = "emergency"
    HELP = "help"
    NOTICE = "notice"
    THANKS = "thanks"
    CHATTER = "chatter"
    AD = "ad"
    CHAIN = "chain"
    COMMAND = "command"


CONCERNS_US = frozenset(
    {
        Intent.REQUEST,
        Intent.QUESTION,
        Intent.SUGGESTION,
        Intent.EMERGENCY,
        Intent.HELP,
        Intent.COMMAND,
    }
)
_WORDED = re.compile(r"[a-z\u3400-\u9fff].*[a-z\u3400-\u9fff]", re.DOTALL)
_CHATTER = INTENTS.index("chatter")
_EMERGENCY, _NOTICE = INTENTS.index("emergency"), INTENTS.index("notice")
_AD, _CHAIN = INTENTS.index("ad"), INTENTS.index("chain")
_OURS = [place for place, name in enumerate(INTENTS) if Intent(name) in CONCERNS_US]
_OURS_CALM = [place for place in _OURS if place != _EMERGENCY]
_OTHERS = [place for place in range(len(INTENTS)) if place not in _OURS]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known besides the words: who speaks, what was said before, the community's names.

    `messages` are the last messages of the group, oldest first, and `matters` the open matters
    whatever their age, both as (id, sender, text); `links` asks for `Reading.same_as` among them.
    `gazetteer` holds the community's own place names, `categories` the names of its own
    categories, `thresholds` overrides of `THRESHOLDS`.
    """

    sender: str | None = None
    addressed: bool = False
    messages: tuple[tuple[str, str, str], ...] = ()
    matters: tuple[tuple[str, str, str], ...] = ()
    gazetteer: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    links: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything `read` found out about one message.

    `confidence` is that of the intent and `category_confidence` that of the category, both as
    probabilities; `danger` names the kind of danger when a rule saw one (see `nlp.rules`).
    """

    text: str
    intent: Intent
    category: str | None
    category2: str | None
    urgency: Urgency
    place: str | None
    confidence: float
    category_confidence: float
    reasons: tuple[str, ...]
    same_as: str | None
    model: str
    danger: str | None = None

    @property
    def concerns_us(self) -> bool:
        """Whether the message asks something of the community: request, question and the like."""
        return self.intent in CONCERNS_US


@dataclass(frozen=True, slots=True)
class _Models:
    chat: ChatModel
    letters: LetterModel
    links: LinkModel
    version: str
    folder: Path


_installed: Path | None = None
_live: _Models | None = None
_loading = threading.Lock()


def use_weights(folder: Path | None) -> None:
    """From now on read with the model that is live in this folder (see `nlp.installed`).

    Without a folder, or when none is live there, it is the shipped one. Loaded when first used.
    """
    global _installed, _live
    with _loading:
        _installed = folder
        if _live is not None and _live.folder != weights_folder():
            _live = None
            _forget_earlier()


def refresh_models() -> bool:
    """Load the model that is live now, if it is another than the one in use; whether it was.

    Takes up to a second and keeps nobody waiting meanwhile; the next `read` uses the new one. What
    cannot be loaded raises OSError, ValueError or KeyError and leaves the old one in use.
    """
    global _live
    with _loading:
        folder = weights_folder()
        if _live is not None and _live.folder == folder:
            return False
        try:
            _live = _load(folder)
        except BadZipFile as error:
            raise ValueError(f"{folder}: {error}") from error
        _forget_earlier()
        return True


def _forget_earlier() -> None:
    _looked_up.cache_clear()
    _earlier.cache_clear()
    _earlier_words.cache_clear()


def weights_folder() -> Path:
    """The folder of the live model."""
    version = chosen_version(_installed) if _installed is not None else ""
    return _installed / version if _installed is not None and version else WEIGHTS


def models() -> _Models:
    """The live models, loaded once; the shipped ones where the chosen one cannot be loaded, so
    that an installation that was made anew goes on hearing.
    """
    global _live
    if _live is None:
        try:
            refresh_models()
        except (OSError, ValueError, KeyError):
            if weights_folder() == WEIGHTS:
                raise
            _live = _load(WEIGHTS)
    assert _live is not None
    return _live


def _load(folder: Path) -> _Models:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return _Models(
        chat=load_chat_model(folder, manifest["chat"]["factors"]),
        letters=load_letter_model(folder / "letters.npz", manifest["letters"]["factors"]),
        links=_links(folder, manifest),
        version=manifest["version"],
        folder=folder,
    )


def _links(folder: Path, manifest: Mapping[str, Any]) -> LinkModel:
    """The links of a folder; those that ship where it has none of its own."""
    if not (folder / LINKS_FILE).exists():
        folder = WEIGHTS
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return load_links(folder / LINKS_FILE, manifest["links"])


_NO_CONTEXT = Context()


def read(text: str, context: Context | None = None) -> Reading:
    """What `text` says; never raises, whatever the text, and takes a bounded time."""
    context = context or _NO_CONTEXT
    known = models()
    talk = [_earlier(said, sender) for _, sender, said in context.messages[-MESSAGES_MAX:]]
    around = _around(talk, context)
    sender = context.sender
    if talk and len(text) <= SAID_CHARACTERS and sender != "":
        # The next message of the group will ask for it again, as an earlier one.
        words, found, numbers = _looked_up(text, sender or "")
    else:
        words = plain(text)
        found = known.chat.linear.rows(pieces_of(words, sender))
        numbers = numbers_of(words, sender, addressed=context.addressed)
    if talk:
        if context.addressed:
            numbers = numbers_of(words, sender, addressed=True)
        numbers = numbers + around_numbers(words, around)
    seen = impression_of(known.chat, found, numbers)
    rules = danger_rules(without_quote(words))
    limits = {**THRESHOLDS, **context.thresholds}
    if sender is None and not talk:
        # Without anything around, words must speak for themselves; danger is not to be missed.
        for name in ("gate", "emergency"):
            if name not in context.thresholds:
                limits[name] = limits[f"{name}_alone"]
    letter = _letter_share(words, seen)
    if letter >= LETTER_SURE:
        limits["gate"] = min(limits["gate"], limits["letter_gate"])
    elif _FAULT.search(words) and not shielded(words):
        limits["gate"] = min(limits["gate"], limits["fault_gate"])
    intent, confidence = decide_intent(seen, rules, words, limits)
    if bare_sign(words) and around.own and around.own[_EMERGENCY] >= limits["own"]:
        intent, confidence = Intent.EMERGENCY, float(around.own[_EMERGENCY])
    same_as, chance = None, 0.0
    if seen.thread[FOLLOWS] >= (LINK_LEAST if intent in CONCERNS_US else LIFT_LEAST):
        same_as, chance = _same_as(words, numbers, seen, talk, context, known)
    if intent not in CONCERNS_US:
        if chance >= known.links.lift:
            # What surely goes on with a matter asks for something, whatever its words alone say.
            intent = Intent(INTENTS[max(_OURS_CALM, key=seen.intents.__getitem__)])
            ours = sum(seen.intents[place] for place in _OURS)
            confidence = chance * seen.intents[INTENTS.index(intent)] / ours
        else:
            same_as = None
    category, certainty = _category(words, seen, known, context, letter)
    told = intent in CONCERNS_US or intent is Intent.NOTICE or letter >= LETTER_SURE
    second = second_level(words, category) if told and category in CATEGORIES else None
    return Reading(
        text=text,
        intent=intent,
        category=category if told else None,
        category2=second,
        urgency=_urgency(seen, intent, context),
        place=_place(words, context) if intent is not Intent.CHAIN else None,
        confidence=_share(confidence),
        category_confidence=_share(certainty),
        reasons=_reasons(known, found, intent, category if told else None, words, rules),
        same_as=same_as,
        model=known.version,
        danger=rules[0].name if rules and intent is Intent.EMERGENCY else None,
    )


def read_many(texts: Iterable[str]) -> list[Reading]:
    """`read` for each text without context, in order."""
    return [read(text) for text in texts]


def _share(chance: float) -> float:
    return round(min(max(chance, 0.0), 1.0), 4)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An earlier message: its sender and plain text, its numbers and n-grams, and what it says by
    itself, `side` being the intents and categories of that.
    """

    sender: str
    words: str
    numbers: list[float]
    found: Known
    seen: Impression
    side: list[float]


@lru_cache(maxsize=8192)
def _looked_up(text: str, sender: str) -> tuple[str, Known, list[float]]:
    """The plain text, its n-grams looked up, and its numbers; nobody changes them."""
    words = plain(text[:SAID_CHARACTERS])
    found = models().chat.linear.rows(pieces_of(words, sender or None))
    return words, found, numbers_of(words, sender or None, addressed=False)


@lru_cache(maxsize=8192)
def _earlier(text: str, sender: str) -> _Earlier:
    words, found, numbers = _looked_up(text, sender)
    seen = impression_of(models().chat, found, numbers)
    return _Earlier(sender, words, numbers, found, seen, seen.side())


@lru_cache(maxsize=8192)
def _earlier_words(text: str, sender: str) -> Words:
    one = _earlier(text, sender)
    return words_of(one.words, sender, one.numbers)


def _around(talk: Sequence[_Earlier], context: Context) -> Around:
    if not talk:
        return NOTHING_AROUND
    sides = [one.side for one in talk]
    return around_of([one.sender for one in talk], sides, context.sender or "")


def _in_talk(talk: Sequence[_Earlier], texts: Sequence[tuple[str, str, str]]) -> list[Said]:
    """The messages of a talk, each read with those before it."""
    model, senders = models().chat, [one.sender for one in talk]
    sides = [one.side for one in talk]
    told = []
    for place, (key, sender, text) in enumerate(texts):
        one = talk[place]
        around = around_of(senders[:place], sides[:place], sender)
        numbers = one.numbers + around_numbers(one.words, around)
        seen = impression_of(model, one.found, numbers)
        told.append(Said(key, sender, _earlier_words(text, sender), seen.side(), seen.thread))
    return told


def _open_before(key: str, sender: str, text: str) -> Said:
    one = _earlier(text, sender)
    return Said(key, sender, _earlier_words(text, sender), one.side, one.seen.thread)


def _same_as(
    words: str,
    numbers: Sequence[float],
    seen: Impression,
    talk: Sequence[_Earlier],
    context: Context,
    known: _Models,
) -> tuple[str | None, float]:
    """The id of the message that this one goes on with, and how surely."""
    if not context.links or not (talk or context.matters):
        return None, 0.0
    sender = context.sender or ""
    before, opened = _linked_talk(talk, context)
    said = Said("", sender, words_of(words, sender, numbers), seen.side(), seen.thread)
    place, chance = best_first(known.links, [*before, said], opened)
    return (before[place].key if chance >= known.links.least else None), chance


def _linked_talk(
    talk: Sequence[_Earlier], context: Context
) -> tuple[list[Said], list[bool] | None]:
    """The open matters from before the talk and the messages of the talk, each read with those
    before it; and which of them are open matters, if any is known.
    """
    told = _in_talk(talk, context.messages[-MESSAGES_MAX:])
    if not context.matters:
        return told, None
    keys = {said.key for said in told}
    open_before = [_open_before(*matter) for matter in context.matters if matter[0] not in keys]
    open_keys = {key for key, _, _ in context.matters}
    every = [*open_before, *told]
    return every, [*(said.key in open_keys for said in every), False]


def decide_intent(
    seen: Impression, rules: Sequence[Rule], words: str, limits: Mapping[str, float]
) -> tuple[Intent, float]:
    """The intent and its probability: danger first, then the gate, then the likeliest inside.

    A rule lowers the bar for danger; news, drills and settled matters without a rule raise it.
    """
    chances = seen.intents
    if not rules and not _WORDED.search(words):
        # Numbers, signs and single letters say nothing by themselves; the prior must not speak.
        return Intent.CHATTER, max(0.5, chances[_CHATTER])
    danger = chances[_EMERGENCY]
    told = chances[_NOTICE] + chances[_AD] + chances[_CHAIN]
    bar = limits["emergency"]
    if rules:
        bar = 0.0 if any(rule.name == "selfharm" for rule in rules) else bar * limits["rule"]
    elif far_away(words):
        bar = max(bar, limits["far"])
    if danger >= bar and (danger > told or told < 0.5):
        return Intent.EMERGENCY, max(danger, 0.5) if rules else danger
    ours = sum(chances[place] for place in _OURS)
    side = _OURS_CALM if ours >= limits["gate"] else _OTHERS
    best = max(side, key=chances.__getitem__)
    return Intent(INTENTS[best]), chances[best]


def _category(
    words: str, seen: Impression, known: _Models, context: Context, letter: float
) -> tuple[str, float]:
    """The likeliest category; letters to officials are filed as the labelled letters are."""
    if context.categories:
        own = own_category(words, context.categories)
        if own is not None:
            return own
    if letter < LETTER_LEAST:
        best = likeliest(seen.categories)
        return CATEGORIES[best], seen.categories[best]
    chances = [chance * (1 - letter) for chance in seen.categories]
    for place, chance in enumerate(letter_category(known.letters, words)):
        chances[place] += chance * letter
    best = likeliest(chances)
    return CATEGORIES[best], chances[best]


def _letter_share(words: str, seen: Impression) -> float:
    if len(words) > LETTER_LONG or _OFFICIAL.search(words):
        return 1.0
    return 1.0 if seen.letter >= LETTER_SURE else seen.letter


def _urgency(seen: Impression, intent: Intent, context: Context) -> Urgency:
    if intent is Intent.EMERGENCY:
        return "emergency"
    limit = context.thresholds.get("today", THRESHOLDS["today"])
    return "today" if intent in CONCERNS_US and seen.urgent >= limit else "normal"


def _place(words: str, context: Context) -> str | None:
    place = place_in(words)
    if not context.gazetteer:
        return place
    name = match_place(place or words, context.gazetteer, is_normal=place is not None)
    # 3栋 is in the gazetteer, and 3栋2单元 says more.
    return place if name is None or (place and place.startswith(name)) else name


def _reasons(
    known: _Models,
    found: Known,
    intent: Intent,
    category: str | None,
    words: str,
    rules: Sequence[Rule],
) -> tuple[str, ...]:
    """The rules and words that decided, in plain Chinese, at most six."""
    reasons = [f"规则：{rule.label}" for rule in rules]
    if rules == [] and intent is Intent.EMERGENCY and shielded(words):
        reasons.append("像是正在发生的危险，也有别的说法，请人看一眼")
    if intent not in CONCERNS_US and category is None:
        # Most talk is chatter and nobody looks at its reasons: the search for words is saved.
        return (*reasons, "没有听出诉求")
    texts = known.chat.linear.telling(found, intent.value, REASONS_LOOKED_AT)
    shown = [text for text in texts if len(text) >= 2 and text.isalnum()]
    if shown:
        reasons.append("用词：" + "、".join(_longest(shown)[:3]))
    if category is not None:
        spoken = words_in(words[:LETTER_LONG])
        place = CATEGORIES.index(category) if category in CATEGORIES else -1
        means = [w for w in spoken if any(p == place for p, _ in lexicon().meanings[w])]
        if means:
            reasons.append(f"{category}的说法：" + "、".join(dict.fromkeys(means[:3])))
    return tuple(reasons[:6]) or ("没有明显的诉求用词",)


def _longest(texts: Sequence[str]) -> list[str]:
    """The texts that are no part of a longer one among them, in order."""
    return [text for text in texts if not any(text in other and text != other for other in texts)]
