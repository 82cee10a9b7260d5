"""Resetting an account through colleagues: a link that works once, credentials made by the person alone, new keys."""

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from tests.colleagues import Colleague
from tests.factories import code_for, sheets_of
from tests.integration.desk.newcomer import OWN, Newcomer
from tests.integration.desk.test_person import at_desk, colleague, roles_of, token
from tests.integration.desk.worker import Participant, Worker
from tests.pages import Page
from webapp.models import Coordinator, PurposeKeySeal, Slot
from webapp.rules.roles import Grant, Role
from webapp.services.infrastructure import stores
from webapp.services.keys import (
    authentication,
    giving_keys,
    invitations,
    joining,
    key_overview,
    key_slots,
    passphrase_reset,
    recovery,
    role_changes,
)
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.invitations import NoSuchInvitation

OVER = "This link does not work any more"
FORGOT = {"why": "forgot", "words": ""}


def ask_for_link(owner: Worker, who: Colleague, **changes: str) -> str:
    """An owner makes a link; its path. Empty where the form was refused."""
    owner.get(f"/desk/people/{who.id}/new-credentials")
    page = owner.press("Make the link", **{**FORGOT, **changes})
    found = re.search(r"/desk/join/\w+", page.text)
    return found[0] if found else ""


class Returning(Newcomer):
    """The person whose account it is, with the link."""

    def take(self, sign_in_name: str = "cy", own: str = "") -> Page:
        """All steps."""
        self.begin()
        self.name_themselves(sign_in_name, own)
        self.scan(minutes=-0.5)
        return self.write_down("Save it all")


@pytest.fixture
def cy(worker: Worker) -> Colleague:
    """An analyst who holds keys, given by Ana."""
    found = colleague(worker, "Cy", Role.ANALYST)
    worker.get("/desk/keys")
    worker.press("Give the keys")
    return found


def seals_of(worker: Worker, who: UUID) -> set[UUID]:
    with worker.app.app_context(), stores.reading("erasure") as erasure:
        theirs = select(PurposeKeySeal.id).where(PurposeKeySeal.holder_id == who)
        return set(erasure.scalars(theirs))


def waits(worker: Worker, who: Colleague) -> bool:
    with worker.app.app_context():
        return key_overview.whole().waits(who.id) is not None


def can_sign_in(worker: Worker, who: Colleague) -> bool:
    with worker.app.app_context():
        given = who.owner
        try:
            authentication.sign_in(given.sign_in_name, given.passphrase, code_for(who, 1))
        except NotSignedIn:
            return False
        return True


# The whole way


def test_a_person_gets_in_again_and_reads_when_a_colleague_gave_the_keys(
    worker: Worker, cy: Colleague
) -> None:
    # Given an analyst who is signed in somewhere, answers, and a link that an owner made
    told, before = worker.answered_by("quote"), at_desk(worker, cy)
    old_seals = seals_of(worker, cy.id)
    assert old_seals
    worker.get("/desk/people")
    worker.follow("Cy")
    page = worker.follow("Make a link for them")
    assert "their old passphrase goes on working" in page.text
    assert "No other person can open this" not in page.text
    with worker.later(minutes=1):
        link = ask_for_link(worker, cy, words="after the holidays")
        assert "The account stays as it is until the link is used" in worker.page.text
        worker.press("I have passed it on")
        assert "Has an account, and gets into it again" in worker.page.text
    # Until it is used, everything is as it was
    assert before.get("/desk/").path == "/desk/"
    with worker.later(minutes=2):
        # When they use it, under another sign-in name, with a passphrase of their own
        cys = Returning(worker.app, link)
        assert "Get into your account again" in cys.get(link).text
        page = cys.take("cyrus", OWN)
        assert "the passphrase of before does not work any more" in page.text
        # Then it is the same account, with a new key that opens nothing yet
        assert cys.sign_in("cyrus").h1
        assert cys.path == "/desk/"
        # And his Today says whom to ask, not that "one person waits"
        assert "You wait for keys that belong to your roles. Ring one of these" in cys.page.text
        assert "who can give them: Ana." in cys.page.text
        assert "Nothing needs you today" not in cys.page.text
    assert roles_of(worker, cy) == {(Role.ANALYST, True)}
    assert seals_of(worker, cy.id) == set()
    assert waits(worker, cy)
    # And what they signed in with before is worth nothing, in no session either
    assert before.get("/desk/").path == "/desk/sign-in"
    assert not can_sign_in(worker, cy)
    with worker.app.app_context(), pytest.raises(NotSignedIn):
        passphrase_reset.new_passphrase("cyrus", cy.owner.recovery_code)
    # And when Ana gives the keys, he reads what people told us before
    # (the page asks for the one check there is against a link that another person used)
    page = worker.get("/desk/keys")
    assert "Ring each of them first, on a number that you know" in page.text
    assert "Cy’s account was made anew with a link on" in page.text
    worker.press("Give the keys")
    assert not waits(worker, cy)
    assert not seals_of(worker, cy.id) & old_seals
    with worker.later(minutes=3):
        reader = Reader(worker, cys)
        assert "Opened answers" in reader.open(told).title
    # And the record has each step and the reason
    reasons = {line.tag: line.reason for line in worker.record()}
    assert reasons["link to reset an account made"].endswith("is gone: after the holidays")
    assert "account reset by link" in reasons


