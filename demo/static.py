"""The page's scripts, styles and words as files that browsers keep.

An address holds a digest of all files, `/demo/1f0c2b9a7d3e/tabs/curves/curves.js`, so that what
was fetched once is never asked for again, and modules import one another by relative paths. All
are read when the page starts, and compressed when they are first asked for.
"""

import functools
import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import brotli  # a requirement of gradio
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from demo import text

FOLDER = Path(__file__).parent
TYPES = {".js": "text/javascript", ".css": "text/css"}
# Pictures of a dragged slider are smaller, and go out as they are.
LEAST_COMPRESSED = 16_384  # bytes
_IMPORT = re.compile(r'^(?:import|export) (?:[^;"]* from )?"(\.[^"]+)";', re.MULTILINE)


def _read() -> dict[str, bytes]:
    files = (file for file in sorted(FOLDER.rglob("*")) if file.suffix in TYPES)
    read = {file.relative_to(FOLDER).as_posix(): file.read_bytes() for file in files}
    return read | text.modules()


FILES = _read()
VERSION = hashlib.sha256(
    b"".join(f"{path}\0{len(body)}\0".encode() + body for path, body in FILES.items())
).hexdigest()[:12]
PREFIX = f"/demo/{VERSION}/"  # under the page's own root


def needed(path: str) -> list[str]:
    """A module and all that it imports, directly or not, each with the style sheet beside it.

    What is imported comes before what imports it, so that a tab's rules outdo a component's.
    """
    return list(dict.fromkeys(_needed(path, ())))


def _needed(path: str, importers: tuple[str, ...]) -> Iterator[str]:
    if path in importers:
        raise ValueError(f"{path} imports itself, by way of {', '.join(importers)}")
    for relative in _IMPORT.findall(FILES[path].decode()):
        yield from _needed(_joined(PurePosixPath(path).parent, relative), (*importers, path))
    sheet = str(PurePosixPath(path).with_suffix(".css"))
    if sheet in FILES:
        yield sheet
    yield path


def _joined(folder: PurePosixPath, relative: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(relative).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def serving() -> dict:
    """What FastAPI needs to serve the files, and to compress what Gradio sends as it is."""
    return {
        "routes": [Route("/demo/{version}/{path:path}", _file)],
        # Event streams are left alone by it: each event goes out as it comes.
        "middleware": [Middleware(GZipMiddleware, minimum_size=LEAST_COMPRESSED, compresslevel=6)],
    }


async def _file(request: Request) -> Response:
    path = request.path_params["path"]
    if request.path_params["version"] != VERSION or path not in FILES:
        # Of another version than the page that asks: what it holds would not fit together.
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    accepted = request.headers.get("Accept-Encoding", "")
    coding = next((name for name in ("br", "gzip") if name in accepted), "identity")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Encoding": coding,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if coding == "identity":
        del headers["Content-Encoding"]
    return Response(
        _encoded(path, coding), headers=headers, media_type=TYPES[PurePosixPath(path).suffix]
    )


@functools.cache
def _encoded(path: str, coding: str) -> bytes:
    body = FILES[path]
    if coding == "br":
        return brotli.compress(body, mode=brotli.MODE_TEXT)
    return gzip.compress(body, mtime=0) if coding == "gzip" else body
