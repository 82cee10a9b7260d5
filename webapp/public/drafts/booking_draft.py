"""The draft of a booking: the state in a Visit for one event, before and after registration."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from webapp.public.drafts.unsent_input import UnsentInput
from webapp.rules import clock
from webapp.rules.forms.questions import Page
from webapp.services.events import registrations
from webapp.services.events.published_events import PublishedEvent
from webapp.services.events.registration_sealing import Prepared
from webapp.sessions import Visit
from webapp.ui.forms import Typed, differs, keep_typed

BOOKED = "booked:"
NAME_LENGTH = 8


class BookingDraft:
    """The state of one event in a Visit."""

    def __init__(self, event: PublishedEvent, visit: Visit) -> None:
        self.event = event
        self.visit = visit

    @property
    def page(self) -> Page:
        """The single page of the registration form."""
        return self.event.definition.form.only_page

    def begin(self) -> None:
        """Generate the idempotency key once, with ticket and room code, so that a second post registers nothing new."""
        if self.begun:
            return
        prepared = registrations.prepare(self.event)
        self.visit[self._key("booking")] = {
            "registration_id": prepared.registration_id.hex,
            "ticket": prepared.ticket,
            "room_code": prepared.room_code,
            "code": prepared.code,
            "began": int(clock.now().timestamp()),
        }

    @property
    def begun(self) -> bool:
        """Whether this visitor has begun a booking."""
        return self._key("booking") in self.visit

    @property
    def seconds(self) -> int:
        """The seconds since it began, for the bot check."""
        began = int(self.visit[self._key("booking")]["began"])
        return int(clock.now().timestamp()) - began

    @property
    def prepared(self) -> Prepared:
        """The registration id, ticket and room code that `begin` generated."""
        booking = self.visit[self._key("booking")]
        return Prepared(
            UUID(hex=booking["registration_id"]),
            booking["ticket"],
            booking["room_code"],
            booking.get("code"),
        )

    @property
    def name(self) -> str:
        """The tag that the form carries to identify its booking. It is no secret and opens nothing."""
        return str(self.visit[self._key("booking")]["registration_id"])[:NAME_LENGTH]

    def is_meant_by(self, sent: Mapping[str, str]) -> bool:
        """Whether a submitted form belongs to this booking, and not to an earlier one."""
        return sent.get("booking", self.name) == self.name

    @property
    def typed(self) -> Typed | None:
        """Input that is not stored yet; None when there is none."""
        return self.unsent.words

    def keep_typed(self, sent: Iterable[Sequence[str]]) -> None:
        """Retain refused input as it was typed, so that no registrant types it twice."""
        self.unsent.keep_refused(keep_typed(self.page, sent))

    def keep_unsent(self, sent: Typed) -> None:
        """Retain input that was not submitted. It is not validated until it is."""
        self.unsent.keep(keep_typed(self.page, sent), worth_it=differs(self.page, sent, {}))

    @property
    def unsent(self) -> UnsentInput:
        """The retained input, and whether it was submitted."""
        return UnsentInput(self.visit, self._key)

    def forget(self) -> None:
        """Delete the state of a booking that was not made."""
        self.visit.pop(self._key("booking"), None)
        self.unsent.drop()

    def note_booked(self, prepared: Prepared, registrant: Mapping[str, Any]) -> None:
        """Note that it is stored: from here on the Visit holds the link, and what correcting the address needs."""
        self.forget()
        self.unsent_address.drop()
        self.visit[self._key("booked")] = {
            "id": prepared.registration_id.hex,
            "ticket": prepared.ticket,
            "room_code": prepared.room_code,
            "code": prepared.code,
            "registrant": dict(registrant),
        }

    @property
    def booked(self) -> dict[str, Any] | None:
        """The state from `note_booked`, once the registration is stored."""
        booked: dict[str, Any] | None = self.visit.get(self._key("booked"))
        return booked

    @staticmethod
    def forget_booked(visit: Visit) -> None:
        """Delete the links of all bookings that were made in this Visit."""
        visit.forget(BOOKED)
        for kind in ("typed", "unsent"):
            visit.forget(f"{kind}:address:")

    def forget_if_it_is(self, ticket: str) -> None:
        """Delete the link of the booking with this ticket, which was erased. Another for the same event stays."""
        if (self.booked or {}).get("ticket") == ticket:
            self.visit.pop(self._key("booked"), None)
            self.unsent_address.drop()

    @property
    def unsent_address(self) -> UnsentInput:
        """Refused input for the corrected address of the booking that was made."""
        return UnsentInput(self.visit, lambda kind: f"{kind}:address:{self.event.slug}")

    def _key(self, kind: str) -> str:
        return f"{kind}:{self.event.slug}"
