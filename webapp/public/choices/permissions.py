"""Safe channels and consents: withdrawn or given again with the receipt alone."""

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.public.choices.held_summary import topics_of, ways_of
from webapp.public.drafts.held_answers import held_now
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import flash_message, set_flash
from webapp.public.steps import member_list
from webapp.rules.consent import lets_reach, may_come_later, offered_later
from webapp.rules.contact.safe_channels import contact_gaps
from webapp.services.answers import consents, corrections, shared_with
from webapp.services.answers.own_copies import Held
from webapp.services.infrastructure import limits
from webapp.services.keys import member_lists
from webapp.ui.messages import words_for
from webapp.web.guards import in_visit, works_on_a_full_disk
from webapp.web.post_redirect_get import page_is


@blueprint.get("/<language>/choices/reach")
@in_visit
def held_contact() -> str:
    """The safe channels, and a way to change them or to give some only now."""
    found = held_now()
    return render_template(
        "public/choices_reach.html",
        held=found,
        ways=ways_of(found),
        topics=topics_of(found, "contact"),
        warnings=[words_for(key) for key in contact_gaps(found.answers)],
        closed="contact" in corrections.closed_for(found),
        left_alone=found.do_not_contact_on is not None,
        unreadable="contact" in found.unreadable,
        news=flash_message(),
        back=url_for("public.held"),
    )


@blueprint.get("/<language>/choices/agreed")
@in_visit
def held_consents() -> str:
    """The consents, each with a button to withdraw it or to give it."""
    found = held_now()
    return render_template(
        "public/choices_agreed.html",
        consents=[
            consent
            for consent in found.consents
            if consent.granted or may_come_later(consent.purpose)
        ],
        # Consents that can still be given are in the language of the page, because those exact words are stored.
        wordings={wording.purpose: wording.text for wording in found.form.consents},
        # Without a safe channel, consent to contact would be meaningless: the channel comes first.
        members=member_lists.current(),
        shared=shared_with.told(found.submission_id),
        useful={wording.purpose for wording in offered_later(found.form, found.answers)},
        unclear=found.consents_unclear,
        left_alone=found.do_not_contact_on is not None,
        news=flash_message(),
        back=url_for("public.held"),
    )


@blueprint.post("/<language>/choices/consent")
@in_visit
@page_is("public.held_consents")
@works_on_a_full_disk
def held_consents_change() -> Response:
    """Withdraw one consent, or give it (again). One that needs a safe channel redirects to giving that first."""
    found = held_now()
    granted = "say-yes" in request.form
    purpose = request.form.get("say-yes") or request.form.get("take-back") or ""
    subject = consents.Subject(
        found.submission_id, found.call_id, found.form, g.language, member_list.posted()
    )
    wording = found.form.consent(purpose)
    if granted and not may_come_later(purpose):
        # Not offered by any button.
        return see_other("held_consents")
    if granted and wording and wording not in offered_later(found.form, found.answers):
        return _way_first()
    if granted:
        # Never for taking back. Only who has this participant's code can use it up.
        limits.take_for("consent-given", found.submission_id.hex)
    try:
        consents.change(subject, purpose, granted)
    except consents.NoSuchConsent:
        return see_other("held_consents")
    except consents.NoSafeWay:
        return _way_first()
    set_flash("consent-given" if granted else "consent-taken-back", "held_consents")
    return see_other("held_consents")


@blueprint.post("/<language>/choices/again")
@in_visit
@page_is("public.held_contact")
def held_contact_again() -> Response:
    """Lift *do not contact*, which a coordinator set at the participant's request. No coordinator can lift it.

    It stays while a safe channel or a consent is missing: the participant is led there, and giving it lifts this.
    """
    found = held_now()
    if not ways_of(found):
        return _way_first()
    if not _may_reach(found):
        set_flash("permission-first", "held_consents")
        return see_other("held_consents")
    consents.contact_again(found.submission_id)
    set_flash("contact-again", "held_contact")
    return see_other("held_contact")


def _may_reach(found: Held) -> bool:
    said_yes = {consent.purpose for consent in found.consents if consent.granted}
    return any(
        lets_reach(wording) for wording in found.form.consents if wording.purpose in said_yes
    )


def _way_first() -> Response:
    set_flash("way-first", "held_contact")
    return see_other("held_contact")
