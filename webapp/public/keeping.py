"""Keeping the code: a file that holds nothing else, and a try at typing it. Both only for whoever wants them."""

from flask import Response as FlaskResponse
from flask import request
from werkzeug.wrappers import Response

from webapp.http import in_visit
from webapp.public.door import blueprint, see_other
from webapp.public.participate import CALL, take_sent
from webapp.services import own_copies
from webapp.services.own_copies import MistypedCode

#: In a list of downloads it could be anything.
FILE_NAME = "note.txt"


@blueprint.get(f"{CALL}/note")
@in_visit
def note(slug: str) -> FlaskResponse:
    """The code as a file. Not the address of this site: whoever finds the file must not know what it opens."""
    response = FlaskResponse(f"{take_sent(slug).receipt}\n", mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename={FILE_NAME}"
    return response


@blueprint.post(f"{CALL}/try")
@in_visit
def practise(slug: str) -> Response:
    """Compare what somebody typed with their code. Only how it went is kept, until this page closes."""
    answering = take_sent(slug)
    answering.note_tried(*_compare(request.form.get("code", ""), answering.receipt))
    return see_other("done", slug=slug)


def _compare(typed: str, receipt: str) -> tuple[str, dict[str, int]]:
    """How it went, as a message key with its parameters."""
    try:
        part = own_copies.part_that_differs(typed, receipt)
    except MistypedCode as mistyped:
        return f"code-{mistyped.problem}", {}
    return ("code-right", {}) if part is None else ("code-part", {"part": part})
