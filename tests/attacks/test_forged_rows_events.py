"""A row is not a booking: a database writer, without any configuration, changes events, registrations and accounts.

At commit c7b8640 each of these was believed, and nothing showed it: a forwarded link showed the joining link once the
room code was taken out; a registration had the seat and the state that stood in its row; the next free seat went to a
row with a place of the attacker's; an event moved, filled up and asked other questions by `UPDATE`; people were told by
mail that their booking was cancelled; needs were replaced by ones sealed to the public key in the database; a six-digit
code that was used signed in again; the record said another coordinator's name, and took in notes that no door wrote.

Now a MAC under a key of the configuration stands in each row, over all its columns, and is checked when it is read. A
false row is refused on its own page, left out of every list, and named to coordinators.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Table, and_, create_engine, delete, event, insert, not_, select, update

from tests import passkeys
from tests.conftest import MakeApp
from tests.factories import (
    DEMO_CALL,
    TO_PREPARE,
    TO_READ,
    Booked,
    code_for,
    publish_demo_event,
    register_one,
    register_some,
    signed_in,
    submit_one,
)
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from tests.rows import change
from tests.sharing import new_member, says_yes, share
from tests.turned import the_day_is_over
from tests.visitor import Visitor
from webapp import cli
from webapp.cli import databases
from webapp.models import (
    AuditNote,
    Consent,
    Coordinator,
    Event,
    FormVersion,
    Invitation,
    KeyRotation,
    Organisation,
    OutboxMessage,
    Registration,
    RegistrationPart,
    Resealing,
    RowCheck,
)
from webapp.models.authenticated import Authenticated
from webapp.rules import clock
from webapp.rules.events.joining_details import JoiningDetails
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.references import reference
from webapp.services.answers import erasing, own_copies, setting_aside
from webapp.services.answers.setting_aside import Span
from webapp.services.calls import published_calls, telling_back
from webapp.services.events import (
    attendance_lists,
    desk_registrations,
    event_messages,
    own_registrations,
    published_events,
    waiting_list,
)
from webapp.services.forms import call_drafts, call_versions, question_bank
from webapp.services.infrastructure import audit, row_verification, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import authentication, coordinators, purpose_keys
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, lists_in_turn
from webapp.services.sealed import parts
from webapp.services.worker import delivery

LINK = "https://meet.example.org/room"
ACTOR = UUID(int=1)


def write(table: type[Any], row_id: UUID, **columns: Any) -> None:
    """What the attacker does: SQL past Hearth, with every right on the database and no key of the configuration."""
    with stores.writing() as main:
        main.execute(update(table).where(table.id == row_id).values(**columns))


def row_of(table: type[Any], row_id: UUID) -> dict[str, Any]:
    columns: Table = table.__table__
    with stores.reading() as main:
        return dict(main.execute(select(columns).where(columns.c.id == row_id)).mappings().one())


def begins_now(found: published_events.Event) -> None:
    """The event begins in five minutes: the joining link is shown to those with a seat."""
    soon = int((clock.now() + timedelta(minutes=5)).timestamp())
    published_events.set_joining_details(
        found.id, JoiningDetails(link=LINK), opens_minutes=20, actor=ACTOR
    )
    with stores.writing() as main:
        values = {"starts_at": soon, "ends_at": soon + 3600}
        change(main, select(Event).where(Event.id == found.id), values)


def shown_room(ticket: str) -> str | None:
    return own_registrations.way_in(own_registrations.find_own(ticket), ticket).link or None


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A server that takes every mail."""
    with Postbox().open() as listening:
        yield listening


@pytest.fixture
def house(make_app: MakeApp, postbox: Postbox) -> Flask:
    """Both doors and the worker, with the demo's call; on SQLite, then on PostgreSQL."""
    return make_house(make_app, postbox.port)


@pytest.fixture
def inside(house: Flask) -> Iterator[Flask]:
    """The services work inside an application."""
    with house.app_context():
        yield house


@pytest.fixture
def meeting(inside: Flask) -> published_events.Event:
    """The survivors' group: a room code, six seats."""
    return publish_demo_event("small-group")


# Bookings


