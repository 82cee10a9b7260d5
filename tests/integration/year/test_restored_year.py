"""A year with a backup in every night that counts, and two losses: who is erased stays erased, and what opens is right.

On both databases. What must be readable, by whom and until when is in a plain table that asks Hearth nothing. After a
loss it is put back to what it was in the night of the backup, and what people took away since is taken away again.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from tests import postgres
from tests.factories import YES_TO_ALL, publish_demo_event
from tests.integration.mail.postbox import Postbox
from tests.integration.year import participants
from tests.integration.year.backups import Nights, instance, nights_in, restored
from tests.integration.year.coalition import Coalition, Told
from tests.integration.year.opening import check
from tests.integration.year.plain_table import EVENT, Has, PlainTable, Record
from tests.stores import Shelf, Stores
from webapp.models import Registration, Submission
from webapp.services.answers import consents, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.events import own_registrations, waiting_list
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import bootstrap
from webapp.services.phone_requests import caller_acts
from webapp.services.worker import chores

FIRST_DAY = date(2027, 1, 4)
DAY = timedelta(days=1)
WHY = "they rang"
SEATS = 2
CONFIRMED, WAITING, CANCELLED = "confirmed", "waiting", "cancelled"


@dataclass
class Said:
    """What people did, as they remember it."""

    plain: PlainTable
    told: dict[str, Told] = field(default_factory=dict)
    yes: dict[str, set[str]] = field(default_factory=dict)
    marked: set[str] = field(default_factory=set)
    booked: dict[str, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)

    def erase(self, whose: str) -> None:
        """They deleted all of it."""
        self.plain.erase(whose)
        for kept in (self.told, self.yes, self.booked):
            kept.pop(whose, None)
        self.marked.discard(whose)
        self.listed.discard(whose)

    def cancel(self, whose: str) -> None:
        """The seat goes to whoever waits longest."""
        if self.booked.get(whose) == CONFIRMED and WAITING in self.booked.values():
            self.booked[next(one for one, is_ in self.booked.items() if is_ == WAITING)] = CONFIRMED
        if whose in self.booked:
            self.booked[whose] = CANCELLED

    def lose(self, record: Record) -> None:
        """Of what was said anew after a backup, neither the older words come back nor the newer."""
        self.plain.kept.pop(record, None)


@dataclass
class Year:
    """The coalition, where it is now, its nights, and the memory of everyone in each of them."""

    of: Coalition
    nights: Nights
    postbox: Postbox
    said: Said
    #: What a restore does again, in the order of what people did.
    since: list[Callable[[Said], object]] = field(default_factory=list)
    remembered: dict[date, tuple[int, Said]] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)
    #: How many mails had left before each night, and those that may leave once more after a loss.
    mails: dict[date, int] = field(default_factory=dict)
    once_more: Counter[tuple[str, str]] = field(default_factory=Counter)

    # Days and nights

    def night(self, day: date) -> None:
        assert self.of.traveller
        self.nights.pass_night(self.of.traveller, day)
        self.remembered[day] = len(self.since), deepcopy(self.said)
        self.mails[day] = len(self.postbox.mails)

    def morning(self, day: date) -> None:
        """The worker erases what is due, and sends its mails."""
        self.of.turn_to(day)
        self.since.append(lambda said: said.plain.pass_day(day))
        for whose in [one for one in self.said.booked if not self.keeps(one)]:
            self.said.booked.pop(whose)
        assert chores.send_mail()

    def keeps(self, whose: str) -> bool:
        return any(record.whose == whose for record in self.said.plain.kept)

    def until(self, last: date, since: date | None = None) -> None:
        """The nights from the first to the last, and the morning after."""
        first = since or last
        for number in range((last - first).days + 1):
            self.night(first + number * DAY)
        self.morning(last)

    def loss(self, folder: Path, shelf: Shelf, night: date, enter: ExitStack) -> str:
        """Both stores are lost: what everyone must find in the new place is as of that night, less what went since."""
        tombstones = (self.nights.folder.path.parent / "now" / "tombstones.txt").resolve()
        how = restored(shelf, folder, self.postbox.port, self.nights, tombstones.read_bytes())
        app, output = enter.enter_context(how)
        enter.enter_context(app.app_context())
        now_at(self.nights, folder)
        # At-least-once delivery: nobody knows any more which of these had left.
        self.once_more.update(self.sent()[self.mails[night] :])
        how_many, then = self.remembered[night]
        self.said = deepcopy(then)
        for again in self.since[how_many:]:
            again(self.said)
        self.of.plain, self.of.told = self.said.plain, self.said.told
        self.of.going_on.clear()
        self.of.sessions.clear()
        assert f"Put back: main, of {night.isoformat()}" in output
        assert f"Put back: erasure, of {night.isoformat()}" in output
        self.check()
        return output

    # What people do

    def answers(self, whose: str, slug: str) -> None:
        participants.answer(self.of, whose, slug)
        code = self.of.told[whose].code
        assert code
        self.codes[whose], self.ids[whose] = code, own_copies.find_held(code).submission_id
        self.said.yes[whose] = set(YES_TO_ALL)

    def corrects(self, whose: str) -> None:
        participants.correct(self.of, whose)
        self.since.append(lambda said: said.lose(Record(whose, "testimony")))

    def erases(self, whose: str) -> None:
        participants.erase(self.of, whose)
        self.said.erase(whose)
        self.since.append(lambda said: said.erase(whose))

    def decides(self, whose: str, purpose: str, *, granted: bool) -> None:
        held = own_copies.find_held(self.codes[whose])
        subject = Subject(held.submission_id, held.call_id, held.form, held.language)
        consents.change(subject, purpose, granted)
        if granted:
            self.said.yes[whose].add(purpose)
            return
        self.said.yes[whose].discard(purpose)
        self.since.append(lambda said: said.yes.get(whose, set()).discard(purpose))

    def is_marked(self, whose: str) -> None:
        caller_acts.do_not_contact(self.of.session("Ana"), self.ids[whose], WHY)
        self.said.marked.add(whose)
        self.since.append(lambda said: said.marked.add(whose))

    def lifts(self, whose: str) -> None:
        consents.contact_again(self.ids[whose])
        self.said.marked.discard(whose)

    def books(self, whose: str) -> None:
        address = f"{whose.lower()}@example.org"
        booked = participants.book(self.of, whose, "table", address, on_the_list="yes")
        self.ids[whose], self.tickets[whose] = booked.id, booked.ticket
        full = list(self.said.booked.values()).count(CONFIRMED) == SEATS
        self.said.booked[whose] = WAITING if full else CONFIRMED
        self.said.listed.add(whose)

    def cancels(self, whose: str) -> None:
        waiting_list.cancel(self.ids[whose])
        self.said.cancel(whose)
        self.since.append(lambda said: said.cancel(whose))

    def unlists(self, whose: str) -> None:
        own_registrations.take_off_list(own_registrations.find_own(self.tickets[whose]))
        self.said.listed.discard(whose)
        self.since.append(lambda said: said.listed.discard(whose))

    # What must be true

    def check(self) -> None:
        """What opens, for whom; whose codes open; what was agreed to; who comes; and no mail left twice."""
        check(self.of)
        for whose, code in self.codes.items():
            assert opens(code) == self.their_words(whose), whose
        with stores.reading() as main:
            agreed = consents.standing_purposes(main, [self.ids[one] for one in self.codes])
            marked = select(Submission.id).where(Submission.do_not_contact_on.is_not(None))
            assert set(main.scalars(marked)) == {self.ids[one] for one in self.said.marked}
            rows = main.scalars(select(Registration)).all()
        for whose in self.codes:
            if self.keeps(whose):
                assert agreed[self.ids[whose]] == self.said.yes[whose], whose
        names = {booking: whose for whose, booking in self.ids.items()}
        assert {names[row.id]: str(row.state) for row in rows} == self.said.booked
        listed = {names[row.id] for row in rows if row.listed_on}
        assert listed == self.said.listed & set(self.said.booked)
        for mail, times in Counter(self.sent()).items():
            assert times <= 1 + self.once_more[mail], mail
        assert audit.verify() > 0

    def sent(self) -> list[tuple[str, str]]:
        """To whom each mail was, and its subject: one for each kind."""
        return [(mail.recipients[0], mail.subject) for mail in self.postbox.mails]

    def their_words(self, whose: str) -> dict[str, object]:
        told = self.said.told.get(whose)
        purposes = [one.purpose for one in self.said.plain.kept if one.whose == whose]
        return {purpose: told.said[purpose] for purpose in purposes} if told else {}


def opens(code: str) -> dict[str, object]:
    """What a person's own code opens, by part."""
    try:
        return dict(own_copies.find_held(code).by_part)
    except NothingHeld:
        return {}


