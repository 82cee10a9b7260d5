"""Consents of a draft: what people are asked to agree to, each in a box of its own."""

from collections.abc import Iterator
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField

from webapp.desk.designer.draft_edits import (
    DRAFT,
    WRITE,
    Answer,
    DraftForm,
    back,
    english,
    form_page,
    long_body,
    saved,
    to_change,
    words_field,
)
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.words import purpose_words
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.edited_words import with_words
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.form_editing import edited
from webapp.rules.roles import Act
from webapp.services.forms import question_bank
from webapp.web.guards import may, takes_words


def offered_consents(form: FormDefinition) -> list[ConsentWording]:
    """The consents that the form asks for, and those of ours that it could: none about contact that is not asked for.

    The one about a helper comes and goes with the pages about contact.
    """
    asks_contact = any(page.section == "contact" for page in form.pages)
    there = {one.purpose for one in form.consents}
    others = [
        one
        for one in question_bank.known_consents()
        if one.purpose not in there
        and one.purpose != THROUGH_HELPER
        and (asks_contact or not one.uses_contact)
    ]
    return [*form.consents, *others]


def _consents_form(form: FormDefinition) -> type[DraftForm]:
    fields: dict[str, object] = {}
    for one in offered_consents(form):
        if one.purpose != THROUGH_HELPER:
            fields[f"{one.purpose}_asked"] = BooleanField(lazy_gettext("Ask for this"))
        fields[f"{one.purpose}_words"] = words_field(
            lazy_gettext("What people agree to"), needed=WRITE
        )
    return type("ConsentsForm", (DraftForm,), fields)


def _consents_as_written(form: FormDefinition) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in offered_consents(form):
        found[f"{one.purpose}_asked"] = form.consent(one.purpose) is not None
        found[f"{one.purpose}_words"] = english(one.text)
    return found


@blueprint.get(f"{DRAFT}/permissions")
@may(Act.WRITE_CALLS)
def designer_permissions(draft_id: UUID) -> Answer:
    """What people are asked to agree to, each in a box of its own that they may leave empty."""
    draft = to_change(draft_id)
    definition = draft.content.form
    form = _consents_form(definition)(formdata=None, data=_consents_as_written(definition))
    return form_page("permissions", draft, form, consents=_purposes(definition))


@blueprint.post(f"{DRAFT}/permissions")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_permissions")
def designer_permissions_post(draft_id: UUID) -> Answer:
    """Save them."""
    draft = to_change(draft_id)
    form = _consents_form(draft.content.form)()

    def edit(content: CallDraftContent) -> CallDraftContent:
        consents = tuple(_consents_from(content.form, form))
        return content.with_form(edited(content.form, consents=consents))

    if form.validate() and saved(form, draft, edit, gettext("Changed the permissions")):
        return back(draft, "saved")
    return form_page("permissions", draft, form, consents=_purposes(draft.content.form))


def _consents_from(form: FormDefinition, typed: DraftForm) -> Iterator[ConsentWording]:
    for one in offered_consents(form):
        if f"{one.purpose}_words" not in typed:
            if form.consent(one.purpose):
                yield one
        elif one.purpose == THROUGH_HELPER or typed[f"{one.purpose}_asked"].data:
            text = with_words(one.text, typed[f"{one.purpose}_words"].data)
            yield one.model_copy(update={"text": text})


def _purposes(form: FormDefinition) -> list[tuple[str, str]]:
    return [(one.purpose, str(purpose_words(one.purpose))) for one in offered_consents(form)]
