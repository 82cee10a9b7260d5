"""Moving a question to another page of its section. Its translations go with it, and undo brings it back."""

from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import SelectField

from webapp.desk.designer.draft import REFUSED, NotThere, meanwhile_page, refused_page
from webapp.desk.designer.draft_edits import (
    DRAFT,
    Answer,
    DraftForm,
    back,
    english,
    saved,
    short,
    to_change,
)
from webapp.desk.shared.blueprint import blueprint
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_editing import move_question_to, page_of, pages_to_move_to
from webapp.rules.forms.questions import Page
from webapp.rules.roles import Act
from webapp.web.guards import may


class MoveForm(DraftForm):
    """To which page a question is moved."""

    page = SelectField(lazy_gettext("Page"), validate_choice=False)


def move_form(form: FormDefinition, page: Page) -> MoveForm | None:
    """The form that moves a question of this page; None where there is no other page for it."""
    others = pages_to_move_to(form, page)
    found = MoveForm(formdata=None)
    found.page.choices = [(one.key, english(one.title)) for one in others]
    return found if others else None


@blueprint.post(f"{DRAFT}/question/<key>/page")
@may(Act.WRITE_CALLS)
def designer_question_move(draft_id: UUID, key: str) -> Answer:
    """Move it to the end of the chosen page."""
    draft, form = to_change(draft_id), MoveForm()
    target = str(form.page.data or "")

    def edit(content: CallDraftContent) -> CallDraftContent:
        page = page_of(content.form, key)
        if page is None:
            raise NotThere(key)
        return content.with_form(move_question_to(content.form, page, key, target))

    found = [english(one.label) for one in draft.content.form.everything if one.key == key]
    what = gettext("Moved “%(words)s” to another page", words=short("".join(found[:1])))
    try:
        if saved(form, draft, edit, what):
            return back(draft, "moved", f"question-{key}")
    except REFUSED as refused:
        return refused_page(draft, refused)
    return meanwhile_page(draft_id, form.meanwhile)
