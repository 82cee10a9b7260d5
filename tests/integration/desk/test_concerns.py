"""Today names first what went bad outside: each thing in one line, with one link to where something can be done."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import delete, select

from tests.factories import publish_demo_call, publish_demo_event, rehearse_all, sheets_of
from tests.integration.desk.meeting import Booked, Meeting
from tests.integration.desk.worker import Worker
from tests.integration.test_statements import statements
from tests.rows import change
from webapp.desk.home.concern_words import WORDS
from webapp.models import Event as EventRow
from webapp.models import OutboxMessage, PurposeKeySeal, RecoveryPair, Registration
from webapp.rules import clock
from webapp.rules.states import MailState
from webapp.services.desk_home.concern_kinds import Concern, Kind
from webapp.services.desk_home.concerns import weight
from webapp.services.infrastructure import stores
from webapp.services.keys import coordinators, recovery, recovery_renewal


@pytest.fixture
def noon(page_meeting: Meeting) -> Iterator[Meeting]:
    """A meeting, and a coordinator who signs in at noon: no day ends while the test looks."""
    tomorrow = clock.today() + timedelta(days=1)
    twelve = datetime.combine(tomorrow, time(12), clock.COALITION_ZONE)
    with time_machine.travel(twelve, tick=False):
        page_meeting.worker.sign_in()
        yield page_meeting


def lines_before(meeting: Meeting, **time_until: float) -> list[str]:
    """What Today says when the meeting begins in so long."""
    starts_at = clock.now() + timedelta(**time_until)
    ends_at = starts_at + timedelta(minutes=meeting.event.definition.minutes)
    with meeting.worker.app.app_context(), stores.writing() as main:
        values = {"starts_at": int(starts_at.timestamp()), "ends_at": int(ends_at.timestamp())}
        change(main, select(EventRow).where(EventRow.id == meeting.event.id), values)
    return meeting.worker.lines()


def came_back(meeting: Meeting, registrant: Booked) -> None:
    with meeting.worker.app.app_context(), stores.writing() as main:
        about = OutboxMessage.subject_id == registrant.id
        values = {"state": MailState.FAILED, "finished_on": clock.today(), "not_before": 0}
        change(main, select(OutboxMessage).where(about), values)


# Exported lists


def test_a_list_with_a_participant_to_cross_out_comes_first(worker: Worker) -> None:
    # Given a list of three people, and unread answers
    leaves, moves, stays = (worker.answered_by("contact_me") for _ in range(3))
    worker.export()
    assert not any("Cross out" in line for line in worker.lines())
    # When one takes their yes back, and another gives a new number
    worker.changes_mind(leaves, "contact_me")
    worker.corrects(moves, phone="07700 900 555")
    # Then that is the first line, before what is only new
    first, *others = worker.lines()
    assert first.startswith("Cross out 2 people in the list that Ana downloaded on ")
    assert any("have not been read yet" in line for line in others)
    # And it leads to the list
    page = worker.follow_line("Cross out")
    assert worker.path.startswith("/desk/exports/")
    assert leaves.reference in page.text and stays.reference not in page.text


# Events that are near


def test_an_event_is_said_to_be_in_minutes_today_or_tomorrow(noon: Meeting) -> None:
    noon.set_link()
    title = "“A small group talk about support”."
    for time_until, said in (
        ({"minutes": 14}, f"In 14 minutes, at 12.14 pm: {title}"),
        ({"minutes": 1}, f"In one minute, at 12.01 pm: {title}"),
        ({"hours": 2}, f"Today at 2 pm: {title}"),
        ({"hours": 20}, f"Tomorrow at 8 am: {title}"),
        ({"minutes": -10}, "On now, until "),
    ):
        lines = lines_before(noon, **time_until)
        assert any(line.startswith(said) for line in lines), (said, lines)
    # And one that is far away, or over, is not news
    for days in (10, -1):
        assert not any(title in line for line in lines_before(noon, days=days))


def test_needs_that_are_not_arranged_are_said_until_a_coordinator_has_arranged_them(
    meeting: Meeting,
) -> None:
    # Given two people who told us what they need
    people = [meeting.book(name, needs_notes="A quiet room") for name in ("Robin", "Sky")]
    said = (
        "The needs of 2 people have not been arranged yet: “A small group talk about support”, on "
    )
    assert any(line.startswith(said) for line in meeting.worker.lines())
    meeting.worker.follow_line("have not been arranged")
    assert meeting.worker.path == meeting.address
    # When both are arranged, then nothing is said of it
    with meeting.worker.app.app_context(), stores.writing() as main:
        these = Registration.id.in_([registrant.id for registrant in people])
        change(main, select(Registration).where(these), {"needs_arranged_on": clock.today()})
    assert not any("arranged" in line for line in meeting.worker.lines())


def test_a_joining_link_is_missed_before_anyone_has_booked(noon: Meeting) -> None:
    # Given a meeting without bookings
    assert not any("joining link" in line for line in lines_before(noon, days=30))
    # When it is near, then its link is missed, and on the last day that is urgent
    assert any("The joining link is not set yet" in line for line in lines_before(noon, days=10))
    assert not urgent(noon.worker, "The joining link")
    lines_before(noon, hours=20)
    assert urgent(noon.worker, "The joining link")
    noon.worker.follow_line("The joining link")
    assert noon.worker.path == f"{noon.address}/link"
    # And once it is set, nothing is said of it
    noon.set_link()
    assert not any("joining link" in line for line in lines_before(noon, hours=20))


def test_an_address_is_missed_where_people_come_to_a_building(page_worker: Worker) -> None:
    meeting = Meeting(page_worker, held="place")
    assert any("The address is not set yet" in line for line in lines_before(meeting, days=10))
    assert not any("joining link" in line for line in lines_before(meeting, days=10))
    lines_before(meeting, hours=20)
    assert urgent(meeting.worker, "The address")
    meeting.worker.follow_line("The address")
    assert meeting.worker.path == f"{meeting.address}/link"


def urgent(worker: Worker, part: str) -> bool:
    worker.get("/desk/")
    return any(
        one.get("class") == "urgent" and part in "".join(one.itertext())
        for one in worker.page.all("li")
    )


# Mails


def test_mails_that_came_back_name_their_event_until_it_is_over(noon: Meeting) -> None:
    # Given two mails that a server refused for good, of two people
    for registrant in (noon.book("Robin"), noon.book("Sky")):
        came_back(noon, registrant)
    # Then Today says how many people that concerns, and leads to where they are named
    said = "E-mail to 2 people could not be delivered: “A small group talk about support”."
    assert any(line.startswith(said) for line in noon.worker.lines())
    assert "no e-mail waits" not in noon.worker.page.text
    noon.worker.follow_line("could not be delivered")
    assert noon.worker.path == noon.address
    # And when the event is over, there is nothing to do
    assert not any("could not be delivered" in line for line in lines_before(noon, days=-1))


def test_a_confirmation_that_came_back_is_said_without_a_name(worker: Worker) -> None:
    participant = worker.answered_by("mail_confirmation", email_shared="no")
    with worker.app.app_context(), stores.writing() as main:
        about = OutboxMessage.subject_id == participant.id
        values = {"state": MailState.FAILED, "envelope": None, "secret_id": None}
        change(main, select(OutboxMessage).where(about), values)
    (line,) = [one for one in worker.lines() if "could not be delivered" in one]
    assert line.startswith("One e-mail that was asked for could not be delivered.")


# What was opened outside the usual


def test_all_coordinators_hear_that_a_participant_may_be_in_danger(worker: Worker) -> None:
    # Given a coordinator who opens answers because a participant may be in danger
    participant = worker.answered_by()
    worker.look_at(participant)
    worker.press("Open the answers", **{"answers-why": "danger"})
    # Then Today says so to all coordinators, for a week, without saying who it is
    (line,) = [one for one in worker.lines() if "danger" in one]
    assert line.startswith("Someone may be in danger: a coordinator opened something for that")
    assert participant.reference not in line
    with worker.later(days=6):
        worker.sign_in()
        assert any("danger" in one for one in worker.lines())
    with worker.later(days=8):
        worker.sign_in()
        assert not any("danger" in one for one in worker.lines())


# Keys


def test_keys_held_by_no_coordinator_or_by_one_are_said(worker: Worker) -> None:
    # Given a coalition with one coordinator, and its recovery key
    page = worker.get("/desk/")
    assert "Only Ana can open what people told us." in page.text
    # Then that is no alarm
    assert not worker.lines()
    # But when neither the recovery key nor a coordinator holds the keys
    with worker.app.app_context():
        holder = UUID(next(iter(coordinators.names())))
        with stores.writing("erasure") as erasure:
            erasure.execute(delete(PurposeKeySeal).where(PurposeKeySeal.holder_id != holder))
    (line,) = worker.lines()
    assert line.startswith("No key was sealed to the coalition’s recovery key.")


def test_recovery_sheets_that_were_not_tried_or_are_gone_are_said(worker: Worker) -> None:
    # Given new sheets that nobody has tried yet
    with worker.app.app_context():
        renewed = recovery_renewal.renew(recovery.recovery_secret(*sheets_of(worker.founded, 1, 2)))
    (line,) = worker.lines()
    assert line.startswith("The recovery sheets have not all been tried.")
    # When they are, then Today is quiet
    with worker.app.app_context():
        rehearse_all(replace(worker.founded, sheets=renewed.sheets))
    assert not worker.lines()
    # But when one of their envelopes is gone
    with worker.app.app_context(), stores.writing() as main:
        main.delete(main.scalars(select(RecoveryPair)).first())
    (line,) = worker.lines()
    assert line.startswith("Not every two of the three recovery sheets open")


# How it is put together


def test_every_kind_of_concern_has_words() -> None:
    assert set(WORDS) == set(Kind)


def test_the_heaviest_comes_first_and_the_nearest_before_the_others() -> None:
    now = clock.now()
    near, far = Concern(Kind.NEEDS, at=now), Concern(Kind.NEEDS, at=now + timedelta(days=1))
    unread, crossed = Concern(Kind.UNREAD), Concern(Kind.CROSS_OUT, day=clock.today())
    assert sorted([far, unread, near, crossed], key=weight) == [crossed, near, far, unread]


def test_today_takes_as_many_statements_for_many_as_for_one(worker: Worker) -> None:
    # Given a desk with one call and one event
    with worker.app.app_context():
        publish_demo_event("round-table", "table-1")
    worker.answered_by("contact_me")
    worker.get("/desk/")
    with statements(worker.app) as few:
        worker.get("/desk/")
    # When there are five of each, with answers and lists
    with worker.app.app_context():
        for number in range(2, 6):
            publish_demo_call(f"call-{number}")
            publish_demo_event("round-table", f"table-{number}")
    for participant in [worker.answered_by("contact_me") for _ in range(3)]:
        worker.changes_mind(participant, "contact_me")
    worker.get("/desk/")
    with statements(worker.app) as many:
        worker.get("/desk/")
    # Then Today asks the stores no more often
    assert many == few
    assert len(many) <= 41


@pytest.mark.parametrize("kind", [Kind.CROSS_OUT, Kind.ON_NOW, Kind.CANNOT_ANSWER])
def test_what_went_bad_is_urgent(kind: Kind) -> None:
    assert kind.is_urgent
    assert not Kind.UNREAD.is_urgent
