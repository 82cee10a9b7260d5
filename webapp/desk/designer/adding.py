"""Adding from the question bank: a page or a block of pages to the call, or a question to a page."""

from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import RadioField

from webapp.desk.designer.draft_edits import (
    DRAFT,
    Answer,
    DraftForm,
    back,
    english,
    form_page,
    saved,
    short,
    to_change,
)
from webapp.desk.designer.question_page import find_page
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.forms import chosen
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.form_definition import FormDefinition, NoSuchPage
from webapp.rules.forms.form_editing import (
    WHOLE_SECTION,
    NoRoom,
    OneBlock,
    add_pages,
    add_question,
    edited,
)
from webapp.rules.forms.question_bank import BankEntry
from webapp.rules.forms.questions import Page
from webapp.rules.roles import Act
from webapp.services.forms import question_bank
from webapp.services.forms.call_drafts import Draft, Edit
from webapp.web.guards import may


class AddForm(DraftForm):
    """Which entry of the bank is added."""

    entry = RadioField(
        lazy_gettext("What do you want to add?"),
        [chosen(lazy_gettext("Choose what to add"))],
        validate_choice=False,
    )

    def __init__(self, entries: list[BankEntry]) -> None:
        super().__init__()
        self.entry.choices = [(one.key, one.name) for one in entries]


def for_form(form: FormDefinition) -> list[BankEntry]:
    """What can be added as pages: the pages about contact once; words alone are no page."""
    asked = {page.section for page in form.pages}
    return [
        entry
        for entry in question_bank.bank()
        if any(page.asked for page in entry.pages)
        and not (entry.section == WHOLE_SECTION and WHOLE_SECTION in asked)
    ]


def for_page(page: Page) -> list[BankEntry]:
    """What can be added to a page: questions of its section."""
    return [
        entry
        for entry in question_bank.bank()
        if not entry.is_block and entry.section == page.section
    ]


@blueprint.get(f"{DRAFT}/add-page")
@may(Act.WRITE_CALLS)
def designer_add_page(draft_id: UUID) -> Answer:
    """The bank, for the whole call."""
    draft = to_change(draft_id)
    return _page(draft, AddForm(for_form(draft.content.form)), None)


@blueprint.post(f"{DRAFT}/add-page")
@may(Act.WRITE_CALLS)
def designer_add_page_post(draft_id: UUID) -> Answer:
    """Add the pages at the end of their section."""
    draft = to_change(draft_id)
    form = AddForm(for_form(draft.content.form))
    if not form.validate():
        return _page(draft, form, None)
    entry = question_bank.entry(form.entry.data)

    def edit(content: CallDraftContent) -> CallDraftContent:
        return content.with_form(add_pages(content.form, entry.pages, entry.parts, entry.consents))

    return _added(draft, form, edit, entry, None)


@blueprint.get(f"{DRAFT}/page/<key>/add")
@may(Act.WRITE_CALLS)
def designer_add_question(draft_id: UUID, key: str) -> Answer:
    """The bank, for one page."""
    draft = to_change(draft_id)
    page = find_page(draft.content.form, key)
    return _page(draft, AddForm(for_page(page)), page)


@blueprint.post(f"{DRAFT}/page/<key>/add")
@may(Act.WRITE_CALLS)
def designer_add_question_post(draft_id: UUID, key: str) -> Answer:
    """Add the questions of the entry at the end of the page."""
    draft = to_change(draft_id)
    page = find_page(draft.content.form, key)
    form = AddForm(for_page(page))
    if not form.validate():
        return _page(draft, form, page)
    entry = question_bank.entry(form.entry.data)

    def edit(content: CallDraftContent) -> CallDraftContent:
        return content.with_form(_with_entry(content.form, key, entry))

    return _added(draft, form, edit, entry, page)


def _with_entry(form: FormDefinition, key: str, entry: BankEntry) -> FormDefinition:
    form = edited(form, parts={**entry.parts, **form.parts})
    for question in entry.pages[0].questions:
        form = add_question(form, form.page(key), question)
    return form


def _added(draft: Draft, form: AddForm, edit: Edit, entry: BankEntry, page: Page | None) -> Answer:
    what = gettext("Added “%(name)s”", name=short(entry.name))
    try:
        if saved(form, draft, edit, what):
            return back(draft, "added", f"page-{page.key}" if page else f"section-{entry.section}")
    except (NoRoom, OneBlock, NoSuchPage) as refused:
        form.entry.errors = [_why_not(refused)]
    return _page(draft, form, page)


def _why_not(refused: Exception) -> str:
    if isinstance(refused, NoRoom):
        return gettext(
            "There is no room: a page has at most 8 questions, and a call at most 40 pages"
        )
    if isinstance(refused, OneBlock):
        return gettext("This call asks about contact already")
    return gettext("This page was deleted meanwhile. Go back to the draft")


def _page(draft: Draft, form: AddForm, page: Page | None) -> Answer:
    entries = question_bank.bank()
    return form_page(
        "add",
        draft,
        form,
        notes={one.key: one.about for one in entries},
        page=page,
        page_title=english(page.title) if page else "",
    )
