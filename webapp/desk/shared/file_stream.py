"""A list sent while it is made (HTTP streaming): so no list is too long for the memory, and it can be stopped.

Whoever hangs up stops the opening: the server closes the iterator. Our own script asks for the pieces with how far the
list is, to show it (`static/making.js`); everybody else gets the file itself.

As pieces: for each a line of three numbers, how many people were opened, of how many, and how many bytes of the file
follow; and at the end a line "end", without which the file is not whole.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from flask import Response, request, stream_with_context

from webapp.services.opening.streamed_file import StreamedFile

PIECES: Final = "application/x-hearth-pieces"


def stream(file: StreamedFile) -> Response:
    """The answer that a list is downloaded with. It is stored nowhere."""
    if PIECES in request.headers.get("Accept", ""):
        response = Response(stream_with_context(_with_progress(file)), mimetype=PIECES)
        # nginx would keep the few bytes of progress back until there are more.
        response.headers["X-Accel-Buffering"] = "no"
    else:
        response = Response(stream_with_context(_plain(file)), mimetype=file.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.file_name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _plain(file: StreamedFile) -> Iterator[bytes]:
    goes_on = _goes_on()
    with closing(file.pieces) as pieces:
        for piece in pieces:
            goes_on()
            if piece.content:
                yield piece.content


def _with_progress(file: StreamedFile) -> Iterator[bytes]:
    goes_on = _goes_on()
    with closing(file.pieces) as pieces:
        for piece in pieces:
            goes_on()
            head = f"{min(piece.opened, file.people)} {file.people} {len(piece.content)}\n"
            yield head.encode() + piece.content
    yield b"end\n"


def _goes_on() -> Callable[[], None]:
    """Tells the server that this request is at work and not stuck (`gunicorn.conf.py`)."""
    known: Callable[[], None] = request.environ.get("hearth.goes_on", lambda: None)
    return known
