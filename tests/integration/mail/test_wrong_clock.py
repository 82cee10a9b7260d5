"""While the clock is in doubt mails go on, none is lost by it, and no reminder is for a day that is not tomorrow."""

from datetime import timedelta

import time_machine
from flask import Flask

from tests.factories import publish_demo_event, register_one, register_some
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import in_states, messages
from webapp.rules import clock
from webapp.rules.states import MailState
from webapp.services.events import waiting_list
from webapp.services.infrastructure import clock_guard
from webapp.services.worker import chores, delivery


def kinds() -> list[str]:
    return sorted(message.kind for message in messages())


def test_no_registrant_is_reminded_by_a_wrong_clock(inside: Flask, postbox: Postbox) -> None:
    # Given a registrant with a seat, and a worker that runs
    event = publish_demo_event("small-group")
    register_one(event)
    chores.do_all()
    before = len(postbox.mails)
    # When the clock jumps to the day before the event
    with time_machine.travel(event.starts_at - timedelta(days=1)):
        chores.do_all()
        chores.send_mail()
        # Then no reminder is promised or sent
        assert "reminder" not in kinds()
    assert len(postbox.mails) == before


def test_a_reminder_that_waits_is_not_sent_by_a_clock_that_went_back(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a reminder that was promised in the night for the morning
    event = publish_demo_event("small-group")
    register_one(event)
    delivery.send_waiting()
    night = event.starts_at - timedelta(days=1)
    with time_machine.travel(night.replace(hour=2, minute=0)):
        chores.do_all()
        clock_guard.confirm("operator", day=clock.today())
        delivery.send_waiting()
        assert "reminder" in kinds()
    # When the clock goes back by a month
    with time_machine.travel(night - timedelta(days=30)):
        chores.do_all()
    # Then it still waits
    assert [one.state for one in messages() if one.kind == "reminder"] == [MailState.WAITING]


def test_other_mails_go_on(inside: Flask, postbox: Postbox) -> None:
    event = publish_demo_event("small-group", seats=1)
    stays, waits = register_some(event, 2)
    chores.do_all()
    before = len(postbox.mails)
    # When the clock jumps by a week, and a registrant cancels
    with time_machine.travel(clock.now() + timedelta(days=7)):
        assert not clock_guard.is_sure()
        waiting_list.cancel(stays.id)
        chores.do_all()
    # Then both hear of it
    assert {mail.recipients[0] for mail in postbox.mails[before:]} == {stays.address, waits.address}


def test_no_mail_is_dropped_or_given_up_by_a_wrong_clock(inside: Flask, postbox: Postbox) -> None:
    # Given mails that wait
    event = publish_demo_event("small-group")
    register_some(event, 2)
    clock_guard.sure()
    # When the clock says that the event is long over
    with time_machine.travel(event.ends_at + timedelta(days=700)):
        chores.do_all()
        chores.send_mail()
        assert in_states() == [MailState.WAITING] * 2
        assert postbox.mails == []
    # Then they leave when it is right again
    assert chores.do_all()
    assert len(postbox.mails) == 2


def test_a_mail_that_was_promised_by_a_wrong_clock_leaves_when_it_is_right(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a booking on a server whose clock is months ahead, and a mail server that is away
    event = publish_demo_event("small-group")
    clock_guard.sure()
    with time_machine.travel(event.starts_at - timedelta(days=3)):
        register_one(event)
    assert len(messages()) == 1
    # When the clock is right again
    assert chores.do_all()
    # Then the mail does not wait for months
    assert len(postbox.mails) == 1
