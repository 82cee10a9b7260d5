"""Concerns about keys: one is missing, too few people can open something, keys or recovery sheets wait for a person.

Nothing is opened.
"""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select

from webapp.models import Coordinator, PurposeKeySeal
from webapp.rules import clock
from webapp.services.desk_home.concern_kinds import Concern, House, Kind
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, RowForged, genuine
from webapp.services.keys import (
    coordinators,
    key_overview,
    key_rotations,
    purpose_keys,
    recovery_state,
)
from webapp.services.keys.key_overview import Overview
from webapp.services.keys.purpose_key_generation import NOT_TO_GENERATE
from webapp.services.keys.recovery_state import Standing
from webapp.services.opening import resealing, sharing_offers


def missing(house: House) -> Iterator[Concern]:
    """Calls and events whose answers cannot be sealed: a purpose key is missing, or its MAC does not hold."""
    wanted = {call.id: frozenset(call.form.parts) for call in house.open_calls}
    wanted |= {event.id: event.definition.form.asked_parts for event in house.to_come}
    with stores.reading() as main:
        gone = purpose_keys.cannot_seal(main, wanted)
    for call in house.open_calls:
        if call.id in gone:
            yield Concern(Kind.CANNOT_ANSWER, title=call.form.title, slug=call.slug)
    for event in house.to_come:
        if event.id in gone:
            yield Concern(Kind.CANNOT_REGISTER, title=event.definition.title, slug=event.slug)


def keys(house: House) -> Iterator[Concern]:
    """What the page of keys would say; nothing while rows of keys are missing or false, which others say."""
    try:
        found = key_overview.whole()
    except (*NOT_TO_GENERATE, RowForged):
        return
    yield from _too_few(found)
    if found.waiting:
        waiting = frozenset(one.person_id for one in found.waiting)
        yield Concern(Kind.KEYS_WAIT, len(waiting), people=waiting)
    yield from _shared_not_opened(house)
    progress = key_rotations.progress()
    if progress and progress.waiting:
        yield Concern(Kind.NEW_KEYS_WAIT, progress.waiting)
    if unfinished := resealing.unfinished():
        yield Concern(Kind.RESEALING_WAITS, unfinished)


def _shared_not_opened(house: House) -> Iterator[Concern]:
    """Recipients, new or with a new key, who cannot open what was shared with their organisation before."""
    lacking = sharing_offers.cannot_open()
    names = coordinators.names() if lacking else {}
    calls = {call.id: call for call in house.calls}
    for one in lacking:
        if call := calls.get(one.call_id):
            people = ", ".join(sorted(names.get(str(who), "") for who in one.people))
            who = f"{people} ({one.name})"
            yield Concern(
                Kind.SHARED_NOT_OPENED,
                len(one.people),
                call.form.title,
                call.slug,
                who=who,
                people=one.people,
            )


def _too_few(found: Overview) -> Iterator[Concern]:
    """Where one person can open everything there is, that is said of everything (`Kind.ONE_HOLDS`)."""
    thin = {one.owner_id for one in found.purposes if one.is_thin}
    able = frozenset[object]().union(*(one.able for one in found.purposes))
    if thin and len(able) > 1:
        yield Concern(Kind.FEW_HOLD, len(thin))


def holders(house: House) -> Iterator[Concern]:
    """Whether enough coordinators hold keys. Without a recovery key, or with one holder, the loss of a key is final."""
    with stores.reading() as main:
        rows = main.scalars(select(Coordinator), execution_options=TOLERANT).all()
        names: dict[UUID, str] = {row.id: row.name for row in genuine(rows)}
        recovery = recovery_state.rows(main)
    with stores.reading("erasure") as erasure:
        holders = set(erasure.scalars(select(PurposeKeySeal.holder_id).distinct()))
    if len(names) < len(rows):
        # The worker's role cannot read accounts, so its daily check cannot either.
        yield Concern(
            Kind.FALSE_ROWS, len(rows) - len(names), purpose="coordinators", day=clock.today()
        )
    yield from _sheets(recovery_state.of_rows(recovery))
    if not holders:
        # Nothing was published yet: there is nothing to hold.
        return
    able = sorted(names[holder] for holder in holders if holder in names)
    if not {key.id for key, _ in recovery} & holders:
        yield Concern(Kind.NO_RECOVERY)
    if not able:
        yield Concern(Kind.NO_KEY_HOLDER)
    elif len(able) == 1:
        yield Concern(Kind.ONE_HOLDS, who=able[0])


def _sheets(now: Standing) -> Iterator[Concern]:
    """Recovery sheets that are gone from the database, or that nobody has tried yet."""
    if now.missing:
        yield Concern(Kind.SHEETS_MISSING, len(now.missing))
    elif now.unproved:
        yield Concern(Kind.SHEETS_UNPROVED, len(now.unproved))
