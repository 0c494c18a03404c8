"""Builders for the tests of bundles: invented votes as files, and zips put together again."""

import json
from functools import cache
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from core.canonical import canonical
from deliberation.bundle import Vote, bundle_files
from deliberation.invented_vote import invent_vote
from deliberation.profiles import find_profile

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
