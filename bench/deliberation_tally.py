"""Figures of counting: ballots to the ones that count, to numbers, to an outcome.

Run: python -m bench.deliberation_tally [--ballots 100000]

One voice in ten revises, one in fifty also hands in paper, one in a hundred has a proxy vote too.
Memory is the peak of this process. Target: 100,000 ballots under 20 s and 300 MB.
"""

import argparse
import io
import json
import random
import resource
import sys
import time
from datetime import datetime, timedelta

from bot.commands.tally import write_answers
from deliberation.calendar import SHANGHAI
from deliberation.counting import BallotAct, CountRule, count_ballots
from deliberation.dwellings import OwnedDwelling, owner_roll
from deliberation.explanation_sheet import as_html, as_text, explanation_sheet
from deliberation.profiles import find_profile, shipped_profiles
from deliberation.rolls import Roll
from deliberation.signup_merge import ChainPost, compile_chains
from deliberation.tally import tally
from deliberation.vote_numbers import vote_numbers

OPENS = datetime(2026, 3, 13, 8, tzinfo=SHANGHAI)
RULE = CountRule(OPENS, OPENS + timedelta(days=14))
OPTIONS = ("yes", "yes", "yes", "no", "abstain")
MINUTES = 13 * 24 * 60


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def invented_roll(owners: int, dice: random.Random) -> Roll:
    """Owners with one dwelling each, every twentieth with two, every tenth pair co-owners."""
    dwellings = []
    for n in range(owners):
        people = (f"o{n}", f"p{n}") if n % 10 == 0 else (f"o{n}",)
        for part in range(2 if n % 20 == 0 else 1):
            dwellings.append(OwnedDwelling(f"u{n}.{part}", people, dice.randint(4_000, 20_000)))
    return owner_roll(dwellings)


def invented_acts(roll: Roll, ballots: int, dice: random.Random) -> list[BallotAct]:
    """So many ballots on the roll, in the order of the log."""
    acts: list[BallotAct] = []
    voices = roll.entries
    while len(acts) < ballots:
        entry = voices[len(acts) % len(voices)]
        minute = OPENS + timedelta(minutes=dice.randint(1, MINUTES))
        chance = dice.random()
        facts = {"seq": len(acts), "entry_id": entry.entry_id, "option": dice.choice(OPTIONS)}
        if chance < 0.02:
            until = minute + timedelta(minutes=30)
            acts.append(BallotAct(**facts, channel="paper", earliest=minute, latest=until,
                                  cast_by=entry.voters[0]))  # fmt: skip
        else:
            acts.append(BallotAct(**facts, channel="online", earliest=minute, latest=minute,
                                  cast_by=entry.voters[0], is_proxy=chance < 0.03))  # fmt: skip
    return acts


def measure_counting(ballots: int) -> None:
    dice = random.Random(20260313)
    roll = invented_roll(ballots * 9 // 10, dice)
    acts = invented_acts(roll, ballots, dice)
    profile = find_profile("cn.owners.general")
    begun = time.perf_counter()
    counts = count_ballots(acts, RULE)
    counted = time.perf_counter()
    numbers = vote_numbers(profile, roll, counts.values())
    sheet = explanation_sheet(profile, numbers, question="更换物业服务企业")
    written = len(as_text(sheet)) + len(as_html(sheet))
    done = time.perf_counter()
    suspended = sum(voice.is_suspended for voice in counts.values())
    say(
        f"{ballots:>7} ballots of {len(roll.entries)} owners ({suspended} suspended): which count "
        f"{counted - begun:.2f} s, numbers, outcome and sheet ({written} characters) "
        f"{done - counted:.2f} s, {tally(profile, numbers).outcome}"
    )


def measure_tally(rows: int) -> None:
    profiles = [profile for profile in shipped_profiles() if profile.requirements]
    lines = [
        json.dumps({"id": n, "profile": profile.id, "input": dict.fromkeys(profile.numbers, n + 9)})
        for n in range(rows)
        for profile in (profiles[n % len(profiles)],)
    ]
    begun = time.perf_counter()
    failures = write_answers(lines, io.StringIO())
    seconds = time.perf_counter() - begun
    say(f"{rows:>7} rows of `tally`: {seconds:.2f} s, {rows / seconds:,.0f}/s, {failures} refused")


def measure_chain(people: int) -> None:
    rows: list[str] = []
    posts = []
    for n in range(people):
        rows.append(f"住户{n:04d}号 {n % 3 + 1}份")
        body = "\n".join(f"{number}. {row}" for number, row in enumerate(rows, start=1))
        posts.append(ChainPost(f"住户{n:04d}号", f"#接龙\n团购\n\n{body}"))
    begun = time.perf_counter()
    (chain,) = compile_chains(posts)
    seconds = time.perf_counter() - begun
    say(f"{people:>7} copies of a sign-up chain: {seconds:.2f} s, {len(chain.confirmed)} confirmed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, default=100_000)
    ballots = parser.parse_args().ballots
    measure_counting(ballots)
    measure_tally(ballots)
    measure_chain(300)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    say(f"peak memory {peak} MB")


if __name__ == "__main__":
    main()
