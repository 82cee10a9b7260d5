"""Publishing calls and events: an immutable form version, consent wordings, and new purpose keys."""

import re
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Call, ConsentStatement, Event, FormVersion, PublishedVersion
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.seats import OPENS_MINUTES_BEFORE
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import Frozen
from webapp.rules.neutral_wording import gives_away
from webapp.rules.publishing.call_checks import publish_problems
from webapp.rules.publishing.event_checks import event_problems
from webapp.rules.publishing.problems import Override, Problem
from webapp.rules.states import CallState, EventState
from webapp.rules.tell_back import Month, check_month
from webapp.services.calls import published_calls, telling_back
from webapp.services.events import duplicate_addresses
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import purpose_key_generation, recovery_state

REGISTRATION_PARTS = ("registrant", "needs", "room")
#: Pages of the desk have this in the place of an address.
RESERVED = frozenset({"new"})
ADDRESS = re.compile("[a-z0-9][a-z0-9-]{0,59}")


class AddressRefused(ValueError):
    """The slug is not a neutral word in lower case letters, digits and hyphens, or is already in use."""


class AddressTaken(AddressRefused):
    """Another call or event has this slug."""


class LastDayOver(ValueError):
    """The last day is in the past: the call would be closed from the start, and its slug used up."""


class NotPublishable(Exception):
    """The definition has problems that block publishing; `problems` lists them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(f"{problem.key} {problem.params}" for problem in problems))
        self.problems = problems


def publish_call(
    form: FormDefinition,
    *,
    slug: str,
    closes_on: date,
    tell_back_by: Month,
    actor: str | UUID,
    overrides: tuple[Override, ...] = (),
    call_id: UUID | None = None,
) -> UUID:
    """Publish a call, open for answers. Returns its id. Every override is audited with its reason.

    A call that was written at the desk takes its draft's id (`call_id`), so that it is published once.

    `tell_back_by` is the month by which people are told what became of it. Raises `NotPublishable`, `AddressRefused`,
    `LastDayOver`, `MonthTooEarly`, `MonthTooLate`; `NoRecoveryKey` or `KeySwapped` when the keys to seal to
    are not all there and authentic; `SheetsMissing` or `NotRehearsed` when the recovery key could not be opened again.
    """
    check_call(form, slug=slug, closes_on=closes_on, tell_back_by=tell_back_by, overrides=overrides)
    call_id = call_id or uuid4()
    keys = purpose_key_generation.make_for(call_id, tuple(form.parts))
    with stores.writing() as main:
        main.add(
            Call(id=call_id, slug=slug, state=CallState.OPEN, closes_on=closes_on, form_version=1)
        )
        main.flush()
        main.add(_first_version(call_id, form))
        main.flush()
        main.add(PublishedVersion(call_id=call_id, number=1, published_by=str(actor), reason=""))
        main.add_all(statements(call_id, form))
        main.add(telling_back.promised(call_id, tell_back_by))
        main.add_all(keys)
        enter_overrides(main, actor, AuditEvent.CALL_CHECK_OVERRIDDEN, call_id, overrides)
        audit.enter(main, actor, AuditEvent.CALL_PUBLISHED, call_id)
    return call_id


def publish_event(
    definition: EventDefinition,
    *,
    slug: str,
    actor: str | UUID,
    overrides: tuple[Override, ...] = (),
) -> UUID:
    """Publish an event, open for registration. Returns its id.

    Raises `NotPublishable`, `AddressRefused`; and about keys and sheets what `publish_call` raises.
    """
    check_event(definition, slug=slug, overrides=overrides)
    row = _event_row(definition, slug)
    keys = purpose_key_generation.make_for(row.id, REGISTRATION_PARTS)
    event_id = row.id
    try:
        with stores.writing() as main:
            main.add(row)
            main.flush()
            main.add(_first_version(event_id, definition))
            main.add_all(keys)
            enter_overrides(main, actor, AuditEvent.EVENT_CHECK_OVERRIDDEN, event_id, overrides)
            audit.enter(main, actor, AuditEvent.EVENT_PUBLISHED, event_id)
    except IntegrityError:
        # The button was pressed twice, or another event took the address a moment ago.
        check_address(slug)
        raise
    return event_id


def _event_row(definition: EventDefinition, slug: str) -> Event:
    time = definition.time(clock.today())
    return Event(
        id=uuid4(),
        slug=slug,
        state=EventState.OPEN,
        starts_at=int(time.starts_at.timestamp()),
        ends_at=int(time.ends_at.timestamp()),
        seats=definition.seats,
        form_version=1,
        calendar_uid=str(uuid4()),
        calendar_sequence=0,
        link_opens_minutes=OPENS_MINUTES_BEFORE,
        marks_secret_id=duplicate_addresses.new_secret(definition),
    )


def check_call(
    form: FormDefinition,
    *,
    slug: str,
    closes_on: date,
    tell_back_by: Month,
    overrides: tuple[Override, ...] = (),
) -> None:
    """Dry run of `publish_call`: raise what it would raise, and change nothing."""
    check_address(slug)
    if closes_on < clock.today():
        raise LastDayOver(f"the last day, {closes_on}, is over")
    check_month(tell_back_by, closes_on, clock.today())
    if problems := publish_problems(form, overrides):
        raise NotPublishable(tuple(problems))
    purpose_key_generation.check_holders()
    recovery_state.check_ready()


def open_call_titled(title: str, but: UUID | None = None) -> published_calls.Call | None:
    """A call that takes answers now and has this title: participants and coordinators could not tell two apart. `but`
    is a call that is not meant."""
    return next(
        (
            call
            for call in published_calls.open_calls()
            if call.accepts_answers(clock.today())
            and is_same_title(call.form.title["en"], title)
            and call.id != but
        ),
        None,
    )


def is_same_title(title: str, other: str) -> bool:
    """Whether two titles differ in nothing but spaces and capitals."""
    return " ".join(title.split()).casefold() == " ".join(other.split()).casefold()


def check_event(
    definition: EventDefinition, *, slug: str, overrides: tuple[Override, ...] = ()
) -> None:
    """Dry run of `publish_event`: raise what it would raise, and change nothing."""
    check_address(slug)
    if problems := event_problems(definition, clock.now(), overrides):
        raise NotPublishable(tuple(problems))
    purpose_key_generation.check_holders()
    recovery_state.check_ready()


def _first_version(owner_id: UUID, definition: Frozen) -> FormVersion:
    return FormVersion(
        owner_id=owner_id,
        number=1,
        definition=definition.model_dump_json(),
        published_on=clock.today(),
    )


def enter_overrides(
    main: Session,
    actor: str | UUID,
    event: AuditEvent,
    owner_id: UUID,
    overrides: tuple[Override, ...],
) -> None:
    """Audit each override with its reason, in the caller's transaction."""
    for override in overrides:
        reason = f"{override.question}: {override.reason}"[:200]
        audit.enter(main, actor, event, owner_id, reason)


def check_address(slug: str) -> None:
    """Validate the slug, which browsers record in histories and people type. Raises `AddressRefused`,
    `AddressTaken`."""
    if not ADDRESS.fullmatch(slug) or gives_away(slug) or slug in RESERVED:
        raise AddressRefused(
            "the address must be a neutral word of small letters, digits and hyphens, 60 at most, "
            "that does not say who it is for"
        )
    with stores.reading() as main:
        taken = (select(table.id).where(table.slug == slug) for table in (Call, Event))
        if any(main.scalar(query) is not None for query in taken):
            raise AddressTaken("another call or event has this address")


def statements(call_id: UUID, form: FormDefinition) -> list[ConsentStatement]:
    """The rows of every consent of a form, in every language."""
    return [
        ConsentStatement(
            id=uuid4(),
            owner_id=call_id,
            purpose=consent.purpose,
            version=consent.version,
            language=language,
            wording=wording,
        )
        for consent in form.consents
        for language, wording in consent.text.items()
    ]