def test_a_forwarded_link_needs_its_room_code(meeting: published_events.Event) -> None:
    # Given an attacker who has a registrant's link, and not the room code
    person = register_one(meeting)
    begins_now(meeting)
    # When they take the code out of the row
    write(Registration, person.id, room_mac=None)
    # Then the link shows no room: before, it showed the joining link
    with pytest.raises(RowForged):
        shown_room(person.ticket)


def test_an_older_joining_link_is_not_put_back(inside: Flask) -> None:
    # Given an event whose link was replaced, because it had become known
    meeting = publish_demo_event()
    person = register_one(meeting)
    begins_now(meeting)
    old = row_of(Event, meeting.id)["link_envelope"]
    published_events.set_joining_details(
        meeting.id, JoiningDetails(link=LINK + "-new"), opens_minutes=20, actor=ACTOR
    )
    # When the envelope of the old one is put back
    write(Event, meeting.id, link_envelope=old)
    # Then no one is sent there. Before, the booking page showed it
    with pytest.raises(RowForged):
        shown_room(person.ticket)
    with pytest.raises(RowForged):
        published_events.joining_details(meeting.id)


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "confirmed", "seat": 5, "place": None},
        {"place": 0},
        {"due_on": date(2999, 1, 1)},
        {"listed_on": date(2026, 1, 1)},
        {"needs_arranged_on": date(2026, 1, 1)},
        {"language": "sq"},
        {"lookup": bytes(32)},
        {"mail_envelope": None, "mail_secret_id": None},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_a_changed_registration_is_named_and_not_used(
    inside: Flask, columns: dict[str, Any]
) -> None:
    # Given two with a seat and one who waits
    found = publish_demo_event(seats=2)
    *_, person = register_some(found, 3)
    write(Registration, person.id, **columns)
    # Then nothing that the row says is believed: not on its own page, not at the desk, not in any list
    if "lookup" not in columns:
        with pytest.raises(RowForged):
            own_registrations.find_own(person.ticket)
    with pytest.raises(RowForged):
        desk_registrations.find(person.id)
    listed = desk_registrations.list_all(found)
    assert person.id not in {row.id for row in listed.rows}
    # And it is named
    assert listed.false == (person.id,)


def test_a_free_seat_goes_to_no_row_of_the_attackers(inside: Flask) -> None:
    # Given one with a seat, and two who wait
    found = publish_demo_event(seats=1)
    holder, first, second = register_some(found, 3)
    # When the last in line is put before the others by hand, and the seat is given back
    write(Registration, second.id, place=-3)
    waiting_list.cancel(holder.id)
    # Then it goes to the longest wait. Before, it went to the row that was changed
    assert row_of(Registration, first.id)["state"] == "confirmed"
    assert row_of(Registration, second.id)["state"] == "waiting"


def test_needs_of_the_attackers_are_not_arranged(inside: Flask, founded: Founded) -> None:
    # Given a registrant, and an attacker with the public keys that are in the database
    found = publish_demo_event()
    person = register_one(found)
    with stores.reading() as main:
        key = purpose_keys.newest(main, found.id, ("needs",))["needs"]
        columns: Table = RegistrationPart.__table__  # type: ignore[assignment]
        mine = columns.c.registration_id == person.id, columns.c.purpose == "needs"
        old = dict(main.execute(select(columns).where(*mine)).mappings().one())
    # When they replace what the person needs by an answer that they seal themselves (HPKE's base mode names no sender)
    piece = RegistrationPart(
        id=uuid4(),
        event_id=found.id,
        registration_id=person.id,
        purpose="needs",
        epoch=key.epoch,
        form_version=found.form_version,
    )
    secret = parts.seal(piece, {"needs_notes": "Nothing at all"}, key.public_key)
    with stores.writing("erasure") as erasure:
        erasure.add(secret)
    forged = {name: getattr(piece, name) for name in old if name != "row_mac"}
    with stores.writing() as main:
        main.execute(delete(columns).where(*mine))
        main.execute(insert(columns).values({**old, **forged}))
    # Then the page of the registration refuses it, and the list says that it is false. Before, both showed it
    with pytest.raises(RowForged):
        desk_registrations.open_registration(signed_in(founded), person.id, TO_PREPARE)
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        holder = signed_in(founded)
    (shown,) = attendance_lists.open_people(holder, found)
    assert shown.is_false
    assert shown.needs.is_nothing


