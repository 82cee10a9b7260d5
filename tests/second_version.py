"""The next version of the demo's call: a page is gone, a question is new, a permission has other words."""

from uuid import UUID

from webapp.rules.forms.edited_words import with_words
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_editing import add_question, edited, page_of, remove_page
from webapp.services.forms import call_drafts, call_versions

ANA = UUID("5eed0000-0000-4000-8000-000000000001")
TITLE = "How help is decided"
#: The page of the first version that the second does not have, and the question that only the second asks.
GONE, NEW = "later", "change_words_2"
NEW_WORDS = "You may print what I wrote, without my name."
REWORDED = {"quote": NEW_WORDS, "contact_me": "You may ring me or write to me about this."}
NEW_LABEL = "What would you tell the minister?"


def changed(form: FormDefinition) -> FormDefinition:
    """The form as the second version has it."""
    form = remove_page(form, GONE)
    form = add_question(form, form.page("change"), form.question("change_words"))
    page = page_of(form, NEW)
    assert page is not None
    new = form.question(NEW).model_copy(update={"label": {"en": NEW_LABEL}})
    questions = tuple(new if one.key == NEW else one for one in page.questions)
    pages = tuple(
        one.model_copy(update={"questions": questions}) if one.key == page.key else one
        for one in form.pages
    )
    consents = tuple(
        one.model_copy(update={"text": {"en": REWORDED[one.purpose]}})
        if one.purpose in REWORDED
        else one
        for one in form.consents
        if one.purpose != "invite"
    )
    return edited(form, title=with_words(form.title, TITLE), pages=pages, consents=consents)


def publish_second_version(slug: str = "support-needs") -> None:
    """Publish it. Wants an application context."""
    draft_id = call_versions.begin(slug, actor=ANA)
    draft = call_drafts.find(draft_id)
    call_drafts.change(
        draft_id,
        draft.version,
        lambda content: content.with_form(changed(content.form)),
        what="Changed it",
        actor=ANA,
    )
    call_versions.publish(call_drafts.find(draft_id), actor=ANA, reason="Better words")
