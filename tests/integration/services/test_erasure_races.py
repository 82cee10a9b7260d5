"""Erasing while a coordinator, or the same participant in another tab, wants something of the same answers."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask

from tests.factories import TO_READ, signed_in, submit_one
from tests.integration.at_once import at_once
from tests.integration.rounds import rounds
from tests.integration.tables import counts
from tests.turned import the_worker_kept_running
from webapp.services.answers import consents, erasing, own_copies
from webapp.services.answers.own_copies import Held, NothingHeld
from webapp.services.calls.published_calls import Call
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import Erased
from webapp.services.retention import expiry

pytestmark = pytest.mark.usefixtures("inside")

PEOPLE = {"submissions", "parts", "own_copies", "consents", "erasure_secrets"}


def left() -> set[str]:
    """The tables in which rows of a participant are left."""
    return PEOPLE & set(counts())


ROUNDS = rounds(12)


def test_erasing_in_two_tabs_at_once_is_erasing_once(inside: Flask, call: Call) -> None:
    for _ in range(ROUNDS):
        # Given a participant with two tabs
        held = own_copies.find_held(submit_one(call).receipt)
        # When both erase at the same moment
        results = at_once(inside, *[partial(erasing.erase_held, held)] * 2)
        # Then neither sees an error, and all is gone
        assert [getattr(result, "complete", result) for result in results] == [True, True]
        assert left() == set()


def test_a_consent_changed_while_everything_is_erased_brings_no_error(
    inside: Flask, call: Call
) -> None:
    for turn in range(ROUNDS):
        # Given a participant who erases in one tab and changes a consent in the other
        held = own_copies.find_held(submit_one(call, given={"quote": bool(turn % 2)}).receipt)
        subject = consents.Subject(held.submission_id, held.call_id, held.form, "en")
        results = at_once(
            inside,
            partial(erasing.erase_held, held),
            partial(consents.change, subject, "quote", not turn % 2),
        )
        # Then neither sees an error, and all is gone
        assert [getattr(result, "complete", result) for result in results] == [True, None]
        assert left() == set()


def test_an_answer_opened_while_it_is_erased_is_opened_or_gone(
    inside: Flask, call: Call, founded: Founded
) -> None:
    holder = signed_in(founded)
    for _ in range(ROUNDS):
        # Given a participant who erases at the moment when a coordinator opens
        sent = submit_one(call)
        held = own_copies.find_held(sent.receipt)
        _, opened = at_once(
            inside,
            partial(erasing.erase_held, held),
            partial(disclosure.open_testimony, holder, sent.submission_id, TO_READ),
        )
        # Then the coordinator sees the answers or that they are gone, and never a broken page
        assert isinstance(opened, disclosure.OpenedAnswers | Erased), repr(opened)
        assert left() == set()


def test_a_lookup_while_everything_is_erased_finds_all_some_or_nothing(
    inside: Flask, call: Call
) -> None:
    for _ in range(ROUNDS):
        # Given a participant who looks in one tab while the other erases
        sent = submit_one(call)
        held = own_copies.find_held(sent.receipt)
        _, *found = at_once(
            inside,
            partial(erasing.erase_held, held),
            *[partial(own_copies.find_held, sent.receipt)] * 3,
        )
        # Then each look finds what is held or that nothing is
        for result in found:
            assert isinstance(result, Held | NothingHeld), repr(result)


def test_the_worker_and_a_person_may_erase_the_same_at_once(inside: Flask, call: Call) -> None:
    # Given parts that are due on the day on which their owner erases them
    for _ in range(ROUNDS):
        held = own_copies.find_held(submit_one(call).receipt)
        due = datetime.combine(max(held.due_on.values()), datetime.min.time(), UTC)
        with time_machine.travel(due + timedelta(hours=12), tick=False):
            the_worker_kept_running()
            person, worker = at_once(inside, partial(erasing.erase_held, held), expiry.erase_due)
        # Then both succeed, and all is gone
        assert getattr(person, "complete", person) is True
        assert isinstance(worker, int), repr(worker)
        assert left() == set()