def test_a_person_can_delete_what_was_changed(inside: Flask) -> None:
    """Erasing never needs a row to be genuine: nothing that a person wants gone is kept by changing it."""
    found = publish_demo_event(seats=1)
    person, waits = register_some(found, 2)
    write(Registration, person.id, due_on=date(2999, 1, 1), room_mac=bytes(32))
    # Given that their page shows nothing of the row, and says where they can delete it
    visitor = Visitor(inside.test_client())
    visitor.get(f"/en/r/{person.ticket}")
    assert visitor.status == HTTPStatus.SERVICE_UNAVAILABLE
    visitor.follow("Delete your booking and what you told us")
    visitor.press("Yes, delete it")
    assert visitor.status == HTTPStatus.OK
    # Then it is gone, and the seat is given on
    with stores.reading() as main:
        assert main.scalar(select(Registration.id).where(Registration.id == person.id)) is None
    assert own_registrations.find_own(waits.ticket).state == "confirmed"


# Events


@pytest.mark.parametrize(
    "columns",
    [
        {"starts_at": 4_000_000_000, "ends_at": 4_000_003_600},
        {"state": "cancelled"},
        {"seats": 400},
        {"link_opens_minutes": 100_000},
        {"calendar_sequence": 77},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_a_changed_event_is_shown_to_no_one(inside: Flask, columns: dict[str, Any]) -> None:
    # Given an event that is true, and one that is changed by hand
    other = publish_demo_event(slug="other")
    found = publish_demo_event()
    person = register_one(found)
    write(Event, found.id, **columns)
    # Then no list has it, no page of it, and no booking page tells its time. The other one stays
    assert [one.slug for one in published_events.all_events()] == [other.slug]
    assert [one.slug for one in published_events.coming()] == [other.slug]
    for refused in (
        lambda: published_events.find(found.slug),
        lambda: own_registrations.find_own(person.ticket),
        lambda: waiting_list.cancel(person.id),
    ):
        with pytest.raises(RowForged):
            refused()


def test_other_questions_are_asked_by_no_event(inside: Flask) -> None:
    found = publish_demo_event()
    with stores.reading() as main:
        mine = select(FormVersion.definition).where(FormVersion.owner_id == found.id)
        definition = main.scalars(mine).one()
    with stores.writing() as main:
        forged = definition.replace("What do you need", "Where are you now")
        main.execute(
            update(FormVersion)
            .where(FormVersion.owner_id == found.id)
            .values(definition=forged + " ")
        )
    assert published_events.coming() == ()
    with pytest.raises(RowForged):
        published_events.find(found.slug)


# Mails


def test_nobody_is_told_by_mail_that_they_are_cancelled(inside: Flask, postbox: Postbox) -> None:
    # Given a registrant who has their seat, and knows it
    person, other = register_some(publish_demo_event(), 2)
    delivery.send_waiting()
    sent = len(postbox.mails)
    # When an attacker cancels it by hand, and promises the mail that says so
    write(Registration, person.id, state="cancelled", seat=None)
    promised = {**_promised(person), "id": uuid4(), "kind": "cancelled", "state": "waiting"}
    with stores.writing() as main:
        main.execute(
            insert(OutboxMessage).values(promised | {"dedupe_key": "x", "finished_on": None})
        )
    waiting_list.cancel(other.id)
    delivery.send_waiting()
    # Then it is not sent: before, they were told to stay at home. The other's mail is
    assert [mail.recipients for mail in postbox.mails[sent:]] == [(other.address,)]


def _promised(person: Booked) -> dict[str, Any]:
    columns: Table = OutboxMessage.__table__  # type: ignore[assignment]
    with stores.reading() as main:
        mine = select(columns).where(columns.c.subject_id == person.id)
        return dict(main.execute(mine).mappings().first() or {})


# Coordinators and the record


def test_a_code_that_was_used_signs_no_one_in_again(inside: Flask, founded: Founded) -> None:
    # Given an attacker who saw passphrase and code, half a minute after they were used
    owner, code = founded.owner, code_for(founded)
    authentication.sign_in(owner.sign_in_name, owner.passphrase, code)
    with pytest.raises(authentication.NotSignedIn):
        authentication.sign_in(owner.sign_in_name, owner.passphrase, code)
    # When they set back the step that was used last
    with stores.writing() as main:
        main.execute(update(Coordinator).values(totp_last_step=0))
    # Then the code is not accepted a second time
    with pytest.raises(RowForged):
        authentication.sign_in(owner.sign_in_name, owner.passphrase, code)


def test_the_record_says_no_other_name(inside: Flask, founded: Founded) -> None:
    with stores.writing() as main:
        main.execute(update(Coordinator).values(name="Another one"))
    assert "Another one" not in coordinators.names().values()
    with pytest.raises(RowForged):
        coordinators.find_slot(founded.owner.sign_in_name, "passphrase")


def test_the_record_takes_in_no_note_of_the_attackers(inside: Flask) -> None:
    # Given a note that a door wrote, and more that nobody did than are read at once
    person = register_one(publish_demo_event())
    waiting_list.cancel(person.id)
    length = audit.verify()
    columns: Table = AuditNote.__table__  # type: ignore[assignment]
    with stores.writing() as main:
        note = dict(main.execute(select(columns)).mappings().one())
        forged = {**note, "subject_id": uuid4()}
        many = [{**forged, "id": UUID(int=number)} for number in range(audit.BATCH + 1)]
        main.execute(insert(columns), many)
    # Then the true one alone becomes an entry. Before, all did, and the record held
    the_day_is_over()
    the_day_is_over()
    assert audit.verify() == length + 1
    assert audit.recent(1)[0].subject_id == person.id


# The daily check


def test_the_daily_check_names_what_no_page_reads(
    inside: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given that all is well
    one, other = register_some(publish_demo_event(), 2)
    sent = submit_one()
    row_verification.check_daily()
    checked = row_verification.newest()
    assert checked is not None
    assert (checked.count, checked.on) == (0, clock.today())
    # When rows are changed and a consent is taken out
    write(Registration, one.id, due_on=date(2999, 1, 1))
    with stores.writing() as main:
        main.execute(update(Coordinator).values(name="Another one"))
        main.execute(delete(Consent).where(Consent.purpose == "contact_me"))
    # Then the worker names all but the account, which its role cannot read
    row_verification.check_daily()
    checked = row_verification.newest()
    assert checked is not None
    assert {(row.table, row.reference) for row in checked.rows} == {
        ("registrations", reference(one.id)),
        ("consents", reference(sent.submission_id)),
    }
    # And the command names that one too, and fails
    monkeypatch.setattr(databases, "application", lambda: inside)
    given = CliRunner().invoke(cli.main, ["verify-rows"])
    assert given.exit_code == 1
    assert reference(one.id) in given.output
    assert "coordinators" in given.output
    assert reference(other.id) not in given.output


def test_the_result_of_the_check_cannot_be_made_to_say_that_all_is_well(inside: Flask) -> None:
    row_verification.check_daily()
    with stores.writing() as main:
        main.execute(update(RowCheck).values(checked_on=clock.today() + timedelta(days=99)))
    checked = row_verification.newest()
    assert checked is not None
    assert [row.table for row in checked.rows] == ["row_checks"]
    # And the next check but one puts it right: the first finds that the result was false
    row_verification.check_daily()
    row_verification.check_daily()
    checked = row_verification.newest()
    assert checked is not None
    assert not checked.count


# Every column


TABLES = sorted(Authenticated.__subclasses__(), key=lambda table: table.__name__)


@pytest.fixture
def everything_there(inside: Flask, founded: Founded) -> Iterator[Flask]:
    """A row in every authenticated table."""
    found = publish_demo_event("small-group")
    one, _ = register_some(found, 2)
    event_messages.send(found.id, uuid4(), "News", actor=ACTOR)
    waiting_list.cancel(one.id)
    erasing.erase_held(own_copies.find_held(submit_one().receipt))
    read = submit_one()
    holder = signed_in(founded)
    disclosure.open_testimony(holder, read.submission_id, TO_READ)
    _put_one_aside(founded, holder)
    _invite_one()
    passkeys.add(holder)
    _ask_for_new_keys()
    _share_with_a_member(founded)
    _begin_a_draft(holder)
    _tell_what_became_of_it()
    lists_in_turn.Rounds().look_at_next()
    row_verification.check_daily()
    yield inside


def _share_with_a_member(founded: Founded) -> None:
    member = new_member("Lantern", "Lou")
    says_yes()
    assert share(founded, member) == 1


def _begin_a_draft(holder: Holder) -> None:
    form = question_bank.form_from("feedback", "Harbour House")
    call_drafts.begin(CallDraftContent(form=form), what="Started", actor=holder.coordinator_id)
    call_versions.begin(DEMO_CALL, actor=holder.coordinator_id)


def _tell_what_became_of_it() -> None:
    call = published_calls.find_call(DEMO_CALL)
    words = telling_back.Words("Heard", "Asked", "Since")
    telling_back.publish(call, "en", words, based_on=0, actor=ACTOR)


def _invite_one() -> None:
    with stores.writing() as main:
        host = main.scalars(select(Organisation.id)).first()
        today = clock.today()
        invitation = Invitation(
            id=uuid4(),
            lookup=bytes(32),
            organisation_id=host,
            name="Rosa",
            roles="[]",
            made_by=main.scalars(select(Coordinator.id)).first(),
            made_on=today,
            last_day=today,
        )
        main.add(invitation)


def _put_one_aside(founded: Founded, holder: Holder) -> None:
    submit_one()
    call = published_calls.find_call(DEMO_CALL)
    today = Span(call.id, clock.today(), clock.today())
    setting_aside.set_aside(
        holder,
        today,
        shown=setting_aside.how_many(today),
        reason="A flood",
    )


def _ask_for_new_keys() -> None:
    with stores.writing() as main:
        actor = main.scalars(select(Coordinator.id)).first()
        call = published_calls.find_call(DEMO_CALL)
        asked = {"asked_id": uuid4(), "asked_by": actor, "asked_on": clock.today()}
        main.add(KeyRotation(id=uuid4(), owner_id=call.id, done_on=None, **asked))
        del asked["asked_id"]
        about = {"purpose": "contact", "reason": "A person left", "records": 3}
        main.add(Resealing(id=uuid4(), owner_id=call.id, **asked, **about))


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_no_column_can_be_changed(everything_there: Flask, table: type[Authenticated]) -> None:
    """Each column of each table, changed with the database's own checks off, is seen as soon as the row is read."""
    columns: Table = table.__table__  # type: ignore[attr-defined]
    with stores.reading() as main:
        url = main.get_bind().engine.url  # type: ignore[union-attr]
        before = dict(main.execute(select(columns).limit(1)).mappings().one())
    engine = create_engine(url)
    event.listen(engine, "connect", _without_checks)
    mine = [key == before[key.name] for key in columns.primary_key]
    with engine.begin() as connection:  # so that no other row has a value that must be unique
        connection.execute(delete(columns).where(not_(and_(*mine))))
    for column in columns.columns:
        if column.name == "row_mac" or column.primary_key:
            continue
        value = _another(column, before[column.name])
        with engine.begin() as connection:
            connection.execute(update(columns).where(*mine).values({column.name: value}))
        with stores.reading() as main, pytest.raises(RowForged) as refused:
            main.scalars(select(table).where(*mine)).all()
        assert refused.value.table == columns.name
        with engine.begin() as connection:
            connection.execute(
                update(columns).where(*mine).values({column.name: before[column.name]})
            )
    engine.dispose()
    with stores.reading() as main:
        assert main.scalars(select(table).where(*mine)).all()


def _without_checks(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA ignore_check_constraints=ON")


def _another(column: Any, value: Any) -> Any:
    """Another value that this column's type can hold."""
    kind = getattr(column.type, "enum_class", None) or column.type.python_type
    if hasattr(kind, "__members__"):
        return next(one for one in kind if one != value)
    match value:
        case None:
            return {int: 1, bytes: b"x", date: date(2001, 1, 1), str: "x", UUID: uuid4()}[kind]
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "x"
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1])
        case date():
            return value + timedelta(days=1)
        case _:
            return uuid4()
