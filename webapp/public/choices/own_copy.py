"""Data portability (GDPR, articles 15 and 20): the participant's data as a document to read, and as JSON for programs.

The document is one self-contained file, without scripts, addresses of ours or external resources. It opens on an old
phone, offline, and in the language and direction of the page where it was requested. See decision 28.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask import Response, render_template, url_for

from webapp.public.choices.look_words import told
from webapp.public.drafts.held_answers import held_now
from webapp.public.shared.blueprint import blueprint
from webapp.rules import clock
from webapp.rules.forms.questions import PART_OF_SECTION
from webapp.rules.forms.texts import Text
from webapp.services.answers import data_portability, looks
from webapp.services.answers.data_portability import Decision
from webapp.services.answers.own_copies import Held
from webapp.ui.answer_summary import HEADINGS, Topic, read_back
from webapp.web.guards import asked_for_on, in_visit

#: A neutral file name, because browsers record it in the list of downloads.
FILE_NAME = "copy"


@dataclass(frozen=True)
class CopiedPart:
    """One stored part: its answers, who may read it, and the end of its retention period."""

    heading: str
    topics: list[Topic]
    reader: Text
    due_on: date
    unreadable: bool


@blueprint.get("/<language>/choices/file")
@in_visit
def held_copy() -> str:
    """What the copy contains, and who could read it, before it is downloaded."""
    held_now()
    return render_template("public/choices_copy.html", back=url_for("public.held"))


@blueprint.get("/<language>/choices/document")
@in_visit
@asked_for_on("public.held_copy")
def document() -> Response:
    """The copy as a document, with a neutral file name."""
    held = held_now()
    looked = looks.find(held)
    page = render_template(
        "public/copy_document.html",
        held=held,
        looked=looked,
        told=told(held, looked),
        parts=list(_parts(held)),
        permissions=_permissions(held),
        today=clock.today(),
    )
    return _file(page, "html", "text/html")


@blueprint.get("/<language>/choices/copy")
@in_visit
@asked_for_on("public.held_copy")
def copy() -> Response:
    """The copy as JSON, complete, with a neutral file name."""
    return _file(data_portability.machine_readable(held_now()), "json", "application/json")


def _file(content: str | bytes, ending: str, mimetype: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}.{ending}"'
    return response


def _parts(held: Held) -> Iterator[CopiedPart]:
    """The stored parts, in the order of the form. Unanswered questions are not stored, so they are not named."""
    for section, heading in HEADINGS.items():
        part = PART_OF_SECTION[section]
        if part not in held.due_on:
            continue
        pages = [page for page in held.form.pages if page.section == section]
        sections = list(read_back(pages, held.by_part.get(part, {})))
        yield CopiedPart(
            heading=str(heading),
            topics=[topic for one in sections for topic in one.topics if topic.rows],
            reader=held.form.parts[part].reader,
            due_on=held.due_on[part],
            unreadable=part in held.unreadable,
        )


def _permissions(held: Held) -> list[list[Decision]]:
    """The history of each consent that was ever given, in the order of the form."""
    decided = groupby(data_portability.history(held), key=lambda decision: decision.purpose)
    by_purpose = {purpose: list(decisions) for purpose, decisions in decided}
    return [by_purpose[one.purpose] for one in held.form.consents if one.purpose in by_purpose]
