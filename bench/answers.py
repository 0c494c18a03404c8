"""A question against 5,000 articles: how long it takes, and how long the articles take to read in.

Articles are the project's own forty, each varied with words of its hand-written chat.
"""

import json
import random
import sys
import time
from datetime import date
from pathlib import Path

from community.article_file import read_articles
from nlp.answers import AnswerIndex

COUNT = 5_000
COMMUNITIES = 50
ROUNDS = 3
ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "bot" / "data"


def main() -> None:
    """Print the figures."""
    chance = random.Random(3)
    content = (DATA / "articles.md").read_bytes()
    entries = read_articles(content, "articles.md", today=date(2026, 11, 23)).entries
    talk = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "nlp" / "data" / "chat").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    lines = (DATA / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["text"] for line in lines]
    index: AnswerIndex[tuple[int, int]] = AnswerIndex()
    started = time.process_time()
    for number in range(COUNT):
        words = entries[number % len(entries)].content
        index.put(
            (number % COMMUNITIES, number),
            title=f"{words.title} {chance.choice(talk)[:12]}",
            wordings=[f"{one}{chance.choice(talk)[:6]}" for one in words.questions],
            body=words.body + "".join(chance.sample(talk, 8)),
        )
    sys.stdout.write(
        f"{COUNT} articles read in: {time.process_time() - started:.1f} s of one core\n"
    )
    spent = []
    for question in questions * ROUNDS:
        started = time.process_time()
        index.find(question, may=lambda key: key[0] in (0, 7))
        spent.append((time.process_time() - started) * 1_000)
    spent.sort()
    middle, late = spent[len(spent) // 2], spent[int(len(spent) * 0.95)]
    sys.stdout.write(
        f"a question: {middle:.2f} ms in the middle, {late:.2f} ms at 95 of 100 (target < 5 ms)\n"
    )


if __name__ == "__main__":
    main()
