"""False rows of the outbox: an attacker who can write to `main`, and has no configuration, sends mails of ours.

Before, the worker sent whatever a row of the outbox said: "there is news on your page" to a registrant for whom there
was none, a mail that was sent already once more, and the last mail, after which the address is wiped. A row under the
idempotency key of a true mail kept that one from ever being promised, and a note that an address is not confirmed
muted all that a registrant should hear.

Now a row is under a MAC, made anew with each change of its state. A false one is not sent, is taken out of the queue,
and is named; it keeps no true mail from being promised or sent, and no one from being erased.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Table, insert, select, update

from tests.conftest import MakeApp
from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import asked_for_confirmation, registration
from tests.replay import copied, put_back
from tests.turned import the_worker_kept_running
from webapp.extensions import db
from webapp.models import ErasureSecret, OutboxMessage
from webapp.rules import clock
from webapp.services.answers import erasing
from webapp.services.events import waiting_list
from webapp.services.infrastructure import outbox, row_verification, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine
from webapp.services.worker import chores, delivery, mail_claims

OUTBOX: Table = OutboxMessage.__table__  # type: ignore[assignment]


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A server that takes every mail."""
    with Postbox().open() as listening:
        yield listening


@pytest.fixture
def inside(make_app: MakeApp, postbox: Postbox) -> Iterator[Flask]:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    house = make_house(make_app, postbox.port)
    with house.app_context():
        yield house


# What the attacker does: SQL past Hearth, with every right on the databases and no key of the configuration


def put_in(subject_id: UUID, **columns: Any) -> UUID:
    row_id = uuid4()
    values = {
        "id": row_id,
        "kind": "news",
        "dedupe_key": row_id.hex,
        "subject_id": subject_id,
        "language": "en",
        "state": "waiting",
        "attempts": 0,
        "not_before": 0,
        "made_on": clock.today(),
        "row_mac": token_bytes(32),
    }
    with stores.writing() as main:
        main.execute(insert(OUTBOX).values(values | columns))
    return row_id


def change_by_hand(**columns: Any) -> None:
    with stores.writing() as main:
        main.execute(update(OUTBOX).values(**columns))


def false_rows() -> set[str]:
    return {one.key for one in row_verification.find_false() if one.table == "outbox"}


def told(postbox: Postbox, person: Booked) -> list[str]:
    return postbox.of(person.address)


# What is sent


@pytest.mark.parametrize("kind", ["news", "registered", "event_changed", "reminder"])
def test_no_one_gets_a_mail_that_nothing_happened_for(
    inside: Flask, postbox: Postbox, kind: str
) -> None:
    # Given a registrant who knows that they have their seat
    person = register_one(publish_demo_event())
    delivery.send_waiting()
    known = told(postbox, person)
    # When an attacker promises them another mail
    row_id = put_in(person.id, kind=kind)
    assert delivery.send_waiting() == 0
    # Then none goes out, and the row is named, as long as it is there
    assert told(postbox, person) == known
    assert false_rows() == {str(row_id)}
    assert chores.send_mail()
    assert told(postbox, person) == known


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": "cancelled"},
        {"language": "ar"},
        {"attempts": 3},
        {"not_before": 5},
        {"made_on": datetime(2020, 1, 1, tzinfo=UTC).date()},
    ],
    ids=str,
)
def test_a_mail_that_was_changed_does_not_go_out(
    inside: Flask, postbox: Postbox, columns: dict[str, Any]
) -> None:
    person = register_one(publish_demo_event())
    change_by_hand(**columns)
    assert delivery.send_waiting() == 0
    assert told(postbox, person) == []
    assert len(false_rows()) == 1


def test_a_mail_that_was_sent_does_not_go_out_again(inside: Flask, postbox: Postbox) -> None:
    person = register_one(publish_demo_event())
    delivery.send_waiting()
    change_by_hand(state="waiting", finished_on=None)
    assert delivery.send_waiting() == 0
    assert len(told(postbox, person)) == 1


def test_a_whole_older_row_sends_its_mail_once_more_while_it_is_true(
    inside: Flask, postbox: Postbox
) -> None:
    """What remains (replay): a row put back as it was, under the MAC of then."""
    person = register_one(publish_demo_event())
    before = copied(OutboxMessage)
    delivery.send_waiting()
    put_back(OutboxMessage, before)
    assert delivery.send_waiting() == 1
    assert told(postbox, person) == ["Your seat is booked"] * 2
    # And no more once it is not true
    waiting_list.cancel(person.id)
    put_back(OutboxMessage, before)
    delivery.send_waiting()
    assert told(postbox, person).count("Your seat is booked") == 2


def test_an_address_is_not_wiped_by_a_false_last_mail(inside: Flask, postbox: Postbox) -> None:
    person = register_one(publish_demo_event())
    put_in(person.id, kind="cancelled")
    delivery.send_waiting()
    assert registration(person).mail_envelope is not None


# What a false row holds up


