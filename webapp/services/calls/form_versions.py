"""The versions of a published call's form: which there are, and what can be found in any of them.

Participants finish on the version that they began on, and what they sent stays on it. So consents, pages and parts of
an older version are still in use when the call asks a newer one.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select

from webapp.models import FormVersion, PublishedVersion
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition, NoSuchPage
from webapp.rules.forms.questions import Page
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import coordinators


@dataclass(frozen=True)
class PublishedForm:
    """One version of a call's form, and how it was published. `who` is empty where that is not known."""

    number: int
    form: FormDefinition
    on: date
    who: str
    reason: str


def all_of(call_id: UUID) -> tuple[PublishedForm, ...]:
    """Every version of a call's form, the first one first. Raises `RowForged`."""
    names = coordinators.names()
    of_it = and_(
        PublishedVersion.call_id == FormVersion.owner_id,
        PublishedVersion.number == FormVersion.number,
    )
    with stores.reading() as main:
        rows = main.execute(
            select(FormVersion, PublishedVersion)
            .outerjoin(PublishedVersion, of_it)
            .where(FormVersion.owner_id == call_id)
            .order_by(FormVersion.number)
        ).all()
    return tuple(_published(row, told, names) for row, told in rows)


def _published(
    row: FormVersion, told: PublishedVersion | None, names: dict[str, str]
) -> PublishedForm:
    form = published_calls.parsed(row.definition)
    who = names.get(told.published_by, "") if told else ""
    return PublishedForm(row.number, form, row.published_on, who, told.reason if told else "")


def forms_of(call: Call) -> Iterator[FormDefinition]:
    """The form of each version, the newest first. One that is gone, or was changed by hand, is left out."""
    for number in range(call.form_version, 0, -1):
        with suppress(NoSuchCall, RowForged):
            yield published_calls.at_version(call, number).form


def every_consent(call: Call) -> tuple[ConsentWording, ...]:
    """Each consent that any version asks for, in its newest words: people may have said yes to it."""
    found: dict[str, ConsentWording] = {}
    for form in forms_of(call):
        for wording in form.consents:
            found.setdefault(wording.purpose, wording)
    return tuple(found.values())


def has_answers_to_read(call: Call) -> bool:
    """Whether any version asks more than contact and what is only counted."""
    return any(form.has_answers_to_read for form in forms_of(call))


def recent_pages(slug: str, key: str) -> tuple[Page, ...]:
    """The page with this key in each version that has it, the newest first. Raises `NoSuchCall`."""
    found = []
    for form in forms_of(published_calls.recent_call(slug)):
        with suppress(NoSuchPage):
            found.append(form.page(key))
    return tuple(found)
