"""Styles, scripts and pictures of our own, served from memory under names that never go stale."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from core.errors import NotFound

FOLDER = Path(__file__).parent / "static"
TYPES = frozenset({".css", ".js", ".svg", ".png", ".ico", ".webmanifest"})
GZIPPED = frozenset({".css", ".js", ".svg", ".webmanifest"})
FOREVER = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its content, plain and compressed, and a short hash of it."""

    content: bytes
    packed: bytes | None
    media_type: str
    version: str


class Assets:
    """Every file of the static folder, read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _load(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES
        }

    def url(self, name: str) -> str:
        """The address of a file; it changes with the content, so it may be kept for ever."""
        return f"/static/{name}?v={self._files[name].version}"

    def size(self, name: str) -> int:
        """How many bytes travel to a browser that takes gzip."""
        asset = self._files[name]
        return len(asset.packed or asset.content)

    async def serve(self, request: web.Request) -> web.Response:
        """The file, compressed for whoever takes it, for ever when asked for by version."""
        asset = self._files.get(request.match_info["name"])
        if asset is None:
            raise NotFound
        is_current = request.query.get("v") == asset.version
        headers = {
            "Cache-Control": FOREVER if is_current else SHORT,
            "Vary": "Accept-Encoding",
            "ETag": f'"{asset.version}"',
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        body = asset.content
        if asset.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = asset.packed, "gzip"
        return web.Response(body=body, content_type=asset.media_type, headers=headers)


def _load(path: Path) -> Asset:
    content = path.read_bytes()
    packed = gzip.compress(content, mtime=0) if path.suffix in GZIPPED else None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix == ".webmanifest":
        kind = "application/manifest+json"
    return Asset(content, packed, kind, hashlib.sha256(content).hexdigest()[:12])
