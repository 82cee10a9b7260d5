"""The record's code by mail: to who asked for it, once a day, and without a word about anyone."""

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import update

from tests.factories import signed_in
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.test_gives_away import gives_away
from webapp.models import AuditEntry
from webapp.rules import clock
from webapp.rules.coordinator_mails import RecordCode
from webapp.rules.mail_kinds import NotThisMail
from webapp.services.desk_home import news_subscriptions
from webapp.services.infrastructure import record_check, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.worker import delivery

pytestmark = pytest.mark.usefixtures("inside")

ADDRESS = "ana-at-home@example.org"
KEEP = "Please keep this e-mail"
TODAY = clock.today()


def at(days: int, hour: int = 9) -> time_machine.travel:
    day = datetime.combine(TODAY + timedelta(days=days), time(hour), clock.COALITION_ZONE)
    return time_machine.travel(day, tick=False)


def a_round() -> None:
    record_check.watch()
    news_subscriptions.promise_codes()
    delivery.send_waiting()


def codes(postbox: Postbox) -> list[str]:
    return [mail.body for mail in postbox.mails if mail.subject == KEEP]


def test_it_comes_every_morning_to_who_asked(postbox: Postbox, founded: Founded) -> None:
    with at(0, 12):
        who = signed_in(founded).coordinator_id
        news_subscriptions.ask(who, ADDRESS, 7, once=uuid4(), with_code=True)
    for day, hour, mails in ((1, 7, 1), (1, 9, 2), (1, 15, 2), (2, 9, 3)):
        with at(day, hour):
            a_round()
            a_round()
        # One on the day on which they asked, then one a morning
        assert len(codes(postbox)) <= mails
    assert len(codes(postbox)) >= 2
    # And it has a code that the record leads to, and gives nothing away
    line = next(one for one in codes(postbox)[-1].splitlines() if one.count("-") == 5)
    assert record_check.look(record_check.read_code(line)).noted_after
    assert gives_away(codes(postbox)[-1]) == []
    # When they turn it off, it ends
    with at(2, 10):
        news_subscriptions.change(who, 7)
    with at(3):
        before = len(codes(postbox))
        a_round()
        assert len(codes(postbox)) == before


def test_who_did_not_ask_for_it_gets_none(postbox: Postbox, founded: Founded) -> None:
    with at(0, 12):
        news_subscriptions.ask(signed_in(founded).coordinator_id, ADDRESS, 1, once=uuid4())
    with at(1):
        a_round()
    assert codes(postbox) == []


def test_while_something_was_found_there_is_no_code(postbox: Postbox, founded: Founded) -> None:
    with at(0, 12):
        who = signed_in(founded).coordinator_id
        news_subscriptions.ask(who, ADDRESS, 1, once=uuid4(), with_code=True)
        with stores.writing() as main:
            main.execute(update(AuditEntry).where(AuditEntry.n == 1).values(reason="nothing"))
    with at(1):
        a_round()
        news_subscriptions.promise_due()
        delivery.send_waiting()
    assert "There is no code today, because something needs your attention." in codes(postbox)[-1]
    # And the other mail says, too, that there is something
    assert [mail.subject for mail in postbox.mails].count("Something is new") == 1


@pytest.mark.parametrize("code", ["Ana", "K7QF-2M9X", "K7QF-2M9X-TC4R-8ZHD-W3NP-51QX\nBcc: x"])
def test_nothing_but_a_code_fits_into_it(code: str) -> None:
    with pytest.raises(NotThisMail):
        RecordCode("https://desk.example/desk/", code=code, day="1 December 2026")
