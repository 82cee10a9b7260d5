"""Query parameters that tell a page how its visitor came to it, because a GET changes no Visit."""

from typing import Any

from flask import request

from webapp.ui.messages import words_for

#: On a start page to which a visitor was redirected because their Visit had expired.
AWAY = "away"
#: On a start page that is another one than the visitor has read: a new version of the call came in between.
CHANGED: dict[str, Any] = {"changed": ""}
#: On the last page, for a registrant without a code to write down: their link was mailed.
NO_CODE = "link"
#: On the home page, for a visitor who has finished.
FINISHED = {"finished": ""}
#: On a question page that was opened from "check your answers", to which it leads back.
FROM_CHECK: dict[str, Any] = {"from": "check"}


def after_away() -> str | None:
    """The message for a visitor whose Visit expired. By query parameter, because a GET opens no Visit."""
    return words_for("away-too-long") if AWAY in request.args else None


def why_again() -> str | None:
    """Why the start page of a call is shown to somebody who was further already, or wanted to be."""
    return words_for("start-page-changed") if CHANGED.keys() & request.args else after_away()


def from_check() -> dict[str, Any]:
    """Pass the parameter on, where this page was opened from "check your answers"."""
    return FROM_CHECK if request.args.get("from") == "check" else {}
