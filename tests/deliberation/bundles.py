"""Builders for the tests of bundles: invented votes as files, and zips put together again."""

import json
from functools import cache
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.canonical import canonical
from core.signatures import private_key
from deliberation import verify_bundle
from deliberation.bundle import Vote, bundle_files
from deliberation.invented_vote import invent_vote
from deliberation.profiles import find_profile
from deliberation.verify_bundle import Broken, recount

PERSON = "cn.village.assembly.person"
OWNERS = "cn.owners.general"


@cache
def vote(mode: str = "named", profile: str = PERSON, ballots: int = 120, seed: int = 1) -> Vote:
    return invent_vote(ballots=ballots, mode=mode, profile=find_profile(profile), seed=seed)


def files(
    mode: str = "named", profile: str = PERSON, *, ballots: int = 120, kind: str = "recount"
) -> dict[str, bytes]:
    return bundle_files(vote(mode, profile, ballots), kind)


def relisted(changed: dict[str, bytes]) -> dict[str, bytes]:
    """The files with bundle.json put right for whatever was changed: what a careful forger does."""
    about = json.loads(changed["bundle.json"])
    about["files"] = {
        name: sha256(data).hexdigest() for name, data in changed.items() if name != "bundle.json"
    }
    return {**changed, "bundle.json": canonical(about)}


def zipped(changed: dict[str, bytes]) -> BytesIO:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, data in changed.items():
            archive.writestr(name, data)
    stream.seek(0)
    return stream


def trouble(changed: dict[str, bytes], root: str | None = None) -> str:
    with pytest.raises(Broken) as caught:
        recount(zipped(changed), root)
    return str(caught.value)


def lines(data: bytes) -> list[bytes]:
    return data.removesuffix(b"\n").split(b"\n")


def joined(parts: list[bytes]) -> bytes:
    return b"".join(part + b"\n" for part in parts)


def edited(data: bytes, **facts) -> bytes:
    return canonical({**json.loads(data), **facts})


def key_of_the_demo() -> Ed25519PrivateKey:
    return private_key(verify_bundle.sha256(b"yunshequ demo 1").digest())


def resigned(changed: dict[str, bytes], stage: str, **facts) -> bytes:
    """The heads with new facts in that of `stage`, and everything after it signed again."""
    parts, previous = [], "0" * 64
    for line in lines(changed["heads.jsonl"]):
        head = json.loads(line)
        del head["signature"]
        head["previous"] = previous
        if head["stage"] == stage:
            head.update(facts)
        if "tally" in head and "tally" not in facts:
            head["tally"] = verify_bundle.sha256(changed["tally.json"]).hexdigest()
        head["signature"] = key_of_the_demo().sign(canonical(head)).hex()
        parts.append(canonical(head))
        previous = verify_bundle.sha256(parts[-1]).hexdigest()
    return joined(parts)


def rebuilt(records: list[dict], changed: dict[str, bytes]) -> dict[str, bytes]:
    """A forgery by the clerk, who has the key: log and heads made anew over the records."""
    parts, previous, peaks, roots = [], "0" * 64, [], {}
    for place, record in enumerate(records):
        parts.append(canonical({**record, "seq": place, "previous": previous}))
        leaf = verify_bundle.sha256(b"\x00" + parts[-1]).digest()
        previous = leaf.hex()
        verify_bundle.grow(peaks, leaf)
        roots[place + 1] = verify_bundle.root_of(peaks)
    close = next(n for n, record in enumerate(records) if record["kind"] == "close")
    heads, before = [], "0" * 64
    for number, (stage, size) in enumerate(
        [("open", 1), ("close", close + 1), ("tally", len(records))]
    ):
        head = json.loads(lines(changed["heads.jsonl"])[-1])
        del head["signature"]
        if stage != "tally":
            del head["tally"]
        else:
            head["tally"] = verify_bundle.sha256(changed["tally.json"]).hexdigest()
        head.update(number=number, stage=stage, size=size, root=roots[size], previous=before)
        head["signature"] = key_of_the_demo().sign(canonical(head)).hex()
        heads.append(canonical(head))
        before = verify_bundle.sha256(heads[-1]).hexdigest()
    return relisted({**changed, "log.jsonl": joined(parts), "heads.jsonl": joined(heads)})


def log_of(changed: dict[str, bytes]) -> list[dict]:
    return [json.loads(line) for line in lines(changed["log.jsonl"])]
