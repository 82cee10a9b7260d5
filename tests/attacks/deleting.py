"""What deletes secrets at the public door, as people do it there: the steps of the attacks on what is left of them."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from tests.factories import publish_demo_event, submit_one
from tests.integration.public.booker import Booker
from tests.integration.public.steps import go_to_check, send_answers, step_address, value_of
from tests.people import (
    ALL_BOXES,
    answer_everything,
    begin,
    come_back,
    send,
    shown_code,
    tell_more,
)
from tests.visitor import Visitor
from webapp import cli
from webapp.cli import worker
from webapp.models import ErasureSecret
from webapp.services.infrastructure import stores


def a_round(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's round, as the command does it."""
    monkeypatch.setattr(worker, "application", lambda door: app)
    done = CliRunner().invoke(cli.command("worker"), ["--once"])
    assert done.exit_code == 0, done.output


def secrets(app: Flask) -> set[bytes]:
    """Every erasure secret that there is."""
    with app.app_context(), stores.reading("erasure") as erasure:
        return set(erasure.scalars(select(ErasureSecret.secret)))


def another_answers(app: Flask) -> None:
    """One more person's answers, all parts of them."""
    with app.app_context():
        submit_one()


def a_visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


# Each does something at the public door that makes secrets, stops before the button that deletes them, and presses it.

Act = Callable[[Flask], Iterator[None]]


def erases(app: Flask) -> Iterator[None]:
    participant = a_visitor(app)
    begin(participant)
    answer_everything(participant)
    code = send(participant, ALL_BOXES)
    tell_more(participant)
    come_back(participant, code)
    participant.follow("Delete everything")
    yield
    participant.press("Yes, delete everything")
    assert participant.page.h1 == "Everything is deleted"


def corrects(app: Flask) -> Iterator[None]:
    participant = a_visitor(app)
    code = send_answers(participant, ("quote",), change_words="More time.")
    come_back(participant, code)
    participant.follow("What you told us")
    token = str(value_of(participant, "csrf_token"))
    participant.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    participant.press("Continue", change_words="More kindness.")
    yield
    participant.press("Save my changes")
    assert "the old ones are gone" in participant.page.text


def throws_unfinished_answers_away(app: Flask) -> Iterator[None]:
    participant = a_visitor(app)
    go_to_check(participant, change_words="More time.")
    participant.press("Stop for now")
    participant.press("Give me a return code")
    code = shown_code(participant)
    returned = a_visitor(app)
    come_back(returned, code)
    returned.get(step_address("unfinished"))
    yield
    returned.press("Yes, delete them")
    assert returned.page.h1 == "Your unfinished answers are deleted"


def deletes_a_booking(app: Flask) -> Iterator[None]:
    with app.app_context():
        event = publish_demo_event()
    booker = Booker(app)
    booker.own(booker.book(event.slug))
    booker.follow("Delete your booking and what you told us")
    yield
    booker.press("Yes, delete it")
    assert booker.page.h1 == "Your booking is deleted"


ACTS: tuple[Act, ...] = (erases, corrects, throws_unfinished_answers_away, deletes_a_booking)


def deleted_by(act: Act, app: Flask) -> set[bytes]:
    """The secrets that one person's act has deleted, among other people's."""
    another_answers(app)
    way = act(app)
    next(way)
    before = secrets(app)
    # The old pages that other people's answers leave in the journal have these secrets, too
    another_answers(app)
    assert next(way, "done") == "done"
    return before - secrets(app)
