"""One page of a draft: its title and texts, why it is asked, and the answers after which it is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import request
from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, Field, SelectMultipleField
from wtforms.validators import StopValidation

from webapp.desk.designer.draft_edits import (
    DRAFT,
    WRITE,
    Answer,
    DraftForm,
    back,
    earlier,
    english,
    form_page,
    long_body,
    saved,
    short,
    to_change,
    words_field,
)
from webapp.desk.shared.blueprint import NotHere, blueprint
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.edited_words import with_optional_words, with_words
from webapp.rules.forms.form_definition import FormDefinition, NoSuchPage
from webapp.rules.forms.form_editing import WHOLE_SECTION, replace_page
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.questions import Condition, Page, Question
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.roles import Act
from webapp.services.forms.call_drafts import Draft
from webapp.ui.answer_summary import option_words
from webapp.web.guards import may, takes_words

#: Between a question's key and a choice's, in the value of a check box.
OF = "="


@dataclass(frozen=True)
class Deciding:
    """An earlier question that can decide whether a page is shown: pairs of a check box's value and its words."""

    question: Question
    answers: tuple[tuple[str, str], ...]


class PageForm(DraftForm):
    """The texts of one page. Fields that it has no use for are taken out."""

    title = words_field(lazy_gettext("Title of the page"), needed=WRITE)
    intro = words_field(lazy_gettext("Text at the top (optional)"))
    why = words_field(
        lazy_gettext("Why you ask this (optional)"),
        lazy_gettext("People read it beside the questions."),
    )
    note = words_field(
        lazy_gettext("Warning about the content (optional)"),
        lazy_gettext(
            "Where a page may be hard to read: what it is about, and that people can skip it."
        ),
    )
    stop_title = words_field(lazy_gettext("Where the form ends here: title"), needed=WRITE)
    stop_text = words_field(
        lazy_gettext("Where the form ends here: text"),
        lazy_gettext("Thank people, and say who else can help them."),
        needed=WRITE,
    )
    when = SelectMultipleField(validate_choice=False)
    or_skipped = BooleanField(lazy_gettext("Also show it to people who skipped that question"))

    def __init__(self, page: Page, **options: object) -> None:
        super().__init__(**options)
        self.page = page
        if page.stop is None:
            del self["stop_title"], self["stop_text"]
        if page.section == WHOLE_SECTION:
            del self["when"], self["or_skipped"]

    def validate_when(self, field: Field) -> None:
        """Answers to one question: a page cannot wait for two."""
        if len({value.partition(OF)[0] for value in field.data or ()}) > 1:
            raise StopValidation(gettext("Choose answers of one question only"))

    def edit(self, content: CallDraftContent) -> CallDraftContent:
        """The content with this page. Raises `NoSuchPage` where it is gone."""
        before = content.form.page(self.page.key)
        changes: dict[str, object] = {"title": with_words(before.title, self.title.data)}
        for name in ("intro", "why", "note"):
            changes[name] = with_optional_words(getattr(before, name), self[name].data)
        if "when" in self:
            changes["when"] = self._condition(content.form)
        if "stop_title" in self and before.stop:
            changes["stop"] = before.stop.model_copy(
                update={
                    "title": with_words(before.stop.title, self.stop_title.data),
                    "text": with_words(before.stop.text, self.stop_text.data),
                }
            )
        page = Page.model_validate({**dict(before), **changes})
        return content.with_form(replace_page(content.form, page))

    def _condition(self, form: FormDefinition) -> Condition | None:
        """The condition that is ticked; of answers that are not offered, nothing."""
        offered = {value for one in deciding(form, self.page) for value, _ in one.answers}
        ticked = [value.partition(OF) for value in self.when.data or () if value in offered]
        if not ticked:
            return None
        return Condition(
            question=ticked[0][0],
            is_any=tuple(choice for _, _, choice in ticked),
            or_skipped=bool(self.or_skipped.data),
        )


def deciding(form: FormDefinition, page: Page) -> Iterator[Deciding]:
    """The questions with answers to choose from that are asked before a page, and after none that it stops at."""
    for other in form.pages[: form.place(page.key)]:
        if other.section == WHOLE_SECTION:
            continue
        for question in other.asked:
            if question.choice_keys:
                yield Deciding(question, tuple(_answers(question)))


def _answers(question: Question) -> Iterator[tuple[str, str]]:
    for option in kind_of(question).options(question, FALLBACK_LANGUAGE):
        yield f"{question.key}{OF}{option.value}", str(option_words(option))


def _as_written(page: Page) -> dict[str, object]:
    ticked = [f"{page.when.question}{OF}{one}" for one in page.when.is_any] if page.when else []
    return {
        "title": english(page.title),
        "intro": english(page.intro),
        "why": english(page.why),
        "note": english(page.note),
        "stop_title": english(page.stop.title) if page.stop else "",
        "stop_text": english(page.stop.text) if page.stop else "",
        "when": ticked,
        "or_skipped": bool(page.when and page.when.or_skipped),
    }


@blueprint.get(f"{DRAFT}/page/<key>")
@may(Act.WRITE_CALLS)
def designer_page(draft_id: UUID, key: str) -> Answer:
    """The page's texts as they stand."""
    draft = to_change(draft_id)
    page = find_page(draft.content.form, key)
    return _page(draft, PageForm(page, formdata=None, data=_as_written(page)))


@blueprint.post(f"{DRAFT}/page/<key>")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_page")
def designer_page_post(draft_id: UUID, key: str) -> Answer:
    """Save them. Where the page was deleted meanwhile, what was typed is shown, and nothing is saved."""
    draft = to_change(draft_id)
    try:
        form = PageForm(find_page(draft.content.form, key))
    except NotHere:
        return _gone(draft, key)
    what = gettext("Changed the page “%(words)s”", words=short(form.title.data))
    if form.validate() and saved(form, draft, form.edit, what):
        return back(draft, "saved", f"page-{key}")
    return _page(draft, form)


def find_page(form: FormDefinition, key: str) -> Page:
    """The page with this key. Raises `NotHere`."""
    try:
        return form.page(key)
    except NoSuchPage:
        raise NotHere(key) from None


def _gone(draft: Draft, key: str) -> Answer:
    content = earlier(draft, DraftForm(data=request.form))
    if content is None:
        raise NotHere(key)
    form = PageForm(find_page(content.form, key))
    form.is_gone = True
    return _page(draft, form)


def _page(draft: Draft, form: PageForm) -> Answer:
    definition, page = draft.content.form, form.page
    asked = [] if form.is_gone or "when" not in form else list(deciding(definition, page))
    return form_page(
        "page",
        draft,
        form,
        page=page,
        deciding=asked,
        has_translations=len(page.title) > 1,
    )
