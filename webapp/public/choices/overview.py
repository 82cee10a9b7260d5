"""My choices: with the code alone somebody sees what is held, changes consent, takes a copy, erases it all."""

import re

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.calls import save_and_return
from webapp.public.drafts.held_answers import (
    REPLACED,
    AlreadyErased,
    held_now,
    note_erased,
    what_became,
)
from webapp.public.drafts.shared_device import open_for
from webapp.public.shared.blueprint import (
    after_away,
    blueprint,
    limit,
    news,
    note_news,
    see_other,
    tell_again,
)
from webapp.rules.consent import lets_reach, may_come_later, offered_later
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.contact.safe_channels import contact_gaps, safe_contact
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import consents, corrections, erasing, own_copies, return_drafts
from webapp.services.answers.own_copies import Held, MistypedCode, NothingHeld
from webapp.services.answers.return_drafts import Waiting
from webapp.services.events import own_registrations
from webapp.services.sealed import shredding
from webapp.sessions import VisitExpired, VisitFull
from webapp.ui.answer_summary import Section, read_back
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, in_visit, opens_visit
from webapp.web.post_redirect_get import page_is

#: More of a mistyped code is not shown again.
LONGEST_TYPED_CODE = 200
#: The link to a booking, where a code is asked for: it leads where it leads when it is opened.
BOOKING_LINK = re.compile(r"/r/([0-9a-z]{32})\b", re.ASCII | re.IGNORECASE)


@blueprint.get("/<language>/choices")
@anyone
def choices() -> str:
    """Hand in the code."""
    return _ask_for_code()


def _ask_for_code(typed: str = "", problem: str | None = None) -> str:
    # A slip of the pen takes nothing down.
    tell_again()
    return render_template(
        "public/choices_enter.html",
        problems=[("code", words_for(problem))] if problem else [],
        typed=typed,
        news=news("choices") or after_away(),
        days=DRAFT_DAYS,
    )


@blueprint.post("/<language>/choices")
@opens_visit
def enter() -> Response | tuple[str, int]:
    """Look the code up. A slip of the pen is found by the code's own check character, without looking.

    A code that is refused may be nearly right. The page then answers the post itself, and keeps it nowhere.
    """
    limit("code")
    typed = request.form.get("code", "")[:LONGEST_TYPED_CODE]
    waiting = booking = None
    try:
        code = own_copies.read_code(typed)
        # A receipt, a return code or a booking's: always looked up as all three, so that no answer tells by its time.
        waiting, booking = return_drafts.find(code), own_registrations.find_ticket(code)
        held = own_copies.find_held(code)
    except MistypedCode as mistyped:
        if link := BOOKING_LINK.search(typed):
            return see_other("own_page", ticket=link[1].lower())
        return _ask_for_code(typed, f"code-{mistyped.problem}"), 400
    except NothingHeld:
        if waiting:
            return _go_on(code, waiting)
        if booking:
            # Its page needs no Visit: what somebody types on a shared phone stays open to nobody.
            return see_other("own_page", ticket=booking)
        return _ask_for_code(typed, "code-nothing-held"), 400
    open_for(code, held.submission_id)
    return see_other("held")


def _go_on(code: str, waiting: Waiting) -> Response | tuple[str, int]:
    try:
        return save_and_return.go_on(code, waiting)
    except VisitFull:
        return _ask_for_code(code, "code-no-room"), 413


@blueprint.errorhandler(AlreadyErased)
def say_it_is_erased(error: AlreadyErased) -> Response:
    """Whatever else was pressed: there is nothing left for it to change."""
    return see_other("erased")


@blueprint.get("/<language>/choices/held")
@in_visit
def held() -> str:
    """What somebody can do here, one thing at a time."""
    found = held_now()
    return render_template(
        "public/choices_held.html",
        held=found,
        # Where only contact is asked for, all of it is on the page about that.
        has_answers=found.form.parts.keys() != {"contact"},
        left_alone=found.do_not_contact_on is not None,
        ways=_ways(found),
        said_yes=sum(consent.granted for consent in found.consents),
        news=news(),
    )


@blueprint.get("/<language>/choices/answers")
@in_visit
def held_answers() -> str:
    """Everything that they told us, each topic with its own way to change it."""
    found = held_now()
    return render_template(
        "public/choices_answers.html",
        held=found,
        topics=_topics(found, "call"),
        about_you=_topics(found, "equality"),
        asks_about_you="equality" in found.form.parts,
        has_answers=found.form.has_answers_to_read,
        closed=corrections.closed_for(found),
        unreadable=found.unreadable,
        back=url_for("public.held"),
    )


@blueprint.get("/<language>/choices/reach")
@in_visit
def held_contact() -> str:
    """How we may reach them, and a way to change it or to give it only now."""
    found = held_now()
    return render_template(
        "public/choices_reach.html",
        held=found,
        ways=_ways(found),
        topics=_topics(found, "contact"),
        warnings=[words_for(key) for key in contact_gaps(found.answers)],
        closed="contact" in corrections.closed_for(found),
        left_alone=found.do_not_contact_on is not None,
        unreadable="contact" in found.unreadable,
        news=news(),
        back=url_for("public.held"),
    )


