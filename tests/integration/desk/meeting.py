"""An event and the people who register for it, as the tests of the desk need them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from tests.factories import publish_demo_event
from tests.integration.desk.worker import Worker
from tests.rows import change
from webapp.models import Event as EventRow
from webapp.models import OutboxMessage
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.routing import parts_of
from webapp.rules.references import reference
from webapp.services.events import own_registrations, published_events, registrations
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import stores

SMALL = "small-group"
SEATS = 6
LINK = "https://meet.example.org/canary-room"


@dataclass(frozen=True)
class Booked:
    """A registrant, as the tests remember them."""

    id: UUID
    ticket: str
    room_code: str | None

    @property
    def reference(self) -> str:
        return reference(self.id)

    @property
    def page(self) -> str:
        return f"/desk/registrations/{self.id}"


class Meeting:
    """The demo's small group: six seats, a room code. Bookings hold their seats at once unless told."""

    def __init__(self, worker: Worker, *, confirm_address: bool = False, **changes: object) -> None:
        """Open the event, and then sign in: its keys are newer than a session of before."""
        self.worker = worker
        self.address = f"/desk/events/{SMALL}"
        with worker.app.app_context():
            publish_demo_event(SMALL, confirm_address=confirm_address, **changes)
        worker.sign_in_anew()

    @property
    def event(self) -> Event:
        with self.worker.app.app_context():
            return published_events.find(SMALL)

    def book(self, name: str = "Robin", language: str = "en", **answers: Answer) -> Booked:
        """One more person registers."""
        event = self.event
        given: dict[str, Answer] = {
            "adult": "yes",
            "registrant_email": f"{name.lower()}@mail.example",
            "display_name": name,
            **answers,
        }
        with self.worker.app.app_context():
            prepared = registrations.prepare(event)
            by_part = parts_of(event.definition.form, given)
            registrations.register(event, prepared, by_part, language)
        return Booked(prepared.registration_id, prepared.ticket, prepared.room_code)

    def fill(self, waiting: int = 0) -> list[Booked]:
        """Every seat is taken, and so many wait."""
        return [self.book(f"Person{number}") for number in range(SEATS + waiting)]

    def state(self, registrant: Booked) -> str:
        with self.worker.app.app_context():
            return own_registrations.find_own(registrant.ticket).state

    def mails(self, registrant: Booked) -> list[str]:
        """The kinds of mail that a registrant was promised, in no order."""
        query = select(OutboxMessage.kind).where(OutboxMessage.subject_id == registrant.id)
        with self.worker.app.app_context(), stores.reading() as main:
            return sorted(main.scalars(query))

    def with_seats(self, seats: int) -> None:
        """The room becomes larger."""
        with self.worker.app.app_context(), stores.writing() as main:
            change(main, select(EventRow).where(EventRow.slug == SMALL), {"seats": seats})

    def set_link(self, link: str = LINK, minutes: str = "20") -> None:
        """Set the joining link at the desk."""
        self.worker.get(f"{self.address}/link")
        self.worker.press("Save", link=link, minutes=minutes)
