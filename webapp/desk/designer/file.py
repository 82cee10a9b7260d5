"""A draft as a file: its form definition in JSON, to be copied out, or replaced by another that is pasted in."""

from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import TextAreaField

from webapp.desk.designer import slip_sentences
from webapp.desk.designer.draft_edits import (
    DRAFT,
    MOST_BYTES,
    Answer,
    DraftForm,
    back,
    form_page,
    long_body,
    saved,
    to_change,
)
from webapp.desk.shared.blueprint import blueprint
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.definition_json import NotADefinition, read_as
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.roles import Act
from webapp.services.forms.call_drafts import Draft
from webapp.web.guards import may, takes_words

#: So many errors of a file are shown at once.
SHOWN = 10


class FileForm(DraftForm):
    """The whole form definition."""

    definition = TextAreaField(
        lazy_gettext("The form definition in JSON"),
        description=lazy_gettext("Copy it from here, or paste another over it and save."),
    )


@blueprint.get(f"{DRAFT}/file")
@may(Act.WRITE_CALLS)
def designer_file(draft_id: UUID) -> Answer:
    """The definition, as the command `publish` takes it in a file."""
    draft = to_change(draft_id)
    written = draft.content.form.model_dump_json(indent=1, exclude_defaults=True)
    form = FileForm(formdata=None, data={"definition": written})
    return _page(draft, form)


@blueprint.post(f"{DRAFT}/file")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_file")
def designer_file_post(draft_id: UUID) -> Answer:
    """Replace the whole form by what was pasted. It can be undone like any change."""
    draft, form = to_change(draft_id), FileForm()
    try:
        pasted = read_as(FormDefinition, form.definition.data or "")
    except NotADefinition as wrong:
        form.definition.errors = [gettext("This is no form definition that Hearth can read")]
        return _page(draft, form, slip_sentences.sentences(wrong, form.definition.data or ""))

    def edit(content: CallDraftContent) -> CallDraftContent:
        return content.with_form(pasted)

    if saved(form, draft, edit, gettext("Replaced the whole form by a file")):
        return back(draft, "saved")
    return _page(draft, form)


def _page(draft: Draft, form: FileForm, slips: tuple[str, ...] = ()) -> Answer:
    return form_page(
        "file",
        draft,
        form,
        slips=slips[:SHOWN],
        more=len(slips) - SHOWN,
        kilobytes=MOST_BYTES // 1024,
    )
