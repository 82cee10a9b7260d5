"""Sentences about what is kept, sent and set, each beside what makes it true."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Table, insert, select

from tests.factories import IN_DANGER, demo_event, demo_form, signed_in, submit_one
from tests.integration.public.booker import Booker, publish
from tests.integration.public.steps import (
    START,
    page_address,
    rows_in,
    seen,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.integration.tables import Row, everything, tables, written
from tests.live import ROOT
from tests.pages import Page
from tests.people import ALL_BOXES, SOME_WORDS, answers_for, begin, come_back
from tests.tally import Tell
from tests.turned import the_worker_kept_running
from tests.visitor import Visitor
from webapp import sessions
from webapp.models import AuditNote, Submission, Tombstone
from webapp.rules.forms import reading_time
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure
from webapp.services.worker import chores

SCRIPT = ROOT / "static" / "hearth.js"
DAY = r"(\d{1,2} [A-Z][a-z]+ \d{4})"
REACH = {"contact_wanted": "yes", "safe_ways": ["email"], "email": "robin@example.org"}


def main_words(page: Page) -> int:
    return seen(page.only("main"))


def test_the_minutes_are_those_of_the_whole_way(page_visitor: Visitor, tell: Tell) -> None:
    # Given a participant who reads everything on the longest way
    read = main_words(page_visitor.get(START))
    begin(page_visitor)
    read += 60
    while not page_visitor.path.endswith("/check"):
        read += main_words(page_visitor.page)
        page_visitor.press_first(**answers_for(page_visitor))
    read += main_words(page_visitor.page)
    page_visitor.press_first()
    read += main_words(page_visitor.page)
    page_visitor.press_first(consent=list(ALL_BOXES))
    read += main_words(page_visitor.page)
    # Then the start told them about as long as that takes, writing included
    form = demo_form()
    asked = form.asked_before_sending.without_help.questions
    writing = sum(reading_time.seconds_to_answer(question) for question in asked) / 60
    needed = read / reading_time.WORDS_A_MINUTE + writing
    told = reading_time.minutes(form)
    tell("how long it takes", f"{read} words on the way, {needed:.0f} minutes; told: {told}")
    assert abs(told - needed) <= reading_time.STEP


def test_paused_words_are_sent_and_the_pages_say_so(page_visitor: Visitor) -> None:
    # Given that the script keeps what a participant writes while they pause
    assert "data-keep" in SCRIPT.read_text() or "dataset.keep" in SCRIPT.read_text()
    # Then no page says that nothing comes to us before Send
    for path in (START, "/en/privacy", "/en/safety"):
        assert "We get nothing" not in page_visitor.get(path).text
    # And the page about what we keep says that words come when a participant pauses
    assert "stop typing for a moment" in page_visitor.get("/en/privacy").text
    assert "Nobody can read them until you press Send" in page_visitor.get(START).text


def test_paused_words_are_locked_and_no_other_cookie_opens_them(
    app: Flask, visitor: Visitor
) -> None:
    # Given words that the script sent because a participant paused
    walk_to(visitor, "change")
    words = {"csrf_token": str(value_of(visitor, "csrf_token")), "change_words": "Only mine."}
    answer = visitor.client.post(f"{page_address('change')}/words", data={**words, "at": "1"})
    assert answer.status_code == 204
    visitor.get(page_address("change"))
    assert value_of(visitor, "change_words") == "Only mine."
    # Then they are readable in no store, and another visitor with a cookie of their own finds none of them
    with app.app_context():
        assert "Only mine." not in repr(everything())
    other = Visitor(app.test_client())
    walk_to(other, "change")
    assert value_of(other, "change_words") == ""


def test_no_other_cookies_are_used_than_those_that_are_told(page_visitor: Visitor) -> None:
    # Given the page that says it
    assert "A second cookie may say the same" in page_visitor.get("/en/privacy").text
    assert "We use no other cookies" in page_visitor.page.text
    # When a participant goes the whole way and leaves
    begin(page_visitor)
    names = {one.key for one in page_visitor.client._cookies.values()}  # type: ignore[attr-defined]
    page_visitor.get(page_address("health"))
    page_visitor.press_first(health_words=SOME_WORDS)
    page_visitor.get(step_address("check"))
    page_visitor.client.get("/leave")
    names |= {one.key for one in page_visitor.client._cookies.values()}  # type: ignore[attr-defined]
    # Then there was one, and the script sets the other alone
    assert names == {sessions.COOKIES["public"]}
    set_by_script = re.findall(r"document\.cookie\s*=\s*'(\w+)=(\w+)", SCRIPT.read_text())
    assert set_by_script == [(sessions.CLOSED_NAME, sessions.CLOSED)]


def test_what_is_kept_beside_the_answers_is_told(page_visitor: Visitor) -> None:
    # Given the columns of a submission that say something about a participant
    told = page_visitor.get("/en/privacy").text
    columns = set(Submission.__table__.columns.keys())
    assert {"language", "typed_by", "do_not_contact_on", "changed_for_them_on"} <= columns
    assert "If you ring us and we change something for you, we keep a note of the day" in told
    assert "If a worker opens what you told us, we keep a note of the day and the reason" in told
    assert "the day you sent them, the language you used, and whether you typed them" in told


# The days that pages tell


def on(day: date) -> time_machine.travel:
    return time_machine.travel(datetime.combine(day, time(12), UTC), tick=False)


def days_told(page: Page, words: str) -> list[date]:
    """The days that stand in these words on a page, as often as they stand there."""
    found = re.findall(words.format(day=DAY), page.text)
    return [datetime.strptime(one, "%d %B %Y").date() for one in found]


def test_the_days_that_pages_tell_are_the_days_on_which_answers_go(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant who answered, said how to reach them, and told something about themselves
    code = send_answers(visitor, ("contact_me",), change_words="Mine.", **REACH, email_shared="no")
    (at_the_latest,) = days_told(visitor.page, "We keep your answers until {day} at the latest")
    visitor.follow("Answer a few more questions about you")
    (about_them,) = days_told(visitor.page, "We keep them until {day}")
    visitor.press("Answer these questions")
    visitor.press("Continue", age_band="25_34")
    while "/page/" in visitor.path:
        visitor.press("Continue")
    visitor.press("Send these answers")
    # When their code tells them until when each is kept
    told = {}
    for page, words in (("answers", ("Mine.", "25 to 34")), ("reach", ("robin@example.org",))):
        come_back(visitor, code)
        visitor.get(f"/en/choices/{page}")
        for said, day in zip(
            words, days_told(visitor.page, "We keep this until {day}"), strict=True
        ):
            told[said] = (page, day)
    assert told["25 to 34"][1] == about_them
    assert max(day for _, day in told.values()) <= at_the_latest
    # Then each is there on the day before, and gone on the day
    for day in sorted({day for _, day in told.values()}):
        for now in (day - timedelta(days=1), day):
            with on(now), app.app_context():
                the_worker_kept_running()
                chores.do_all()
                for said, (page, last) in told.items():
                    come_back(visitor, code)
                    visitor.get(f"/en/choices/{page}")
                    assert (said in visitor.page.text) is (now < last), (said, now)


def test_the_day_that_a_booking_page_tells_is_the_day_on_which_it_goes(app: Flask) -> None:
    # Given a registrant with a seat
    booker = Booker(app)
    publish(app)
    ticket = booker.book("round-table")
    # When their page tells until when it is kept, as does the question whether to give the seat back
    (day,) = days_told(booker.own(ticket), "We keep what you told us until {day}")
    booker.follow("Give my seat back")
    assert days_told(booker.page, "We keep what you told us until {day}, unless") == [day]
    # Then that is so many days after the meeting as the meeting's own words say
    event = demo_event("round-table")
    ends = publish(app, slug="another").ends_at.date()
    assert day == ends + timedelta(days=event.keep_days)
    assert f"{event.keep_days} days after" in event.kept["en"]
    # And it is there on the day before, and gone on the day
    for when, status in ((day - timedelta(days=1), 200), (day, 404)):
        with on(when), app.app_context():
            the_worker_kept_running()
            chores.do_all()
            booker.own(ticket)
            assert booker.status == status


# What is left after deleting


def test_of_a_deleted_booking_the_record_alone_is_left(app: Flask) -> None:
    # Given a booking that a registrant made and deleted
    booker = Booker(app)
    publish(app)
    with app.app_context():
        before = everything()
    ticket = booker.book("round-table", registrant_name="Robin")
    booker.own(ticket)
    booker.follow("Delete your booking and what you told us")
    assert "We only keep a record of what was done with the booking" in booker.page.text
    booker.press("Yes, delete it")
    # Then a count is left, notes with the day, and marks that what was sealed is gone
    with app.app_context():
        left = written(before, everything())
        with stores.reading() as main:
            # They vouch for a row's own columns, which are looked at here, and say nothing more.
            marks = select(AuditNote.row_mac).union_all(select(Tombstone.row_mac))
            macs = set(main.scalars(marks))
    volatile = {table.name for store, table in tables() if store == "volatile"}
    assert set(left) - volatile == {"event_counts", "tombstones", "audit_notes"}
    assert not [
        value
        for name in ("tombstones", "audit_notes")
        for row in left[name]
        for value in row
        if value not in macs
        and (isinstance(value, datetime | bytes) or (isinstance(value, int) and value > 1))
    ]


def test_deleting_a_booking_gives_up_the_place_in_line(app: Flask) -> None:
    # Given two people who wait for a seat
    publish(app, seats=1)
    Booker(app).book("round-table", registrant_email="first@example.org")
    second, third = Booker(app), Booker(app)
    waits = second.book("round-table", registrant_email="second@example.org")
    behind = third.book("round-table", registrant_email="third@example.org")
    assert "You are number 2 in line." in third.own(behind).text
    # When the one before deletes their booking, having read what that means
    second.own(waits)
    second.follow("Delete your booking and what you told us")
    assert "You lose your place on the waiting list." in second.page.text
    second.press("Yes, delete it")
    # Then the place is gone, and the registrant who waited behind it moves up
    second.own(waits)
    assert second.status == 404
    assert "You are number 1 in line." in third.own(behind).text


def test_a_backup_of_what_was_erased_opens_nothing(
    app: Flask, visitor: Visitor, founded: Founded
) -> None:
    # Given a copy of the main store, made while a participant's answers were there
    with app.app_context():
        sent = submit_one()
        saved = rows_of_main()
        # When they erase everything, and the copy is put back as it was
        assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete
        now = rows_of_main()
        with stores.writing() as main:
            for table, rows in saved.items():
                names = [column.name for column in table.columns]
                missing = [row for row in rows if row not in now[table]]
                if table.name in ("submissions", "parts", "own_copies", "consents") and missing:
                    main.execute(
                        insert(table), [dict(zip(names, row, strict=True)) for row in missing]
                    )
        # Then neither their code nor a coordinator's key opens any of it
        with pytest.raises(own_copies.NothingHeld):
            own_copies.find_held(sent.receipt)
        holder = signed_in(founded)
        for opening in (disclosure.open_testimony, disclosure.open_contact):
            with pytest.raises(disclosure.Erased):
                opening(holder, sent.submission_id, IN_DANGER)


def rows_of_main() -> dict[Table, list[Row]]:
    found = {}
    for store, table in tables():
        if store == "main":
            with stores.reading() as main:
                found[table] = [tuple(row) for row in main.execute(select(table))]
    return found


# Cookies, and codes that are tried


def keeps_a_code(app: Flask, visitor: Visitor) -> None:
    send_answers(visitor)
    visitor.press("I have kept my code")


def closes_their_choices(app: Flask, visitor: Visitor) -> None:
    come_back(visitor, send_answers(visitor))
    visitor.press("Close this page")


def keeps_a_return_code(app: Flask, visitor: Visitor) -> None:
    walk_to(visitor, "change")
    visitor.press("Stop for now", change_words=SOME_WORDS)
    visitor.press("Give me a return code")
    visitor.press("I have kept it")


def keeps_a_booking(app: Flask, visitor: Visitor) -> None:
    publish(app)
    visitor.get("/en/events/round-table/")
    visitor.press_first()
    if visitor.path.endswith("/leaving"):
        visitor.press_first()
    visitor.press_first(registrant_email="robin@example.org")
    visitor.press("I have kept it")


@pytest.mark.parametrize(
    "done", [keeps_a_code, closes_their_choices, keeps_a_return_code, keeps_a_booking]
)
def test_the_cookie_goes_when_a_participant_says_that_they_are_done(
    page_app: Flask, page_visitor: Visitor, done: Callable[[Flask, Visitor], None]
) -> None:
    # When a participant says that they are done
    done(page_app, page_visitor)
    # Then their device keeps no cookie, and we keep nothing that it could have opened
    assert page_visitor.client.get_cookie("hearth") is None
    assert rows_in(page_app, "public_visits") == 0


def test_a_code_that_is_tried_is_compared_and_not_kept(page_visitor: Visitor) -> None:
    # Given a participant who sees their code, and makes a slip when they try it
    code = send_answers(page_visitor)
    slip = ("B" if code[0] == "A" else "A") + code[1:]
    page_visitor.press("Try it", code=slip)
    assert "Part 1 is not the same" in page_visitor.page.text
    # Then what is kept while they are here holds their code, and nothing of what they typed
    with page_visitor.client.session_transaction() as visit:
        kept = repr(dict(visit))
    assert code in kept or code.replace("-", "") in kept
    for typed in (slip, slip.replace("-", ""), slip[:4]):
        assert typed not in kept


def test_help_with_answering_leaves_no_note_of_what_was_chosen(page_visitor: Visitor) -> None:
    # Given the question that a helper must not read the answer of, on the phone that they hold
    page_visitor.get(START)
    page_visitor.press("I am helping someone")
    if page_visitor.path.endswith("/leaving"):
        page_visitor.press_first()
    page_visitor.follow("I am the person who answers")
    assert "We do not keep a note of which one you choose." in page_visitor.page.text
    # When the participant wants another way
    page_visitor.press(next(one for one in page_visitor.buttons() if "another" in one.lower()))
    # Then nothing of it is kept while they are here
    with page_visitor.client.session_transaction() as visit:
        assert set(visit) == {"csrf_token", "told-of-leaving"}
