"""At the desk: a person moves to another organisation, two members become one. First what it means; two owners."""

from uuid import UUID

import pytest

from tests.colleagues import Colleague, join
from tests.factories import DEMO_CALL
from tests.integration.desk.worker import Worker
from tests.pages import Page, words
from tests.people import come_back
from tests.sharing import OWNER, Member, new_member, says_yes
from tests.visitor import Visitor
from webapp.models import SharedContact
from webapp.rules.organisations import Standing
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.infrastructure import stores
from webapp.services.keys import (
    invitations,
    organisation_changes,
    organisation_moves,
    organisations,
    people,
    role_changes,
)
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.organisation_moves import Merger
from webapp.services.keys.people import Person

MOVED = {"why": "employer", "words": ""}
MERGED = {"why": "merged", "words": ""}


def members(worker: Worker) -> tuple[Member, Member]:
    """Two members, each with a recipient."""
    with worker.app.app_context():
        return new_member("Harbour House", "Hana"), new_member("Lantern", "Lou")


def share(worker: Worker, *with_whom: Member) -> None:
    for member in with_whom:
        worker.get(f"/desk/contacts/{DEMO_CALL}/members")
        worker.press("Share", to=member.id.hex, why="share", words="")


def person(worker: Worker, who: Colleague) -> Person:
    with worker.app.app_context():
        return next(one for one in people.everyone() if one.id == who.id)


def moving(worker: Worker, who: Colleague) -> Page:
    worker.get("/desk/people")
    worker.follow(who.name)
    return worker.follow("Move to another organisation")


def merging(worker: Worker, name: str) -> Page:
    worker.get("/desk/organisations")
    worker.follow(name)
    return worker.follow("Merge it into another member")


def rows(page: Page) -> list[str]:
    return [words(one) for one in page.all("tr")]


def chosen(page: Page, name: str) -> list[str]:
    (field,) = [one for one in page.all("select") if one.get("name") == name]
    return [words(one) for one in field.iter("option") if one.get("selected") is not None]


def owner(worker: Worker, name: str) -> Worker:
    """A second owner at the desk, of the host."""
    with worker.app.app_context():
        other = Worker(worker.app, join(name, Role.OWNER))
    other.sign_in(steps=-1)
    return other


def by_another_owner(worker: Worker) -> Holder:
    with worker.app.app_context():
        eve = join("Eve", Role.OWNER)
        found = next(one for one in people.everyone() if one.id == eve.id)
    return Holder(eve.id, "Eve", found.grants, keys=None)  # type: ignore[arg-type]


# A person


def test_a_person_moves_and_the_page_says_first_what_it_changes(worker: Worker) -> None:
    # Given what is shared with a member that has one recipient, who is a taker as well
    harbour, lantern = members(worker)
    hana = harbour.recipient
    with worker.app.app_context():
        role_changes.give(by_another_owner(worker), hana.id, Grant(Role.TAKER))
        says_yes()
    share(worker, harbour)
    # When an owner looks what a move would mean
    page = moving(worker, hana)
    # Then the page says it
    for said in (
        "Now: Harbour House",
        "Hana is signed out everywhere, at once.",
        "This role ends, because it is for Harbour House: Recipient.",
        "These roles stay: Taker.",
        "What they cannot open any more",
        "Contact details that were shared with it",
        "Hana is the only recipient of Harbour House.",
    ):
        assert said in page.text
    # And what is missing is said
    page = worker.press("Move them")
    assert worker.status == 400
    assert "Choose an organisation" in page.text
    assert "Choose why you are doing this" in page.text
    # And the move is on the person's page, and in the record with its reason
    page = worker.press("Move them", to=lantern.id.hex, **MOVED)
    assert "Moved. They were signed out." in page.text
    assert "Lantern. Has an account here" in page.text
    found = person(worker, hana)
    assert found.organisation_id == lantern.id
    assert found.grants.roles == (Role.TAKER,)
    lines = [words(one) for one in worker.get("/desk/record?kind=coalition").all("li")]
    assert any("Moved a person from Harbour House to Lantern: Hana" in one for one in lines)
    assert any("They work for another organisation now" in one for one in lines)