def now_at(nights: Nights, folder: Path) -> None:
    """Where the instance is now."""
    link = nights.folder.path.parent / "now"
    link.unlink(missing_ok=True)
    link.symlink_to(folder)


@pytest.fixture
def year(
    stores: Stores,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Year]:
    """An instance that was founded this morning, and a server that takes its mails."""
    monkeypatch.setenv("PATH", f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}")
    nights = nights_in(tmp_path_factory.mktemp("elsewhere") / "backups", tmp_path / "config")
    now_at(nights, tmp_path)
    with (
        time_machine.travel(f"{FIRST_DAY} 09:00:00+00:00", tick=False) as traveller,
        Postbox().open() as postbox,
        instance(stores, tmp_path, postbox.port) as app,
        app.app_context(),
    ):
        founded = bootstrap.found(organisation="Host", name="Ana", sign_in_name="ana")
        of = Coalition(traveller, founded, Random(7))
        of.found("Ana")
        of.invite("Ana", "Ben", "host", Has("analyst"))
        of.invite("Ana", "Dee", "host", Has("registrar"))
        yield Year(of, nights, postbox, Said(of.plain, of.told))


def test_a_year_with_two_losses(year: Year, shelf: Shelf, tmp_path: Path) -> None:
    with ExitStack() as places:
        winter(year)
        first_loss(year, shelf, tmp_path / "second", places)
        second_loss(year, shelf, tmp_path / "third", places)
        to_the_end(year)


