"""Two real connections want two things at the same moment, again and again, on both databases."""

import csv
import io
import random
import time
from collections import Counter

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.factories import DEMO_CALL, TO_CALL, signed_in, submit_one
from tests.integration.at_once import at_once
from tests.integration.rounds import rounds
from tests.integration.wire import CALL, TOKEN, shown_code
from tests.rows import change
from tests.tally import Tell
from webapp.models import Consent, Coordinator, OwnCopy, Part, Submission
from webapp.rules.references import reference
from webapp.services.answers import consents, erasing, own_copies
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import contact_exports, exported_lists
from webapp.services.opening.contact_exports import ContactFile

ROUNDS = rounds(25)


def browser(app: Flask, cookie: str | None = None) -> FlaskClient:
    """A tab, without the checks of pages: these tests are about speed."""
    client = FlaskClient(app)
    client.environ_base = {"HTTP_SEC_FETCH_SITE": "same-origin", "REMOTE_ADDR": "127.0.0.1"}
    if cookie is not None:
        client.set_cookie("hearth", cookie)
    return client


def ready_to_send(app: Flask) -> tuple[FlaskClient, FlaskClient, str]:
    """A participant on the last page, in two tabs, with the token of its form."""
    first = browser(app)
    assert first.post(f"{CALL}/begin").status_code == 303
    token = TOKEN.search(first.get(f"{CALL}/page/first").get_data(as_text=True))
    assert token is not None
    data = {"csrf_token": token[1], "adult": "yes"}
    assert first.post(f"{CALL}/page/first", data=data).status_code == 303
    assert first.post(f"{CALL}/check", data=data).status_code == 303
    cookie = first.get_cookie("hearth")
    assert cookie is not None
    return first, browser(app, cookie.value), token[1]


def count(table: type[Submission] | type[Part] | type[OwnCopy] | type[Consent]) -> int:
    with stores.reading() as main:
        return main.scalar(select(func.count()).select_from(table)) or 0


def test_send_pressed_twice_at_once_is_one_submission_with_one_code(app: Flask) -> None:
    codes = set()
    for done in range(1, ROUNDS + 1):
        # Given a participant on the last page in two tabs
        one, other, token = ready_to_send(app)
        data = {"csrf_token": token, "consent": "quote"}

        def press(tab: FlaskClient, data: dict[str, str] = data) -> tuple[int, str]:
            sent = tab.post(f"{CALL}/agree", data=data)
            shown = shown_code(tab.get(f"{CALL}/done").get_data(as_text=True))
            return sent.status_code, shown or "no code"

        # When Send is pressed in both at the same moment
        results = at_once(app, lambda: press(one), lambda: press(other))  # noqa: B023
        # Then both are led to the same code, and one more submission is stored, whole
        assert [result[0] for result in results] == [303, 303], results  # type: ignore[index]
        shown = {result[1] for result in results}  # type: ignore[index]
        assert len(shown) == 1
        assert "no code" not in shown
        codes |= shown
        with app.app_context():
            assert (count(Submission), count(Part), count(OwnCopy), count(Consent)) == (done,) * 4
    # And every code leads to its own
    with app.app_context():
        found = {own_copies.find_held(code).submission_id for code in codes}
    assert len(found) == ROUNDS


def references_in(file: ContactFile) -> set[str]:
    rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    return {row["Reference"] for row in rows}


