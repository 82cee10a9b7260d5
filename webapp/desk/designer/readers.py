"""For each part of the answers of a draft: who reads it, why, and how long it is kept."""

from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import Field, Form, StringField
from wtforms.validators import StopValidation

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
from webapp.desk.designer.draft_words import PARTS
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.forms import one_line
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.edited_words import with_words
from webapp.rules.forms.form_definition import FormDefinition, PartRules
from webapp.rules.forms.form_editing import edited
from webapp.rules.roles import Act
from webapp.web.guards import may, takes_words

MOST_MONTHS = 36


def _months(form: Form, field: Field) -> None:
    typed = field.data
    if not (
        typed.isascii() and typed.isdigit() and len(typed) < 4 and 1 <= int(typed) <= MOST_MONTHS
    ):
        raise StopValidation(
            gettext("Enter a number of months from 1 to %(most)s", most=MOST_MONTHS)
        )


def _parts_form(form: FormDefinition) -> type[DraftForm]:
    fields: dict[str, object] = {}
    for name in form.parts:
        fields[f"{name}_reader"] = words_field(lazy_gettext("Who reads them"), needed=WRITE)
        fields[f"{name}_why"] = words_field(lazy_gettext("Why you need them"), needed=WRITE)
        fields[f"{name}_months"] = StringField(
            lazy_gettext("Kept for so many months after the call closes"),
            [_months],
            filters=[one_line],
        )
    return type("PartsForm", (DraftForm,), fields)


def _parts_as_written(form: FormDefinition) -> dict[str, str]:
    found = {}
    for name, rules in form.parts.items():
        found[f"{name}_reader"], found[f"{name}_why"] = english(rules.reader), english(rules.why)
        found[f"{name}_months"] = str(rules.keep_months)
    return found


@blueprint.get(f"{DRAFT}/readers")
@may(Act.WRITE_CALLS)
def designer_readers(draft_id: UUID) -> Answer:
    """For each part of the answers: who reads it, why, and how long it is kept."""
    draft = to_change(draft_id)
    definition = draft.content.form
    form = _parts_form(definition)(formdata=None, data=_parts_as_written(definition))
    return form_page("readers", draft, form, parts=_headings(definition))


@blueprint.post(f"{DRAFT}/readers")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_readers")
def designer_readers_post(draft_id: UUID) -> Answer:
    """Save them."""
    draft = to_change(draft_id)
    form = _parts_form(draft.content.form)()

    def edit(content: CallDraftContent) -> CallDraftContent:
        return content.with_form(_with_parts(content.form, form))

    what = gettext("Changed who reads answers, or how long they are kept")
    if form.validate() and saved(form, draft, edit, what):
        return back(draft, "saved")
    return form_page("readers", draft, form, parts=_headings(draft.content.form))


def _headings(form: FormDefinition) -> list[tuple[str, str]]:
    return [(name, PARTS.get(name, name)) for name in form.parts]


def _with_parts(form: FormDefinition, typed: DraftForm) -> FormDefinition:
    parts = dict(form.parts)
    for name, before in form.parts.items():
        # A part that came meanwhile is as it was.
        if f"{name}_reader" in typed:
            parts[name] = PartRules(
                reader=with_words(before.reader, typed[f"{name}_reader"].data),
                why=with_words(before.why, typed[f"{name}_why"].data),
                keep_months=int(typed[f"{name}_months"].data),
            )
    return edited(form, parts=parts)
