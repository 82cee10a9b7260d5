import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from icalendar import Calendar

from tests.unit.rules.strategies import TYPED
from webapp.rules.events.calendar_file import (
    LONGEST_SUMMARY,
    Entry,
    NotNeutral,
    calendar_file,
    cancellation_file,
)

UID = "0b8d0f4e-6c1f-4a55-9d0a-3f1f3a1f9b11"
START = datetime(2027, 7, 20, 13, 0, tzinfo=UTC)
#: Everything a file may say. Whatever goes in, no other line may come out.
LINES = [
    r"BEGIN:VCALENDAR",
    r"VERSION:2\.0",
    r"PRODID:-//Hearth//EN",
    r"METHOD:(PUBLISH|CANCEL)",
    r"BEGIN:VEVENT",
    r"SUMMARY:[^\x00-\x1f\x7f]+",
    r"DTSTART:\d{8}T\d{4}00Z",
    r"DTEND:\d{8}T\d{4}00Z",
    r"DTSTAMP:\d{8}T\d{4}00Z",
    r"UID:[A-Za-z0-9-]+",
    r"SEQUENCE:\d+",
    r"CLASS:PRIVATE",
    r"STATUS:(CONFIRMED|CANCELLED)",
    r"END:VEVENT",
    r"END:VCALENDAR",
]


def entry(**more: Any) -> Entry:
    values: dict[str, Any] = {
        "uid": UID,
        "sequence": 0,
        "starts_at": START,
        "ends_at": START + timedelta(minutes=90),
        "changed_at": datetime(2027, 6, 1, 8, 30, 59, 123, tzinfo=UTC),
        "summary": "Meeting",
    }
    return Entry(**(values | more))


def check_bytes(raw: bytes) -> None:
    """Line by line, as another program would read it: RFC 5545 3.1."""
    assert raw.endswith(b"\r\n")
    # No line break but CRLF, and no line of more than 75 bytes, cut between characters.
    assert b"\r" not in raw.replace(b"\r\n", b"") and b"\n" not in raw.replace(b"\r\n", b"")
    for folded in raw.split(b"\r\n"):
        assert len(folded) <= 75
        folded.decode("utf-8")
    unfolded = re.sub(rb"\r\n[ \t]", b"", raw).decode("utf-8").split("\r\n")[:-1]
    # Every line is one we mean, each once, and none is missing.
    left = list(LINES)
    for line in unfolded:
        meant = [pattern for pattern in left if re.fullmatch(pattern, line)]
        assert len(meant) == 1, line
        left.remove(meant[0])
    assert left == []


def parsed(raw: bytes) -> tuple[Any, Any]:
    calendar = Calendar.from_ical(raw)
    (event,) = calendar.walk("VEVENT")
    assert calendar.errors == event.errors == []
    return calendar, event


def test_a_calendar_learns_when_and_nothing_else() -> None:
    # When a file is made, and read back by another program
    raw = calendar_file(entry())
    calendar, event = parsed(raw)
    # Then it has the time, in UTC, and neutral words
    assert calendar["METHOD"] == "PUBLISH"
    assert event.start == START and event.end == START + timedelta(minutes=90)
    assert (event["SUMMARY"], event["CLASS"], event["STATUS"]) == (
        "Meeting",
        "PRIVATE",
        "CONFIRMED",
    )
    # And nothing that names a registrant, a place or a link
    for name in ("DESCRIPTION", "LOCATION", "ORGANIZER", "ATTENDEE", "URL", "CONTACT", "VALARM"):
        assert name.encode() not in raw
    assert b"@" not in raw and b"http" not in raw
    check_bytes(raw)


def test_the_moment_of_the_download_is_not_kept_to_the_second() -> None:
    assert b"DTSTAMP:20270601T083000Z" in calendar_file(entry())


def test_cancelling_takes_the_same_entry_out_again() -> None:
    _, before = parsed(calendar_file(entry()))
    calendar, after = parsed(cancellation_file(entry(sequence=1)))
    assert calendar["METHOD"] == "CANCEL" and after["STATUS"] == "CANCELLED"
    assert after["UID"] == before["UID"] == UID
    assert after["SEQUENCE"] > before["SEQUENCE"]
    check_bytes(cancellation_file(entry(sequence=1)))