class Reader(Worker):
    """The person at the desk, with the credentials that they made."""

    def __init__(self, worker: Worker, person: Newcomer) -> None:
        super().__init__(worker.app, worker.founded)
        self.get("/desk/sign-in")
        self.press(
            "Sign in", sign_in_name="cyrus", passphrase=person.passphrase, code=person.digits()
        )

    def open(self, told: Participant) -> Page:
        return self.open_answers(told)


def test_the_sign_in_name_can_stay_and_cannot_be_another_persons(
    worker: Worker, cy: Colleague
) -> None:
    with worker.later(minutes=1):
        cys = Returning(worker.app, ask_for_link(worker, cy))
        cys.begin()
        # It stands in the field
        (field,) = [one for one in cys.page.all("input") if one.get("name") == "sign_in_name"]
        assert field.get("value") == "cy"
        assert "Another person has this sign-in name" in cys.name_themselves("ana").text
        assert cys.name_themselves("cy").h1 == "Your authenticator app"


# Links that open nothing


@pytest.mark.parametrize("end", ["used", "over", "taken back", "replaced", "closed", "dismissed"])
def test_a_link_that_is_over_says_so(worker: Worker, cy: Colleague, end: str) -> None:
    # Given a person in the middle of making what they sign in with
    with worker.later(minutes=1):
        link = ask_for_link(worker, cy)
        cys = Returning(worker.app, link)
        cys.begin()
        cys.name_themselves("cy")
        cys.scan(minutes=-0.5)
        # When the link ends
        if end == "used":
            assert "Done." in Returning(worker.app, link).take().text
        elif end == "taken back":
            worker.press("I have passed it on")
            assert "The link opens nothing any more" in worker.press("Take back").text
        elif end == "closed":
            worker.get(f"/desk/people/{cy.id}/leaving")
            worker.press("Close this account", why="left", words="")
            assert "No link is open." in worker.get("/desk/people").text
        elif end == "dismissed":
            with worker.app.app_context():
                dee = colleague(worker, "Dee", Role.OWNER)
                by = authentication.sign_in("dee", dee.owner.passphrase, code_for(dee, 0))
                ana = next(one for one in people_of(worker) if one.name == "Ana")
                role_changes.take_back(by, ana.id, Grant(Role.OWNER))
    if end == "replaced":
        with worker.later(minutes=2):
            assert ask_for_link(worker, cy)
    with worker.later(**({"days": 8} if end == "over" else {"minutes": 3})):
        # Then the last button says so, and changes nothing
        again = Returning(worker.app, link)
        assert OVER in again.get(link).text
        if end != "over":
            assert OVER in cys.write_down("Save it all").text
            assert cys.status == 404
        assert can_sign_in(worker, cy) is (end not in {"used", "closed"})


def people_of(worker: Worker) -> list[Coordinator]:
    with stores.reading() as main:
        return list(main.scalars(select(Coordinator)))


def test_a_person_who_got_another_key_meanwhile_is_not_reset(worker: Worker, cy: Colleague) -> None:
    # Given a link, and keepers of sheets who let the person in before it was used
    with worker.later(minutes=1):
        link = ask_for_link(worker, cy)
        with worker.app.app_context():
            given = recovery.let_back_in("cy", *sheets_of(worker.founded, 1, 2))
            assert given.sealed
        # Then the link is over
        assert OVER in Returning(worker.app, link).get(link).text


def test_of_two_presses_at_once_one_counts(worker: Worker, cy: Colleague) -> None:
    with worker.later(minutes=1):
        secret = ask_for_link(worker, cy).rpartition("/")[2]
    with worker.app.app_context():
        link = joining.find(secret)

    def take(_: int) -> bool:
        with worker.app.app_context():
            try:
                joining.join(link, key_slots.new_credentials("cy"), last_step=1)
            except NoSuchInvitation:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, range(2))) == [False, True]
    with worker.app.app_context(), stores.reading() as main:
        slots = main.scalars(select(Slot).where(Slot.coordinator_id == cy.id))
        kinds = [slot.kind for slot in slots]
        assert sorted(kinds) == ["passphrase", "recovery_code"]


