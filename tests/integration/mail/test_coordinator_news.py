"""A coordinator who wants it gets one neutral mail on the morning after something came, and none for nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import TO_READ, publish_demo_event, register_one, signed_in, submit_one
from tests.integration.at_once import at_once
from tests.integration.house import BASE_URL, make_house
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import secret_is_there
from tests.integration.mail.test_gives_away import gives_away
from tests.integration.tables import everything
from tests.rows import change
from tests.turned import the_worker_kept_running
from webapp.models import Event, NewsWish, OutboxMessage, Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.reasons import DANGER
from webapp.rules.states import MailState
from webapp.services.answers import consents, own_copies
from webapp.services.desk_home import news_subscriptions
from webapp.services.events import published_events
from webapp.services.infrastructure import audit, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure
from webapp.services.retention import orphans
from webapp.services.worker import delivery

ADDRESS = "ana-at-home@example.org"
#: While the demo's call is open, and before its events.
FIRST = clock.today() + timedelta(days=5)
NEW, BEGINS, LAST = "Something is new", "E-mails to you are on", "About your account"


@pytest.fixture
def holder(inside: Flask, founded: Founded) -> Iterator[Holder]:
    """A coordinator who signed in this noon; no day ends while the test works."""
    with on_day(0, 12):
        yield signed_in(founded)


@contextmanager
def on_day(days: int, hour: int = 9) -> Iterator[None]:
    """So many days from the first, at this hour where the coalition works."""
    day = FIRST + timedelta(days=days)
    with time_machine.travel(datetime.combine(day, time(hour), clock.COALITION_ZONE)):
        yield


def worker_comes_round() -> int:
    news_subscriptions.promise_due()
    return delivery.send_waiting()


def wants(holder: Holder, every_days: news_subscriptions.EveryDays = 1) -> None:
    news_subscriptions.ask(holder.coordinator_id, ADDRESS, every_days, once=uuid4())
    delivery.send_waiting()


def wish_row() -> NewsWish | None:
    with stores.reading() as main:
        return main.scalars(select(NewsWish)).one_or_none()


# What comes, and when


def test_the_address_is_tried_at_once(holder: Holder, postbox: Postbox) -> None:
    wants(holder)
    (mail,) = postbox.mails
    assert (mail.subject, mail.recipients) == (BEGINS, (ADDRESS,))
    assert f"\n{BASE_URL}/desk/\n" in mail.body.replace("\r\n", "\n")


def test_one_mail_comes_on_the_morning_after_something_came(
    holder: Holder, postbox: Postbox
) -> None:
    # Given a coordinator who wants it, and three people who answer on one day
    wants(holder)
    with on_day(1):
        assert worker_comes_round() == 0
        for _ in range(3):
            submit_one(given={"contact_me": True})
    # When the next day begins, nothing comes by night, and one mail in the morning, however often the worker looks
    with on_day(2, 7):
        assert worker_comes_round() == 0
    with on_day(2, 9):
        assert [worker_comes_round() for _ in range(3)] == [1, 0, 0]
    assert postbox.of(ADDRESS) == [BEGINS, NEW]
    # And none on a day after which nothing came
    with on_day(3):
        assert worker_comes_round() == 0


def test_nothing_new_is_no_mail(holder: Holder, postbox: Postbox) -> None:
    # Given answers that were there before, and that the coordinator saw when they asked for mails
    with on_day(-3):
        submit_one()
    wants(holder)
    for day in range(1, 5):
        with on_day(day):
            assert worker_comes_round() == 0
    assert postbox.of(ADDRESS) == [BEGINS]


def test_what_was_read_meanwhile_is_not_new(holder: Holder, postbox: Postbox) -> None:
    wants(holder)
    with on_day(1):
        sent = submit_one()
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    with on_day(2):
        assert worker_comes_round() == 0


def test_a_coordinator_who_signed_in_this_morning_is_not_told(
    holder: Holder, founded: Founded, postbox: Postbox
) -> None:
    # Given something new, and a coordinator who signs in before the mail would come
    wants(holder)
    with on_day(1):
        submit_one()
    with on_day(2, 7):
        signed_in(founded)
    with on_day(2, 9):
        assert worker_comes_round() == 0
    # And between the promise and the sending, too
    with on_day(3):
        submit_one()
    with on_day(4, 9):
        assert news_subscriptions.promise_due() == 1
        signed_in(founded)
        assert delivery.send_waiting() == 0
    assert postbox.of(ADDRESS) == [BEGINS]


@pytest.mark.parametrize("what", ["registration", "withdrawal", "refused", "today", "danger"])
def test_news_is_more_than_answers(holder: Holder, postbox: Postbox, what: str) -> None:
    # Given a coordinator who has read what there is
    sent = submit_one(given={"contact_me": True})
    disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    event = publish_demo_event()
    wants(holder)
    with on_day(1):
        assert worker_comes_round() == 0
        # When one thing happens
        happens(what, holder, sent.receipt, event.slug)
        delivery.send_waiting()
    with on_day(2):
        worker_comes_round()
        # Then they hear that something did
        assert (NEW in postbox.of(ADDRESS)) is (what != "danger")
    if what == "danger":
        # What they did themselves is no news to them.
        assert postbox.of(ADDRESS) == [BEGINS]


def happens(what: str, holder: Holder, receipt: str, slug: str) -> None:
    event = published_events.find(slug)
    if what == "registration":
        register_one(event, "robin@example.org")
    elif what == "withdrawal":
        held = own_copies.find_held(receipt)
        subject = consents.Subject(held.submission_id, held.call_id, held.form, held.language)
        consents.change(subject, "contact_me", False)
    elif what == "refused":
        booked = register_one(event, "robin@example.org")
        with stores.writing() as main:
            # A registrant who booked long ago: only the mail is new.
            main.get_one(Registration, booked.id).received_on -= timedelta(days=9)
            about = OutboxMessage.subject_id == booked.id
            failed = {"state": MailState.FAILED, "finished_on": clock.today()}
            change(main, select(OutboxMessage).where(about), failed)
    elif what == "today":
        with stores.writing() as main:
            row = main.get_one(Event, event.id)
            tomorrow = clock.now() + timedelta(days=1, hours=5)
            row.starts_at = int(tomorrow.timestamp())
            row.ends_at = row.starts_at + 3600
    else:
        with stores.writing() as main:
            audit.enter(
                main, holder.coordinator_id, AuditEvent.ANSWERS_OPENED, uuid4(), DANGER.words
            )


def test_once_a_week_is_once_a_week(holder: Holder, postbox: Postbox) -> None:
    wants(holder, every_days=7)
    for day in range(1, 20):
        with on_day(day):
            worker_comes_round()
            submit_one()
    assert postbox.of(ADDRESS) == [BEGINS, NEW, NEW, NEW]


# What a mail gives away


def test_the_mail_gives_nothing_away(holder: Holder, postbox: Postbox) -> None:
    wants(holder)
    with on_day(1):
        submit_one()
    with on_day(2):
        worker_comes_round()
    for mail in postbox.mails:
        assert gives_away(mail.everything) == []
        assert mail.body.count("http") == 1
        assert "Auto-Submitted" in mail.message
        assert not any(letter.isdigit() for letter in mail.body)


def test_the_desk_may_have_a_host_name_of_its_own(
    make_app: MakeApp, postbox: Postbox, founded: Founded
) -> None:
    app = make_house(make_app, postbox.port, DESK_URL="https://office.example")
    with app.app_context():
        wants(signed_in(founded))
    assert "https://office.example/desk/" in postbox.mails[0].body
    assert BASE_URL not in postbox.mails[0].body


def test_the_address_lies_nowhere_in_the_clear(holder: Holder, postbox: Postbox) -> None:
    wants(holder)
    for table, rows in everything().items():
        assert ADDRESS not in repr(rows), table
        assert ADDRESS.encode() not in b"".join(
            value for row in rows for value in row if isinstance(value, bytes)
        ), table


# Stopping, changing, twice at once


def test_turning_it_off_forgets_the_address_and_what_waits(
    holder: Holder, postbox: Postbox
) -> None:
    # Given a mail that was promised a moment ago
    wants(holder)
    row = wish_row()
    assert row is not None
    with on_day(1):
        submit_one()
    with on_day(2):
        assert news_subscriptions.promise_due() == 1
        # When the coordinator turns it off, twice
        for _ in range(2):
            news_subscriptions.stop(holder.coordinator_id)
        # Then a last mail comes, without any news, and nothing is kept to write to them
        assert wish_row() is None
        assert delivery.send_waiting() == 1
        assert not secret_is_there(row.secret_id)
        submit_one()
    with on_day(3):
        assert worker_comes_round() == 0
    assert postbox.of(ADDRESS) == [BEGINS, LAST]


def test_another_address_takes_the_place_of_the_first(holder: Holder, postbox: Postbox) -> None:
    wants(holder)
    before = wish_row()
    assert before is not None
    news_subscriptions.ask(holder.coordinator_id, "new@example.org", 1, once=uuid4())
    with on_day(1):
        submit_one()
    with on_day(2):
        worker_comes_round()
    assert postbox.of(ADDRESS) == [BEGINS, LAST]
    assert postbox.of("new@example.org") == [BEGINS, NEW]
    assert not secret_is_there(before.secret_id)


def test_the_same_form_twice_is_one_mail(holder: Holder, postbox: Postbox) -> None:
    once = UUID(int=7)
    for _ in range(2):
        news_subscriptions.ask(holder.coordinator_id, ADDRESS, 1, once=once)
        delivery.send_waiting()
    assert postbox.of(ADDRESS) == [BEGINS]


def test_two_workers_promise_one_mail(
    make_app: MakeApp, postbox: Postbox, founded: Founded
) -> None:
    house = make_house(make_app, postbox.port)
    with on_day(0, 12), house.app_context():
        wants(signed_in(founded))
    with on_day(1), house.app_context():
        submit_one()
    with on_day(2):
        came = at_once(house, worker_comes_round, worker_comes_round)
        assert all(isinstance(done, int) for done in came), came
    assert postbox.of(ADDRESS) == [BEGINS, NEW]


def test_a_secret_that_a_wish_needs_is_not_swept(holder: Holder) -> None:
    wants(holder)
    row = wish_row()
    assert row is not None
    with on_day(9):
        the_worker_kept_running()
        orphans.sweep_orphans()
    assert secret_is_there(row.secret_id)


def test_an_address_that_is_refused_is_said(holder: Holder, postbox: Postbox) -> None:
    postbox.at_recipient[ADDRESS] = "550 no such person"
    wants(holder)
    wish = news_subscriptions.find(holder.coordinator_id)
    assert wish is not None and wish.came_back
    # And another one is not burdened with it
    news_subscriptions.ask(holder.coordinator_id, "new@example.org", 1, once=uuid4())
    delivery.send_waiting()
    wish = news_subscriptions.find(holder.coordinator_id)
    assert wish is not None and not wish.came_back
