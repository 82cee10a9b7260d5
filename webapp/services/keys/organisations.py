"""Member organisations of the coalition: the host, the chair and the members, with the days on which each was that."""

from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from webapp.models import Organisation, OrganisationPeriod
from webapp.rules import clock
from webapp.rules.organisations import Standing


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