def test_a_crash_before_seals_are_deleted_leaves_nothing_that_opens(
    worker: Worker, cy: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    with worker.later(minutes=1):
        secret = ask_for_link(worker, cy).rpartition("/")[2]
    with worker.app.app_context():
        link = joining.find(secret)
        monkeypatch.setattr(joining.account_resets, "clear_away", lambda *_: None)
        joining.join(link, key_slots.new_credentials("cy"), last_step=1)
        # The keys wait all the same, and can be given
        assert key_overview.whole().waits(cy.id)
        assert giving_keys.pending()[cy.id]
    worker.get("/desk/keys")
    worker.press("Give the keys")
    assert not waits(worker, cy)


# The owner


def test_ones_own_account_leads_to_ones_own_settings(worker: Worker) -> None:
    with worker.app.app_context():
        (ana,) = people_of(worker)
    path = f"/desk/people/{ana.id}/new-credentials"
    page = worker.get(path)
    assert "This is your own account" in page.text
    page = worker.follow("Change my passphrase")
    assert page.h1 == "Change your passphrase"
    # And a press all the same makes no link
    with worker.later(minutes=1):
        typed = {"csrf_token": token(worker), **FORGOT}
        page = worker.post(path, typed)
        assert worker.status == 400
        assert "This is your own account" in page.text
    with worker.app.app_context():
        assert invitations.open_invitations() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"why": ""}, "Choose why you are doing this"),
        ({"why": "other"}, "Give your reason in a few words"),
    ],
)
def test_a_link_that_cannot_be_made(
    page_worker: Worker, changes: dict[str, str], said: str
) -> None:
    cy = colleague(page_worker, "Cy", Role.ANALYST)
    assert ask_for_link(page_worker, cy, **changes) == ""
    assert page_worker.status == 400
    assert said in page_worker.page.text
    with page_worker.app.app_context():
        assert invitations.open_invitations() == []


def test_a_link_wants_a_fresh_second_factor(worker: Worker, cy: Colleague) -> None:
    with worker.later(minutes=6):
        assert ask_for_link(worker, cy) == ""
        with worker.app.app_context():
            assert invitations.open_invitations() == []
        assert "/desk/join/" in worker.confirm().text


def test_a_second_press_finds_the_link_and_a_new_one_takes_its_place(
    worker: Worker, cy: Colleague
) -> None:
    with worker.later(minutes=1):
        once = uuid4().hex
        link = ask_for_link(worker, cy, once=once)
        worker.get(f"/desk/people/{cy.id}/new-credentials")
        assert "Ana made a link already" in worker.page.text
        page = worker.press("Make the link", once=once, **FORGOT)
        assert link in page.text
    with worker.later(minutes=2):
        assert ask_for_link(worker, cy) not in {"", link}
    assert worker.tags().count("invitation taken back") == 1


def test_an_account_that_was_closed_meanwhile(worker: Worker, cy: Colleague) -> None:
    with worker.later(minutes=1):
        path = f"/desk/people/{cy.id}/new-credentials"
        worker.get(path)
        with worker.app.app_context():
            dee = colleague(worker, "Dee", Role.OWNER)
            by = authentication.sign_in("dee", dee.owner.passphrase, code_for(dee, 0))
            role_changes.leave(by, cy.id)
        page = worker.press("Make the link", **FORGOT)
        assert "this account is closed already" in page.text
        assert "this account is closed already" in worker.get(path).text


def test_the_last_who_can_open_something_is_warned_of_and_the_sheets_help(worker: Worker) -> None:
    # Given an owner without keys, and Ana, who alone can open what people told us
    told = worker.answered_by("quote")
    dee = colleague(worker, "Dee", Role.OWNER)
    dees = at_desk(worker, dee)
    with worker.app.app_context():
        ana = next(one for one in people_of(worker) if one.name == "Ana")
    anas = Colleague(worker.founded.owner, worker.founded.sheets, ana.id)
    with worker.later(minutes=1):
        # When she asks for a link, she is told first, and it wants a tick
        assert ask_for_link(dees, anas) == ""
        assert "No other person can open this" in dees.page.text
        assert "Tick this, or let a second person have the keys first" in dees.page.text
        link = ask_for_link(dees, anas, anyway="yes")
        assert link
        back = Returning(worker.app, link)
        back.take("ana")
    with worker.app.app_context():
        waiting = key_overview.whole().waits(ana.id)
        assert waiting and not waiting.givers
        # Then two sheets give Ana what her roles open
        given = recovery.let_back_in("ana", *sheets_of(worker.founded, 2, 3))
        assert given.sealed and not given.missing
        assert key_overview.whole().waits(ana.id) is None
    founded = Colleague(given.given, [], ana.id)
    with worker.later(minutes=2):
        assert "Opened answers" in at_desk(worker, founded).open_answers(told).title
