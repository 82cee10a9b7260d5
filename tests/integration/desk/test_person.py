"""A person's page at the desk: roles given and taken back, accounts closed, two owners at once, and the record."""

from uuid import uuid4

import pytest
from sqlalchemy import select, update

from tests.colleagues import Colleague, join
from tests.factories import publish_demo_event
from tests.integration.desk.worker import Worker
from tests.pages import Page
from webapp.models import ErasureSecret, NewsWish, RecoveryKey, Tombstone
from webapp.rules.roles import Grant, Role
from webapp.services.calls import published_calls
from webapp.services.desk_home import news_subscriptions
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication, people, role_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.vault.keyring import make_coordinator_key

WHY = {"why": "work", "words": ""}


def colleague(worker: Worker, name: str, *roles: Role | Grant) -> Colleague:
    with worker.app.app_context():
        return join(name, *roles)


def at_desk(worker: Worker, who: Founded) -> Worker:
    other = Worker(worker.app, who)
    other.sign_in()
    return other


def roles_of(worker: Worker, who: Colleague) -> set[tuple[Role, bool]]:
    with worker.app.app_context():
        found = next(one for one in people.everyone() if one.id == who.id)
        return {(one.role, one.scope is None) for one in found.grants.held}


def token(worker: Worker) -> str:
    found = [one for one in worker.page.all("input") if one.get("name") == "csrf_token"]
    return found[0].get("value", "")


def elsewhere(worker: Worker) -> Holder:
    """The same person, signed in elsewhere."""
    owner = worker.founded.owner
    return authentication.sign_in(owner.sign_in_name, owner.passphrase, worker.code(1))


def look_at(worker: Worker, who: Colleague) -> Page:
    worker.get("/desk/people")
    return worker.follow(who.name)


def give(worker: Worker, who: Colleague, role: Role, **changes: str) -> Page:
    look_at(worker, who)
    return worker.press("Give this role", **{"role": role, "place": "everything", **WHY, **changes})


def test_a_role_is_given_and_taken_back_with_its_keys_and_reason(worker: Worker) -> None:
    # Given a person without a role
    cy = colleague(worker, "Cy")
    page = look_at(worker, cy)
    assert "No role. They can sign in" in page.text
    # When an owner gives one
    page = give(worker, cy, Role.ANALYST)
    assert "Given. It counts from the next time that they sign in." in page.text
    assert roles_of(worker, cy) == {(Role.ANALYST, True)}
    # Then the page says whose keys are missing
    assert "These people have them: Ana." in page.text
    # And when Ana gives them, what he can open stands there
    worker.follow("See the keys that wait")
    worker.press("Give the keys")
    assert "Answers, Equality answers" in look_at(worker, cy).text
    # When it is taken back, the page before says what goes
    page = worker.follow("Take back")
    assert "What they cannot open any more" in page.text
    assert "New keys are made for" in page.text
    assert "No other person can open this" not in page.text
    page = worker.press("Take this role back", why="safety", words="his bag was stolen")
    # Then it is gone, and each act is in the record with its reason
    assert "Taken back. They were signed out" in page.text
    assert "Nothing that people told us." in page.text
    assert roles_of(worker, cy) == set()
    reasons = {line.tag: line.reason for line in worker.record()}
    assert reasons["role given"] == "They begin this work"
    assert reasons["role taken back"].endswith("looks wrong: his bag was stolen")


def test_a_role_for_one_event(worker: Worker) -> None:
    # Given an event
    cy = colleague(worker, "Cy")
    with worker.app.app_context():
        event = publish_demo_event(slug="evening")
        call = published_calls.all_calls()[0]
    # When a role is given that does not go with it, or with no single place at all
    page = give(worker, cy, Role.ANALYST, place=event.id.hex)
    assert worker.status == 400
    assert "This role does not go with an event" in page.text
    page = worker.press("Give this role", role="arranger", place=call.id.hex)
    assert "This role does not go with a call" in page.text
    page = worker.press("Give this role", role="auditor", place=event.id.hex)
    assert "This role is for the whole coalition" in page.text
    # Then nothing is given, and what fits is
    assert roles_of(worker, cy) == set()
    page = worker.press("Give this role", role="arranger", place=event.id.hex)
    assert "Arranger of “" in page.text
    assert roles_of(worker, cy) == {(Role.ARRANGER, False)}
    # And it is taken back by its own link
    worker.follow("Take back")
    worker.press("Take this role back", **WHY)
    assert roles_of(worker, cy) == set()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"role": ""}, "Choose a role"),
        ({"role": "king"}, "Choose a role"),
        ({"place": "nowhere"}, "Choose what the role is for"),
        ({"why": ""}, "Choose why you are doing this"),
        ({"why": "other"}, "Give your reason in a few words"),
    ],
)
def test_what_is_missing_is_said(page_worker: Worker, changes: dict[str, str], said: str) -> None:
    cy = colleague(page_worker, "Cy")
    look_at(page_worker, cy)
    page_worker.post(
        f"/desk/people/{cy.id}/give",
        {
            "csrf_token": token(page_worker),
            "role": "analyst",
            "place": "everything",
            "seen": "[]",
            **WHY,
            **changes,
        },
    )
    assert page_worker.status == 400
    assert said in page_worker.page.text


