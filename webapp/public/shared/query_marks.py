"""Query parameters: what the address of a page may say about how a visitor came to it."""

from typing import Any

from flask import request

from webapp.ui.messages import words_for

#: On a beginning to which a visitor was led because their Visit was over.
AWAY = "away"
#: On the last page, where there was no code to keep: only a link, which was mailed.
NO_CODE = "link"
#: On the first page, for a visitor who has finished.
FINISHED = {"finished": ""}
#: On a question page that was opened from "check your answers", and leads back there.
FROM_CHECK: dict[str, Any] = {"from": "check"}


def after_away() -> str | None:
    """What a visitor reads whose page had closed while they were away. By the address: a GET opens no Visit."""
    return words_for("away-too-long") if AWAY in request.args else None


def from_check() -> dict[str, Any]:
    """The parameter once more, where this page was opened from "check your answers"."""
    return FROM_CHECK if request.args.get("from") == "check" else {}
