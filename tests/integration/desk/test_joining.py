"""Inviting a person and joining: a link that works once, credentials that the person alone makes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import publish_demo_call
from tests.integration.desk.newcomer import OWN, Newcomer, invite
from tests.integration.desk.worker import Worker
from tests.pages import words
from webapp.models import Coordinator, Invitation, RoleGrant, Slot
from webapp.rules import clock
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys import (
    invitation_expiry,
    invitations,
    joining,
    key_slots,
    organisation_changes,
    organisations,
    purpose_keys,
)
from webapp.services.keys.invitations import NoSuchInvitation
from webapp.services.keys.organisation_changes import StillHasPeople
from webapp.services.worker import chores
from webapp.vault.invitations import lookup_of

OVER = "This link does not work any more"


def people(app: Flask) -> dict[str, str]:
    """Sign-in names, and the name at the desk."""
    with app.app_context(), stores.reading() as main:
        return {row.sign_in_name: row.name for row in main.scalars(select(Coordinator))}


# The whole way


def test_a_person_is_invited_makes_an_account_and_signs_in(worker: Worker) -> None:
    # Given an owner who invites an analyst
    link = invite(worker, "analyst")
    assert worker.page.h1 == "A link for Bea"
    worker.press("I have passed it on")
    assert link not in worker.get("/desk/people").html
    assert "Bea Demo coalition Analyst Ana" in worker.page.text
    # When the person opens it, makes what they sign in with, and proves it
    bea = Newcomer(worker.app, link)
    page = bea.join()
    # Then they are signed out, told what is still to come, and sign in
    assert bea.path == "/desk/sign-in"
    assert "when a colleague has confirmed you" in page.text
    page = bea.sign_in()
    assert (bea.path, bea.status) == ("/desk/", 200)
    # And see what an analyst sees
    menu = next(nav for nav in page.all("nav") if nav.get("aria-label") == "Desk")
    assert [words(one) for one in menu.iter("a")] == ["Today", "Calls", "Keys"]
    # And the owner sees them, and the invitation no more
    page = worker.get("/desk/people")
    assert "No link is open." in page.text
    assert "Bea Analyst" in page.text
    assert worker.tags()[:3] == [
        *("signed in", "first time in this browser", "account made by invitation"),
    ]
    # And the link opens nothing
    assert OVER in bea.get(link).text
    assert bea.status == 404


def test_an_own_passphrase_and_the_recovery_code_open_the_same_key(worker: Worker) -> None:
    bea = Newcomer(worker.app, invite(worker, "taker"))
    bea.join(own=OWN)
    assert bea.sign_in().h1
    assert bea.path == "/desk/"
    with worker.app.app_context(), stores.reading() as main:
        row = main.scalars(select(Coordinator).where(Coordinator.sign_in_name == "bea")).one()
        slots = {
            slot.kind: slot for slot in main.scalars(select(Slot)) if slot.coordinator_id == row.id
        }
        seed = key_slots.unlock_with_recovery_code(slots["recovery_code"], bea.recovery_code)
        assert key_slots.unlock_with_passphrase(slots["passphrase"], OWN) == seed
        key_slots.check_own_key(row, seed)
        given = main.scalars(select(RoleGrant).where(RoleGrant.coordinator_id == row.id)).all()
        assert [(one.role, one.scope_id) for one in given] == [(Role.TAKER, None)]


def test_the_name_of_a_person_who_left_is_taken_and_said_at_once(page_worker: Worker) -> None:
    # Given a person who made an account and left
    link = invite(page_worker, "analyst")
    Newcomer(page_worker.app, link).join()
    with page_worker.app.app_context(), stores.writing() as main:
        main.scalars(
            select(Coordinator).where(Coordinator.sign_in_name == "bea")
        ).one().left_on = clock.today()
    # When they come back, and choose the same name, then they are told before they scan and write down anything
    link = invite(page_worker, "analyst")
    again = Newcomer(page_worker.app, link)
    again.begin()
    page = again.name_themselves("bea")
    assert again.status == 400
    assert "Another person has this sign-in name" in page.text


def test_a_person_for_one_event_sees_that_one(worker: Worker) -> None:
    # Given roles that go with a call, and none of an event
    page = worker.get("/desk/people/invite")
    call = next(one.get("value", "") for one in page.all("option") if "support needs" in words(one))
    # When an owner mixes them up, they are told which
    invite(worker, "registrar", place=call)
    assert "These roles do not go with that call or event: Registrar" in worker.page.text
    invite(worker, "analyst", "owner", place=call)
    assert "Choose “All calls and events”, or leave out: Owner" in worker.page.text
    # And the code was not used up by that
    link = invite(worker, "analyst", place=call)
    Newcomer(worker.app, link).join()
    assert "Analyst of “How support needs are decided”" in worker.get("/desk/people").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Enter the person’s name"),
        ({"name": "bea@example.org"}, "Enter a name, not an e-mail address"),
        ({"roles": ""}, "Choose at least one role"),
        ({"organisation": "none"}, "Choose the organisation"),
        ({"place": ""}, "Choose what the roles are for"),
    ],
)
def test_an_invitation_that_cannot_be_made(
    page_worker: Worker, changes: dict[str, str], said: str
) -> None:
    assert invite(page_worker, "analyst", **{"name": "Bea", **changes}) == ""
    assert page_worker.status == 400
    assert said in page_worker.page.text
    with page_worker.app.app_context():
        assert invitations.open_invitations() == []


def test_two_people_of_one_name_are_told_apart(worker: Worker) -> None:
    # Given a person who is here, and one who is invited
    assert invite(worker, "analyst", name="Bea")
    # When an owner invites another one under either name, in capitals or not
    for name in ("ANA", "bea"):
        assert invite(worker, "taker", name=name) == ""
        assert worker.status == 400
        assert "A person with this name is here or invited already" in worker.page.text
    # Then the code was not used up, and the name is free again when the invitation is
    with worker.app.app_context():
        (row,) = invitations.open_invitations()
        invitations.take_back(_id_of("ana"), row.id)
    with worker.later(minutes=1):
        assert invite(worker, "taker", name="Bea")


def test_inviting_pressed_twice_makes_one_link(worker: Worker) -> None:
    once = uuid4().hex
    link = invite(worker, "analyst", once=once)
    assert link
    # When the button is pressed a second time
    with worker.later(minutes=1):
        worker.get("/desk/people/invite")
        worker.press("Make the link", once=once)
    # Then it leads to the link that there is, whatever else the form says
    assert link in worker.page.text
    with worker.app.app_context():
        assert len(invitations.open_invitations()) == 1


def test_joining_and_the_end_of_the_membership_at_once_do_not_block_each_other(
    app: Flask, worker: Worker
) -> None:
    with app.app_context():
        ana = _id_of("ana")
        member = organisation_changes.add(ana, "Harbour House")
        known = next(one for one in organisations.coalition().members if one.id == member)
    secret = invite(worker, "analyst", organisation="Harbour House").rpartition("/")[2]
    with app.app_context():
        invited = joining.find(secret)

    def join() -> bool:
        with app.app_context():
            try:
                joining.join(invited, key_slots.new_credentials("bea"), last_step=1)
            except NoSuchInvitation:
                return False
            return True

    def end() -> bool:
        with app.app_context():
            try:
                organisation_changes.end_membership(
                    ana, member, clock.today(), seen=known.terms[0].id
                )
            except StillHasPeople:
                return False
            return True

    # When both come at once, whichever is first
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(join), pool.submit(end)]
    # Then exactly one of them is done: nobody works for an organisation that has left
    assert sorted(one.result() for one in done) == [False, True]


# Links that open nothing, and people who should not have them


def test_looking_at_a_link_says_nothing_and_changes_nothing(page_worker: Worker) -> None:
    # Given an invitation
    link = invite(page_worker, "analyst", name="Beatrix")
    # When a scanner of messages opens it, again and again
    for _ in range(3):
        scanner = Newcomer(page_worker.app, link)
        page = scanner.get(link)
        # Then it learns neither name, organisation nor role, and has no cookie
        for told in ("Beatrix", "Demo coalition", "nalyst", "Ana"):
            assert told not in page.html
        assert not scanner.client._cookies
    # And the link still works, once it is pressed
    bea = Newcomer(page_worker.app, link)
    for page in (bea.begin(), bea.name_themselves(), bea.scan()):
        assert "Beatrix" not in page.html
        assert "Demo coalition" not in page.html
    # And the owner who tries it is not signed out by it
    page = page_worker.get(link)
    assert "Someone is signed in here" in page.text
    page_worker.get("/desk/people")
    assert page_worker.status == 200


def test_a_link_is_over_after_seven_days(worker: Worker) -> None:
    link = invite(worker, "analyst")
    secret = link.rpartition("/")[2]
    with worker.later(days=7):
        assert Newcomer(worker.app, link).begin().h1 == "Your sign-in name and passphrase"
    with worker.later(days=8), worker.app.app_context():
        bea = Newcomer(worker.app, link)
        assert OVER in bea.get(link).text
        # The worker deletes it, and the record says so
        assert invitation_expiry.forget_old in chores.CHORES
        with stores.reading() as main:
            assert main.scalars(select(Invitation)).all()
        with pytest.raises(NoSuchInvitation):
            joining.find(secret)


@pytest.mark.parametrize("end", ["taken back", "unknown", "cut short"])
def test_every_link_that_opens_nothing_says_the_same(page_worker: Worker, end: str) -> None:
    link = invite(page_worker, "analyst")
    bea = Newcomer(page_worker.app, link)
    bea.begin()
    if end == "taken back":
        page_worker.press("I have passed it on")
        assert "The link opens nothing any more" in page_worker.press("Take back").text
    elif end == "unknown":
        bea.link = f"/desk/join/{'0' * 52}"
    else:
        bea.link = link[:-1]
    # Also in the middle of making the account
    for path in (bea.link, f"{bea.link}/name", f"{bea.link}/code"):
        assert OVER in bea.get(path).text
        assert bea.status == 404
    assert people(page_worker.app).keys() == {"ana"}


def test_of_two_who_open_one_link_one_has_the_account(worker: Worker) -> None:
    # Given two browsers with one link, both before the last button
    link = invite(worker, "analyst")
    both = [Newcomer(worker.app, link) for _ in range(2)]
    for n, one in enumerate(both):
        one.begin()
        one.name_themselves(f"bea{n}")
        one.scan()
    # When both press it
    pages = [one.write_down() for one in both]
    # Then one account is there, and the other is told
    assert "Your account is made" in pages[0].text
    assert OVER in pages[1].text
    assert people(worker.app).keys() == {"ana", "bea0"}


def test_of_many_at_the_same_moment_one_joins(app: Flask, worker: Worker) -> None:
    secret = invite(worker, "analyst").rpartition("/")[2]
    with app.app_context():
        invited = joining.find(secret)

    def join(n: int) -> bool:
        with app.app_context():
            try:
                joining.join(invited, key_slots.new_credentials(f"bea{n}"), last_step=1)
            except NoSuchInvitation:
                return False
            return True

    # Two at once: no more passphrases are stretched at a time
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(join, range(2))) == [False, True]
    assert len(people(app)) == 2


def test_an_invitation_ends_with_the_membership_and_with_its_maker(worker: Worker) -> None:
    with worker.app.app_context():
        ana = UUID(bytes=_id_of("ana").bytes)
        member = organisation_changes.add(ana, "Harbour House")
    link = invite(worker, "analyst", organisation="Harbour House")
    bea = Newcomer(worker.app, link)
    bea.begin()
    # When the member leaves the coalition
    with worker.app.app_context():
        known = next(one for one in organisations.coalition().members if one.id == member)
        seen = known.terms[0].id
        organisation_changes.end_membership(ana, member, clock.today(), seen=seen)
    # Then its people cannot join
    assert OVER in bea.name_themselves().text


def _id_of(sign_in_name: str) -> UUID:
    with stores.reading() as main:
        row = main.scalars(select(Coordinator).where(Coordinator.sign_in_name == sign_in_name))
        return row.one().id


def test_what_a_dismissed_owner_left_behind_opens_nothing(worker: Worker) -> None:
    link = invite(worker, "owner")
    with worker.app.app_context(), stores.writing() as main:
        owners = select(RoleGrant).where(RoleGrant.role == Role.OWNER)
        main.delete(main.scalars(owners).one())
    assert OVER in Newcomer(worker.app, link).get(link).text
    # And it is in no list of what is open
    with worker.app.app_context():
        assert invitations.open_invitations() == []


# What the person enters


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("too short", "Use at least 15 letters"),
        ("aaaaaaaaaaaaaaaaaaaa", "too easy to guess"),
        ("passwordpassword12345", "too easy to guess"),
        ("qwertyuiopasdfghjkl", "too easy to guess"),
        (" seven grey herons over", "Leave out the space"),
        ("beatrixbeatrixbeatrix", "Leave out your name"),
        ("", "Enter your passphrase"),
    ],
)
def test_a_passphrase_that_cannot_be(page_worker: Worker, own: str, said: str) -> None:
    bea = Newcomer(page_worker.app, invite(page_worker, "taker", name="Beatrix"))
    bea.begin()
    typed = {"sign_in_name": "bea", "way": "own", "own": own, "own_again": own}
    page = bea.press("Continue", **typed)
    assert bea.status == 400
    assert said in page.text
    assert not own or own not in page.html


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Enter a sign-in name"),
        ("ANA", "Another person has this sign-in name"),
        ("bea@example.org", "not your e-mail address"),
        ("two words", "without spaces"),
    ],
)
def test_a_sign_in_name_that_cannot_be(page_worker: Worker, name: str, said: str) -> None:
    bea = Newcomer(page_worker.app, invite(page_worker, "taker"))
    bea.begin()
    assert said in bea.name_themselves(name).text
    assert bea.status == 400


def test_mistakes_on_the_way_lose_nothing(page_worker: Worker) -> None:
    bea = Newcomer(page_worker.app, invite(page_worker, "taker"))
    bea.begin()
    # Two passphrases that differ
    page = bea.name_themselves(own=OWN, own_again=f"{OWN}s")
    assert "The two passphrases differ" in page.text
    bea.name_themselves()
    # A phone whose clock is wrong by minutes, and digits of nothing
    page = bea.scan(minutes=9)
    assert "Your phone’s clock is about 9 minutes wrong" in page.text or "about 8" in page.text
    assert "That code is wrong" in bea.press("Continue", code="000000").text
    page = bea.press("Continue", code=bea.digits())
    # What the code is worth is told as it is: a colleague, or two sheets, can let her in without it
    assert "this code is the quickest help" in page.text
    assert "Without it you need a colleague, or two recovery sheets" in page.text
    # The wrong end of the recovery code
    page = bea.press("Make my account", typed="0000")
    assert "That is not the end of the code" in page.text
    # Steps are not left out
    bea.get(f"{bea.link}/code")
    bea.write_down()
    assert people(page_worker.app)["bea"] == "Bea"
    # The code that proved the app does not count again
    assert "That did not work" in bea.sign_in().text


def test_a_session_that_is_over_begins_anew(page_worker: Worker) -> None:
    bea = Newcomer(page_worker.app, invite(page_worker, "taker"))
    bea.begin()
    bea.name_themselves()
    with page_worker.later(minutes=20):
        page = bea.get(f"{bea.link}/app")
        assert bea.path == bea.link
        assert "You were away for a while" in page.text


def test_a_step_without_the_first_one(page_worker: Worker) -> None:
    bea = Newcomer(page_worker.app, invite(page_worker, "taker"))
    bea.get(f"{bea.link}/code")
    assert bea.path == bea.link
    bea.begin()
    bea.get(f"{bea.link}/code")
    assert bea.path == f"{bea.link}/name"


# Rows


def test_an_invitation_that_was_used_and_is_put_back_opens_nothing(worker: Worker) -> None:
    # Given an attacker who can write to the database, and has kept the row of an invitation and its link
    link = invite(worker, "analyst")
    secret = link.rpartition("/")[2]
    with worker.app.app_context(), stores.reading() as main:
        row = main.scalars(select(Invitation)).one()
        kept = {column.key: getattr(row, column.key) for column in Invitation.__table__.columns}
        assert secret.encode() not in str(kept).encode()
        assert kept["lookup"] == lookup_of(secret)
    Newcomer(worker.app, link).join()
    # When the row is there again, with the MAC that it had
    with worker.app.app_context(), stores.writing() as main:
        main.execute(Invitation.__table__.insert().values(kept))
    # Then no second account is made with it
    eve = Newcomer(worker.app, link)
    eve.begin()
    eve.name_themselves("eve")
    eve.scan()
    assert OVER in eve.write_down().text
    assert people(worker.app).keys() == {"ana", "bea"}


def test_an_invitation_put_in_by_hand_opens_nothing(worker: Worker) -> None:
    # Given a row that nobody signed, for a secret that its writer knows
    secret = "1" * 52
    with worker.app.app_context(), stores.writing() as main:
        ana = main.scalars(select(Coordinator)).one()
        forged = {
            "id": uuid4(),
            "lookup": lookup_of(secret),
            "organisation_id": ana.organisation_id,
            "name": "Mallory",
            "roles": '[["owner",""]]',
            "made_by": ana.id,
            "made_on": clock.today(),
            "last_day": clock.today() + timedelta(days=7),
            "row_mac": b"0" * 32,
        }
        main.execute(Invitation.__table__.insert().values(forged))
    eve = Newcomer(worker.app, f"/desk/join/{secret}")
    eve.get(eve.link)
    # Then a stranger learns nothing, and the owners see no such person
    assert (eve.status, eve.page.h1) == (404, OVER)
    assert "Mallory" not in worker.get("/desk/people").text


def test_the_worker_forgets_what_is_over(worker: Worker) -> None:
    invite(worker, "analyst")
    with worker.app.app_context():
        for days, left in ((7, 1), (8, 0)):
            with (
                time_machine.travel(clock.now() + timedelta(days=days)),
                pytest.MonkeyPatch.context() as patch,
            ):
                patch.setattr(invitation_expiry.clock_guard, "sure", lambda: _Sure(clock.today()))
                invitation_expiry.forget_old()
            with stores.reading() as main:
                assert len(main.scalars(select(Invitation)).all()) == left
    assert worker.tags()[0] == "invitation over"


class _Sure:
    def __init__(self, today: object) -> None:
        self.today = today


def test_roles_are_written_and_read_as_they_were() -> None:
    from webapp.rules.invitations import as_text, from_text

    grants = Grants.of({Grant(Role.OWNER), Grant(Role.ANALYST, uuid4()), Grant(Role.TAKER)})
    assert from_text(as_text(grants)) == grants


def test_a_newcomer_opens_later_calls_by_their_roles_alone(worker: Worker) -> None:
    # Given an analyst and an owner who joined before a call was published
    for name, role in (("bea", "analyst"), ("cem", "owner")):
        with worker.later(minutes=1 if name == "bea" else 2):
            link = invite(worker, role, name=name.title())
            assert link
            Newcomer(worker.app, link).join(name)
    with worker.app.app_context():
        publish_demo_call(slug="later")
        with stores.reading() as main:
            ids = {row.sign_in_name: row.id for row in main.scalars(select(Coordinator))}
            later = published_calls.find_call("later").id
            keys = [key for key in purpose_keys.all_keys(main) if key.owner_id == later]
            holders = {key.purpose: purpose_keys.verified(key).holders for key in keys}
    # Then the analyst holds the keys of what was said, and not of how to reach people; the owner, as such, holds none
    assert {purpose for purpose in holders if ids["bea"] in holders[purpose]} == {
        "testimony",
        "equality",
    }
    assert all(ids["cem"] not in held for held in holders.values())