def test_the_last_owner_stays(worker: Worker) -> None:
    # Given Ana, the only owner
    worker.get("/desk/people")
    worker.follow("Ana")
    assert "This is you." in worker.page.text
    (link,) = [
        one.get("href", "")
        for one in worker.page.all("a")
        if "/take-back/owner/" in one.get("href", "")
    ]
    # (told before the button)
    assert "Ana is the last owner" in worker.get(link).text
    assert "Nothing was changed" not in worker.page.text
    page = worker.press("Take this role back", **WHY)
    # Then neither the role nor the account goes
    assert "Ana is the last owner" in page.text
    worker.get("/desk/people")
    worker.follow("Ana")
    worker.follow("Close this account")
    page = worker.press("Close this account", why="left", anyway=True)
    assert "Ana is the last owner" in page.text
    # And with a second one, she may go, and is signed out
    colleague(worker, "Dee", Role.OWNER)
    page = worker.press("Close this account", why="left", anyway=True)
    assert worker.path == "/desk/sign-in"


def test_the_last_holder_is_warned_and_refused_first(worker: Worker) -> None:
    # Given Ana, who alone holds keys, and a second owner who looks at her page
    colleague(worker, "Dee", Role.OWNER)
    worker.get("/desk/people")
    worker.follow("Ana")
    page = worker.follow("Close this account")
    assert "No other person can open this" in page.text
    page = worker.press("Close this account", why="left")
    assert worker.status == 400
    assert "Tick this, or give the role to a second person first" in page.text
    # And the reason that was chosen is still there
    (chosen,) = [one for one in page.all("input") if one.get("checked") is not None]
    assert chosen.get("value") == "left"


def test_a_person_who_left_is_shown_and_cannot_be_changed(worker: Worker) -> None:
    cy = colleague(worker, "Cy", Role.ANALYST)
    cys = at_desk(worker, cy)
    look_at(worker, cy)
    worker.follow("Close this account")
    page = worker.press("Close this account", why="left")
    # Then the account is closed
    assert "The account is closed." in page.text
    everywhere = ("/desk/sign-out", "/desk/stay")
    assert not [one for one in page.all("form") if one.get("action") not in everywhere]
    # And he is out, and does not come in again
    assert cys.get("/desk/").path != "/desk/" or cys.path == "/desk/sign-in"
    cys.sign_in(steps=1)
    assert cys.path == "/desk/sign-in"
    # And it is said where the button is pressed in another tab
    page = worker.get(f"/desk/people/{cy.id}/leaving")
    assert "this account is closed already" in page.text


def test_the_address_of_a_person_who_leaves_is_shredded_at_once(worker: Worker) -> None:
    # Given a person who wanted e-mails
    cy = colleague(worker, "Cy", Role.ANALYST)
    with worker.app.app_context():
        news_subscriptions.ask(cy.id, "cy@example.org", 1, once=uuid4())
        with stores.reading() as main:
            secret_id = main.get_one(NewsWish, cy.id).secret_id
    # When the account is closed
    look_at(worker, cy)
    worker.follow("Close this account")
    worker.press("Close this account", why="left")
    # Then what their address opens with is gone before any worker comes round, and the tombstone is done
    with worker.app.app_context():
        with stores.reading("erasure") as erasure:
            assert erasure.get(ErasureSecret, secret_id) is None
        with stores.reading() as main:
            assert main.get(NewsWish, cy.id) is None
            assert all(one.done for one in main.scalars(select(Tombstone)))


