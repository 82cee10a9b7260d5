"""How many SQL statements a request takes, so that none is added unseen. BEGIN and COMMIT are not counted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from tests.factories import publish_demo_event, register_one, submit_one
from tests.people import (
    answer_everything,
    answers_for,
    begin,
    come_back,
    go_on_from_leaving,
    shown_code,
    sign_in,
)
from tests.visitor import Visitor
from webapp.extensions import db
from webapp.services.infrastructure import read_cache
from webapp.services.keys.bootstrap import Founded
from webapp.services.languages import language_offers

CALL = "/en/calls/support-needs"
READ_VISIT = "SELECT public_visits"
WRITE_VISIT = "UPDATE public_visits"
#: Today's salt; then in one transaction the network's rate, its quotas in number and in size, and the brake for all.
ADMIT = ["SELECT daily_salts", *["INSERT rate_buckets"] * 4]
#: One of the few mails a day to an address, or one of a network's bookings.
TAKE_MAIL = ["SELECT daily_salts", "INSERT rate_buckets"]
KNOWN_OR_ERASED = ["SELECT tombstones", "SELECT purpose_keys"]


@pytest.fixture(autouse=True)
def calls_stay_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, a call that was read in this test counts as just read."""
    monkeypatch.setattr(read_cache, "FRESH_SECONDS", 3600.0)
    monkeypatch.setattr(language_offers, "FRESH_SECONDS", 3600.0)


@pytest.fixture
def participant(app: Flask) -> Visitor:
    """A participant on the first page of the demo's call, after another visitor on the same network."""
    begin(Visitor(app.test_client()))
    visitor = Visitor(app.test_client())
    begin(visitor)
    return visitor


def test_looking_at_a_question_page_reads_the_visit_and_nothing_else(
    app: Flask, participant: Visitor
) -> None:
    with statements(app) as seen:
        participant.get(participant.path)

    assert seen == [READ_VISIT]


def test_looking_at_the_first_page_again_reads_nothing(app: Flask, visitor: Visitor) -> None:
    # Given a visitor who looked a moment ago
    visitor.get("/en/")

    with statements(app) as seen:
        visitor.get("/en/")

    assert seen == []


def test_answering_a_page_reads_the_visit_and_writes_it(app: Flask, participant: Visitor) -> None:
    with statements(app) as seen:
        participant.press_for_file("Continue", **answers_for(participant))

    assert seen == [READ_VISIT, WRITE_VISIT]


def test_beginning_takes_a_fixed_number_of_statements(app: Flask, participant: Visitor) -> None:
    visitor = Visitor(app.test_client())
    visitor.get(f"{CALL}/")

    with statements(app) as seen:
        visitor.press_for_file("Begin")

    assert [one for one in seen if "rate" in one or "salts" in one] == ADMIT


def test_sending_takes_a_fixed_number_of_statements(app: Flask, participant: Visitor) -> None:
    send_all(Visitor(app.test_client()))
    answer_everything(participant)
    participant.press_first()

    with statements(app) as seen:
        participant.press_for_file("Send", consent=["contact_me", "quote"])

    assert seen == [
        READ_VISIT,
        "SELECT own_copies",
        *KNOWN_OR_ERASED,
        # The words of its consents were read a moment ago.
        "INSERT erasure_secrets",
        # Under the lock: is the call still open?
        "SELECT calls",
        "INSERT submissions",
        "INSERT consents",
        "INSERT own_copies",
        "INSERT parts",
        WRITE_VISIT,
    ]


@pytest.mark.parametrize("confirms", [True, False])
def test_registering_takes_a_fixed_number_of_statements(app: Flask, confirms: bool) -> None:
    with app.app_context():
        publish_demo_event(confirm_address=confirms)
    register(Visitor(app.test_client()))
    visitor = Visitor(app.test_client())
    open_registration(visitor)

    with statements(app) as seen:
        press_register(visitor)

    assert seen == [
        # The event was read two seconds ago at most.
        READ_VISIT,
        *TAKE_MAIL,
        "SELECT registrations",
        *KNOWN_OR_ERASED,
        *TAKE_MAIL,
        # The event's secret, under which addresses of professionals are compared.
        "SELECT erasure_secrets",
        "INSERT erasure_secrets",
        # Under the lock: the event, and where a seat is given at once, the end of its waiting list, and its seats.
        "SELECT events",
        *([] if confirms else ["SELECT registrations"] * 2),
        "INSERT registrations",
        "INSERT registration_parts",
        "INSERT outbox",
        WRITE_VISIT,
    ]


def test_confirming_takes_a_fixed_number_of_statements(app: Flask) -> None:
    with app.app_context():
        person = register_one(publish_demo_event(confirm_address=True))
    reader = Visitor(app.test_client())
    reader.get(f"/en/r/{person.ticket}")

    with statements(app) as seen:
        reader.press_for_file("Yes, book it")

    found = ["SELECT registrations", "SELECT events", "SELECT registrations"]
    assert seen == [
        # Whose link it is, the event and how many are in it.
        *found,
        # Under the lock: the event and the registration, the event's definition, the end of its list, and its seats.
        "SELECT registrations",
        "SELECT events",
        "SELECT registrations",
        "SELECT events",
        "SELECT registrations",
        "SELECT registrations",
        "UPDATE registrations",
        "SELECT outbox",
        "INSERT outbox",
    ]


