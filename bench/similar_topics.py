"""Finding the same matter against many kept messages, and topics of many texts.

Target: under 2 ms to find and add a message against 100,000 kept; 4,326 letters sorted into topics
in under 3 s, a text at a time. The texts are made of sentences of the project's own chat: messages
of 20 to 60 characters, letters of about 350.
"""

import json
import random
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nlp.similar import Kept, TextIndex
from nlp.topics import Said, TopicBook, topics_of

CHAT = Path(__file__).resolve().parent.parent / "nlp" / "data" / "chat"
KEPT = 100_000
ASKED = 500
LETTERS = 4_326
START = datetime(2026, 1, 1, tzinfo=UTC)


def sentences() -> list[str]:
    """What people say in the project's own chat, in order of the files."""
    found = []
    for path in sorted(CHAT.glob("*.jsonl")):
        found += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    return [text for text in found if len(text) > 5]


def message(chance: random.Random, said: list[str]) -> str:
    """A chat message: two pieces of talk and a building."""
    one, other = chance.choice(said), chance.choice(said)
    return f"{one[:40]}，{other[:20]}，{chance.randint(1, 40)}栋"


def letter(chance: random.Random, said: list[str]) -> str:
    """A letter of about 350 characters."""
    return "。".join(chance.choice(said) for _ in range(20))[:350]


def find_and_add(name: str, make: Callable[[random.Random, list[str]], str], kept: int) -> None:
    """Print what one more text costs against `kept`, in milliseconds of this process."""
    chance, said = random.Random(1), sentences()
    begun = time.process_time()
    index = TextIndex(
        Kept(n, make(chance, said), START + timedelta(minutes=n), f"{n % 40}栋")
        for n in range(kept)
    )
    built = time.process_time() - begun
    spent, removed = [], []
    for number in range(ASKED):
        text = make(chance, said)
        at = START + timedelta(minutes=kept + number)
        begun = time.process_time()
        index.find(text, at=at, place="3栋")
        index.add(kept + number, text, at=at, place="3栋")
        spent.append(time.process_time() - begun)
        begun = time.process_time()
        index.remove(number)
        removed.append(time.process_time() - begun)
    figures = {
        "texts": name,
        "kept": kept,
        "build_seconds": round(built, 1),
        "find_and_add_ms": _middle_and_worst(spent),
        "remove_ms": _middle_and_worst(removed),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")


def topics(count: int) -> None:
    """Print what topics of `count` letters cost, all at hand and one at a time."""
    chance, said = random.Random(2), sentences()
    texts = [
        Said(n, chance.choice(said)[:30], letter(chance, said), START + timedelta(minutes=n))
        for n in range(count)
    ]
    begun = time.process_time()
    found = topics_of(texts)
    whole = time.process_time() - begun
    book: TopicBook[int] = TopicBook()
    spent = []
    for one in texts:
        begun = time.process_time()
        book.add(one)
        spent.append(time.process_time() - begun)
    figures = {
        "letters": count,
        "topics": len(found),
        "seconds": round(whole, 2),
        "one_more_ms": _middle_and_worst(spent),
    }
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")


def _middle_and_worst(spent: list[float]) -> dict[str, float]:
    ordered = sorted(spent)
    return {
        "p50": round(ordered[len(ordered) // 2] * 1000, 3),
        "p99": round(ordered[int(len(ordered) * 0.99)] * 1000, 3),
    }


if __name__ == "__main__":
    topics(LETTERS)
    find_and_add("messages", message, KEPT)
    find_and_add("letters", letter, KEPT // 10)
