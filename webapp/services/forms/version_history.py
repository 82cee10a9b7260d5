"""The versions of a published call as the desk lists them: when each was published, by whom and why."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, select

from webapp.models import FormVersion, PublishedVersion
from webapp.rules.forms.form_definition import FormDefinition
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
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
