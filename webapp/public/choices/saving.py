"""A correction's end: "check your answers", the consents that make sense only now, and "Save my changes"."""

from collections.abc import Collection

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.choices.correcting import CORRECT, addresses, take_up
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.public.drafts.draft import EQUALITY
from webapp.public.drafts.held_answers import held_now, note_gone
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import note_news
from webapp.public.shared.limits import limit
from webapp.public.shared.refusals import CannotBeSent
from webapp.public.steps import check_page, contact_page
from webapp.rules import consent
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.services.answers import corrections
from webapp.services.answers.corrections import NothingLeft
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.web.guards import in_visit
from webapp.web.post_redirect_get import page_is


@blueprint.get(f"{CORRECT}/check")
@in_visit
def correct_check() -> str:
    """Everything that would be kept instead, with a way to change each answer."""
    draft = take_up()
    skipped = draft.more != "answer"
    pages = [page for page in draft.answers.route if not (skipped and page.section == EQUALITY)]
    return check_page.show(
        "public/check_changes.html",
        draft,
        addresses(),
        pages,
        # There may be no page at all: its time can be over for all but the answers about equality.
        back=url_for("public.held"),
        correction=draft,
        more=addresses().of_more() if skipped and draft.asks_for_more else None,
    )


@blueprint.post(f"{CORRECT}/check")
@in_visit
def correct_check_post() -> Response:
    """On to consents that make sense only now, or straight to saving, unless something is not ready."""
    draft = take_up()
    if elsewhere := check_page.not_ready(draft, addresses()):
        return elsewhere
    if draft.new_consents:
        return see_other("correct_agree")
    return _save(draft, [])


@blueprint.post("/<language>/choices/keep")
@in_visit
@page_is("public.held")
def correct_check_discard() -> Response:
    """Change nothing after all: the draft goes, what is held stays."""
    CorrectionDraft.drop_all(sessions.current(), finished=True)
    return see_other("held")


@blueprint.get(f"{CORRECT}/agree")
@in_visit
def correct_agree() -> Response | str:
    """The consents that make sense only now, each unticked, and "Save my changes"."""
    draft = take_up()
    if not draft.new_consents:
        return addresses().to_check()
    return render_template(
        "public/agree_now.html",
        consents=draft.new_consents,
        ticked=draft.ticked,
        back=addresses().of_check(),
    )


@blueprint.post(f"{CORRECT}/agree")
@in_visit
def correct_agree_post() -> Response:
    """Keep the new version, with the consents that were ticked."""
    return _save(take_up(), request.form.getlist("consent"))


def _save(draft: CorrectionDraft, ticked: list[str]) -> Response:
    """Keep the new version, or ask once where a way to reach them was given and no box ticked for it."""
    # As at the first Send: a box must not come back empty.
    draft.note_ticked(ticked)
    if _missing_for_contact(draft, ticked):
        return see_other("correct_agree_contact")
    return _store(draft, ticked)


def _missing_for_contact(
    draft: CorrectionDraft, ticked: Collection[str]
) -> tuple[ConsentWording, ...]:
    """What is missing for contact, of the consents that make sense only now. Nothing else is asked again."""
    agreed = {*ticked, *draft.mark["said_yes"]}
    missing = consent.missing_for_contact(draft.form, draft.answers.kept, agreed)
    new = draft.new_consents
    return missing if all(wording in new for wording in missing) else ()


@blueprint.get(f"{CORRECT}/agree/contact")
@in_visit
def correct_agree_contact() -> Response | str:
    """They want to hear from us and gave a safe way, but ticked no box for it: one question."""
    draft = take_up()
    missing = _missing_for_contact(draft, draft.ticked)
    if not missing:
        return see_other("correct_agree")
    return contact_page.show(draft, missing, back=url_for("public.correct_agree"))


@blueprint.post(f"{CORRECT}/agree/contact")
@in_visit
def correct_agree_contact_post() -> Response:
    """Save it with the consents whose words were on the page, or without them. The ticked boxes stay as they were."""
    draft = take_up()
    missing = _missing_for_contact(draft, draft.ticked)
    if contact_page.saw_other_words(missing):
        return see_other("correct_agree_contact")
    said_yes = [wording.purpose for wording in missing] if contact_page.says_yes() else []
    return _store(draft, [*draft.ticked, *said_yes])


def _store(draft: CorrectionDraft, ticked: Collection[str]) -> Response:
    """Keep the new version, once: a second post of the same finds it kept (by its idempotency key)."""
    if waiting := draft.waiting:
        # Refused in another tab meanwhile: saved now, those words would be lost.
        return addresses().to_change(waiting.key)
    limit("send")
    try:
        complete = corrections.correct(draft.visit["code"], draft.to_save(ticked, g.language))
    except NothingHeld:
        # Erased meanwhile, in another tab or because its day had come; or the receipt was replaced.
        note_gone(draft.visit)
        return see_other("erased")
    except NOT_TO_SEAL_TO as error:
        raise CannotBeSent(draft.call) from error
    except NothingLeft:
        return see_other("erase")
    except EditConflict:
        return _changed_meanwhile(draft)
    except (AnswersMissing, Stopped):
        # It became too late for a part while it was being corrected: look through it once more.
        return addresses().to_check()
    draft.forget()
    note_news("changes-saved" if complete else "changes-going-on", "held")
    return see_other("held")


def _changed_meanwhile(draft: CorrectionDraft) -> Response:
    """Optimistic locking: another device has saved first. They see what they would replace that with."""
    draft.begin_again_with(held_now())
    note_news("changed-meanwhile", "correct_check")
    return addresses().to_check()
