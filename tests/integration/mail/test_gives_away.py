"""What a mail gives away: nothing. Canaries in everything that people can write, and none in what leaves the house."""

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask, render_template
from flask_babel import force_locale
from sqlalchemy import select

from tests.factories import (
    Booked,
    answers_for,
    demo_event,
    demo_form,
    publish_demo_event,
    register_one,
    register_some,
    signed_in,
    submit_one,
)
from tests.integration.house import BASE_URL, SENDER, make_house
from tests.integration.mail.postbox import Mail, Postbox
from tests.integration.tables import everything
from tests.stores import DEMO, Shelf, application
from webapp.models import OutboxMessage
from webapp.rules.events.calendar_file import Entry, calendar_file, cancellation_file
from webapp.rules.events.joining_details import JoiningDetails
from webapp.rules.forms.kinds import KINDS
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.mail_kinds import MAIL_KINDS, MailKind, MailWithLink
from webapp.rules.messages import NotAccepted
from webapp.rules.references import reference
from webapp.services.events import (
    booking_confirming,
    desk_registrations,
    event_changes,
    event_messages,
    published_events,
    registrations,
    waiting_list,
)
from webapp.services.infrastructure import outbox, stores
from webapp.services.keys import coordinators
from webapp.services.keys.bootstrap import Founded
from webapp.services.worker import chores, delivery

#: Every one is written somewhere below; none is a word that a mail could hold for another reason.
CANARY = "zq-canary"
LINK = f"https://meet.example/{CANARY}-link"
#: The two lines that say which booking a mail is about, in either language.
REFERENCE = re.compile(r"\b(?:[A-Z0-9]{3}-){2}[A-Z0-9]{3}\b")
WHICH_IN_MAIL = re.compile(rf"[^\n]*{REFERENCE.pattern}\s*\n[^\n]*\n\s*\n")
LINK_IN_MAIL = re.compile(r"https?://\S+")


def canary(key: str) -> str:
    return f"{CANARY}-{key.replace('_', '-')}"


@dataclass
class Busy:
    """A house in which every kind of mail was sent, in two languages, with canaries in everything."""

    people: list[Booked]
    professionals: list[Booked]
    postbox: Postbox
    founded: Founded
    folder: Path
    said: list[str]


