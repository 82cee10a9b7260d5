"""The steps after the last question: "check your answers", then consents, and Send."""

from uuid import UUID

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp.public.calls.call_lookup import CALL, take_up
from webapp.public.calls.questions import addresses, offer_return_code, wants_to_stop
from webapp.public.drafts.call_draft import CallDraft
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.bot_check import looks_automated
from webapp.public.shared.flash import flash_message, set_flash
from webapp.public.shared.rate_limit import admit_sending
from webapp.public.shared.refusals import CannotBeSent, Closed
from webapp.public.steps import check_page, contact_page, member_list
from webapp.rules.consent import SHARING, missing_for_contact, offered
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.forms.progress import parts_of_way
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.services.answers import corrections, submissions
from webapp.services.answers.consent_statements import WordingMissing
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import member_lists
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.web.guards import in_visit


@blueprint.get(f"{CALL}/check")
@in_visit
def check(slug: str) -> str:
    """Everything that would be submitted, with a way to change each answer."""
    draft = take_up(slug)
    at, pages = addresses(slug), draft.answers.route
    return check_page.show(
        "public/check.html",
        draft,
        at,
        pages,
        back=at.of_page(pages[-1].key),
        parts=parts_of_way(draft.form),
    )


@blueprint.post(f"{CALL}/check")
@in_visit
def check_post(slug: str) -> Response:
    """Go on to consents, unless some input is not valid yet, or a required answer is still missing."""
    draft = take_up(slug)
    if wants_to_stop():
        return offer_return_code(draft, "check")
    if elsewhere := check_page.not_ready(draft, addresses(slug)):
        return elsewhere
    draft.prepare()
    return see_other("agree", slug=slug)


@blueprint.get(f"{CALL}/agree")
@in_visit
def agree(slug: str) -> Response | str:
    """The consents, one unticked box for each purpose, and Send."""
    draft = take_up(slug)
    if draft.sending is None:
        return see_other("check", slug=slug)
    members = member_lists.current()
    return render_template(
        "public/agree.html",
        parts=parts_of_way(draft.form),
        consents=offered(draft.form, draft.answers.kept),
        ticked=draft.ticked_beside(members.id if members else None),
        members=members,
        has_contact=draft.has_safe_contact,
        helped=draft.helped,
        news=flash_message(),
        back=url_for("public.check", slug=slug),
    )


@blueprint.post(f"{CALL}/agree")
@in_visit
def agree_post(slug: str) -> Response:
    """Submit. Idempotent: a second post finds the submission stored (by its idempotency key) and shows its receipt."""
    draft = take_up(slug)
    if draft.sending is None:
        return see_other("check", slug=slug)
    ticked = _offered(draft, request.form.getlist("consent"))
    # Before any error: a participant who finds the boxes empty might press Send again, and refuse consent unseen.
    draft.note_ticked(ticked)
    draft.note_members(member_list.posted())
    if wants_to_stop():
        return offer_return_code(draft, "agree")
    if elsewhere := _not_yet(draft):
        return elsewhere
    if missing_for_contact(draft.form, draft.answers.kept, ticked):
        return see_other("agree_contact", slug=slug)
    return _store(draft, ticked)


def _not_yet(draft: CallDraft) -> Response | None:
    """The redirect where Send must not store anything yet; None when it may."""
    slug = draft.call.slug
    if waiting := draft.waiting:
        # Refused in another tab meanwhile: that input would be lost.
        return addresses(slug).to_change(waiting.key)
    if notice := looks_automated(draft.seconds):
        set_flash(notice, "agree", slug=slug)
        return see_other("agree", slug=slug)
    return None


def _offered(draft: CallDraft, purposes: list[str]) -> list[str]:
    """Filter these purposes to those that are offered for these answers, in the order of the form."""
    may_tick = offered(draft.form, draft.answers.kept)
    return [wording.purpose for wording in may_tick if wording.purpose in purposes]


@blueprint.get(f"{CALL}/agree/contact")
@in_visit
def agree_contact(slug: str) -> Response | str:
    """One question where contact is wanted and a safe channel given, but no consent ticked: Send would lose that."""
    draft = take_up(slug)
    missing = _missing(draft)
    if not missing:
        return see_other("agree", slug=slug)
    back, parts = url_for("public.agree", slug=slug), parts_of_way(draft.form)
    return contact_page.show(draft, missing, back=back, parts=parts)


def _missing(draft: CallDraft) -> tuple[ConsentWording, ...]:
    """The consents that are missing for contact, besides the ticked ones; empty before those were shown."""
    if draft.sending is None:
        return ()
    return missing_for_contact(draft.form, draft.answers.kept, draft.ticked)


@blueprint.post(f"{CALL}/agree/contact")
@in_visit
def agree_contact_post(slug: str) -> Response:
    """Submit with the consents whose words were on the page, or without them. The ticked boxes stay as they were."""
    draft = take_up(slug)
    missing = _missing(draft)
    if wants_to_stop():
        return offer_return_code(draft, "agree")
    if contact_page.saw_other_words(missing):
        return see_other("agree_contact", slug=slug)
    if elsewhere := _not_yet(draft):
        return elsewhere
    said_yes = [wording.purpose for wording in missing] if contact_page.says_yes() else []
    if SHARING in said_yes:
        draft.note_members(member_list.posted())
    return _store(draft, _offered(draft, [*draft.ticked, *said_yes]))


def _store(draft: CallDraft, ticked: list[str]) -> Response:
    slug = draft.call.slug
    if draft.sending is None:
        return see_other("check", slug=slug)
    submission_id, receipt = draft.sending
    admit_sending(draft.waits.code)
    try:
        _submit(draft, submission_id, receipt, ticked)
    except submissions.CallClosed:
        raise Closed(draft.call, unsent=True) from None
    except (*NOT_TO_SEAL_TO, WordingMissing, RowForged) as error:
        draft.note_ticked(ticked)
        raise CannotBeSent(draft.call) from error
    except (AnswersMissing, Stopped):
        # The form changed while it was being answered: the participant checks it once more.
        return see_other("check", slug=slug)
    draft.note_sent(receipt, corrections.tag_of(submission_id), ticked)
    return see_other("done", slug=slug)


def _submit(draft: CallDraft, submission_id: UUID, receipt: str, ticked: list[str]) -> None:
    submissions.submit(
        draft.call,
        submission_id=submission_id,
        receipt=receipt,
        answers=draft.answers,
        given={wording.purpose: wording.purpose in ticked for wording in draft.form.consents},
        language=g.language,
        return_code=draft.waits.code,
        typed_by="helper" if draft.helped else "self",
        members=draft.members,
    )