def test_two_owners_change_the_same_person(worker: Worker) -> None:
    # Given two owners who look at one person
    cy, dee = colleague(worker, "Cy"), colleague(worker, "Dee", Role.OWNER)
    dees = at_desk(worker, dee)
    look_at(worker, cy)
    look_at(dees, cy)
    # When one gives a role, and the other gives another one
    dees.press("Give this role", role="auditor", place="everything", **WHY)
    page = worker.press("Give this role", role="taker", place="everything", **WHY)
    # Then it is said, nothing was changed, and the page shows the roles of now and what was chosen
    assert worker.status == 409
    assert "someone else changed this person’s roles meanwhile" in page.text
    assert roles_of(worker, cy) == {(Role.AUDITOR, True)}
    chosen = {one.get("value") for one in page.all("input") if one.get("checked") is not None}
    assert chosen == {"taker", "work"}
    # And the button gives it now
    page = worker.press("Give this role")
    assert roles_of(worker, cy) == {(Role.AUDITOR, True), (Role.TAKER, True)}
    # And the same role twice, from an older page, is told apart
    page = dees.press("Give this role", role="taker", place="everything", **WHY)
    assert "Cy has this role already." in page.text
    # And taking back on a page from before says so, too
    (link,) = [
        one.get("href", "")
        for one in dees.page.all("a")
        if "/take-back/taker" in one.get("href", "")
    ]
    dees.get(link)
    with worker.app.app_context():
        role_changes.take_back(elsewhere(worker), cy.id, Grant(Role.AUDITOR))
    page = dees.press("Take this role back", **WHY)
    assert dees.status == 409
    assert "someone else changed this person’s roles meanwhile" in page.text
    page = dees.press("Take this role back")
    assert roles_of(worker, cy) == set()


def test_what_the_person_cannot_do_any_more_is_not_offered(worker: Worker) -> None:
    # Given a person who was an owner a moment ago
    dee = colleague(worker, "Dee", Role.OWNER)
    dees = at_desk(worker, dee)
    look_at(dees, dee)
    with worker.app.app_context():
        role_changes.take_back(elsewhere(worker), dee.id, Grant(Role.OWNER))
    # When she presses what her page still shows, then she is asked to sign in
    dees.press("Give this role", role="taker", place="everything", **WHY)
    assert dees.page.h1 == "Sign in and go on"
    assert roles_of(worker, dee) == set()


def test_nobody_but_an_owner_gets_here(worker: Worker) -> None:
    cy = colleague(worker, "Cy", Role.COORDINATOR)
    cys = at_desk(worker, cy)
    for address in (f"/desk/people/{cy.id}", f"/desk/people/{cy.id}/leaving"):
        assert "This is not part of your role" in cys.get(address).text
    page = cys.post(f"/desk/people/{cy.id}/give", {"csrf_token": token(cys), "role": "owner"})
    assert "This is not part of your role" in page.text
    assert roles_of(worker, cy) == {(Role.COORDINATOR, True)}


def test_an_address_that_names_nothing(page_worker: Worker) -> None:
    cy = colleague(page_worker, "Cy")
    for address in (
        f"/desk/people/{cy.id}/take-back/king/everything",
        f"/desk/people/{cy.id}/take-back/analyst/nowhere",
        "/desk/people/00000000-0000-4000-8000-000000000000",
    ):
        page_worker.get(address)
        assert page_worker.status == 404, address
    page = page_worker.get(f"/desk/people/{cy.id}/take-back/analyst/everything")
    assert "they do not have that role now" in page.text


def exchange_recovery_key(worker: Worker) -> None:
    with worker.app.app_context(), stores.writing() as main:
        main.execute(update(RecoveryKey).values(public_key=make_coordinator_key()[1]))


def test_an_account_can_be_closed_when_no_new_key_can_be_made(page_worker: Worker) -> None:
    # Given a recovery key that a thief exchanged
    cy = colleague(page_worker, "Cy", Role.ANALYST)
    page_worker.get("/desk/keys")
    page_worker.press("Give the keys")
    exchange_recovery_key(page_worker)
    # When the account must be closed all the same
    page = look_at(page_worker, cy)
    assert "This cannot be shown now" in page.text
    page_worker.follow("Close this account")
    page = page_worker.press("Close this account", why="safety")
    # Then it is, and the page says what is left to do
    assert "Done: it opens nothing for them any more." in page.text
    assert "The account is closed." in page.text