class Listener(logging.Handler):
    """Everything that is logged, at any level, but by the test's own mail server."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("mail.", "asyncio")):
            self.said.append(self.format(record))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def busy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Busy]:
    """The same for all tests here, on SQLite and on PostgreSQL: they only look at it."""
    shelf: Shelf = request.getfixturevalue(
        "sqlite_shelf" if request.param == "sqlite" else "postgres_shelf"
    )
    folder = tmp_path_factory.mktemp("busy")
    listener, root = Listener(), logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    with (
        shelf.fresh(folder, DEMO) as fresh,
        Postbox().open() as postbox,
        ExitStack() as stack,
    ):

        def make(**changes: str) -> Flask:
            return stack.enter_context(application(fresh, folder, **changes))

        house = make_house(
            make,
            postbox.port,
            ORGANISATION=canary("organisation-setting"),
            SUPPORT_CONTACTS=f"{canary('support')} | 0800 | note",
        )
        stack.enter_context(house.app_context())
        holder = signed_in(shelf.founded)
        people = list(everybody_does_everything(holder))
        professionals = list(professionals_do_everything(holder))
        mails_that_cannot_be_sent(postbox)
        yield Busy(people, professionals, postbox, shelf.founded, folder, listener.said)
    root.removeHandler(listener)
    root.setLevel(level)


def professionals_do_everything(holder: coordinators.Holder) -> Iterator[Booked]:
    """The same at an event for professionals, whose mails say which booking they are about."""
    definition = demo_event("round-table")
    titled = {
        name: getattr(definition, name) | {"en": f"{canary(name)} words, 28 days"}
        for name in ("title", "summary", "audience", "how", "host", "readers", "kept")
    }
    event = publish_demo_event(
        "round-table", f"{CANARY}-table", seats=2, confirm_address=True, **titled
    )
    told = {
        question.key: canary(question.key)
        for question in definition.form.questions
        if question.kind in ("text", "long_text")
    }
    people = [
        registered(event, f"worker-{number}@example.org", language, told)
        for number, language in enumerate(("en", "ar", "en", "ar"))
    ]
    actor = holder.coordinator_id
    event_messages.send(event.id, uuid4(), canary("message-words"), actor=actor)
    delivery.send_waiting()
    waiting_list.cancel(people[0].id, actor=actor, reason=canary("reason"))
    delivery.send_waiting()
    with time_machine.travel(event.starts_at - timedelta(days=1)):
        delivery.send_waiting()
        event_changes.move(
            event.id, event.starts_at + timedelta(days=2), actor=actor, reason=canary("reason")
        )
        delivery.send_waiting()
    event_changes.call_off(event.id, actor=actor, reason=canary("reason"))
    chores.do_all()
    yield from people


def mails_that_cannot_be_sent(postbox: Postbox) -> None:
    event = publish_demo_event("round-table", "refused")
    refused, put_off = register_some(event, 2, start=90)
    postbox.at_recipient[refused.address] = f"550 <{refused.address}> no such person"
    postbox.at_data[put_off.address] = f"451 <{put_off.address}> later"
    assert chores.do_all()
    postbox.at_sender = "550 <person-95@example.org> go away"
    register_some(event, 1, start=95)
    assert chores.do_all()


def everybody_does_everything(holder: coordinators.Holder) -> Iterator[Booked]:
    definition = demo_event("small-group")
    titled = {
        name: getattr(definition, name) | {"en": f"{canary(name)} words, 14 days"}
        for name in ("title", "summary", "audience", "how", "host", "readers", "kept")
    }
    event = publish_demo_event(
        "small-group", f"{CANARY}-slug", seats=2, confirm_address=True, **titled
    )
    told = {
        question.key: canary(question.key)
        for question in definition.form.questions
        if question.kind in ("text", "long_text")
    }
    assert len(told) >= 3
    people = [
        person
        for number, language in enumerate(("en", "ar", "en", "ar"))
        for person in [
            registered(event, f"person-{number}@example.org", language, told),
        ]
    ]
    actor = holder.coordinator_id
    published_events.set_joining_details(
        event.id, JoiningDetails(link=LINK), opens_minutes=15, actor=actor
    )
    event_messages.send(event.id, uuid4(), canary("message-words"), actor=actor)
    answers = answers_for(demo_form(), words=lambda question: words_for(question.key))
    submit_one(answers=answers, given={"mail_confirmation": True})
    submit_one(answers=answers, given={"mail_confirmation": True}, language="ar")
    delivery.send_waiting()
    waiting_list.cancel(people[0].id, actor=actor, reason=canary("reason"))
    delivery.send_waiting()
    with time_machine.travel(event.starts_at - timedelta(days=1)):
        delivery.send_waiting()
        moved_to = event.starts_at + timedelta(days=2)
        event_changes.move(event.id, moved_to, actor=actor, reason=canary("reason"))
        delivery.send_waiting()
    event_changes.call_off(event.id, actor=actor, reason=canary("reason"))
    chores.do_all()
    yield from people


def registered(
    event: published_events.Event, address: str, language: str, told: dict[str, str]
) -> Booked:
    """Someone registers, gets the one mail to an address that is not confirmed, and confirms it."""
    person = register_one(event, address, language=language, **told)
    delivery.send_waiting()
    booking_confirming.confirm_own(person.id, person.ticket)
    return person


def words_for(key: str) -> str:
    return {"email": "asked@example.org", "phone": "07700 900 123"}.get(key, canary(key))


def gives_away(found: str) -> list[str]:
    """What of ours, of theirs or of this machine is in there."""
    machine = {socket.gethostname(), socket.getfqdn(), str(Path.home()), "Hearth", "hearth"}
    patterns = {CANARY, "Demo coalition", "round", "focus", "traffick", "survivor", "Ana"}
    return sorted(
        word
        for word in machine | patterns
        if len(word) > 2 and re.search(rf"(?<!\w){re.escape(word)}", found)
    )


def test_every_kind_of_mail_was_sent(busy: Busy) -> None:
    # Given everything that can happen to a participant, a registrant or a coordinator
    with stores.reading() as main:
        sent = set(main.scalars(select(OutboxMessage.kind).where(OutboxMessage.state == "sent")))
    # Then the tests below are about every kind of mail there is
    assert sent == set(MAIL_KINDS)
    assert len(busy.postbox.mails) >= 14


def test_no_mail_gives_anything_away(busy: Busy) -> None:
    # When all that a mail server was told is read: names, addresses, headers, bodies, as sent and decoded
    # Then there is nothing of what people wrote, of what it is about, or of the machine
    assert {found for mail in busy.postbox.mails for found in gives_away(mail.everything)} == set()


def test_all_mails_of_a_kind_look_the_same(busy: Busy) -> None:
    # When mails are held against each other
    looks: dict[str, set[tuple[str, ...]]] = {}
    for mail in busy.postbox.mails:
        looks.setdefault(mail.subject, set()).add(look_of(mail))
    # Then all of one subject are the same, but for the reader's own link; and all come from one sender
    assert {subject: len(seen) for subject, seen in looks.items()} == dict.fromkeys(looks, 1)
    assert {mail.sender for mail in busy.postbox.mails} == {SENDER}
    assert {str(mail.message["From"]) for mail in busy.postbox.mails} == {SENDER}


def look_of(mail: Mail) -> tuple[str, ...]:
    own = {"To", "Date", "Message-ID"}
    headers = [f"{name}: {value}" for name, value in mail.message.items() if name not in own]
    return (*sorted(headers), LINK_IN_MAIL.sub("LINK", WHICH_IN_MAIL.sub("", mail.body)))


def test_only_professionals_mails_say_which_booking_they_are_about(busy: Busy) -> None:
    for mail in busy.postbox.mails:
        if "@example.org" not in mail.recipients[0] or mail.recipients[0] == "asked@example.org":
            continue
        numbers = REFERENCE.findall(mail.body)
        person = next((one for one in busy.professionals if one.address in mail.recipients), None)
        if mail.subject in {"Please confirm your booking", "من فضلك أكد حجزك"}:
            # Before an address is confirmed, a stranger may read it: it says neither
            assert numbers == []
            assert not re.search(r"[0-9]", LINK_IN_MAIL.sub("", mail.body))
        elif person is not None:
            # Then a professional finds the number of their own booking, and a day
            assert numbers == [reference(person.id)]
            assert re.search(r"20[0-9]{2}", mail.body)
        elif mail.recipients[0] in {one.address for one in busy.people}:
            # And a mail about an event that survivors may come to says neither
            assert numbers == []
            assert not re.search(r"[0-9]", LINK_IN_MAIL.sub("", mail.body))


def test_headers_are_few_and_known(busy: Busy) -> None:
    domain = SENDER.rpartition("@")[2]
    mails = busy.postbox.mails
    for mail in mails:
        message = mail.message
        # Then there are no headers but these, each once
        assert sorted(message.keys()) == sorted(
            [
                *("Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From"),
                *("To", "Date", "Message-ID", "Auto-Submitted"),
            ]
        )
        # And what is made for each mail says nothing
        assert mail.hello == domain
        assert re.fullmatch(rf"<[0-9a-f]{{32}}@{re.escape(domain)}>", str(message["Message-ID"]))
        assert message.get_content_type() == "text/plain"
        assert not message.is_multipart()
        assert mail.recipients == (str(message["To"]),)
    assert len({mail.message["Message-ID"] for mail in mails}) == len(mails)


def test_a_mail_has_one_link_to_the_readers_own_page_or_none(busy: Busy) -> None:
    pages = {
        person.address: f"{BASE_URL}/{language}/r/{person.ticket}"
        for group in (busy.people, busy.professionals)
        for person, language in zip(group, ("en", "ar", "en", "ar"), strict=True)
    }
    kinds = kinds_by_subject("en", "ar")
    for mail in busy.postbox.mails:
        # Then a mail of a kind that has a link has the reader's own, in their language, and no other
        has_link = issubclass(kinds[mail.subject], MailWithLink)
        own = [pages[mail.recipients[0]]] if has_link else []
        assert LINK_IN_MAIL.findall(mail.body) == own, mail.subject


def kinds_by_subject(*languages: str) -> dict[str, type[MailKind]]:
    """Which kind of mail has this subject, in any of these languages."""
    found: dict[str, type[MailKind]] = {}
    for language in languages:
        with force_locale(LANGUAGES[language].locale):
            for kind in MAIL_KINDS.values():
                template = f"emails/{kind.name}/subject.txt"
                found[render_template(template).strip()] = kind
    assert len(found) == len(MAIL_KINDS) * len(languages), "two kinds look the same"
    return found


def test_the_room_code_and_the_joining_link_are_never_mailed(busy: Busy) -> None:
    for mail in busy.postbox.mails:
        assert "meet.example" not in mail.everything
        for person in busy.people:
            assert person.room_code is not None
            assert person.room_code not in mail.everything
            assert person.room_code.replace("-", "") not in mail.everything


def test_no_log_gives_anything_away(busy: Busy) -> None:
    # Given all that was logged, also about mails that could not be sent
    assert sum("a mail waits" in said for said in busy.said) >= 2
    for said in busy.said:
        # Then nothing says about whom, about what, or where their page is
        assert "@" not in said
        assert CANARY not in said
        for person in busy.people:
            assert person.ticket not in said


def test_nothing_that_is_stored_gives_it_away(busy: Busy) -> None:
    allowed = {"form_versions", "events", "audit_entries"}
    for table, rows in everything().items():
        stored = repr(rows)
        # Then the only tables with such words hold what we publish, and a coordinator's own reasons
        if table not in allowed:
            assert CANARY not in stored, table
        assert "@example.org" not in stored, table
        assert LINK not in stored, table
        for person in busy.people:
            assert person.ticket not in stored, table
            assert str(person.room_code) not in stored, table


def test_no_file_of_the_stores_gives_it_away(busy: Busy) -> None:
    for path in busy.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"@example.org" not in content, path.name
            for person in busy.people:
                assert person.ticket.encode() not in content, path.name
            for key in ("registrant-name", "display-name", "needs-notes", "interpreter-language"):
                assert canary(key).encode() not in content, path.name


def test_the_lists_of_the_desk_name_no_registrant(inside: Flask, founded: Founded) -> None:
    # Given an event with people whose every answer is a canary
    event = publish_demo_event("small-group", "another", seats=2)
    registered(event, "robin@example.org", "en", {"display_name": canary("display-name")})
    # Then the list of registrations holds none of it, and the list for the room the display name alone
    assert CANARY not in repr(desk_registrations.list_registrations(event))
    with time_machine.travel(event.starts_at):
        listed = desk_registrations.open_list(signed_in(founded), event)
    assert [person.display_name for person in listed] == [canary("display-name")]
    assert "robin@example.org" not in repr(listed)


def test_calendar_files_give_nothing_away(busy: Busy) -> None:
    event = published_events.find(f"{CANARY}-slug")
    entry = Entry(
        uid=event.calendar_uid,
        sequence=event.calendar_sequence,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        changed_at=event.starts_at,
        summary="Meeting",
    )
    for made in (calendar_file(entry), cancellation_file(entry)):
        words = made.decode()
        # Hearth is the neutral name of the program.
        assert set(gives_away(words)) <= {"Hearth"}
        assert str(event.id) not in words
        for unwanted in ("DESCRIPTION", "LOCATION", "ORGANIZER", "ATTENDEE", "URL", "http"):
            assert unwanted not in words


def test_secrets_do_not_show_in_what_could_be_printed(inside: Flask) -> None:
    event = publish_demo_event()
    prepared = registrations.prepare(event)
    assert prepared.ticket not in repr(prepared)
    own = outbox.OwnParameters(UUID(int=1), b"sealed", UUID(int=2))
    assert "sealed" not in repr(own)
    settings = inside.extensions["hearth_settings"]
    for name in ("mailer_key", "service_key", "mailer_public_key"):
        assert repr(getattr(settings, name)) not in repr(settings)


# Injection


INJECTIONS = [
    "a@b%0d%0aBcc:victim@example.net",
    "a@example.org\r\nBcc: victim@example.net",
    "a@example.org\nBcc: victim@example.net",
    "a@example.org,victim@example.net",
    "a@example.org;victim@example.net",
    "a@example.org victim@example.net",
    "a@example.org> RCPT TO:<victim@example.net",
    "<victim@example.net>a@example.org",
    "Robin <victim@example.net>",
    '"a@example.org\\r\\nBcc: victim@example.net"@example.org',
    '"Robin" <victim@example.net>',
    "a@[127.0.0.1]",
    "a@localhost",
    "a@example.org\u2028Bcc: victim@example.net",
    "a@example.org\x0bBcc: victim@example.net",
    "a@example.org\x00",
    "@example.org:victim@example.net",
    "victim%example.net@",
    "=?utf-8?q?victim=40example.net?= <a@example.org>",
    "(comment)a@example.org",
]


# A name with one address, as a mail program copies it: of that the plain address is kept, and nothing else.
WITH_A_NAME = {
    "Robin <victim@example.net>": "victim@example.net",
    '"Robin" <victim@example.net>': "victim@example.net",
    "=?utf-8?q?victim=40example.net?= <a@example.org>": "a@example.org",
}


@pytest.mark.parametrize("typed", WITH_A_NAME)
def test_of_a_name_with_an_address_only_the_address_is_kept(typed: str) -> None:
    question = demo_event().form.question("registrant_email")
    assert KINDS["email"].parse([typed], question) == WITH_A_NAME[typed]


# Invisible characters at the ends are taken off, and what is left is one plain address.
@pytest.mark.parametrize(
    "address", [one for one in INJECTIONS if not one.endswith("\x00") and one not in WITH_A_NAME]
)
def test_an_address_with_something_in_it_is_refused(address: str) -> None:
    # Given what a registrant types as their address, and what a script sends
    question = demo_event().form.question("registrant_email")
    with pytest.raises(NotAccepted):
        KINDS["email"].parse([address], question)


@pytest.mark.parametrize("address", INJECTIONS)
def test_an_address_that_came_past_the_page_reaches_no_other_recipient(
    inside: Flask, postbox: Postbox, address: str
) -> None:
    # Given an odd address that no page would let through, sealed all the same
    event = publish_demo_event()
    prepared = registrations.prepare(event)
    by_part = {"registrant": {"registrant_email": address}}
    registrations.register(event, prepared, by_part, "en")  # type: ignore[arg-type]
    # When the worker sends it
    assert chores.send_mail()
    # Then at most one mail leaves, to one address, with the headers that every mail has
    assert len(postbox.offered) <= 1
    for mail in postbox.mails:
        assert len(mail.recipients) == 1
        assert sorted(set(mail.message.keys())) == sorted(mail.message.keys())
        assert "Bcc" not in mail.message
        assert "Cc" not in mail.message
        assert mail.subject == "Your seat is booked"


@pytest.mark.parametrize(
    "words", ["\r\nBcc: victim@example.net", "{{ link }}", "{% include 'x' %}"]
)
def test_words_in_a_form_never_reach_a_mail(inside: Flask, postbox: Postbox, words: str) -> None:
    # Given an attacker who writes headers and templates into every field
    event = publish_demo_event()
    keys = [q.key for q in event.definition.form.questions if q.kind in ("text", "long_text")]
    register_one(event, **dict.fromkeys(keys, f"Robin{words}"))
    # When they are mailed
    assert delivery.send_waiting() == 1
    # Then nothing of it is there
    [mail] = postbox.mails
    assert "victim" not in mail.everything
    assert "Robin" not in mail.everything
    assert "{" not in mail.everything