def test_the_same_entry_gives_the_same_bytes() -> None:
    assert calendar_file(entry()) == calendar_file(entry())


@pytest.mark.parametrize("day", [datetime(2027, 3, 28), datetime(2026, 10, 25)])
def test_on_the_days_when_the_clocks_change_the_instant_stays(day: datetime) -> None:
    # Given a meeting at 2 pm by the clock on the wall
    local = day.replace(hour=14, tzinfo=ZoneInfo("Europe/London"))
    # When a calendar reads the file
    _, event = parsed(calendar_file(entry(starts_at=local, ends_at=local + timedelta(hours=1))))
    # Then it is that instant
    assert event.start == local.astimezone(UTC)
    assert event.start.astimezone(ZoneInfo("Europe/London")).hour == 14


def test_a_summary_in_another_language_comes_back_whole() -> None:
    _, event = parsed(calendar_file(entry(summary="اجتماع")))
    assert event["SUMMARY"] == "اجتماع"


@pytest.mark.parametrize("one", ["\U0001f525", "é", "ع", "\u0939", ",", ";", "\\", ":", '"', "n"])
def test_the_longest_summary_is_folded_between_characters_and_comes_back(one: str) -> None:
    raw = calendar_file(entry(summary=one * LONGEST_SUMMARY))
    check_bytes(raw)
    assert parsed(raw)[1]["SUMMARY"] == one * LONGEST_SUMMARY


ATTACKS = [
    "Meeting\r\nATTENDEE:mailto:ana@example.org",
    "Meeting\nDESCRIPTION:x",
    "Meeting\rURL:https://example.org",
    "Meeting\r\n END:VEVENT",
    "Meeting\x0bLOCATION:x",
    "Meeting\x85LOCATION:x",
    "Meeting\u2028LOCATION:x",
    "Meeting\u2029LOCATION:x",
    "Meeting\x00",
    "Meeting\x1b[2J",
    "Meeting\u202egnihtemos",
    "Meeting\ufeff",
    "Meeting\ud800",
    "",
    "   ",
    "x" * (LONGEST_SUMMARY + 1),
]


@pytest.mark.parametrize("summary", ATTACKS, ids=ascii)
def test_a_summary_that_is_no_plain_line_is_refused(summary: str) -> None:
    with pytest.raises(NotNeutral) as caught:
        entry(summary=summary)
    assert not summary.strip() or summary not in str(caught.value)


@pytest.mark.parametrize("summary", ["Survivors' meeting", "Trafficking round table", "ASYLUM"])
def test_a_summary_that_gives_a_registrant_away_is_refused(summary: str) -> None:
    with pytest.raises(NotNeutral):
        entry(summary=summary)


@pytest.mark.parametrize(
    "uid", ["", "short", "x" * 61, *(f"{UID}{one}" for one in "\r\n:;@ \u0663")]
)
def test_a_uid_is_letters_and_digits(uid: str) -> None:
    with pytest.raises(ValueError, match="UID"):
        entry(uid=uid)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sequence": -1},
        {"sequence": 2**31},
        {"starts_at": START.replace(tzinfo=None)},
        {"changed_at": START.replace(tzinfo=None)},
        {"ends_at": START},
    ],
)
def test_what_no_calendar_understands_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        entry(**wrong)


@given(
    uid=TYPED | st.just(UID),
    summary=TYPED | st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60),
    sequence=st.integers(),
)
def test_whatever_goes_in_no_line_comes_out_that_we_did_not_mean(
    uid: str, summary: str, sequence: int
) -> None:
    try:
        made = entry(uid=uid, summary=summary, sequence=sequence)
    except ValueError:
        return
    for raw in (calendar_file(made), cancellation_file(made)):
        check_bytes(raw)
        assert parsed(raw)[1]["SUMMARY"] == summary


_PLAIN = st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" ,;:\\\"nN'=")


@given(st.text(_PLAIN, min_size=1, max_size=LONGEST_SUMMARY))
def test_every_plain_summary_comes_back_as_it_was(summary: str) -> None:
    try:
        raw = calendar_file(entry(summary=summary))
    except NotNeutral:
        assume(False)
    check_bytes(raw)
    assert parsed(raw)[1]["SUMMARY"] == summary
