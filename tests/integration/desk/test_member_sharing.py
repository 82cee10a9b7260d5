"""Sharing with a member, page by page: what people agree to, what a coordinator does, what a recipient reads."""

import json
from collections.abc import Sequence
from uuid import UUID

import pytest
from flask import Flask

from tests.colleagues import join
from tests.factories import DEMO_CALL, answers_for, demo_form
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import go_to_check, step_address, value_of
from tests.pages import words
from tests.people import come_back, shown_code
from tests.sharing import OWNER, Member, end_membership, new_member, says_yes
from tests.visitor import Visitor
from webapp.desk.contacts import shared_with_us
from webapp.rules.roles import Grant, Role
from webapp.services.answers import consents, own_copies, shared_with
from webapp.services.answers.consents import Subject
from webapp.services.answers.data_portability import machine_readable
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys import coordinators, organisation_changes
from webapp.services.opening import disclosure, sharing_offers

REACH = {
    "contact_wanted": "yes",
    "safe_ways": ["email"],
    "email": "robin@example.org",
    "email_shared": "no",
}
TODAY = "The other charities in the group today are: Harbour House."
MEMBERS = f"/desk/contacts/{DEMO_CALL}/members"


@pytest.fixture
def harbour(page_app: Flask) -> Member:
    with page_app.app_context():
        return new_member("Harbour House", "Hana")


@pytest.fixture
def person(page_app: Flask, harbour: Member) -> Visitor:
    """A person who is asked what we may do."""
    visitor = Visitor(page_app.test_client())
    go_to_check(visitor, **REACH)
    visitor.press("Continue")
    return visitor


def send(person: Visitor) -> str:
    person.press("Send", consent=["share"])
    return shown_code(person)


def recipient(page_app: Flask, member: Member) -> Worker:
    """Hana, signed in."""
    worker = Worker(page_app, member.recipient)
    worker.sign_in(steps=-1)
    assert worker.path == "/desk/"
    return worker


def share(worker: Worker, member: Member, **changes: str) -> str:
    worker.get(MEMBERS)
    filled = {"to": member.id.hex, "why": "share"}
    return worker.press("Share", **{**filled, **changes}).text


# The whole way