def test_a_flood_of_false_rows_holds_no_mail_up(inside: Flask, postbox: Postbox) -> None:
    # Given false rows that come before every other, with claims of workers that died among them
    people = register_some(publish_demo_event(), 3)
    for number in range(20):
        claimed = {"state": "claimed", "claim": uuid4(), "claimed_until": 0} if number % 2 else {}
        put_in(people[0].id, not_before=-9, **claimed)
    # When the worker comes round once, then all true mails are sent
    assert delivery.send_waiting() == 3
    assert [len(told(postbox, one)) for one in people] == [1, 1, 1]
    # And the false ones are out of the queue, and still false
    assert mail_claims.claim() == []
    assert outbox.backlog().waiting == 0
    assert len(false_rows()) == 20
    # And they go when mails that were sent would
    with time_machine.travel(clock.now() + timedelta(days=15)):
        the_worker_kept_running()
        outbox.forget_old()
    assert not false_rows()


def test_a_row_that_is_falsified_in_the_workers_hands_changes_nothing(inside: Flask) -> None:
    # Given a mail that a worker has claimed, and that is changed meanwhile
    register_one(publish_demo_event())
    [message] = mail_claims.claim()
    change_by_hand(language="ar")
    # When the worker is done with it, or gives it back, then the row stays as it is, and nothing breaks
    mail_claims.try_later(message)
    mail_claims.finish(message, outbox.MailState.SENT)
    with stores.reading() as main:
        [row] = main.scalars(select(OutboxMessage), execution_options=TOLERANT).all()
        assert (row.state, is_genuine(row)) == ("claimed", False)


def test_a_false_row_under_the_key_of_a_true_mail_does_not_keep_it(
    inside: Flask, postbox: Postbox
) -> None:
    person = register_one(publish_demo_event())
    delivery.send_waiting()
    # Given a row under the idempotency key of the mail that will say that the booking is cancelled
    put_in(person.id, kind="cancelled", state="sent", dedupe_key=f"cancelled:{person.id.hex}")
    # When it is cancelled, then they are told
    waiting_list.cancel(person.id)
    assert delivery.send_waiting() == 1
    assert told(postbox, person)[-1] == "Your booking is cancelled"


def test_a_false_note_about_an_address_mutes_no_one(inside: Flask, postbox: Postbox) -> None:
    # Given a registrant whose address was given by themselves, and a note that it has to be confirmed
    person = register_one(publish_demo_event())
    put_in(
        person.id,
        kind="confirm_address",
        state="dropped",
        dedupe_key=f"{outbox.TO_BE_CONFIRMED}{person.id.hex}",
    )
    # Then they are told all the same
    assert delivery.send_waiting() == 1
    assert told(postbox, person) == ["Your seat is booked"]


def test_the_desk_does_not_say_that_a_false_mail_came_back(inside: Flask) -> None:
    person = register_one(publish_demo_event())
    put_in(person.id, state="failed", finished_on=clock.today())
    assert outbox.refused() == frozenset()


# What a person does


def test_who_has_a_false_mail_can_still_be_erased_and_keeps_no_secret(inside: Flask) -> None:
    # Given a participant whose confirmation waits, and a false row about them that names another person's secret
    mine, other = asked_for_confirmation(), asked_for_confirmation()
    with stores.reading() as main:
        theirs = OutboxMessage.subject_id == other.submission_id
        secret_id = main.scalars(select(OutboxMessage.secret_id).where(theirs)).one()
    put_in(mine.submission_id, language="xx")
    # When they erase everything, then it is whole, and the other's mail still has its secret
    assert erasing.erase_held(mine).complete
    assert "outbox" not in {row.table for row in row_verification.find_false()}
    with stores.reading("erasure") as erasure:
        assert erasure.get(ErasureSecret, secret_id) is not None
    assert delivery.send_waiting() == 1


def test_a_false_mail_keeps_no_address_from_being_put_right(inside: Flask) -> None:
    person = register_one(publish_demo_event())
    put_in(person.id)
    with stores.writing() as main:
        outbox.begin_again(main, person.id)


# Where columns have no types


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", ["id", "not_before", "made_on", "attempts", "subject_id"])
def test_an_odd_value_stops_neither_the_worker_nor_the_desk(
    inside: Flask, postbox: Postbox, column: str
) -> None:
    # Given a false row with a value of no form that Hearth writes
    person = register_one(publish_demo_event())
    row_id = put_in(uuid4(), not_before=-9)
    with sqlite3.connect(str(db.engine.url.database)) as connection:
        connection.execute(
            f"UPDATE outbox SET {column} = '{{odd}}' WHERE id = ?",
            (row_id.hex,),
        )
    connection.close()
    # Then the desk counts the others, the worker sends them, and it is named
    assert outbox.backlog().waiting >= 1
    assert delivery.send_waiting() == 1
    assert told(postbox, person) == ["Your seat is booked"]
    assert len(false_rows()) == 1
