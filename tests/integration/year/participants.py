"""What participants do in the year: answer, book, correct and erase, each written down in the plain table."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from tests.factories import (
    Booked,
    answers_for,
    register_one,
    registered_answers,
    submit_one,
    write_equality,
)
from tests.integration.year.coalition import Coalition, Told
from tests.integration.year.plain_table import EVENT, Record
from webapp.models import Part, RegistrationPart
from webapp.rules.forms import routing
from webapp.services.answers import corrections, erasing, own_copies
from webapp.services.answers.corrections import Correction
from webapp.services.calls import published_calls
from webapp.services.events import published_events, waiting_list
from webapp.services.infrastructure import stores

#: As the demo's form and its events promise.
KEPT_MONTHS = {"contact": 6, "equality": 12, "testimony": 24}
KEPT_DAYS_AFTER_EVENT = {"small-group": 14, "round-table": 28}


def due_days(closes_on: date) -> dict[str, date]:
    """Until when each part of an answer to a call is kept: the same day of a later month, or that month's last."""
    found = {}
    for purpose, months in KEPT_MONTHS.items():
        years, month = divmod(closes_on.month - 1 + months, 12)
        year, month = closes_on.year + years, month + 1
        found[purpose] = date(year, month, min(closes_on.day, monthrange(year, month)[1]))
    return found


def answer(of: Coalition, whose: str, slug: str) -> None:
    """A participant sends answers of their own."""
    call = published_calls.find_call(slug)
    answers = answers_for(
        call.form, change_words=f"{whose} says this.", name_to_use=f"{whose}'s name"
    )
    age = call.form.question("age_band").choice_keys
    sent = submit_one(call, answers=answers | {"age_band": of.chance.choice(age)})
    of.told[whose] = Told(sent.receipt, None, routing.parts_of(call.form, sent.answers))
    of.plain.send(whose, slug, due_days(of.plain.last_day[slug]))
    _note_rows(of, whose, sent.submission_id)


def correct(of: Coalition, whose: str) -> None:
    """A participant says the testimony anew."""
    told = of.told[whose]
    assert told.code is not None
    held = own_copies.find_held(told.code)
    words = {"change_words": f"{whose} says that, {of.chance.randrange(1_000_000)}."}
    answers = {**held.answers, **words}
    corrections.correct(told.code, Correction(uuid4(), held.copies, answers, frozenset(), "en"))
    said = {**told.said, "testimony": {**told.said["testimony"], **words}}
    of.told[whose] = replace(told, said=said)
    of.plain.correct(Record(whose, "testimony"))
    _note_rows(of, whose, held.submission_id)


def book(of: Coalition, whose: str, slug: str, address: str | None = None, **words: str) -> Booked:
    """A participant books a seat at a small group, without an address; or with one at a round table."""
    event = published_events.find(slug)
    words = {"display_name": whose, "needs_notes": f"{whose} needs a break.", **words}
    booked = register_one(event, address, **words)
    said = registered_answers(event, address, **words)
    of.told[whose] = Told(None, booked.id, said)
    kept = KEPT_DAYS_AFTER_EVENT["round-table" if address else "small-group"]
    day = of.plain.last_day[slug] + timedelta(days=kept)
    of.plain.send(whose, slug, dict.fromkeys(EVENT, day))
    _note_rows(of, whose, booked.id)
    return booked


def erase(of: Coalition, whose: str) -> None:
    """A participant erases all of it, with the code alone."""
    told = of.told[whose]
    if told.code is not None:
        assert erasing.erase_held(own_copies.find_held(told.code)).complete
    else:
        assert told.booking is not None
        assert waiting_list.delete_own(told.booking).complete
    of.plain.erase(whose)


def _note_rows(of: Coalition, whose: str, owner: UUID) -> None:
    """The rows of this moment: a correction leaves those of before in older copies alone."""
    write_equality()
    told = of.told[whose]
    ids = {uuid4()}
    if told.code is not None:
        equality = own_copies.find_held(told.code).equality
        ids = {equality.part_id} if equality else ids
    with stores.reading() as main:
        rows: list[Part | RegistrationPart] = [
            *main.scalars(select(Part).where((Part.submission_id == owner) | Part.id.in_(ids))),
            *main.scalars(
                select(RegistrationPart).where(RegistrationPart.registration_id == owner)
            ),
        ]
    assert {row.purpose for row in rows} == set(told.said)
    for row in rows:
        record = Record(whose, row.purpose)
        key = of.plain.kept[record]
        assert (row.epoch, row.owner_id) == (key.epoch, of.owner_ids[key.where])
        of.ever[row.id] = (record, row, key)
