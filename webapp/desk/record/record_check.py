"""Verification of the record at the desk: what the daily check found, every entry now, and a code that was noted."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flask import render_template, request
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import HiddenField

from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.rules.record_findings import RecordFinding
from webapp.rules.roles import Act
from webapp.services.infrastructure import record_check as checks
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.ui.filters import date_words
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "record-confirmed": (
            lazy_gettext("Confirmed. Your name and your reason are in the record."),
            True,
        )
    }
)
CONFIRMING: Final[Reasons] = (
    ("backup", lazy_gettext("A backup was put back, and this is what it lacks")),
    ("looked", lazy_gettext("The operator has looked at the server")),
    ANOTHER,
)


class ConfirmingFindingForm(WithReason):
    """The reason, and what was shown (optimistic locking)."""

    seen = HiddenField()


@dataclass(frozen=True)
class NotedCode:
    """A code that was typed: where the record has it, or what is wrong with what was typed."""

    typed: str
    problem: str
    after: int | None


@blueprint.get("/record/check")
@may(Act.SEE_RECORD)
def record_check() -> str:
    """What was found, every entry verified now, the code to note, and whether a noted one is still there."""
    return _page(ConfirmingFindingForm(CONFIRMING))


@blueprint.post("/record/check")
@may(Act.SEE_RECORD)
def record_check_post() -> Response | tuple[str, int]:
    """Confirm that a person has looked at what was found. Idempotent."""
    form, found = ConfirmingFindingForm(CONFIRMING), checks.standing().found
    if found.is_whole:
        return see_other("record")
    if not form.validate():
        return _page(form), 400
    if form.seen.data != _digest(found):
        return see_other("record_check", looked="again")
    try:
        checks.confirm(signed_in().coordinator_id, found, form.reason)
    except EditConflict:
        return see_other("record_check", looked="again")
    return see_other("record", done="record-confirmed")


def _page(form: ConfirmingFindingForm) -> str:
    typed = one_line(request.args.get("noted"))
    code, problem = _read(typed)
    standing, looked = checks.standing(), checks.look(code)
    return render_template(
        "desk/record_check.html",
        standing=standing,
        found=finding_words(standing.found),
        seen=_digest(standing.found),
        looked=looked,
        altered=numbers_words(str(looked.examined.altered)),
        noted=NotedCode(typed, problem, looked.noted_after),
        form=form,
        problems=[*form.problems, *([("noted", problem)] if problem else [])],
        looked_again="looked" in request.args,
    )


def _read(typed: str) -> tuple[str, str]:
    """The code in its canonical form, and what is wrong with it."""
    code = checks.read_code(typed)
    if code or not typed:
        return code, ""
    return "", gettext(
        "This is no code of the record. It has 24 letters and digits: compare it with your note"
    )


def _digest(found: RecordFinding) -> str:
    """A version of what the page shows; no secret."""
    return hashlib.sha256(found.as_text().encode()).hexdigest()


def finding_words(found: RecordFinding) -> list[str]:
    """What was found, one sentence for each fact."""
    said = []
    if found.numbers:
        said.append(
            ngettext(
                "One entry was changed or removed after Hearth wrote it: number %(numbers)s.",
                "%(num)s entries were changed or removed after Hearth wrote them: numbers %(numbers)s.",
                len(found.altered),
                numbers=numbers_words(found.numbers),
            )
        )
    if found.end:
        said.append(gettext("The end of the record is not where Hearth left it."))
    if found.first_noted_on:
        said.append(
            gettext(
                "Entries that were there on %(day)s are gone, or were exchanged. Hearth had noted the end of the "
                "record in a file on that day, and the record no longer leads to it.",
                day=date_words(found.first_noted_on),
            )
        )
    if found.file:
        said.append(
            gettext("The file in which Hearth notes the end of the record is shorter than it was.")
        )
    if found.check:
        said.append(gettext("Hearth’s own note of its last check was changed or removed."))
    return said


def numbers_words(numbers: str) -> str:
    """Numbers of entries as people read them: 5, 9 to 12."""
    return ", ".join(one.replace("-", gettext(" to ")) for one in numbers.split(",") if one)
