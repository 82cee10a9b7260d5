"""An attacker who can write to the database makes no organisation a member, and moves no membership.

They would have people believe that another organisation reads what they send, or that one has left which still does.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from tests.visitor import Visitor
from webapp.models import Organisation, OrganisationPeriod
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import organisation_changes, organisations


def plant(name: str, standing: Standing) -> None:
    """Put in an organisation with a period, with MACs that do not hold."""
    organisation_id = uuid4()
    with stores.writing() as main:
        main.execute(insert(Organisation).values(id=organisation_id, name=name, row_mac=bytes(32)))
        main.execute(
            insert(OrganisationPeriod).values(
                id=uuid4(),
                organisation_id=organisation_id,
                standing=standing,
                began_on=clock.today(),
                row_mac=bytes(32),
            )
        )


@pytest.mark.parametrize("standing", Standing)
def test_an_organisation_that_was_put_in_is_on_no_page(
    app: Flask, visitor: Visitor, standing: Standing
) -> None:
    with app.app_context():
        plant("The Impostors", standing)
        found = organisations.coalition()
        assert "The Impostors" not in [one.name for one in (*found.members, *found.former)]
    for path in ("/en/who", "/en/calls/support-needs/", "/en/calls/support-needs/paper"):
        assert "The Impostors" not in visitor.get(path).text


def test_a_membership_that_was_ended_by_hand_is_not_believed_to_go_on_or_to_be_over(
    app: Flask,
) -> None:
    with app.app_context():
        owner = uuid4()
        member = organisation_changes.add(owner, "Harbour House")
        with stores.writing() as main:
            main.execute(
                update(OrganisationPeriod)
                .where(OrganisationPeriod.organisation_id == member)
                .values(ended_on=clock.today() + timedelta(days=1))
            )
        # Then it is no period at all, and nothing is changed past it
        known = next(one for one in organisations.coalition().everyone if one.id == member)
        assert known.terms == ()
        with pytest.raises(RowForged):
            organisation_changes.hand_over(owner, Standing.CHAIR, member, seen=None)
        with stores.reading() as main:
            assert main.scalars(select(Organisation.id)).all()
