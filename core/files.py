"""Files kept under the name of their content, so that the same picture is kept once."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from core.errors import NotFound

_NAME = re.compile(r"^[0-9a-f]{64}$")


class FileStore:
    """A folder of files named by SHA-256, durable before `keep` returns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """The SHA-256 (hex) under which the content is now on disk."""
        name = hashlib.sha256(content).hexdigest()
        target = self._folder / name[:2] / name
        if target.exists():
            return name
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        return name

    def path(self, name: str) -> Path:
        """Where the file with this SHA-256 is; NotFound when it is not kept or not a name."""
        target = self._folder / name[:2] / name
        if not _NAME.match(name) or not target.is_file():
            raise NotFound
        return target

    def discard(self, name: str) -> None:
        """Remove a file that nothing refers to any more; one that is gone already is fine."""
        if _NAME.match(name):
            (self._folder / name[:2] / name).unlink(missing_ok=True)
