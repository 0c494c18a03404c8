"""Models that were trained on an installation: which there are, and which one is live.

`<folder>/<version>/` holds each one and `<folder>/current` names the live one; an empty or absent
`current` stands for the model that ships with the program.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

CURRENT = "current"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Installed:
    """A model of the installation; `parent` is the version it was trained from, `at` aware, UTC."""

    version: str
    parent: str
    at: datetime


def installed_models(folder: Path) -> list[Installed]:
    """Every whole model in the folder, the newest first; none when there is no folder."""
    found = []
    for manifest in folder.glob(f"*/{MANIFEST}"):
        try:
            facts = json.loads(manifest.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if facts.get("version") == manifest.parent.name:
            at = datetime.fromtimestamp(manifest.stat().st_mtime, UTC)
            found.append(Installed(facts["version"], str(facts.get("parent", "")), at))
    return sorted(found, key=lambda model: model.at, reverse=True)


def chosen_version(folder: Path) -> str:
    """The version that `current` names, "" for the shipped model."""
    try:
        version = (folder / CURRENT).read_text("utf-8").strip()
    except OSError:
        return ""
    return version if (folder / version / MANIFEST).is_file() else ""


def choose_model(folder: Path, version: str) -> None:
    """Make an installed model the live one, "" the shipped one; KeyError when it is not there."""
    if version and version not in {model.version for model in installed_models(folder)}:
        raise KeyError(version)
    folder.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: another process may read it at this very moment.
    fresh = folder / f".{CURRENT}-{os.getpid()}"
    fresh.write_text(version + "\n", "utf-8")
    os.replace(fresh, folder / CURRENT)
