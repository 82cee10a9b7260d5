"""The booking confirmation page, once, while the Visit lives: link and code, and correction of the e-mail address."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.extensions import current_settings
from webapp.public.drafts.booking_draft import BookingDraft
from webapp.public.events.event_page import EVENT, published_event
from webapp.public.events.standing import is_undecided
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import flash_message, set_flash
from webapp.public.shared.query_marks import NO_CODE
from webapp.rules.events.registration_form import address_of
from webapp.rules.forms.kinds.email import as_written
from webapp.rules.references import reference
from webapp.services.events import address_changes, own_registrations, registrations
from webapp.services.events.address_changes import NotNow
from webapp.services.events.own_registrations import OwnRegistration
from webapp.services.events.published_events import Event
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.sessions import VisitExpired
from webapp.ui.forms import PageForm, form_for, keep_typed
from webapp.web.guards import in_visit


@dataclass(frozen=True)
class Booked:
    """A booking that was made in this Visit, with the state that the Visit still holds."""

    draft: BookingDraft
    held: dict[str, Any]
    own: OwnRegistration

    @property
    def event(self) -> Event:
        """The event, as it is now."""
        return self.own.event

    @property
    def ticket(self) -> str:
        """The bearer secret in the link."""
        return str(self.held["ticket"])

    @property
    def registrant(self) -> dict[str, Any] | None:
        """The registrant's identity as typed here; None where the Visit is from an older version."""
        return self.held.get("registrant")

    @property
    def address(self) -> str | None:
        """The e-mail address for this registration's mails."""
        return address_of(self.registrant or {})

    @property
    def can_change_address(self) -> bool:
        """Whether mails may still be sent, and the identity can be sealed again."""
        return self.registrant is not None and address_changes.can_be_written_to(
            self.own.state, self.event
        )


def _booked(slug: str) -> Booked:
    """Raises `VisitExpired` where nothing was booked in this Visit, `NoSuchRegistration` where it has another link."""
    draft = BookingDraft(published_event(slug), sessions.current())
    held = draft.booked
    if held is None:
        raise VisitExpired
    return Booked(draft, held, own_registrations.find_own(held["ticket"]))


@blueprint.get(f"{EVENT}/registered")
@in_visit
def registered(slug: str) -> str:
    """The booking's current state, its link, and the code to write down, if any."""
    booked = _booked(slug)
    # A link that confirms is in the mail alone: the person who opens it there has shown that the address is theirs.
    confirms = booked.own.is_request or booked.own.is_unconfirmed
    path = None if confirms else url_for("public.own_page", ticket=booked.ticket)
    return render_template(
        "public/event_registered.html",
        own=booked.own,
        path=path,
        link=f"{_our_address()}{path}" if path else None,
        is_undecided=is_undecided(booked.own),
        number=reference(booked.own.id),
        room_code=booked.held["room_code"] if booked.own.gets_mail else None,
        code=None if booked.own.gets_mail else booked.held.get("code"),
        address=as_written(booked.address) if booked.address else None,
        can_change=booked.can_change_address,
        slug=slug,
        news=flash_message(),
    )


def _our_address() -> str:
    """Our sender address, as in the mails; where none is configured, the host name of this request."""
    return current_settings().base_url or request.host_url.rstrip("/")


@blueprint.post(f"{EVENT}/registered")
@in_visit
def registered_post(slug: str) -> Response:
    """The registrant has noted the link and the code: erase them from the Visit."""
    held = BookingDraft(published_event(slug), sessions.current()).booked or {}
    # The booking code; a registrant with an e-mail address gets the link in a mail instead.
    has_code = bool(held.get("code")) and address_of(held.get("registrant") or {}) is None
    sessions.end()
    return see_other("finished") if has_code else see_other("finished", **{NO_CODE: ""})


@blueprint.get(f"{EVENT}/address")
@in_visit
def event_address(slug: str) -> Response | str:
    """Ask for the corrected e-mail address."""
    booked = _booked(slug)
    if not booked.can_change_address:
        return see_other("registered", slug=slug)
    unsent = booked.draft.unsent_address
    form = _form(booked, unsent.words)
    if unsent.was_refused:
        form.validate()
    return render_template(
        "public/event_address.html",
        form=form,
        problems=form.problems,
        has_address=booked.address is not None,
        has_code=not booked.own.gets_mail and bool(booked.held.get("code")),
        waits_for_yes=booked.own.state.is_pending,
        back=url_for("public.registered", slug=slug),
    )


def _form(booked: Booked, typed: Any) -> PageForm:
    page = booked.event.definition.form.asking_address().only_page
    return form_for(page, stored=booked.registrant or {}, typed=typed)


@blueprint.post(f"{EVENT}/address")
@in_visit
def event_address_post(slug: str) -> Response:
    """Correct the e-mail address. The ticket is replaced with it: the old link may be in another person's inbox."""
    try:
        return _read_address(slug, _booked(slug))
    except NoSuchRegistration:
        # A second press: the page shows the result of the first.
        return see_other("registered", slug=slug)


def _read_address(slug: str, booked: Booked) -> Response:
    if not booked.can_change_address:
        return see_other("registered", slug=slug)
    sent, unsent = list(request.form.items(multi=True)), booked.draft.unsent_address
    form = _form(booked, sent)
    if not form.validate():
        page = booked.event.definition.form.asking_address().only_page
        unsent.keep_refused(keep_typed(page, sent))
        return see_other("event_address", slug=slug)
    unsent.drop()
    if address_of(form.answers) != booked.address:
        # Rate limited for this booking alone (`addresses`): others cannot block a registrant who closes a leaked link.
        set_flash(_change(booked, address_of(form.answers)), "registered", slug=slug)
    return see_other("registered", slug=slug)


def _change(booked: Booked, to: str | None) -> str:
    """Change it, and return the message key of the result."""
    held = booked.held
    prepared = registrations.renewed(booked.event, UUID(hex=held["id"]), held["room_code"])
    try:
        registrant = address_changes.change_own(
            booked.ticket, booked.registrant or {}, to, prepared
        )
    except NotNow:
        return "address-too-late"
    except NOT_TO_SEAL_TO:
        return "lock-is-wrong"
    booked.draft.note_booked(prepared, registrant)
    return "address-gone" if to is None else "address-changed"
