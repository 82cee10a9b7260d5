"""What an attacker who guesses, or found a desk open, tried. Each test is one of their ways in, closed."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest
import time_machine
from flask import Flask

from tests import people
from tests.conftest import MakeApp
from tests.factories import IN_DANGER, TO_CALL, TO_READ, code_for, signed_in, submit_one
from tests.integration.desk.worker import Participant, Worker
from tests.integration.tables import everything
from tests.visitor import Visitor
from webapp.rules import clock
from webapp.services.desk_home import overview
from webapp.services.desk_home.concern_kinds import Kind
from webapp.services.infrastructure import audit, limits
from webapp.services.infrastructure.limits import LIMITS_FOR_ONE, TooMany
from webapp.services.keys import authentication, second_factor
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.second_factor import WrongCode
from webapp.services.opening import disclosure
from webapp.vault import stretching


def test_wrong_codes_are_in_the_record_and_limited_wherever_they_come_from(
    make_app: MakeApp, founded: Founded
) -> None:
    # Given the limits of production, and an attacker who has the passphrase
    app = make_app(LIMIT_FACTOR="1")
    most = LIMITS_FOR_ONE["six-digit-code"].burst
    wrong = next(
        code for code in ("000000", "111111", "222222", "333333") if is_wrong(founded, code)
    )
    # When they guess six digits, each time from another network
    statuses = []
    for network in range(most + 1):
        guesser = Worker(app, founded)
        guesser.client.environ_base["REMOTE_ADDR"] = f"198.51.{network}.7"
        guesser.sign_in(code=wrong)
        statuses.append(guesser.status)
    # Then no answer tells that the passphrase is right
    assert statuses == [HTTPStatus.BAD_REQUEST] * (most + 1)
    # And they are stopped: not even the right digits would open the desk to them
    owner = Worker(app, founded)
    owner.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    owner.sign_in()
    assert owner.status == HTTPStatus.BAD_REQUEST
    # And every wrong one is in the record
    assert owner.tags().count("wrong six-digit code") == most
    assert "signed in" not in owner.tags()
    # And after some minutes one more may be tried
    with owner.later(minutes=11):
        owner.sign_in()
        assert owner.path == "/desk/"


def is_wrong(founded: Founded, code: str) -> bool:
    return code not in {code_for(founded, steps) for steps in range(-3, 4)}


def test_a_wrong_passphrase_is_no_guess_at_the_digits(real_limits: Flask, founded: Founded) -> None:
    # Given an attacker without the passphrase, who tries as often as they like
    before = everything()["audit_entries"]
    for _ in range(LIMITS_FOR_ONE["six-digit-code"].burst + 1):
        with pytest.raises(NotSignedIn):
            authentication.sign_in(founded.owner.sign_in_name, "wrong", "000000")
    # Then they do not fill the record, nor shut the coordinator out
    assert everything()["audit_entries"] == before
    assert signed_in(founded)


def test_digits_are_limited_at_the_desk_too(real_limits: Flask, founded: Founded) -> None:
    # Given a desk that was found open
    holder = signed_in(founded)
    # When an attacker guesses the digits that a list wants (step-up)
    wrong = next(
        code for code in ("000000", "111111", "222222", "333333") if is_wrong(founded, code)
    )
    for _ in range(LIMITS_FOR_ONE["six-digit-code-inside"].burst):
        with pytest.raises(WrongCode):
            second_factor.confirm_second_factor(holder, wrong)
    # Then they cannot go on
    with pytest.raises(TooMany):
        second_factor.confirm_second_factor(holder, wrong)
    # Another coordinator is not concerned
    limits.take_for("six-digit-code-inside", uuid4().hex)


OPENINGS = {
    "answers": (disclosure.open_testimony, TO_READ),
    "contacts": (disclosure.open_contact, TO_CALL),
}


@pytest.mark.parametrize("kind", OPENINGS)
def test_a_desk_left_open_does_not_give_everybody_away(
    real_limits: Flask, founded: Founded, kind: str
) -> None:
    # Given an attacker at a desk that was left open
    person, holder = submit_one().submission_id, signed_in(founded)
    opening, reason = OPENINGS[kind]
    pace = LIMITS_FOR_ONE[f"{kind}-pace"]
    with time_machine.travel(clock.now(), tick=False) as turned:
        # When they open one thing after the other, as fast as they can
        for _ in range(pace.burst):
            opening(holder, person, reason)
        # Then there comes an end to it, and nothing more is in the record
        written = audit.verify()
        with pytest.raises(TooMany):
            opening(holder, person, reason)
        assert audit.verify() == written
        # But what is of another kind opens, and the next one as soon as the minute is over
        for other, usual in OPENINGS.values():
            if other is not opening:
                other(holder, person, usual)
        turned.shift(timedelta(minutes=1))
        opening(holder, person, reason)


def test_no_limit_keeps_anyone_from_helping_in_danger(
    real_limits: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a coordinator who has used up all that may be opened
    person, holder = submit_one().submission_id, signed_in(founded)
    for name in ("answers", "answers-pace", "contacts", "contacts-pace"):
        monkeypatch.setitem(limits.LIMITS_FOR_ONE, name, limits.Limit(1, 0.01))
    for opening, reason in OPENINGS.values():
        opening(holder, person, reason)
        with pytest.raises(TooMany):
            opening(holder, person, reason)
    # When a participant may be in danger
    before = audit.verify()
    for _ in range(5):
        for opening, _ in OPENINGS.values():
            opening(holder, person, IN_DANGER)
    # Then all opens, each is in the record, and Today says that there were many
    assert audit.verify() == before + 10
    told = [one for one in overview.today().concerns if one.kind is Kind.OPENED_FOR_DANGER]
    assert [one.count for one in told] == [10]


@pytest.mark.parametrize(
    ("kind", "minutes"), [("answers", 8), ("contacts", 20), ("registrations", 8)]
)
def test_reading_all_day_is_normal_work(real_limits: Flask, kind: str, minutes: int) -> None:
    # Given a coordinator who begins with a handful at once, and then opens the next one every so many minutes
    # (answers and registrations faster than a coordinator reads; no caller is rung more often)
    reason = TO_READ
    with time_machine.travel(clock.now(), tick=False) as turned:
        for _ in range(15):
            limits.take_opening(kind, "somebody", reason)
        # Then nothing stops them, eight hours long
        for _ in range(8 * 60 // (minutes // 4)):
            turned.shift(timedelta(minutes=minutes // 4))
            limits.take_opening(kind, "somebody", reason)


def test_too_many_openings_get_a_kind_page(
    make_page_app: MakeApp, page_founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(make_page_app(LIMIT_FACTOR="1"), page_founded)
    participant: Participant = worker.answered_by("contact_me")
    monkeypatch.setitem(limits.LIMITS_FOR_ONE, "answers", limits.Limit(1, 1))
    worker.sign_in()
    worker.open_answers(participant)
    assert worker.status == HTTPStatus.OK
    worker.open_answers(participant)
    assert worker.status == HTTPStatus.TOO_MANY_REQUESTS
    assert "If someone may be in danger, go back and choose that as the reason" in worker.page.text


@contextmanager
def both_places_taken() -> Iterator[None]:
    """Two others try their passphrases, and take for ever."""
    with ExitStack() as taken:
        for _ in range(stretching.AT_ONCE):
            taken.enter_context(stretching._turnstile)
        yield


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_a_flood_of_sign_ins_holds_up_no_visitor(
    app: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Given both places taken for longer than a coordinator waits
    monkeypatch.setattr(stretching, "LONGEST_WAIT_SECONDS", 0.2)
    worker, visitor = Worker(app, founded), Visitor(app.test_client())
    visitor.get("/en/")
    with both_places_taken():
        # When a coordinator signs in, with a name that is there or not
        worker.sign_in(sign_in_name=name)
        # Then both are asked to come back, and neither is told which it is
        assert worker.status == HTTPStatus.TOO_MANY_REQUESTS
        # And other pages do not wait
        begun = time.monotonic()
        visitor.get("/en/")
        people.begin(visitor)
        assert visitor.status == HTTPStatus.OK
        assert time.monotonic() - begun < 2
    # And when a place is free the same words open the desk
    worker.sign_in()
    assert worker.path == "/desk/"
