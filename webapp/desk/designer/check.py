"""The publish check of a draft, reasons for questions that it stops at, and publishing with step-up authentication."""

from typing import Any
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import Field, TextAreaField
from wtforms.validators import StopValidation

from webapp.desk.designer import check_words, difference_words
from webapp.desk.designer.change_form import ChangeForm
from webapp.desk.designer.draft_edits import (
    DRAFT,
    Answer,
    DraftForm,
    back,
    form_page,
    long_body,
    saved,
    to_change,
)
from webapp.desk.designer.language_words import languages_of
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.forms import is_personal, one_line
from webapp.desk.shared.step_up import ABOUT
from webapp.rules.forms.call_draft import LONGEST_REASON, CallDraftContent
from webapp.rules.forms.form_difference import difference
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.publishing.call_checks import publish_problems
from webapp.rules.roles import Act
from webapp.services.forms import call_versions, draft_publishing
from webapp.services.forms.call_drafts import Draft, VersionOf
from webapp.services.forms.draft_publishing import NotReady
from webapp.web.guards import may, takes_words

ABOUT["desk.designer_check_publish"] = lambda: gettext(
    "You are about to publish a call. People can find it and answer at once."
)


def _reason_written(form: DraftForm, field: Field) -> None:
    if len(field.data) > LONGEST_REASON:
        raise StopValidation(gettext("Write at most %(most)s letters", most=LONGEST_REASON))
    if is_personal(field.data):
        raise StopValidation(gettext("Leave addresses and phone numbers out of the reason"))


def _reasons_form(content: CallDraftContent) -> type[DraftForm]:
    """A field for each question that may only be asked with a reason."""
    fields: dict[str, object] = {}
    for key in _asked_with_reason(content):
        words = check_words.asked_words(content.form, key)
        fields[_field(key)] = TextAreaField(
            lazy_gettext("Why it must be asked: “%(words)s”", words=words),
            [_reason_written],
            filters=[one_line],
        )
    return type("ReasonsForm", (DraftForm,), fields)


def _asked_with_reason(content: CallDraftContent) -> list[str]:
    found = [
        str(one.params["where"])
        for one in publish_problems(content.form)
        if one.severity == "needs_reason"
    ]
    return list(dict.fromkeys(found))


def _field(key: str) -> str:
    # WTForms takes a name with a dot, and no template could reach it.
    return f"why_{key.replace('.', '_')}"


@blueprint.get(f"{DRAFT}/check")
@may(Act.WRITE_CALLS)
def designer_check(draft_id: UUID) -> Answer:
    """Everything that stands in the way of publishing, each with a link to where it is mended."""
    draft = to_change(draft_id)
    content = draft.content
    reasons = {_field(key): content.reasons.get(key, "") for key in _asked_with_reason(content)}
    return _page(draft, _reasons_form(content)(formdata=None, data=reasons))


@blueprint.post(f"{DRAFT}/check")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_check")
def designer_check_post(draft_id: UUID) -> Answer:
    """Save the reasons, and check again."""
    draft = to_change(draft_id)
    form = _reasons_form(draft.content)()

    def edit(content: CallDraftContent) -> CallDraftContent:
        given = {
            key: form[_field(key)].data
            for key in _asked_with_reason(content)
            if _field(key) in form
        }
        kept = {**content.reasons, **given}
        return content.model_copy(
            update={"reasons": {key: why for key, why in kept.items() if why}}
        )

    if form.validate() and saved(form, draft, edit, gettext("Changed reasons for questions")):
        return see_other("designer_check", draft_id=draft_id)
    return _page(draft, form)


@blueprint.post(f"{DRAFT}/publish")
@may(Act.WRITE_CALLS, fresh=True)
def designer_check_publish(draft_id: UUID) -> Answer:
    """Publish the version that the check was shown for, by the same service as the command."""
    draft, form = to_change(draft_id), DraftForm()
    if draft.of is not None or draft.version != form.based_on:
        return back(draft, "not-ready")
    try:
        draft_publishing.publish(draft, actor=signed_in().coordinator_id)
    except NotReady:
        return back(draft, "not-ready")
    return back(draft, "published")


def version_page(draft: Draft, change: ChangeForm) -> Answer:
    """The check of a new version with a reason that was refused (HTTP 400)."""
    form = _reasons_form(draft.content)(formdata=None)
    form.version.data = str(draft.version)
    return _page(draft, form, change)


def _page(draft: Draft, form: DraftForm, change: ChangeForm | None = None) -> Answer:
    content = draft.content
    found = call_versions.check(draft.of, content) if draft.of else draft_publishing.check(content)
    lines = [check_words.of_obstacle(draft.id, one) for one in found.obstacles]
    lines += [check_words.of_problem(draft.id, content.form, one) for one in found.problems]
    more = _of_version(draft.of, draft, change) if draft.of else {}
    return form_page(
        "check",
        draft,
        form,
        findings=list(dict.fromkeys(lines)),
        reasons=[form[_field(key)] for key in _asked_with_reason(content) if _field(key) in form],
        left_out=[check_words.of_language(draft.id, one) for one in found.left_out],
        languages=languages_of(content),
        **more,
    )


def _of_version(of: VersionOf, draft: Draft, change: ChangeForm | None) -> dict[str, Any]:
    """What a new version has on this page beside the check: what is different, and the form that publishes it."""
    before, after = call_versions.before_and_after(of, draft.content)
    told = difference_words.told(difference(before, after), before, after)
    form = change or ChangeForm(draft)
    gone = [LANGUAGES[code].english_name for code in before.title if code not in after.title]
    return {
        "told": told,
        "gone": gone,
        "change": form,
        **({"problems": form.problems} if change else {}),
    }