def winter(year: Year) -> None:
    """Calls whose contact details are due on two days in July, a call that goes on, and an event with a full room."""
    of = year.of
    for slug, closes in (("early", date(2027, 1, 10)), ("spring", date(2027, 1, 14))):
        of.open_call(slug, closes)
        for number in range(2):
            year.answers(f"{slug}-{number}", slug)
    of.open_call("summer", date(2027, 9, 20))
    year.until(date(2027, 1, 5))
    year.until(date(2027, 3, 1))
    for name in ("Erin", "Cora", "Will", "Zoe", "Mark", "Stay", "Late"):
        year.answers(name, "summer")
    event = publish_demo_event(slug="table", starts="2027-07-20T14:00", seats=SEATS)
    of.owner_ids["table"] = event.id
    of.plain.publish("table", EVENT, date(2027, 7, 20))
    for name in ("Bo", "Lee", "Queue", "Gone"):
        year.books(name)
    for name in ("Ben", "Dee"):
        of.hand_on("Ana", name)
    year.until(date(2027, 7, 13), since=date(2027, 7, 8))
    assert not year.said.plain.kept.keys() & {Record("early-0", "contact")}
    year.check()


def first_loss(year: Year, shelf: Shelf, folder: Path, places: ExitStack) -> None:
    """After the night of the 14th a day comes, people delete, correct, say no and cancel, and one leaves the desk."""
    year.until(date(2027, 7, 14))
    year.erases("Erin")
    year.erases("Gone")
    year.corrects("Cora")
    year.decides("Will", "share", granted=False)
    for granted in (False, True, False):
        year.decides("Zoe", "contact_me", granted=granted)
    year.is_marked("Mark")
    year.cancels("Bo")
    year.unlists("Lee")
    year.answers("New", "summer")
    year.of.leave("Ana", "Dee")
    assert chores.send_mail()
    year.check()
    output = year.loss(folder, shelf, date(2027, 7, 14), places)
    assert "People whose permissions were taken back again, by tombstones.txt: 3." in output
    assert "Bookings cancelled again, by tombstones.txt: 1." in output
    # Whoever left is back, as the command says: an owner takes that back before anyone else signs in
    assert "An owner looks at People first" in output
    year.of.leave("Ana", "Dee")
    year.check()


def second_loss(year: Year, shelf: Shelf, folder: Path, places: ExitStack) -> None:
    """What was allowed anew stands in the next nights. Then the newest backup does not open, and one before it does."""
    year.morning(date(2027, 7, 15))
    year.decides("Zoe", "contact_me", granted=True)
    year.lifts("Mark")
    year.until(date(2027, 7, 18), since=date(2027, 7, 16))
    year.erases("Late")
    year.until(date(2027, 7, 19))
    year.check()
    year.nights.move_newest_away(folder.with_name("moved-away"))
    year.loss(folder, shelf, date(2027, 7, 18), places)
    assert chores.send_mail()
    year.check()


def to_the_end(year: Year) -> None:
    """The event takes place, and its days are over; a year after the first calls, answers about equality go."""
    year.until(date(2027, 7, 21), since=date(2027, 7, 20))
    year.until(date(2027, 8, 17))
    assert year.said.booked == {}
    year.erases("Will")
    year.until(date(2027, 10, 4))
    year.until(date(2028, 1, 14))
    year.check()
    assert year.nights.removed > 0
    assert chores.do_all()
