"""The draft of a booking: what a Visit holds about one event, before it is booked and after."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from webapp.public.drafts.unsent_input import UnsentInput
from webapp.rules import clock
from webapp.rules.forms.questions import Page
from webapp.services.events import registrations
from webapp.services.events.published_events import Event
from webapp.services.events.registration_sealing import Prepared
from webapp.sessions import Visit
from webapp.ui.forms import Typed, differs, keep_typed

BOOKED = "booked:"
NAME_LENGTH = 8


class BookingDraft:
    """One event's share of a Visit."""

    def __init__(self, event: Event, visit: Visit) -> None:
        self.event = event
        self.visit = visit

    @property
    def page(self) -> Page:
        """The one page that is asked."""
        return self.event.definition.form.only_page

    def begin(self) -> None:
        """Make the idempotency key once, with ticket and room code: sending twice is then sending once."""
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
        """Whether this visitor has begun to book."""
        return self._key("booking") in self.visit

    @property
    def seconds(self) -> int:
        """How long ago this began."""
        began = int(self.visit[self._key("booking")]["began"])
        return int(clock.now().timestamp()) - began

    @property
    def prepared(self) -> Prepared:
        """What `begin` made."""
        booking = self.visit[self._key("booking")]
        return Prepared(
            UUID(hex=booking["registration_id"]),
            booking["ticket"],
            booking["room_code"],
            booking.get("code"),
        )

    @property
    def name(self) -> str:
        """What the form carries to say which booking it belongs to. It opens nothing."""
        return str(self.visit[self._key("booking")]["registration_id"])[:NAME_LENGTH]

    def is_meant_by(self, sent: Mapping[str, str]) -> bool:
        """Whether a form that was sent belongs to this booking, and not to one before it."""
        return sent.get("booking", self.name) == self.name

    @property
    def typed(self) -> Typed | None:
        """What was typed and not stored yet; None when nothing waits."""
        return self.unsent.words

    def keep_typed(self, sent: Iterable[Sequence[str]]) -> None:
        """Keep what was typed as it was typed, so that no registrant types it twice."""
        self.unsent.keep_refused(keep_typed(self.page, sent))

    def keep_unsent(self, sent: Typed) -> None:
        """Keep what stands on a page that was not sent. Nothing is said about it until it is."""
        self.unsent.keep(keep_typed(self.page, sent), worth_it=differs(self.page, sent, {}))

    @property
    def unsent(self) -> UnsentInput:
        """What waits, and whether it was sent."""
        return UnsentInput(self.visit, self._key)

    def forget(self) -> None:
        """Drop all that the Visit holds about a booking that was not made."""
        self.visit.pop(self._key("booking"), None)
        self.unsent.drop()

    def note_booked(self, prepared: Prepared, registrant: Mapping[str, Any]) -> None:
        """It is stored: from here on the Visit holds the way back, and what an address is put right with."""
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
        """What `note_booked` wrote down, once the registration is stored."""
        booked: dict[str, Any] | None = self.visit.get(self._key("booked"))
        return booked

    @staticmethod
    def forget_booked(visit: Visit) -> None:
        """Forget the way back to every booking that was made in this Visit."""
        visit.forget(BOOKED)
        for kind in ("typed", "unsent"):
            visit.forget(f"{kind}:address:")

    def forget_if_it_is(self, ticket: str) -> None:
        """Forget the way back to the booking with this link: it is deleted. Another for the same event stays."""
        if (self.booked or {}).get("ticket") == ticket:
            self.visit.pop(self._key("booked"), None)
            self.unsent_address.drop()

    @property
    def unsent_address(self) -> UnsentInput:
        """What was typed as the right address of the booking that was made, and not accepted."""
        return UnsentInput(self.visit, lambda kind: f"{kind}:address:{self.event.slug}")

    def _key(self, kind: str) -> str:
        return f"{kind}:{self.event.slug}"
