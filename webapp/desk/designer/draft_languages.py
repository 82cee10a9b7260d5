"""The languages of a draft: how far each is, beginning one, reviewing it, taking it out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import request
from flask_babel import gettext, lazy_gettext
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.designer.day_form import DayForm, in_boxes
from webapp.desk.designer.draft_edits import (
    DRAFT,
    Answer,
    DraftForm,
    form_page,
    saved,
    to_change,
    who_asks,
)
from webapp.desk.designer.language_words import (
    group_state,
    group_title,
    reviewed_by,
    state_of,
)
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.forms import is_personal, one_line, refuse_longer
from webapp.rules import clock
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_languages import LONGEST_ROLE
from webapp.rules.forms.draft_translation import (
    TRANSLATABLE,
    LanguageState,
    NotComplete,
    begin_language,
    mark_reviewed,
    remove_language,
    standing,
    take_review_back,
)
from webapp.rules.languages.site_languages import Language
from webapp.rules.roles import Act
from webapp.services.forms.call_drafts import Draft
from webapp.services.forms.shipped_translations import shipped
from webapp.ui.page_language import offered_languages
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "begun": (
            lazy_gettext(
                "Begun. Texts that Hearth has in this language already are filled in. Check them too."
            ),
            True,
        ),
        "saved": (lazy_gettext("Saved."), True),
        "reviewed": (lazy_gettext("Saved: this language was reviewed."), True),
        "unreviewed": (lazy_gettext("Saved: this language must be reviewed again."), True),
        "removed": (
            lazy_gettext(
                "The language is taken out. If you did not mean to, go to the draft and press Undo."
            ),
            True,
        ),
    }
)
#: States in which somebody can have read everything.
COMPLETE: Final = (LanguageState.NOT_REVIEWED, LanguageState.READY)


class ReviewedForm(DayForm):
    """Who has read all words of a language, in which role, and on which day."""

    by = StringField(
        lazy_gettext("Who has read all of them?"),
        filters=[one_line],
        description=lazy_gettext(
            "A role, like Interpreter or Native-speaking caseworker. No name, unless they want it there."
        ),
    )

    def validate_by(self, field: Field) -> None:
        """A short role, without contact details."""
        if not field.data:
            raise StopValidation(gettext("Enter who has read them: a role, like Interpreter"))
        refuse_longer(field.data, LONGEST_ROLE)
        if is_personal(field.data):
            raise StopValidation(gettext("Leave out phone numbers and e-mail addresses"))

    def validate_day(self, field: Field) -> None:
        """A day that is not in the future."""
        if self.date is None:
            raise StopValidation(gettext("Enter a day that is in the calendar, like 28 11 2026"))
        if self.date > clock.today():
            raise StopValidation(gettext("Enter the day on which they read them, not one to come"))

    def edit(self, content: CallDraftContent, code: str) -> CallDraftContent:
        """The content with this review. Raises `NotComplete`."""
        return mark_reviewed(content, code, self.by.data, self.date or clock.today())


def find_language(code: str) -> Language:
    """A language that a call can be translated into. Raises `NotHere`."""
    found = next((one for one in TRANSLATABLE if one.code == code), None)
    if found is None:
        raise NotHere(code)
    return found


@blueprint.get(f"{DRAFT}/languages")
@may(Act.WRITE_CALLS)
def designer_languages(draft_id: UUID) -> Answer:
    """Every language that a call can have, and how far each is."""
    return _list(to_change(draft_id), DraftForm())


@blueprint.post(f"{DRAFT}/languages")
@may(Act.WRITE_CALLS)
def designer_languages_post(draft_id: UUID) -> Answer:
    """Begin a language, with the translations that Hearth ships. Idempotent."""
    draft, form = to_change(draft_id), DraftForm()
    language = find_language(request.form.get("language", ""))

    def edit(content: CallDraftContent) -> CallDraftContent:
        return begin_language(content, language.code, shipped(language.code, who_asks()))

    what = gettext("Began the translation into %(language)s", language=language.english_name)
    if saved(form, draft, edit, what):
        return _to(draft, language.code, "begun")
    return _list(draft, form)


@blueprint.get(f"{DRAFT}/languages/<code>")
@may(Act.WRITE_CALLS)
def designer_language(draft_id: UUID, code: str) -> Answer:
    """One language: how far each page is, its review, and what can be done with all of it."""
    draft, language = to_change(draft_id), find_language(code)
    return _page(draft, language, _first_review(draft, code))


@blueprint.post(f"{DRAFT}/languages/<code>/reviewed")
@may(Act.WRITE_CALLS)
def designer_language_reviewed(draft_id: UUID, code: str) -> Answer:
    """Mark a complete language as reviewed, in which role and when; or take the mark back."""
    draft, language = to_change(draft_id), find_language(code)
    form, name = ReviewedForm(), language.english_name
    if request.form.get("do") == "take-back":
        what = gettext("Took back that %(language)s was reviewed", language=name)
        if saved(form, draft, lambda content: take_review_back(content, code), what):
            return _to(draft, code, "unreviewed")
        return _page(draft, language, form)
    what = gettext("Marked %(language)s as reviewed", language=name)
    try:
        if form.validate() and saved(form, draft, lambda one: form.edit(one, code), what):
            return _to(draft, code, "reviewed")
    except NotComplete:
        form.by.errors = [gettext("Not all texts are translated and up to date")]
    return _page(draft, language, form)


@blueprint.post(f"{DRAFT}/languages/<code>/remove")
@may(Act.WRITE_CALLS)
def designer_language_remove(draft_id: UUID, code: str) -> Answer:
    """Take a language out of the draft, with all its words. It can be undone."""
    draft, language = to_change(draft_id), find_language(code)
    form = ReviewedForm(formdata=None, data={"version": request.form.get("version", "")})
    what = gettext("Took %(language)s out", language=language.english_name)
    if saved(form, draft, lambda content: remove_language(content, code), what):
        return see_other("designer_languages", draft_id=draft.id, done="removed")
    return _page(draft, language, form)


def _to(draft: Draft, code: str, done: str) -> Answer:
    return see_other("designer_language", draft_id=draft.id, code=code, done=done)


def _first_review(draft: Draft, code: str) -> ReviewedForm:
    review = standing(draft.content, code).review
    data = {**in_boxes(clock.today()), "by": review.by if review else ""}
    return ReviewedForm(formdata=None, data=data)


def _list(draft: Draft, form: DraftForm) -> Answer:
    every = [standing(draft.content, one.code) for one in TRANSLATABLE]
    shown = {one.code for one in offered_languages()}
    return form_page(
        "languages",
        draft,
        form,
        rows=[(one, state_of(one), one.language.code in shown) for one in every],
        done=flash_in(FLASHES),
    )


def _page(draft: Draft, language: Language, form: ReviewedForm) -> Answer:
    content, now = draft.content, standing(draft.content, language.code)
    return form_page(
        "language",
        draft,
        form,
        language=language,
        standing=now,
        state=state_of(now),
        reviewed=reviewed_by(now) if now.is_reviewed else "",
        is_complete=now.state in COMPLETE,
        groups=[(one, group_title(content, one), group_state(one)) for one in now.groups],
        first_page=content.form.pages[0].key,
        is_shown=language.code in {one.code for one in offered_languages()},
        done=flash_in(FLASHES),
    )
