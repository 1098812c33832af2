"""The dashboard as it was built: one page for every address that a person opens, and its files.

Each page gets a nonce, and a policy under which a browser runs nothing that is not ours, asks
nobody else, and takes no style that was written into the page by way of somebody's text.
"""

import gzip
import mimetypes
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from tidegauge.ingest.problem import ProblemError

BUILT: Final = Path(__file__).with_name("ui")
_NONCE: Final = "__NONCE__"
_ASSETS: Final = "assets/"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_PACKED: Final = frozenset({".js", ".css", ".svg", ".map", ".json"})
_NOT_BUILT: Final = """<!doctype html><title>tidegauge</title>
<p>The dashboard is not built here.  <code>make ui</code> builds it; the API is at
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
"""


@dataclass(frozen=True)
class File:
    body: bytes
    packed: bytes | None
    media: str


@dataclass(frozen=True)
class Pages:
    folder: Path = BUILT

    async def answer(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/")
        if path in self._files and path != "index.html":
            return self._file(request, path)
        if path.startswith(("api/", _ASSETS)) or not _is_person(request):
            raise ProblemError("not-found", "there is nothing at this address")
        return self._page()

    def _file(self, request: Request, path: str) -> Response:
        file = self._files[path]
        headers = {
            "Cache-Control": _FOR_GOOD if path.startswith(_ASSETS) else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        body = file.body
        if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = file.packed, "gzip"
        return Response(body, media_type=file.media, headers=headers)

    def _page(self) -> Response:
        nonce = secrets.token_urlsafe(16)
        page = self._files.get("index.html")
        text = page.body.decode() if page else _NOT_BUILT
        return HTMLResponse(text.replace(_NONCE, nonce), headers=_headers(nonce))

    @cached_property
    def _files(self) -> Mapping[str, File]:
        if not self.folder.is_dir():
            return {}
        return {
            each.relative_to(self.folder).as_posix(): _read(each)
            for each in sorted(self.folder.rglob("*"))
            if each.is_file()
        }


def _read(path: Path) -> File:
    body = path.read_bytes()
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in _PACKED else None
    return File(body, packed, media)


def _is_person(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _headers(nonce: str) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