def test_from_the_box_to_the_end(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    # Given a person who reads who the members are today, and says yes
    assert TODAY in person.page.text
    code = send(person)
    come_back(person, code)
    page = person.get("/en/choices/agreed")
    assert "You gave permission for these charities: Harbour House." in page.text
    assert "we shared your details" not in page.text
    # When a coordinator looks how many that is, and shares
    page_worker.get("/desk/contacts")
    page_worker.follow("How support needs are decided")
    assert page_worker.path == MEMBERS
    assert "New: one person." in page_worker.page.text
    assert "Shared. Their people can read" in share(page_worker, harbour)
    assert "Shared already: one person. Nobody is new." in page_worker.page.text
    assert "contacts shared" in page_worker.tags()
    # Then a recipient sees that there is one person, and opens them with a reason
    hana = recipient(page_app, harbour)
    assert "One person allows your organisation to get in touch." in hana.page.text
    page = hana.follow("One person allows your organisation to get in touch.")
    assert hana.path == "/desk/shared"
    assert "robin" not in page.html
    share_id = value_in(hana, "share")
    page = hana.press("Open", share=share_id, why="reach")
    assert "How to contact this person safely" in page.text
    assert "robin@example.org" in page.text
    hana.follow("Close")
    assert hana.path == "/desk/shared"
    # And the person reads with whom it was shared, and takes it back
    page = person.get("/en/choices/agreed")
    assert "we shared your details with Harbour House." in page.text
    with page_app.app_context():
        copy = json.loads(machine_readable(own_copies.find_held(code)))
    (share_of_copy,) = copy["shared_with"]
    assert (share_of_copy["name"], share_of_copy["ended_on"]) == ("Harbour House", None)
    page = person.press("Take back my permission")
    assert "That ended on" in page.text
    # And the recipient has nothing any more, whatever page is still open
    page = hana.press("Open", share=share_id, why="reach")
    assert "Nothing was opened. Their details are no longer shared." in page.text
    assert "Nobody’s contact details are shared" in page.text
    assert "robin" not in page.html


def value_in(worker: Worker, name: str) -> str:
    (value,) = [one.get("value", "") for one in worker.page.all("input") if one.get("name") == name]
    return value


# More people than are counted


@pytest.fixture
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two are many."""
    for module in (consents, sharing_offers):
        monkeypatch.setattr(module, "MOST", 2)


@pytest.mark.usefixtures("bounds")
def test_sharing_with_more_people_than_are_counted_says_no_number_that_is_not_true(
    page_app: Flask, page_worker: Worker, harbour: Member
) -> None:
    def agree(people: int) -> None:
        with page_app.app_context():
            for _ in range(people):
                says_yes()

    # Given more people than are counted, then the page says so, and sharing reaches all of them
    agree(3)
    assert "New: more than 2 people." in page_worker.get(MEMBERS).text
    assert "Shared. Their people can read" in share(page_worker, harbour)
    # When more are shared than are counted, then it does not say that nobody is new
    page = page_worker.get(MEMBERS)
    assert "Shared already: more than 2 people. Some may be new." in page.text
    assert "Nobody was new since then" in share(page_worker, harbour)
    agree(1)
    assert "Shared. Their people can read" in share(page_worker, harbour)
    with page_app.app_context():
        assert shared_with.ends_with(harbour.id) == 4


# What the person agrees to


def test_a_tick_beside_another_list_is_no_tick(page_app: Flask, person: Visitor) -> None:
    # Given a page that comes back with its ticks, after a member has joined
    person.press("Send", consent=["quote", "share"], website="https://example.org")
    assert set(value_of(person, "consent")) == {"quote", "share"}
    with page_app.app_context():
        organisation_changes.add(OWNER, "Lantern")
    page_app.extensions["hearth_recent"].clear()
    page = person.get(step_address("agree"))
    # Then the list is another one, and the box for sharing is empty again
    assert "Harbour House, Lantern." in page.text
    assert value_of(person, "consent") == ["quote"]


def test_a_yes_again_on_my_choices_is_about_the_list_of_that_page(
    page_app: Flask, person: Visitor
) -> None:
    come_back(person, send(person))
    person.get("/en/choices/agreed")
    person.press("Take back my permission")
    with page_app.app_context():
        organisation_changes.add(OWNER, "Lantern")
    page_app.extensions["hearth_recent"].clear()
    page = person.get("/en/choices/agreed")
    assert "The other charities in the group today are: Harbour House, Lantern." in page.text
    buttons = [one for one in person.buttons() if one.startswith("Give permission again")]
    page = person.press(buttons[0])
    assert "You gave permission for these charities: Harbour House, Lantern." in page.text


def test_without_other_members_no_list_is_shown(page_app: Flask) -> None:
    visitor = Visitor(page_app.test_client())
    go_to_check(visitor, **REACH)
    page = visitor.press("Continue")
    assert "charities in the group today" not in page.text


# At the desk


def test_new_recipients_are_named_and_need_a_tick_to_read_what_was_shared_before(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    # Given a person who is shared with a member
    send(person)
    share(page_worker, harbour)
    assert "Who reads it there: Hana." in page_worker.page.text
    assert "shared before" not in page_worker.page.text
    # When another person says yes, and an owner makes an account for a person who does not exist
    with page_app.app_context():
        says_yes()
        page_worker.get(MEMBERS)
        join("Ghost", Grant(Role.RECIPIENT, harbour.id), organisation=harbour.id)
    # Then a page that is still open shares nothing
    text = page_worker.press("Share", to=harbour.id.hex, why="share").text
    assert page_worker.status == 400
    # And the page names them, beside what they would read as well
    assert "Who reads it there: Ghost, Hana." in text
    box = "Let Ghost open what was shared before, too: the details of one person"
    assert box in text
    assert "Tick this if they may read it." in text
    assert "Shared already: one person. New: one person." in text
    # With the tick, which says with whom as well, it is done
    text = page_worker.press("Share", to="", anew=[harbour.id.hex]).text
    assert "Shared. Their people can read" in text
    assert "shared before" not in text


def test_a_recipient_who_came_later_reads_what_to_do_and_so_do_those_who_can_do_it(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    # Given what is shared with a member, and a recipient who came later (or has a new key)
    send(person)
    share(page_worker, harbour)
    with page_app.app_context():
        pia = join("Pia", Grant(Role.RECIPIENT, harbour.id), organisation=harbour.id)
    # When they sign in and open it
    pias = recipient(page_app, Member(harbour.id, pia))
    assert "You cannot open some of what was shared with your organisation" in pias.page.text
    assert "Nothing needs you today" not in pias.page.text
    pias.get("/desk/shared")
    share_id = next(
        one.get("value") for one in pias.page.all("input") if one.get("name") == "share"
    )
    text = pias.press("Open", share=share_id, why="reach").text
    assert "You do not have the key for this" in text
    assert "A coordinator of the lead charity opens it to you" in text
    # Then Today leads a coordinator to the page where they open it, and Keys says the same
    page_worker.get("/desk/")
    assert "Pia (Harbour House) cannot open what was shared before" in page_worker.page.text
    assert "Cannot open what was shared before: Pia." in page_worker.get("/desk/keys").text
    assert page_worker.follow_line("Pia (Harbour House)").h1 == "Share with a member"
    page_worker.press("Share", to=harbour.id.hex, why="share", anew=[harbour.id.hex])
    assert "cannot open what was shared" not in page_worker.get("/desk/").text


def test_who_has_a_helper_alone_is_counted_and_not_shared_and_the_page_says_so(
    page_app: Flask, page_worker: Worker, harbour: Member
) -> None:
    with page_app.app_context():
        answers = answers_for(
            demo_form(),
            safe_ways=["none"],
            helper_name="Hel Per",
            helper_email="helper@example.org",
        )
        sent = says_yes(answers=answers, given={"share": True, "through_helper": True})
    for _ in range(2):
        text = share(page_worker, harbour)
        assert "Nothing was shared: nobody was left whose details could be" in text
        assert "New: one person." in text
        assert (
            "People who can only be reached through a helper are counted, but not shared." in text
        )
    with page_app.app_context():
        assert shared_with.told(sent.submission_id) == ()


def test_a_page_that_named_other_recipients_shares_nothing(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    send(person)
    page_worker.get(MEMBERS)
    with page_app.app_context():
        join("Ghost", Grant(Role.RECIPIENT, harbour.id), organisation=harbour.id)
    text = page_worker.press("Share", to=harbour.id.hex, why="share").text
    assert page_worker.status == 409
    assert "Nothing was shared, because other people could read it now" in text
    assert "Who reads it there: Ghost, Hana." in text
    assert "Shared. Their people can read" in page_worker.press("Share").text


def test_the_page_says_what_is_missing(
    page_app: Flask, page_worker: Worker, harbour: Member
) -> None:
    with page_app.app_context():
        empty = organisation_changes.add(OWNER, "Lantern")
    # Given a member whose permission nobody gave, and one where nobody could read it: neither can be chosen
    page = page_worker.get(MEMBERS)
    assert "They have no recipient yet, so nobody there could read it." in page.text
    assert "Nobody’s permission covers this member." in page.text
    assert "Nothing can be shared now." in page.text
    assert "Share" not in page_worker.buttons()
    assert [words(one) for one in page.all("a") if one.get("aria-current")] == ["Contacts"]
    # When a person says yes
    with page_app.app_context():
        says_yes()
    page_worker.get(MEMBERS)
    page_worker.press("Share")
    assert page_worker.status == 400
    assert "Choose a member" in page_worker.page.text
    assert "Choose why you are doing this" not in page_worker.page.text
    # (also with the one that cannot be chosen, by hand)
    fields = {one.get("name", ""): one.get("value", "") for one in page_worker.page.all("input")}
    typed = {name: fields[name] for name in ("csrf_token", "seen")}
    text = page_worker.post(MEMBERS, {**typed, "to": empty.hex, "why": "share"}).text
    assert "Nobody in this organisation can read it yet." in text
    with page_app.app_context():
        end_membership(harbour)
    text = page_worker.press("Share", to=harbour.id.hex, why="share").text
    assert "Nothing was shared" in text


def test_a_recipient_sees_their_own_page_and_nothing_else(
    page_app: Flask, page_worker: Worker, harbour: Member
) -> None:
    hana = recipient(page_app, harbour)
    assert "Shared with us" in hana.page.text
    for closed in ("/desk/calls", "/desk/contacts", "/desk/record", MEMBERS, "/desk/people"):
        hana.get(closed)
        assert hana.status == 403
    # And a coordinator has no page of a recipient
    page_worker.get("/desk/shared")
    assert page_worker.status == 403


def test_a_reason_and_a_person_are_asked_for(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    send(person)
    share(page_worker, harbour)
    hana = recipient(page_app, harbour)
    hana.get("/desk/shared")
    page = hana.press("Open")
    assert hana.status == 400
    assert "Choose a person." in page.text
    assert "Choose why you are doing this" in page.text
    assert "shared contact opened" not in page_worker.tags()


def test_a_long_list_has_pages_and_says_what_was_opened(
    page_app: Flask, page_worker: Worker, harbour: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given three people, and two to a page
    monkeypatch.setattr(shared_with_us, "PER_PAGE", 2)
    with page_app.app_context():
        for _ in range(3):
            says_yes()
    share(page_worker, harbour)
    hana = recipient(page_app, harbour)
    hana.get("/desk/shared")
    shown = values_of(hana)
    assert len(shown) == 2
    assert "3 people allow" in hana.page.text
    assert "Page 1 of 2" in hana.page.text
    assert "opened by you" not in hana.page.text
    # When one of the second page is opened
    (last,) = [one for one in hana.page.all("a") if words(one) == "Older"][:1]
    hana.get(last.get("href", ""))
    (third,) = values_of(hana)
    assert third not in shown
    assert "not opened yet" in hana.page.text
    assert "How to contact this person safely" in hana.press("Open", share=third, why="reach").text
    # Then the way back leads to that page, which says so to a colleague as well
    hana.follow("Close")
    assert values_of(hana) == [third]
    assert "opened by you or a colleague on" in hana.page.text
    # And an address that names no place is the first page
    hana.get("/desk/shared?after=1.2&before=x&page=7")
    assert values_of(hana) == shown


def values_of(worker: Worker) -> list[str]:
    """Who can be chosen on this page."""
    return [one.get("value", "") for one in worker.page.all("input") if one.get("name") == "share"]


def test_the_page_that_asks_for_a_code_says_what_is_confirmed(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    send(person)
    page_worker.get(MEMBERS)
    with page_worker.later(minutes=6):
        text = page_worker.press("Share", to=harbour.id.hex, why="share").text
    assert "Confirm that it is you" in text
    assert "You are about to share the details of one person with Harbour House." in text
    # And nobody without one is offered a passkey
    assert "Use a passkey instead" not in text


def test_who_takes_it_back_while_it_is_opened_is_no_attack(
    page_app: Flask,
    page_worker: Worker,
    person: Visitor,
    harbour: Member,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a person who takes the permission back after the record has the opening, and before it opens
    code = send(person)
    share(page_worker, harbour)
    hana = recipient(page_app, harbour)
    hana.get("/desk/shared")
    assert "Another reason, in my words. All coordinators will see it" in hana.page.text
    real = disclosure.secrets_of

    def meanwhile(ids: Sequence[UUID]) -> dict[UUID, bytes]:
        with page_app.app_context():
            held = own_copies.find_held(code)
            consents.change(
                Subject(held.submission_id, held.call_id, held.form, "en"), "share", False
            )
        return real(ids)

    monkeypatch.setattr(disclosure, "secrets_of", meanwhile)
    page = hana.press("Open", share=value_in(hana, "share"), why="reach")
    # Then the recipient reads that it is over, and no page speaks of damage
    assert hana.path == "/desk/shared"
    assert hana.status == 200
    assert "Nothing was opened. Their details are no longer shared." in page.text


def test_ending_a_membership_at_the_desk_deletes_what_was_shared(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    send(person)
    share(page_worker, harbour)
    with page_app.app_context():
        end_membership(harbour)
        assert shared_with.end_uncovered() == 1


def test_an_owner_invites_a_recipient_for_their_own_organisation(
    page_app: Flask, page_worker: Worker
) -> None:
    with page_app.app_context():
        member_id = organisation_changes.add(OWNER, "Harbour House")
    page_worker.get("/desk/people/invite")
    page_worker.press(
        "Make the link",
        name="Hana",
        organisation=member_id.hex,
        roles=["recipient"],
        place="everything",
    )
    assert page_worker.page.h1 == "A link for Hana"
    assert "Recipient" in page_worker.get("/desk/people").text


def test_the_role_is_given_at_a_persons_page_and_is_for_their_own_organisation_whatever_is_chosen(
    page_app: Flask, page_worker: Worker, harbour: Member
) -> None:
    with page_app.app_context():
        lou = join("Lou", organisation=harbour.id)
        call = published_calls.find_call(DEMO_CALL)
    page_worker.get(f"/desk/people/{lou.id}")
    filled = {"role": "recipient", "place": call.id.hex, "why": "work", "words": ""}
    page = page_worker.press("Give this role", **filled)
    assert page_worker.status == 200
    assert "Recipient" in page.text
    with page_app.app_context(), stores.reading() as main:
        assert coordinators.grants_of(main, lou.id).held == {Grant(Role.RECIPIENT, harbour.id)}


def test_keys_are_named_by_the_member_that_holds_them(
    page_app: Flask, page_worker: Worker, person: Visitor, harbour: Member
) -> None:
    send(person)
    share(page_worker, harbour)
    text = page_worker.get("/desk/keys").text
    assert "Harbour House" in text
    assert "Contact details that were shared with it" in text
    assert "Something that is not here any more" not in text
