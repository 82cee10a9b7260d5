"""What all pages of a draft share: finding it, saving an edit under optimistic locking, fields for words."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from flask_babel import LazyString, gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Field, TextAreaField
from wtforms.validators import StopValidation

from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.forms import DeskForm, refuse_longer, several_lines, words_sent
from webapp.desk.shared.versioned_form import VersionedForm
from webapp.extensions import current_settings
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, LONGEST_TEXT, Text
from webapp.services.forms import call_drafts
from webapp.services.forms.call_drafts import (
    AlreadyPublished,
    ChangedMeanwhile,
    Draft,
    DraftTooLarge,
    Edit,
    FixedInVersion,
    NoSuchDraft,
)
from webapp.services.forms.shipped_translations import with_shipped

#: A page of words, every field full in any script, and the file of a whole form.
MOST_BYTES = 512 * 1024
#: What a page sends beside the words that somebody typed.
BESIDE = ("csrf_token", "version", "second_factor", "passkey")
DRAFT = "/designer/<uuid:draft_id>"
Answer = Response | str | tuple[str, int]


class DraftForm(VersionedForm):
    """A form that changes a draft. `version`: the one that the page showed, for optimistic locking."""

    #: Who changed what since then; set by `saved` when nothing was saved for it.
    meanwhile: ChangedMeanwhile | None = None
    #: What this page is about was deleted meanwhile.
    is_gone = False
    too_large = False

    @property
    def why_not(self) -> str:
        """Why nothing was saved, in one line; empty where it was."""
        if self.is_gone:
            return gettext("Not saved: someone deleted this meanwhile")
        if self.meanwhile:
            return gettext("Not saved yet, because the draft was changed while you wrote")
        if self.too_large:
            return gettext("Not saved: the draft has no room for so many words")
        return ""


def long_body(**address: Any) -> int:
    """The largest request body of a page with many words."""
    return MOST_BYTES


def take_up(draft_id: UUID) -> Draft:
    """The draft that an address names. Raises `NoSuchDraft`."""
    return call_drafts.find(draft_id)


def to_change(draft_id: UUID) -> Draft:
    """The same for a page that changes it. Raises `NoSuchDraft`, `AlreadyPublished`."""
    draft = take_up(draft_id)
    if draft.address:
        raise AlreadyPublished
    return draft


def earlier(draft: Draft, form: DraftForm) -> CallDraftContent | None:
    """The content that the page showed, where something in it was deleted meanwhile."""
    return call_drafts.content_of(draft.id, form.based_on)


def saved(form: DraftForm, draft: Draft, edit: Edit, what: str) -> bool:
    """Save an edit. False where another coordinator saved first, or the draft is full: the form says so, with all that
    was typed, and saves over it when it is sent again. Raises what the edit raises."""
    try:
        actor = signed_in().coordinator_id
        call_drafts.change(draft.id, form.based_on, _translated(edit), what=what, actor=actor)
    except ChangedMeanwhile as refused:
        form.meanwhile = refused
        form.version.data = str(refused.newest)
        return False
    except DraftTooLarge:
        form.too_large = True
        return False
    return True


def who_asks() -> str:
    """Whose name stands in a draft that is begun from a template."""
    settings = current_settings()
    return settings.organisation or settings.site_name


def _translated(edit: Edit) -> Edit:
    """The edit, and with it the shipped translations of the texts that it brings."""
    return lambda content: with_shipped(content, edit(content), who_asks())


def form_page(template: str, draft: Draft, form: DraftForm, **values: Any) -> Answer:
    """A page with a form: 200 as it is first shown, 409 where another saved first, 400 where it was refused."""
    if not form.version.data:
        form.version.data = str(draft.version)
    values = {"problems": form.problems, **values}
    page = render_template(f"desk/designer_{template}.html", draft=draft, form=form, **values)
    if form.meanwhile or form.is_gone:
        return page, 409
    return (page, 400) if values["problems"] else page


def back(draft: Draft, done: str, anchor: str = "") -> Response:
    """To the overview, which says what was done."""
    return see_other("designer_draft", draft_id=draft.id, done=done, _anchor=anchor or None)


def words_field(
    label: LazyString, hint: LazyString | str = "", *, needed: LazyString | None = None
) -> TextAreaField:
    """A field for words of the form: as long as a text may be, and there where it is needed."""

    def check(form: DeskForm, field: Field) -> None:
        if needed is not None and not field.data:
            raise StopValidation(str(needed))
        refuse_longer(field.data, LONGEST_TEXT)

    return TextAreaField(label, [check], filters=[several_lines], description=hint)


def english(text: Text | None) -> str:
    """The English words of a text; empty where there is none."""
    return text[FALLBACK_LANGUAGE] if text else ""


def short(words: str) -> str:
    """Words as a list of changes quotes them."""
    line = " ".join(words.split())
    return line if len(line) <= 60 else f"{line[:59].rstrip()}…"


@blueprint.errorhandler(NoSuchDraft)
def no_such_draft(error: NoSuchDraft) -> tuple[str, int]:
    """Someone threw the draft away, perhaps while another coordinator was writing: their words are shown."""
    typed = [words for name, words in words_sent(but=BESIDE) if words.strip()]
    return render_template("desk/designer_gone.html", typed=typed), 404


@blueprint.errorhandler(AlreadyPublished)
def already_published(error: AlreadyPublished) -> Response:
    """What is published does not change any more: the draft's page says so, and leads to the call."""
    draft_id = (request.view_args or {}).get("draft_id")
    return see_other("designer_draft", draft_id=draft_id, done="is-published")


@blueprint.errorhandler(FixedInVersion)
def fixed_in_version(error: FixedInVersion) -> Response:
    """The address of a published call stays: the draft's page says so, and where its days are changed."""
    draft_id = (request.view_args or {}).get("draft_id")
    return see_other("designer_draft", draft_id=draft_id, done="fixed")


WRITE = lazy_gettext("Write something here, in English")