@blueprint.get("/<language>/choices/agreed")
@in_visit
def held_consents() -> str:
    """What we may do, each with a button to take it back or to say yes."""
    found = held_now()
    return render_template(
        "public/choices_agreed.html",
        consents=[
            consent
            for consent in found.consents
            if consent.granted or may_come_later(consent.purpose)
        ],
        # What somebody may still say yes to is in the language of the page: those exact words are kept.
        wordings={wording.purpose: wording.text for wording in found.form.consents},
        # Without a safe way, a yes to being reached would mean nothing: first comes the way.
        useful={wording.purpose for wording in offered_later(found.form, found.answers)},
        left_alone=found.do_not_contact_on is not None,
        news=news(),
        back=url_for("public.held"),
    )


def _topics(found: Held, section: str) -> list[Section]:
    """What was answered in one section of the form, by topic."""
    pages = [
        page
        for page in found.form.pages
        if page.section == section and any(one.key in found.answers for one in page.questions)
    ]
    return list(read_back(pages, found.answers, due_on=found.due_on, buttons=True))


def _ways(found: Held) -> list[str]:
    """The ways by which we may reach them, in words, in the order of the form."""
    said_yes = {consent.purpose for consent in found.consents if consent.granted}
    contact = safe_contact(found.answers, through_helper=THROUGH_HELPER in said_yes)
    if contact is None:
        return []
    phone = contact.phone
    by = {
        "way-email": contact.email is not None,
        "way-text": phone is not None and phone.text_ok,
        "way-call": phone is not None and phone.call_ok,
        "way-app": contact.app is not None,
        "way-helper": contact.helper is not None,
    }
    return [words_for(key) for key, is_safe in by.items() if is_safe]


@blueprint.post("/<language>/choices/consent")
@in_visit
@page_is("public.held_consents")
def consent() -> Response:
    """Take one consent back, or give it (again). What needs a safe way leads to giving one first."""
    found = held_now()
    granted = "say-yes" in request.form
    purpose = request.form.get("say-yes") or request.form.get("take-back") or ""
    subject = consents.Subject(found.submission_id, found.call_id, found.form, g.language)
    wording = found.form.consent(purpose)
    if granted and not may_come_later(purpose):
        # There is no button for it.
        return see_other("held_consents")
    if granted and wording and wording not in offered_later(found.form, found.answers):
        return _way_first()
    try:
        consents.change(subject, purpose, granted)
    except consents.NoSuchConsent:
        return see_other("held_consents")
    except consents.NoSafeWay:
        return _way_first()
    note_news("consent-given" if granted else "consent-taken-back", "held_consents")
    return see_other("held_consents")


@blueprint.post("/<language>/choices/again")
@in_visit
@page_is("public.held_contact")
def contact_again() -> Response:
    """Lift *do not contact*, which a coordinator was asked to mark. Nobody at the desk can.

    It stays where a safe way or a permission is missing: they are led there, and with the permission it goes.
    """
    found = held_now()
    if not _ways(found):
        return _way_first()
    if not _may_reach(found):
        note_news("permission-first", "held_consents")
        return see_other("held_consents")
    consents.contact_again(found.submission_id)
    note_news("contact-again", "held_contact")
    return see_other("held_contact")


def _may_reach(found: Held) -> bool:
    said_yes = {consent.purpose for consent in found.consents if consent.granted}
    return any(
        lets_reach(wording) for wording in found.form.consents if wording.purpose in said_yes
    )


def _way_first() -> Response:
    note_news("way-first", "held_contact")
    return see_other("held_contact")


@blueprint.get("/<language>/choices/erase")
@in_visit
def erase() -> str:
    """What erasing means, before it is done."""
    found = held_now()
    return render_template(
        "public/erase.html",
        has_about_you=found.equality is not None,
        lost_about_you="equality" in found.unreadable,
        about_you_until=found.due_on.get("equality"),
        news=news(),
        back=url_for("public.held"),
    )


@blueprint.post("/<language>/choices/erase")
@in_visit
def erase_everything() -> Response:
    """Erase all of it. A second post finds nothing left and says the same."""
    visit = sessions.current()
    if visit.get("code"):
        note_erased(visit, _erase_all())
    return see_other("erased")


def _erase_all() -> str:
    """Erase what is held under this Visit's code. Returns what the page about it may say."""
    try:
        complete = erasing.erase_held(held_now()).complete
    except AlreadyErased:
        if sessions.current().get("erased") == REPLACED:
            return REPLACED
        # Pressed twice, or on two devices: it is what they wanted, and is finished here if it is not yet.
        complete = shredding.finish_now()
    return "complete" if complete else "going on"


@blueprint.get("/<language>/choices/erased")
@in_visit
def erased() -> str:
    """It is erased, or on its way; this page never says more than is so."""
    outcome = what_became()
    if outcome is None:
        raise VisitExpired
    return render_template(
        "public/erased.html",
        complete=outcome == "complete",
        meanwhile=outcome == "meanwhile",
        replaced=outcome == REPLACED,
    )


@blueprint.post("/<language>/choices/close")
@in_visit
@page_is("public.held")
def close() -> Response:
    """Finished: the Visit ends, and the code with it."""
    sessions.end()
    return see_other("home", finished="")
