"""Member organisations of the coalition: the host, the chair and the members, with the days on which each was that."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Organisation, OrganisationPeriod
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine


def found_host(main: Session, name: str) -> UUID:
    """The organisation that runs a new instance: host and member from today on. Returns its id."""
    organisation_id = uuid4()
    main.add(Organisation(id=organisation_id, name=name))
    main.flush()
    for standing in (Standing.MEMBER, Standing.HOST):
        main.add(
            OrganisationPeriod(
                id=uuid4(),
                organisation_id=organisation_id,
                standing=standing,
                began_on=clock.today(),
            )
        )
    main.flush()
    return organisation_id


def names() -> dict[str, str]:
    """The names of all organisations there are or were by id, for the audit log. A false row names none."""
    with stores.reading() as main:
        rows = genuine(main.scalars(select(Organisation), execution_options=TOLERANT))
        return {row.id.hex: row.name for row in rows}
