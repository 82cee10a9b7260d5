"""An owner, a stranger or a writer to the database tries to get into an account by a link that resets it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import passkeys
from tests.factories import signed_in
from tests.integration.desk.test_account_reset import (
    FORGOT,
    OVER,
    Returning,
    ask_for_link,
    can_sign_in,
    seals_of,
)
from tests.integration.desk.test_person import at_desk, colleague
from tests.integration.desk.worker import Worker
from webapp.models import Coordinator, Invitation, Passkey
from webapp.rules import clock
from webapp.rules.roles import Role
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication, giving_keys
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.vault.invitations import lookup_of

SECRET = "1" * 52


@pytest.fixture
def worker(app: Flask, founded: Founded) -> Worker:
    """Ana, an owner who holds every key, signed in; the code of this half minute is still unused."""
    ana = Worker(app, founded)
    ana.sign_in(steps=-1)
    return ana


def stored() -> dict[str, object]:
    """The one row, as it is."""
    with stores.reading() as main:
        row = main.scalars(select(Invitation)).one()
        return {column.key: getattr(row, column.key) for column in Invitation.__table__.columns}


def test_a_row_put_in_that_names_another_persons_account_opens_nothing(worker: Worker) -> None:
    # Given a writer to the database, who knows a secret, and all that stands in Cy's row
    cy = colleague(worker, "Cy", Role.ANALYST)
    with worker.app.app_context(), stores.writing() as main:
        row, ana = main.get_one(Coordinator, cy.id), main.scalars(select(Coordinator)).first()
        assert ana is not None
        main.execute(
            Invitation.__table__.insert().values(
                id=uuid4(),
                lookup=lookup_of(SECRET),
                organisation_id=row.organisation_id,
                name=row.name,
                roles="[]",
                made_by=ana.id,
                made_on=clock.today(),
                last_day=clock.today() + timedelta(days=7),
                account_id=cy.id,
                account_key_mac=row.public_key_mac,
                row_mac=b"0" * 32,
            )
        )
    eve = Returning(worker.app, f"/desk/join/{SECRET}")
    assert OVER in eve.get(eve.link).text
    assert can_sign_in(worker, cy)


@pytest.mark.parametrize("change", ["another account", "a new account"])
def test_a_link_for_one_account_is_turned_to_no_other(worker: Worker, change: str) -> None:
    # Given a link for Cy, whose row is changed to name Dee, or nobody
    cy, dee = colleague(worker, "Cy", Role.ANALYST), colleague(worker, "Dee", Role.OWNER)
    with worker.later(minutes=1):
        link = ask_for_link(worker, cy)
        with worker.app.app_context(), stores.writing() as main:
            mac = main.get_one(Coordinator, dee.id).public_key_mac
            named = (dee.id, mac) if change == "another account" else (None, None)
            values = dict(zip(("account_id", "account_key_mac"), named, strict=True))
            main.execute(update(Invitation).values(values))
        assert OVER in Returning(worker.app, link).get(link).text


def test_a_row_put_back_after_its_link_was_used_opens_nothing(worker: Worker) -> None:
    # Given a link that a thief copied, and its row with the MAC that it had
    cy = colleague(worker, "Cy", Role.ANALYST)
    with worker.later(minutes=1):
        link = ask_for_link(worker, cy)
        with worker.app.app_context():
            kept = stored()
        Returning(worker.app, link).take()
        # When it is there again
        with worker.app.app_context(), stores.writing() as main:
            main.execute(Invitation.__table__.insert().values(kept))
        # Then it is of a key that the account does not have any more
        assert OVER in Returning(worker.app, link).get(link).text
        assert "No link is open." in worker.get("/desk/people").text


def test_an_owner_who_uses_the_link_herself_reads_nothing_and_it_shows(worker: Worker) -> None:
    # Given answers, Cy who reads them, and an owner who opens nothing
    told = worker.answered_by("quote")
    cy, dee = colleague(worker, "Cy", Role.ANALYST), colleague(worker, "Dee", Role.OWNER)
    worker.get("/desk/keys")
    worker.press("Give the keys")
    dees = at_desk(worker, dee)
    with worker.later(minutes=1):
        # When she makes a link for Cy, and uses it herself
        eve = Returning(worker.app, ask_for_link(dees, cy))
        eve.take("cy")
        eve.sign_in("cy")
        assert eve.path == "/desk/"
        # Then nothing opens, there is nothing that she could give herself, and Cy cannot sign in: he notices
        assert seals_of(worker, cy.id) == set()
        eve.get(f"/desk/submissions/{told.id}")
        assert (
            "Open the answers" not in eve.buttons()
            or "Opened"
            not in eve.press(
                "Open the answers", **{"answers-why": "report", "answers-words": ""}
            ).title
        )
        assert not can_sign_in(worker, cy)
        with worker.app.app_context():
            assert giving_keys.pending()[cy.id]
    # And the record names her, and then the use
    assert {"link to reset an account made", "account reset by link"} <= set(worker.tags())


def test_a_passkey_of_before_lets_nobody_in(worker: Worker) -> None:
    # Given a stolen phone with a passkey of Cy, who knows nothing any more
    cy = colleague(worker, "Cy", Role.ANALYST)
    with worker.app.app_context():
        device = passkeys.add(signed_in(cy))
    with worker.later(minutes=1):
        back = Returning(worker.app, ask_for_link(worker, cy))
        back.take("cy")
    # Then it is gone, and signs nobody in, with the new passphrase neither
    with worker.app.app_context():
        with stores.reading() as main:
            assert main.scalars(select(Passkey)).all() == []
        with pytest.raises(NotSignedIn):
            authentication.sign_in("cy", back.passphrase, passkeys.answered(device))


def test_a_person_who_is_signed_in_uses_no_other_persons_link(worker: Worker) -> None:
    # Given a link for Cy, opened in the browser of Dee, who is signed in
    cy, dee = colleague(worker, "Cy", Role.ANALYST), colleague(worker, "Dee", Role.TAKER)
    with worker.later(minutes=1):
        link = ask_for_link(worker, cy)
    dees = at_desk(worker, dee)
    page = dees.get(link)
    # Then it says so, and a press all the same begins nothing
    assert "Someone is signed in here" in page.text
    dees.post(link, {})
    assert dees.path == link
    assert OVER not in dees.get(link).text
    dees.get(f"{link}/code")
    assert dees.path == link
    assert can_sign_in(worker, cy)


def test_only_an_owner_makes_one(worker: Worker) -> None:
    cy, dee = colleague(worker, "Cy", Role.ANALYST), colleague(worker, "Dee", Role.COORDINATOR)
    dees = at_desk(worker, dee)
    dees.get(f"/desk/people/{cy.id}/new-credentials")
    assert dees.status in {403, 404}
    token = next(
        one.get("value", "") for one in dees.page.all("input") if one.get("name") == "csrf_token"
    )
    dees.post(f"/desk/people/{cy.id}/new-credentials", {"csrf_token": token, **FORGOT})
    assert dees.status in {403, 404}
    with worker.app.app_context(), stores.reading() as main:
        assert main.scalars(select(Invitation)).all() == []
