"""Static files with content hashes, minified and compressed once; public pages compressed as they leave.

Against BREACH: a page may be compressed although it holds a participant's answers and a CSRF token, because no input of
an attacker is ever in the same page (docs/decisions/0003), and its length over the wire is blurred. Against path
traversal: a file is looked up among those that were read at the start, and its name never becomes a path.
"""

import gzip
import hashlib
import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import rcssmin
import rjsmin
from flask import Response, request, url_for
from werkzeug.exceptions import NotFound

from webapp.resources import STATIC

FOREVER = "public, max-age=31536000, immutable"
MIMETYPES = {
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".js": "text/javascript",
}
#: How a kind of file loses its comments and spaces. The sources stay readable, and one in six bytes of a page is saved.
MINIFIED: dict[str, Callable[[str], str]] = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}
#: For pages, which are compressed while a visitor waits: higher levels take twice the time for one byte in a hundred.
PAGE_LEVEL = 5
#: A page's length over the wire says nothing more exact than this, in bytes.
MOST_BLUR = 96


@dataclass(frozen=True)
class Asset:
    """A static file as it is sent: its name changes with its content, so that it may be kept for ever."""

    name: str
    mimetype: str
    content: bytes
    zipped: bytes


@lru_cache
def _assets() -> dict[str, Asset]:
    """Every static file by its plain name."""
    found = {}
    for path in sorted(STATIC.iterdir()):
        content = _minified(path)
        digest = hashlib.sha256(content).hexdigest()[:10]
        zipped = gzip.compress(content, 9, mtime=0)
        found[path.name] = Asset(
            f"{path.stem}.{digest}{path.suffix}", MIMETYPES[path.suffix], content, zipped
        )
    return found


def _minified(path: Path) -> bytes:
    """What a browser needs of a file."""
    minify = MINIFIED.get(path.suffix)
    return minify(path.read_text()).encode() if minify else path.read_bytes()


def asset_url(name: str) -> str:
    """The address of a static file."""
    return url_for("static_file", name=_assets()[name].name)


def send(name: str) -> Response:
    """A static file, from memory and already compressed. An unknown one is a 404."""
    asset = next((asset for asset in _assets().values() if asset.name == name), None)
    if asset is None:
        raise NotFound
    zipped = request.accept_encodings["gzip"] > 0
    response = Response(asset.zipped if zipped else asset.content, mimetype=asset.mimetype)
    response.headers["Cache-Control"] = FOREVER
    response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    return response


def zip_page(response: Response) -> Response:
    """Compress a page of the public door for a browser that takes it. The desk's pages, and files, stay as they are."""
    if response.mimetype != "text/html" or request.path.startswith("/desk"):
        return response
    response.headers.add("Vary", "Accept-Encoding")
    if request.accept_encodings["gzip"] > 0 and "Content-Encoding" not in response.headers:
        response.set_data(zipped(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
    return response


def zipped(page: bytes) -> bytes:
    """A page as gzip (RFC 1952). The name in gzip's header, which browsers skip, is random and of random length."""
    into = io.BytesIO()
    blur = secrets.token_hex(secrets.randbelow(MOST_BLUR // 2))
    with gzip.GzipFile(blur, "wb", PAGE_LEVEL, into, mtime=0) as file:
        file.write(page)
    return into.getvalue()