HELD = [
    READ_VISIT,
    "SELECT own_copies",
    "SELECT submissions",
    "SELECT erasure_secrets",
    # The form that was answered, what was said yes to, and the words of it.
    "SELECT calls",
    # With the submission, which says how many consents there are.
    "SELECT submissions",
    "SELECT consent_statements",
]


@pytest.mark.parametrize("page", ["held", "answers", "reach", "agreed"])
def test_my_choices_take_a_fixed_number_of_statements(
    app: Flask, visitor: Visitor, page: str
) -> None:
    # Given a participant who gave their code, and said yes to some of what we asked
    send_all(visitor)
    come_back(visitor, shown_code(visitor))

    with statements(app) as seen:
        visitor.get(f"/en/choices/{page}")

    # Beside the permissions stands with whom what they allow was shared.
    assert seen == HELD + ["SELECT shares"] * (page == "agreed")


def test_who_has_looked_takes_one_statement_more(app: Flask, visitor: Visitor) -> None:
    send_all(visitor)
    come_back(visitor, shown_code(visitor))

    with statements(app) as seen:
        visitor.get("/en/choices/looked")

    assert seen == [*HELD, "SELECT looks"]


def test_only_the_copy_reads_every_yes_and_no(app: Flask, visitor: Visitor) -> None:
    send_all(visitor)
    come_back(visitor, shown_code(visitor))

    with statements(app) as seen:
        visitor.client.get("/en/choices/copy")

    assert seen == [*HELD, "SELECT looks", "SELECT shares", "SELECT consents"]


READ_SESSION = ["SELECT desk_visits", "SELECT ended_desk_visits"]


@pytest.fixture
def at_the_desk(app: Flask, founded: Founded) -> Visitor:
    """A coordinator who has just signed in."""
    visitor = Visitor(app.test_client())
    sign_in(visitor, founded.owner)
    return visitor


@pytest.mark.parametrize("page", ["", "calls", "events", "contacts", "record", "entering", "me"])
def test_a_page_of_the_desk_reads_no_keyring(app: Flask, at_the_desk: Visitor, page: str) -> None:
    with statements(app) as seen:
        at_the_desk.get(f"/desk/{page}")

    assert at_the_desk.status == 200
    assert seen[:2] == READ_SESSION
    assert not [one for one in seen if "keyring" in one]


def test_opening_reads_the_keyring_before_the_entry_and_once_more(
    app: Flask, at_the_desk: Visitor
) -> None:
    with app.app_context():
        sent = submit_one()
    at_the_desk.get(f"/desk/submissions/{sent.submission_id}")
    with statements(app) as seen:
        at_the_desk.press("Open the answers", **{"answers-why": "report"})

    assert at_the_desk.status == 200
    # Whether it would open is found out before the entry says that it did; a key that was taken away between the two
    # opens nothing.
    assert seen.count("SELECT session_keyrings") == 2
    assert seen.count("SELECT purpose_key_seals") == 2
    assert seen.index("SELECT session_keyrings") < seen.index("INSERT audit_entries")


def test_signing_in_fills_the_keyring_with_a_fixed_number_of_statements(
    app: Flask, founded: Founded
) -> None:
    visitor = Visitor(app.test_client())
    with statements(app) as seen:
        sign_in(visitor, founded.owner)

    # What follows is Today, which asks whether each key has a holder
    filled = seen.index("INSERT session_keyrings")
    assert seen[filled - 2 : filled] == ["SELECT purpose_keys", "SELECT purpose_key_seals"]
    # (the second is the note of the kind of device, for the list of one's own sessions)
    keyring = [one for one in seen if "keyring" in one]
    assert keyring == ["INSERT session_keyrings", "UPDATE session_keyrings"]


def send_all(visitor: Visitor) -> None:
    begin(visitor)
    answer_everything(visitor)
    visitor.press_first()
    visitor.press("Send", consent=["contact_me"])


def open_registration(visitor: Visitor) -> None:
    visitor.get("/en/events/round-table/")
    visitor.press_first()
    go_on_from_leaving(visitor)


def press_register(visitor: Visitor) -> None:
    (main,) = visitor.page.all("main")
    button = next("".join(one.itertext()).strip() for one in main.iter("button"))
    answered = visitor.press_for_file(button, registrant_email="robin@example.org")
    assert answered.headers["Location"].endswith("/registered#content")


def register(visitor: Visitor) -> None:
    open_registration(visitor)
    press_register(visitor)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements made meanwhile, each as its verb and its table."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        verb = statement.split(None, 1)[0].upper()
        if verb in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            before = {"SELECT": "FROM ", "INSERT": "INTO ", "UPDATE": "UPDATE ", "DELETE": "FROM "}
            table = statement.partition(before[verb])[2].split(None, 1)[0].strip('"')
            seen.append(f"{verb} {table}")

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