@pytest.mark.parametrize("act", ["a withdrawal", "an erasure"])
def test_a_withdrawal_is_before_an_export_or_listed_with_it(
    app: Flask, founded: Founded, act: str, tell: Tell
) -> None:
    came_to: Counter[str] = Counter()
    with app.app_context():
        call, holder = published_calls.find_call(DEMO_CALL), signed_in(founded)
        stays = reference(submit_one(call).submission_id)
    for _ in range(ROUNDS):
        with app.app_context():
            # Given a participant whose consent stands
            sent = submit_one(call)
            held = own_copies.find_held(sent.receipt)
            subject = consents.Subject(held.submission_id, held.call_id, held.form, "en")
            with stores.writing() as main:
                change(main, select(Coordinator), {"totp_last_step": 0})
        pause = random.choice((0, 0, 0.002, 0.006))

        def go() -> float:
            time.sleep(pause)  # noqa: B023
            if act == "a withdrawal":
                consents.change(subject, "contact_me", False)  # noqa: B023
            else:
                assert erasing.erase_held(held).complete  # noqa: B023
            return time.monotonic()

        def export() -> tuple[float, ContactFile]:
            began = time.monotonic()
            file = contact_exports.export_consented(
                holder,
                call,
                purpose="contact_me",
                reason=TO_CALL,
                file_format="csv",
                password="",
            )
            assert file.content
            return began, file

        # When they take it back at the moment of an export
        gone_at, exported = at_once(app, go, export)
        assert isinstance(gone_at, float), repr(gone_at)
        assert isinstance(exported, tuple), repr(exported)
        began, file = exported
        with app.app_context():
            view = exported_lists.find_export(file.export_id)
        mine, in_file = reference(sent.submission_id), references_in(file)
        # Then they are not in the file, or the export's page says to cross them out
        assert stays in in_file
        assert stays not in view.withdrawn_since
        if mine in in_file:
            assert mine in view.withdrawn_since
            assert gone_at > began, "it was committed before the export began"
        came_to["in the file and listed" if mine in in_file else "not in the file"] += 1
        # And no other participant is listed
        assert set(view.withdrawn_since) <= {mine}
        assert view.people == len(in_file | set(view.withdrawn_since))
    tell("two connections", f"{act} against an export, {ROUNDS} rounds: {dict(came_to)}")


def test_a_withdrawal_that_was_done_is_in_no_later_file(app: Flask, founded: Founded) -> None:
    with app.app_context():
        # Given two people, one of whom takes the consent back
        call, holder = published_calls.find_call(DEMO_CALL), signed_in(founded)
        stays, leaves = submit_one(call), submit_one(call)
        held = own_copies.find_held(leaves.receipt)
        subject = consents.Subject(held.submission_id, held.call_id, held.form, "en")
        consents.change(subject, "contact_me", False)
        # When an export is made
        file = contact_exports.export_consented(
            holder,
            call,
            purpose="contact_me",
            reason=TO_CALL,
            file_format="csv",
            password="",
        )
        # Then it holds the other one alone, and its page has no one to cross out
        assert references_in(file) == {reference(stays.submission_id)}
        assert exported_lists.find_export(file.export_id).withdrawn_since == ()
        # And when the other one takes it back later, the page says so
        held = own_copies.find_held(stays.receipt)
        subject = consents.Subject(held.submission_id, held.call_id, held.form, "en")
        consents.change(subject, "contact_me", False)
        assert exported_lists.find_export(file.export_id).withdrawn_since == (
            reference(stays.submission_id),
        )


def test_looking_something_up_while_it_changes_is_never_an_error(app: Flask) -> None:
    for _ in range(ROUNDS):
        # Given a participant who has opened "My choices" in two tabs
        with app.app_context():
            sent = submit_one()
        tab = browser(app)
        assert tab.post("/en/choices", data={"code": sent.receipt}).status_code == 303
        page = tab.get("/en/choices/held").get_data(as_text=True)
        token = TOKEN.search(page)
        cookie = tab.get_cookie("hearth")
        assert token is not None
        assert cookie is not None
        data = {"csrf_token": token[1]}

        def erase(cookie: str = cookie.value, data: dict[str, str] = data) -> int:
            return browser(app, cookie).post("/en/choices/erase", data=data).status_code

        def withdraw(cookie: str = cookie.value, data: dict[str, str] = data) -> int:
            form = {**data, "purpose": "quote", "do": "take-back"}
            return browser(app, cookie).post("/en/choices/consent", data=form).status_code

        def look(cookie: str = cookie.value) -> int:
            return browser(app, cookie).get("/en/choices/held").status_code

        def hand_in(code: str = sent.receipt) -> int:
            return browser(app).post("/en/choices", data={"code": code}).status_code

        # When one erases while others look, change, and hand the code in
        results = at_once(app, erase, withdraw, look, hand_in)
        # Then no tab gets a broken page: what they asked for, a way on, "nothing is kept", or "your Visit is over"
        assert set(results) <= {200, 303, 400, 403}, results
        assert results[0] in (200, 303)
        with app.app_context(), pytest.raises(own_copies.NothingHeld):
            own_copies.find_held(sent.receipt)
