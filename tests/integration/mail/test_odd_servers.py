"""Mail servers that say no, nothing, or too much: no mail is lost, and none holds the others up."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from tests.integration.mail.postbox import Odd, Postbox
from tests.integration.mail.steps import (
    asked_for_confirmation,
    in_states,
    later,
    messages,
    secret_is_there,
    withdraw,
)
from tests.turned import the_worker_kept_running
from webapp.rules import clock
from webapp.services.events import waiting_list
from webapp.services.infrastructure import outbox, stores
from webapp.services.sealed import shredding
from webapp.services.worker import chores, delivery, mail_claims


def test_a_server_that_says_not_now_is_asked_again_later_and_later(
    inside: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given pauses without jitter, and a server that puts two people off, at two steps
    shortest = SimpleNamespace(uniform=lambda low, high: low)
    monkeypatch.setattr(outbox, "SystemRandom", lambda: shortest)
    event = publish_demo_event()
    slow, fine, later_on = register_some(event, 3)
    postbox.at_recipient[slow.address] = "450 busy"
    postbox.at_data[later_on.address] = "451 busy"
    assert delivery.send_waiting() == 1
    assert postbox.addresses == [fine.address]
    waits, moment = [], clock.now()
    for _ in range(8):
        # When the worker comes at the moment when the mail is due again
        [soonest, *_] = sorted(row.not_before for row in messages() if row.state == "waiting")
        waits.append(round((soonest - moment.timestamp()) / 60))
        moment += timedelta(seconds=soonest - moment.timestamp() + 1)
        with time_machine.travel(moment):
            assert outbox.backlog().waiting == 2
            assert delivery.send_waiting() == 0
    # Then it comes later and later, at quarters of an hour and later at full hours, and nothing was lost
    for waited, pause in zip(waits, [*outbox.BACKOFF, 180, 180], strict=True):
        assert pause - (15 if pause < 60 else 60) <= waited <= pause
    postbox.at_recipient.clear()
    postbox.at_data.clear()
    with time_machine.travel(moment + timedelta(hours=5)):
        assert delivery.send_waiting() == 2
        assert delivery.send_waiting() == 0
    assert postbox.addresses == sorted(person.address for person in (slow, fine, later_on))


@pytest.mark.parametrize("step", ["recipient", "data"])
def test_a_server_that_says_never_is_not_asked_again(
    inside: Flask, postbox: Postbox, step: str
) -> None:
    # Given an address that no server takes mails for, and another one
    held = asked_for_confirmation(email="gone@example.org")
    assert held is not None
    other = register_one(publish_demo_event())
    refusals = postbox.at_recipient if step == "recipient" else postbox.at_data
    refusals["gone@example.org"] = "550 no such person"
    # When the worker comes
    assert delivery.send_waiting() == 1
    # Then that mail is over, and wiped; the other went
    assert postbox.addresses == [other.address]
    failed = [row for row in messages() if row.state == "failed"]
    assert [(row.kind, row.envelope, row.secret_id) for row in failed] == [
        ("confirmation", None, None)
    ]
    with later(days=1):
        assert delivery.send_waiting() == 0
    assert postbox.offered.count("gone@example.org") == 1


def test_a_server_that_does_not_want_us_loses_no_mail(inside: Flask, postbox: Postbox) -> None:
    # Given a server that refuses our own address: no recipient's address is wrong, our settings are
    person = register_one(publish_demo_event())
    postbox.at_sender = "550 you must sign in first"
    assert delivery.send_waiting() == 0
    # When an operator has put that right
    postbox.at_sender = ""
    with later(hours=1):
        # Then the mail goes
        assert delivery.send_waiting() == 1
    assert postbox.addresses == [person.address]


def test_a_mail_that_cannot_be_sent_for_two_weeks_is_given_up(
    inside: Flask, postbox: Postbox
) -> None:
    # Given an address whose server puts us off, again and again
    asked_for_confirmation(email="full@example.org")
    secret_id = messages()[0].secret_id
    postbox.at_recipient["full@example.org"] = "452 full"
    delivery.send_waiting()
    with later(days=13):
        delivery.send_waiting()
        assert in_states() == ["waiting"]
    # When two weeks are over
    with later(days=15):
        delivery.send_waiting()
        # Then it is over, and the address is not kept
        assert in_states() == ["failed"]
        assert messages()[0].envelope is None
        assert not secret_is_there(secret_id)
    # And when two more are over, the row is gone
    with later(days=30):
        the_worker_kept_running()
        outbox.forget_old()
        assert messages() == []


HANGING = [{step: Odd.HANG} for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "END")]


@pytest.mark.parametrize("odd", HANGING, indirect=True, ids=lambda script: next(iter(script)))
def test_a_server_that_hangs_does_not_hold_the_worker_up(
    make_app: MakeApp, odd: Odd, seconds: float
) -> None:
    house = make_house(make_app, odd.port)
    with house.app_context():
        register_some(publish_demo_event(), 10)
        # When the worker meets a server that says nothing
        began = clock.now()
        assert delivery.send_waiting() == 0
        # Then it does not wait once for every mail: other chores wait behind it
        assert (clock.now() - began).total_seconds() < 3 * seconds + 1
        # And nothing is lost
        assert outbox.backlog().waiting == 10
        assert {row.state for row in messages()} <= {"waiting", "claimed"}


@pytest.mark.parametrize(
    "odd",
    [{"QUIT": None}, {"QUIT": Odd.HANG}, {"QUIT": "421 too late"}],
    indirect=True,
    ids=["hangs up", "hangs", "grumbles"],
)
def test_a_server_that_took_a_mail_and_then_fails_has_it(
    make_app: MakeApp, odd: Odd, seconds: float
) -> None:
    house = make_house(make_app, odd.port)
    with house.app_context():
        register_one(publish_demo_event())
        # When a server takes a mail, and is gone before we can say goodbye
        assert delivery.send_waiting() == 1
        # Then it was sent, and is not sent again
        assert in_states() == ["sent"]
        with later(hours=1):
            assert delivery.send_waiting() == 0
        assert odd.taken == 1


@pytest.mark.parametrize(
    "odd",
    [
        *({"greeting": None}, {"EHLO": None, "HELO": None}, {"MAIL": None}, {"RCPT": None}),
        *({"DATA": None}, {"END": None}, {"greeting": "554 not you"}, {"RCPT": "421 closing"}),
    ],
    indirect=True,
    ids=lambda script: "-".join(map(str, next(iter(script.items())))),
)
def test_a_server_that_hangs_up_loses_nothing(make_app: MakeApp, odd: Odd) -> None:
    house = make_house(make_app, odd.port)
    with house.app_context():
        register_one(publish_demo_event())
        assert delivery.send_waiting() == 0
        assert in_states() == ["waiting"]


@pytest.mark.parametrize("odd", [{"RCPT": "550 no", "RSET": None}], indirect=True, ids=["550"])
def test_a_server_that_says_never_and_hangs_up_has_said_never(make_app: MakeApp, odd: Odd) -> None:
    house = make_house(make_app, odd.port)
    with house.app_context():
        register_one(publish_demo_event())
        assert delivery.send_waiting() == 0
        assert in_states() == ["failed"]


def test_dying_between_the_server_and_the_outbox_sends_once_more_at_most(
    inside: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that dies when the server has the mail and the outbox does not know it yet
    register_one(publish_demo_event())

    def power_cut(*of: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(mail_claims, "finish", power_cut)
        with pytest.raises(KeyboardInterrupt):
            delivery.send_waiting()
    assert len(postbox.mails) == 1
    # When the next worker comes, soon and then after the claim
    assert delivery.send_waiting() == 0
    with later(seconds=mail_claims.CLAIM_SECONDS + outbox.QUARTER):
        assert [delivery.send_waiting() for _ in range(3)] == [1, 0, 0]
    # Then the mail came twice, the same to the same: SMTP has no way to say it exactly once
    assert len(postbox.mails) == 2
    assert len({mail.body for mail in postbox.mails}) == 1


@pytest.mark.parametrize("away", ["store", "file"])
def test_what_cannot_be_shredded_now_holds_no_mail_up_and_sends_none_twice(
    inside: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    # Given two mails, and an erasure store or a tombstone file that cannot be written to: what was kept to send them
    # cannot be shredded yet
    asked_for_confirmation()
    asked_for_confirmation()
    file: Path = inside.extensions["hearth_settings"].tombstone_file

    def store_is_away() -> int:
        raise stores.StoreUnavailable("erasure")

    with monkeypatch.context() as patch:
        if away == "store":
            patch.setattr(shredding, "finish_all", store_is_away)
        else:
            file.mkdir()
        assert delivery.send_waiting() == 2
        assert chores.send_mail()
    # Then each went once, and the rest is done when it is back
    if away == "file":
        file.rmdir()
    assert chores.do_all()
    with later(hours=1):
        the_worker_kept_running()
        assert chores.do_all()
    assert len(postbox.mails) == 2
    assert shredding.finish_waiting() == 0


def test_dead_for_two_days_then_back(make_app: MakeApp) -> None:
    postbox = Postbox()
    house = make_house(make_app, postbox.port)
    with house.app_context():
        # Given a mail server that is dead, and people who come, go, move up and change their minds
        event = publish_demo_event(seats=2)
        gone_by = publish_demo_event(
            "small-group",
            starts=(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT12:00"),
        )
        stays, leaves, moves_up, waits = register_some(event, 4)
        too_late = register_one(gone_by, "too-late@example.org")
        waiting_list.cancel(leaves.id)
        asked_for_confirmation(email="asked@example.org")
        withdraw(asked_for_confirmation(email="not-any-more@example.org"))
        for hours in range(48):
            with later(hours=hours):
                assert delivery.send_waiting() == 0
        with later(hours=48):
            # Then the desk sees that the oldest has waited for long, and nothing is lost
            assert outbox.backlog().oldest_minutes > 6 * 60
            # And when it is back
            with postbox.open():
                for hours in range(12):
                    with later(hours=hours):
                        delivery.send_waiting()
            assert outbox.backlog().waiting == 0
    # Then everybody has exactly the mails that are still true, each once
    assert sorted((mail.recipients[0], mail.subject) for mail in postbox.mails) == sorted(
        [
            (stays.address, "Your seat is booked"),
            (leaves.address, "Your booking is cancelled"),
            (moves_up.address, "There is a seat for you"),
            (waits.address, "You are on the waiting list"),
            ("asked@example.org", "Thank you, it has arrived"),
        ]
    )
    assert too_late.address not in postbox.offered
