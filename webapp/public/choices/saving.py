"""The end of a correction: "check your answers", the consents that become possible now, and "Save my changes"."""

from collections.abc import Collection

from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.choices.correcting import CORRECT, addresses, take_up
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.public.drafts.draft import EQUALITY
from webapp.public.drafts.held_answers import held_now, note_gone
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import set_flash
from webapp.public.shared.rate_limit import limit_one
from webapp.public.shared.refusals import CannotBeSent
from webapp.public.steps import check_page, contact_page, member_list
from webapp.rules import consent
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.services.answers import corrections
from webapp.services.answers.corrections import NothingLeft
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import member_lists
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.web.guards import in_visit, works_on_a_full_disk
from webapp.web.post_redirect_get import page_is


@blueprint.get(f"{CORRECT}/check")
@in_visit
def correct_check() -> str:
    """Everything that would be stored instead, with a way to change each answer."""
    draft = take_up()
    skipped = draft.more != "answer"
    pages = [page for page in draft.answers.route if not (skipped and page.section == EQUALITY)]
    return check_page.show(
        "public/check_changes.html",
        draft,
        addresses(),
        pages,
        # There may be no page: all parts may be past their retention period but that of the equality questions.
        back=url_for("public.held"),
        correction=draft,
        more=addresses().of_more() if skipped and draft.asks_for_more else None,
    )


@blueprint.post(f"{CORRECT}/check")
@in_visit
@works_on_a_full_disk
def correct_check_post() -> Response:
    """Go on to new consents, or straight to saving, unless some input is not valid yet."""
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
    """Discard the draft; what is stored stays as it is."""
    CorrectionDraft.drop_all(sessions.current(), finished=True)
    return see_other("held")


@blueprint.get(f"{CORRECT}/agree")
@in_visit
def correct_agree() -> Response | str:
    """The consents that become possible now, each unticked, and "Save my changes"."""
    draft = take_up()
    if not draft.new_consents:
        return addresses().to_check()
    members = member_lists.current()
    return render_template(
        "public/agree_now.html",
        consents=draft.new_consents,
        ticked=draft.ticked_beside(members.id if members else None),
        members=members,
        back=addresses().of_check(),
    )


@blueprint.post(f"{CORRECT}/agree")
@in_visit
@works_on_a_full_disk
def correct_agree_post() -> Response:
    """Save the correction, with the consents that were ticked."""
    draft = take_up()
    draft.note_members(member_list.posted())
    return _save(draft, request.form.getlist("consent"))


def _save(draft: CorrectionDraft, ticked: list[str]) -> Response:
    """Save, or ask once where a safe channel was given and no consent to contact ticked."""
    # As at Send: a ticked box must not come back empty.
    draft.note_ticked(ticked)
    if _missing_for_contact(draft, ticked):
        return see_other("correct_agree_contact")
    return _store(draft, ticked)


def _missing_for_contact(
    draft: CorrectionDraft, ticked: Collection[str]
) -> tuple[ConsentWording, ...]:
    """The consents missing for contact, of those that become possible now. Others are not asked again."""
    agreed = {*ticked, *draft.mark["said_yes"]}
    missing = consent.missing_for_contact(draft.form, draft.answers.kept, agreed)
    new = draft.new_consents
    return missing if all(wording in new for wording in missing) else ()


@blueprint.get(f"{CORRECT}/agree/contact")
@in_visit
def correct_agree_contact() -> Response | str:
    """One question where contact is wanted and a safe channel given, but no consent ticked."""
    draft = take_up()
    missing = _missing_for_contact(draft, draft.ticked)
    if not missing:
        return see_other("correct_agree")
    return contact_page.show(draft, missing, back=url_for("public.correct_agree"))


@blueprint.post(f"{CORRECT}/agree/contact")
@in_visit
@works_on_a_full_disk
def correct_agree_contact_post() -> Response:
    """Save with the consents whose words were on the page, or without them. The ticked boxes stay as they were."""
    draft = take_up()
    missing = _missing_for_contact(draft, draft.ticked)
    if contact_page.saw_other_words(missing):
        return see_other("correct_agree_contact")
    said_yes = [wording.purpose for wording in missing] if contact_page.says_yes() else []
    if consent.SHARING in said_yes:
        draft.note_members(member_list.posted())
    return _store(draft, [*draft.ticked, *said_yes])


def _store(draft: CorrectionDraft, ticked: Collection[str]) -> Response:
    """Store the correction. Idempotent: a second post finds it stored (by its idempotency key)."""
    if waiting := draft.waiting:
        # Refused in another tab meanwhile: that input would be lost.
        return addresses().to_change(waiting.key)
    limit_one("send", draft.visit["code"])
    try:
        complete = corrections.correct(draft.visit["code"], draft.to_save(ticked, g.language))
    except NothingHeld:
        # Erased meanwhile, in another tab or by its retention period, or the receipt was replaced.
        note_gone(draft.visit)
        return see_other("erased")
    except NOT_TO_SEAL_TO as error:
        raise CannotBeSent(draft.call) from error
    except NothingLeft:
        return see_other("erase")
    except EditConflict:
        return _changed_meanwhile(draft)
    except (AnswersMissing, Stopped):
        # A part passed its retention period during the correction: the participant checks it once more.
        return addresses().to_check()
    draft.forget()
    set_flash("changes-saved" if complete else "changes-going-on", "held")
    return see_other("held")


def _changed_meanwhile(draft: CorrectionDraft) -> Response:
    """Edit conflict (optimistic locking): another device saved first. The page shows what saving would replace."""
    draft.begin_again_with(held_now())
    set_flash("changed-meanwhile", "correct_check")
    return addresses().to_check()