def test_a_move_on_a_page_that_is_out_of_date_is_refused_and_both_states_are_shown(
    page_worker: Worker,
) -> None:
    harbour, lantern = members(page_worker)
    hana = harbour.recipient
    moving(page_worker, hana)
    # Given another owner, who gave her a role meanwhile
    with page_worker.app.app_context():
        role_changes.give(by_another_owner(page_worker), hana.id, Grant(Role.AUDITOR))
    page = page_worker.press("Move them", to=lantern.id.hex, **MOVED)
    # Then nothing was changed, both states are there, and what was chosen is still chosen
    assert page_worker.status == 409
    assert "Nothing was changed, because someone else changed this meanwhile." in page.text
    assert "Roles Recipient Auditor, Recipient" in rows(page)
    assert person(page_worker, hana).organisation_id == harbour.id
    assert chosen(page, "to") == ["Lantern"]
    # And the button does it now, and pressed again says that it is done
    page_worker.press("Move them")
    assert person(page_worker, hana).organisation_id == lantern.id
    page_worker.get(f"/desk/people/{hana.id}/moving")
    assert "There is no other member" not in page_worker.page.text


def test_a_role_is_given_for_the_organisation_that_the_page_showed(page_worker: Worker) -> None:
    # Given an owner who looks at a person, whom another one moves meanwhile
    harbour, lantern = members(page_worker)
    with page_worker.app.app_context():
        nia = join("Nia", organisation=harbour.id)
        page_worker.get(f"/desk/people/{nia.id}")
        seen = organisation_moves.Place(harbour.id, person(page_worker, nia).grants)
        organisation_moves.move(by_another_owner(page_worker), nia.id, lantern.id, seen=seen)
    filled = {"role": "recipient", "place": "everything", "why": "work", "words": ""}
    page = page_worker.press("Give this role", **filled)
    # Then they are no recipient of an organisation that the owner did not mean, until she presses again
    assert page_worker.status == 409
    assert "Nia is in another organisation now" in page.text
    assert person(page_worker, nia).grants.held == frozenset()
    page_worker.press("Give this role")
    assert person(page_worker, nia).grants.held == {Grant(Role.RECIPIENT, lantern.id)}


def test_an_owner_who_moves_themselves_signs_in_again(page_worker: Worker) -> None:
    harbour, _ = members(page_worker)
    page_worker.get("/desk/people")
    page_worker.follow("Ana")
    page = page_worker.follow("Move to another organisation")
    assert "You are signed out everywhere, at once." in page.text
    page_worker.press("Move them", to=harbour.id.hex, **MOVED)
    assert page_worker.path == "/desk/sign-in"


# Two members


def test_two_members_become_one_and_the_page_says_first_what_it_changes(worker: Worker) -> None:
    # Given a participant who is shared with both members, an invitation, and a file for the old one
    harbour, lantern = members(worker)
    with worker.app.app_context():
        sent = says_yes()
    share(worker, harbour, lantern)
    with worker.app.app_context():
        taker = {Grant(Role.TAKER)}
        wanted = invitations.Wanted(UUID(int=8), "Nia", harbour.id, Grants.of(taker))
        invitations.invite(by_another_owner(worker), wanted)
    worker.export(who=f"{DEMO_CALL}:share:{harbour.id.hex}")
    # When an owner looks what a merger would mean
    page = merging(worker, "Harbour House")
    for said in (
        "The membership of Harbour House ends today.",
        "The details of one person are shared with it. That ends",
        "Nobody’s permission passes over to the other one",
        "One person moves to the other organisation: Hana.",
        "One of them is a recipient. That role ends.",
        "One open invitation to its people is taken back.",
        "One file was made for it. It does not come back by itself.",
    ):
        assert said in page.text
    page = worker.press("Merge the two")
    assert worker.status == 400
    assert "Choose the organisation that goes on" in page.text
    page = worker.press("Merge the two", into=lantern.id.hex, name="demo COALITION", **MERGED)
    assert "There is an organisation with this name already" in page.text
    # And does it, with a new name for the other one
    page = worker.press("Merge the two", into=lantern.id.hex, name="Lantern and Harbour")
    assert "Merged. Its membership ends today" in page.text
    assert "A member again" in page.text
    # Then people, members and the sheet follow; what was sealed to the old one is gone
    people_page = worker.get("/desk/people")
    assert "Lantern and Harbour" in people_page.text
    assert person(worker, harbour.recipient).organisation_id == lantern.id
    with worker.app.app_context(), stores.reading() as main:
        assert [row.organisation_id for row in main.query(SharedContact)] == [lantern.id]
    lines = [words(one) for one in worker.get("/desk/record?kind=coalition").all("li")]
    for said in (
        "Merged an organisation into Lantern and Harbour: Harbour House",
        "Ended an organisation’s membership: Harbour House",
        "Renamed an organisation: Lantern and Harbour",
        "Moved a person from Harbour House to Lantern and Harbour: Hana",
    ):
        assert any(said in one for one in lines), said
    assert any("The two organisations have become one" in one for one in lines)
    # And the participant reads that one ended, and the other goes on
    visitor = Visitor(worker.app.test_client())
    come_back(visitor, sent.receipt)
    page = visitor.get("/en/choices/agreed")
    assert "we shared your details with Harbour House. That ended on" in page.text
    assert "we shared your details with Lantern and Harbour." in page.text
    # And tomorrow "Who we are" and the sheet of joint controllers name the one that goes on
    with worker.later(days=1):
        worker.sign_in()
        worker.app.extensions["hearth_recent"].clear()
        who, _, former = visitor.get("/en/who").text.partition("No longer members")
        assert "Lantern and Harbour Member since" in who
        assert "Harbour House" in former
        for now in (who, worker.get("/desk/organisations/sheet").text):
            assert "Lantern and Harbour" in now
            assert "Harbour House" not in now


