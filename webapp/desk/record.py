"""The record: who did what, when and why, in plain words."""

from dataclasses import dataclass
from uuid import UUID

from flask import render_template, url_for
from flask_babel import format_date, format_datetime, gettext

from webapp.desk.door import blueprint
from webapp.desk.words import actor_words, tag_words
from webapp.http import coordinator
from webapp.rules.references import reference
from webapp.services import audit, calls, coordinators, events
from webapp.services.audit import AuditLine
from webapp.ui.filters import in_language

NEWEST = 100
OPENED = (
    "answers opened",
    "contact opened",
    "do not contact",
    "contact opened for a caller",
    "contact corrected for a caller",
    "new code for a caller",
)
#: How the tags about one registration begin.
REGISTRATION = ("registration ", "marked as ")
#: After these there is no page to look at.
GONE = ("registration erased, due", "registration deleted")
ABOUT_NOBODY = (
    "signed in",
    "second factor confirmed",
    "owner made",
    "news by e-mail on",
    "news by e-mail changed",
    "news by e-mail off",
)


@dataclass(frozen=True)
class Line:
    """One line of the record as it is read. `about` may have an address to look at."""

    when: str
    who: str
    what: str
    about: str
    address: str | None
    reason: str


@blueprint.get("/record")
@coordinator
def record() -> str:
    """The newest lines."""
    names = coordinators.names()
    titles = {call.id: in_language(call.form.title) for call in calls.all_calls()}
    titles |= {event.id: in_language(event.definition.title) for event in events.all_events()}
    # Where an operator did something for a coordinator.
    titles |= {UUID(coordinator_id): name for coordinator_id, name in names.items()}
    lines = [_line(line, names, titles) for line in audit.recent(NEWEST)]
    return render_template("desk/record.html", lines=lines, newest=NEWEST)


def _line(line: AuditLine, names: dict[str, str], titles: dict[UUID, str]) -> Line:
    about, address = _about(line, titles)
    return Line(
        _when(line),
        actor_words(_actor(line), names),
        tag_words(line.tag),
        about,
        address,
        line.reason,
    )


def _actor(line: AuditLine) -> str:
    about_registration = line.actor == audit.PUBLIC and line.tag.startswith(REGISTRATION)
    return "registrant" if about_registration else line.actor


def _when(line: AuditLine) -> str:
    # Of what people do themselves only the day is kept.
    if line.actor == audit.PUBLIC:
        return format_date(line.at, "d MMMM y")
    return format_datetime(line.at, "d MMMM y, HH:mm")


def _about(line: AuditLine, titles: dict[UUID, str]) -> tuple[str, str | None]:
    if line.subject_id is None or line.tag in ABOUT_NOBODY:
        return "", None
    if line.subject_id in titles:
        return titles[line.subject_id], None
    if line.tag.startswith(("contacts exported", "crossed out")):
        return gettext("The list"), url_for("desk.one_export", export_id=line.subject_id)
    return reference(line.subject_id), _address(line.tag, line.subject_id)


def _address(tag: str, subject_id: UUID) -> str | None:
    if tag in OPENED:
        return url_for("desk.submission", submission_id=subject_id)
    if tag.startswith(REGISTRATION) and tag not in GONE:
        return url_for("desk.registration", registration_id=subject_id)
    return None
