"""Nothing is kept longer than was promised: each part goes on its own day, with a turned clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.factories import TO_CALL, TO_READ, signed_in, submit_one
from tests.integration.tables import counts
from tests.turned import an_operator_confirmed, the_worker_kept_running
from webapp.models import AuditEntry, OwnCopy, Part
from webapp.rules.retention import due_on
from webapp.services.answers import desk_submissions, own_copies
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.deletion_stops import ClockDoubted
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure, export_purposes
from webapp.services.opening.disclosure import Erased
from webapp.services.retention import expiry
from webapp.services.worker import chores

pytestmark = pytest.mark.usefixtures("inside")

PEOPLE = ("submissions", "parts", "own_copies", "consents", "erasure_secrets")


def on(day: date, hour: int = 12) -> time_machine.travel:
    """The clock, turned to that day."""
    return time_machine.travel(datetime.combine(day, time(hour), UTC), tick=False)


def due_days(call: Call) -> dict[str, date]:
    """The day on which each part must go, as the form promised."""
    return {
        name: due_on(call.closes_on, rules.keep_months) for name, rules in call.form.parts.items()
    }


def kept() -> dict[str, set[str]]:
    """Which parts and which own copies there are."""
    with stores.reading() as main:
        return {
            "parts": set(main.scalars(select(Part.purpose))),
            "own copies": set(main.scalars(select(OwnCopy.purpose))),
        }


def test_every_part_goes_on_its_own_day_and_not_before(call: Call) -> None:
    # Given a participant who answered everything; contact is kept for less long than testimony
    submit_one(call)
    days = due_days(call)
    assert len({days["contact"], days["testimony"]}) == 2
    left = {"contact", "testimony", "equality"}
    for day in sorted(set(days.values())):
        # When the worker comes round on the day before
        with on(day - timedelta(days=1)):
            the_worker_kept_running()
            assert expiry.erase_due() == 0
        assert kept() == {"parts": left, "own copies": left}
        # And on the day itself
        with on(day):
            the_worker_kept_running()
            assert expiry.erase_due() > 0
        # Then exactly the parts of that day are gone, and the participant's own copies with them
        left -= {part for part, due in days.items() if due == day}
        assert kept() == {"parts": left, "own copies": left}
    assert left == set()


def test_the_day_is_londons(call: Call) -> None:
    # Given a part that is due
    submit_one(call)
    due = due_days(call)["contact"]
    summer = due.month in range(4, 11)
    # When the worker comes a minute before midnight where the coalition works
    last_minute = datetime.combine(due, time(0), UTC) - timedelta(minutes=61 if summer else 1)
    with time_machine.travel(last_minute, tick=False):
        the_worker_kept_running()
        assert expiry.erase_due() == 0
    # And a minute after
    with time_machine.travel(last_minute + timedelta(minutes=2), tick=False):
        the_worker_kept_running()
        assert expiry.erase_due() == 2


def test_when_the_last_part_goes_nothing_of_the_person_is_left(call: Call) -> None:
    # Given two people, one of whom answered only what is needed
    everything, little = submit_one(call), submit_one(call, answers={"adult": "yes"}, given={})
    # When the last of all days has come
    with on(max(due_days(call).values())):
        the_worker_kept_running()
        assert chores.do_all()
    # Then there is no row about any participant, and the codes lead nowhere
    assert {name for name in PEOPLE if name in counts()} == set()
    for sent in (everything, little):
        with pytest.raises(own_copies.NothingHeld):
            own_copies.find_held(sent.receipt)
        with pytest.raises(LookupError):
            desk_submissions.find_row(sent.submission_id)


def test_contact_details_that_were_due_are_gone_for_everybody(call: Call, founded: Founded) -> None:
    # Given a participant whose contact details are due, and whose testimony is not
    sent = submit_one(call)
    days = due_days(call)
    with on(days["contact"]):
        the_worker_kept_running()
        expiry.erase_due()
        # When they come back, and when the desk looks
        held = own_copies.find_held(sent.receipt)
        holder = signed_in(founded)
        # Then the contact details are in neither, and the rest is
        assert set(held.due_on) == {part for part in days if days[part] > days["contact"]}
        assert "email" not in held.answers
        assert held.answers["change_words"] == sent.answers["change_words"]
        with pytest.raises(Erased):
            disclosure.open_contact(holder, sent.submission_id, TO_CALL)
        opened = disclosure.open_testimony(holder, sent.submission_id, TO_READ)
        assert opened.answers["change_words"] == sent.answers["change_words"]
        assert [row.has_contact for row in desk_submissions.list_for_call(call)] == [False]
        # And no participant is counted as one to contact
        assert {
            one.purpose: one.people for one in export_purposes.purposes_for(call)
        } == dict.fromkeys(("contact_me", "invite"), 0)


def test_what_was_erased_is_in_the_record(call: Call) -> None:
    # Given the parts of one participant, erased on their days
    sent = submit_one(call)
    for day in sorted(set(due_days(call).values())):
        with on(day):
            the_worker_kept_running()
            expiry.erase_due()
    # Then the record names each part; that about equality by its call and not by the participant
    with stores.reading() as main:
        entries = set(
            main.execute(
                select(AuditEntry.actor, AuditEntry.tag, AuditEntry.subject_id).where(
                    AuditEntry.tag.endswith("erased, due")
                )
            )
        )
    assert entries == {
        ("worker", "contact erased, due", sent.submission_id),
        ("worker", "testimony erased, due", sent.submission_id),
        ("worker", "equality erased, due", call.id),
    }


def test_more_than_one_batch_is_erased_in_one_round(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given more due parts than fit one batch
    monkeypatch.setattr(expiry, "BATCH", 4)
    for _ in range(7):
        submit_one(call)
    # When the worker comes once, after everything was due
    with on(max(due_days(call).values()) + timedelta(days=5)):
        an_operator_confirmed()
        assert expiry.erase_due() == 7 * 6
    # Then all of it is gone
    assert {name for name in PEOPLE if name in counts()} == set()


def test_a_worker_that_was_stopped_for_a_year_catches_up_once_a_person_confirmed_the_day(
    call: Call,
) -> None:
    # Given a worker that did not run when the parts were due
    submit_one(call)
    with on(max(due_days(call).values()) + timedelta(days=400)):
        # When it runs again, and no operator or coordinator has confirmed the day yet
        with pytest.raises(ClockDoubted):
            expiry.erase_due()
        assert kept()["parts"] == {"contact", "testimony", "equality"}
        # And when an operator has
        an_operator_confirmed()
        # Then it erases them
        assert expiry.erase_due() == 6
        assert expiry.erase_due() == 0


def test_erasing_is_announced_thirty_days_before(call: Call) -> None:
    # Given three people whose contact details will be due
    for _ in range(3):
        submit_one(call)
    due = due_days(call)["contact"]
    # When coordinators look a day too early, and when it is near
    with on(due - timedelta(days=31)):
        assert expiry.due_soon() == ()
    with on(due - timedelta(days=30)):
        announced = expiry.due_soon()
    # Then they hear of it once for each part, with its day and how many
    assert [(one.purpose, one.due_on, one.parts) for one in announced] == [("contact", due, 3)]
    assert announced[0].call_id == call.id


def test_a_due_day_does_not_move_when_something_is_opened_or_changed(
    call: Call, founded: Founded
) -> None:
    # Given a submission's due days
    sent = submit_one(call)
    before = own_copies.find_held(sent.receipt).due_on
    # When months later a coordinator opens it
    with on(call.closes_on + timedelta(days=60)):
        disclosure.open_testimony(signed_in(founded), sent.submission_id, TO_READ)
    # Then the days are the same
    assert own_copies.find_held(sent.receipt).due_on == before == due_days(call)