def test_a_merger_on_a_page_that_is_out_of_date_is_refused_and_both_states_are_shown(
    page_worker: Worker,
) -> None:
    # Given two owners who look at the same merger
    harbour, lantern = members(page_worker)
    eves = owner(page_worker, "Eve")
    merging(page_worker, "Harbour House")
    merging(eves, "Harbour House")
    # When a person joins it meanwhile, and the other organisation is renamed
    with page_worker.app.app_context():
        join("Nia", organisation=harbour.id)
        organisation_changes.rename(OWNER, lantern.id, "The Lantern", was="Lantern")
    page = page_worker.press("Merge the two", into=lantern.id.hex, name="", **MERGED)
    # Then nothing was changed, and the page shows both states and what was chosen
    assert page_worker.status == 409
    assert "Nothing was changed, because someone else changed this meanwhile." in page.text
    assert "Its people Hana Hana, Nia" in rows(page)
    assert "The other organisation Lantern The Lantern" in rows(page)
    assert chosen(page, "into") == ["The Lantern"]
    assert person(page_worker, harbour.recipient).organisation_id == harbour.id
    # And the button does it now; the other owner is told
    page = page_worker.press("Merge the two")
    assert "Merged. Its membership ends today" in page.text
    page = eves.press("Merge the two", into=lantern.id.hex, name="", **MERGED)
    assert eves.status == 200
    assert "Nothing was changed, because it is not a member now." in page.text


def test_a_member_that_left_meanwhile_is_no_choice_and_it_is_said(page_worker: Worker) -> None:
    _, lantern = members(page_worker)
    merging(page_worker, "Harbour House")
    with page_worker.app.app_context():
        other = new_member("Old Mill", "Ola")
        found = organisations.coalition()
        seen = organisation_moves.picture(
            found, organisation_changes.find(found, lantern.id), people.everyone()
        )
        merger = Merger(other.id, seen, "they became one")
        organisation_moves.merge(by_another_owner(page_worker), lantern.id, merger)
    page = page_worker.press("Merge the two", into=lantern.id.hex, name="", **MERGED)
    assert page_worker.status == 409
    assert "The other organisation Lantern Not a member" in rows(page)
    assert chosen(page, "into") == []


@pytest.mark.parametrize("standing", [Standing.HOST, Standing.CHAIR])
def test_the_host_and_the_chair_go_into_no_other_one(
    page_worker: Worker, standing: Standing
) -> None:
    harbour, _ = members(page_worker)
    merging(page_worker, "Harbour House")
    with page_worker.app.app_context():
        now = organisations.coalition().one(standing)
        term = now.going_on(standing) if now else None
        seen = term.id if term else None
        organisation_changes.hand_over(OWNER, standing, harbour.id, seen=seen)
    page = page_worker.press("Merge the two", **MERGED)
    assert f"Nothing was changed, because this is the {standing.value}." in page.text
    assert "Merge it into another member" not in page.text


def test_an_owner_of_the_organisation_that_ends_signs_in_again(page_worker: Worker) -> None:
    harbour, lantern = members(page_worker)
    with page_worker.app.app_context():
        join_owner = join("Olu", Role.OWNER, organisation=harbour.id)
    olus = Worker(page_worker.app, join_owner)
    olus.sign_in(steps=-1)
    page = merging(olus, "Harbour House")
    assert "You are one of them." in page.text
    olus.press("Merge the two", into=lantern.id.hex, name="", **MERGED)
    assert olus.path == "/desk/sign-in"
    assert person(page_worker, join_owner).grants.roles == (Role.OWNER,)
