"""One draft: its pages and questions in order, moved, copied, deleted; undone; thrown away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.designer.draft_edits import (
    DRAFT,
    Answer,
    DraftForm,
    back,
    english,
    saved,
    short,
    take_up,
    to_change,
)
from webapp.desk.designer.draft_words import KINDS, SECTIONS
from webapp.desk.designer.language_words import languages_of, left_out
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.rules.forms import form_editing
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.form_definition import FormDefinition, NoSuchPage
from webapp.rules.forms.form_editing import EndsForm, LastOne, NoRoom, OneBlock, StillNeeded
from webapp.rules.forms.questions import Page, SectionName
from webapp.rules.roles import Act
from webapp.services.forms import call_drafts, draft_publishing
from webapp.services.forms.call_drafts import ChangedMeanwhile, Draft
from webapp.ui.public_address import public_url
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "begun": (
            lazy_gettext(
                "Your draft is here. Nobody outside the desk can see it until you publish it."
            ),
            True,
        ),
        "saved": (lazy_gettext("Saved."), True),
        "added": (lazy_gettext("Added."), True),
        "moved": (lazy_gettext("Moved."), True),
        "copied": (lazy_gettext("Copied."), True),
        "deleted": (lazy_gettext("Deleted. If you did not mean to, press Undo."), True),
        "undone": (lazy_gettext("Undone. The draft is as it was before."), True),
        "published": (lazy_gettext("Published. The call is open now."), True),
        "version-begun": (
            lazy_gettext(
                "This is a draft of the call’s next version. Until you publish it, everyone answers the one before."
            ),
            True,
        ),
        "version-published": (
            lazy_gettext(
                "Published. People who begin from now on answer the new version. "
                "People who have begun finish the old one."
            ),
            True,
        ),
        "fixed": (
            lazy_gettext(
                "Nothing was changed. A published call keeps its address. You move its last day by closing it and "
                "opening it again, and the month under “What happened next”, both on the call’s page."
            ),
            False,
        ),
        "is-published": (
            lazy_gettext(
                "This is published already. What is published does not change. "
                "To change the call, begin a new version on its page."
            ),
            False,
        ),
        "not-ready": (
            lazy_gettext(
                "Nothing was published, because something changed meanwhile. Look at the check again."
            ),
            False,
        ),
    }
)
Change = Callable[[FormDefinition, str], FormDefinition]


class NotThere(LookupError):
    """The page or question was deleted meanwhile, or a button says what none of ours does."""


#: Why an edit of the overview may be refused.
REFUSED: Final = (StillNeeded, LastOne, NoRoom, OneBlock, EndsForm, NotThere, NoSuchPage)


@dataclass(frozen=True)
class Section:
    """The pages of one section, as the overview lists them."""

    key: SectionName
    words: str
    about: str
    pages: tuple[Page, ...]
    is_block: bool


def _of_question(
    change: Callable[[FormDefinition, Page, str], FormDefinition], form: FormDefinition, key: str
) -> FormDefinition:
    page = form_editing.page_of(form, key)
    if page is None:
        raise NotThere(key)
    return change(form, page, key)


def _section(form: FormDefinition, key: str) -> FormDefinition:
    found = next((one for one in SECTIONS if one == key and one != "call"), None)
    if found is None:
        raise NotThere(key)
    return form_editing.remove_section(form, found)


#: By the two first words of a button's value: the edit, what is said when it is done, and how the versions name it.
ARRANGE: Final[Mapping[str, tuple[Change, str, str]]] = MappingProxyType(
    {
        "page up": (partial(form_editing.move_page, by=-1), "moved", "Moved the page “%s” up"),
        "page down": (partial(form_editing.move_page, by=1), "moved", "Moved the page “%s” down"),
        "page copy": (form_editing.copy_page, "copied", "Copied the page “%s”"),
        "page delete": (form_editing.remove_page, "deleted", "Deleted the page “%s”"),
        "question up": (
            partial(_of_question, partial(form_editing.move_question, by=-1)),
            "moved",
            "Moved “%s” up",
        ),
        "question down": (
            partial(_of_question, partial(form_editing.move_question, by=1)),
            "moved",
            "Moved “%s” down",
        ),
        "question copy": (
            partial(_of_question, form_editing.copy_question),
            "copied",
            "Copied “%s”",
        ),
        "question delete": (
            partial(_of_question, form_editing.remove_question),
            "deleted",
            "Deleted “%s”",
        ),
        "section delete": (_section, "deleted", "Deleted all pages of the part “%s”"),
    }
)


@blueprint.get(DRAFT)
@may(Act.WRITE_CALLS)
def designer_draft(draft_id: UUID) -> str:
    """The draft: what people see first, its pages and questions, and what can be done with each."""
    return _page(take_up(draft_id))


@blueprint.post(f"{DRAFT}/arrange")
@may(Act.WRITE_CALLS)
def designer_draft_arrange(draft_id: UUID) -> Answer:
    """Move, copy or delete one page or question, or a whole section."""
    draft, form = to_change(draft_id), DraftForm()
    what, _, key = request.form.get("do", "").rpartition(" ")
    if what not in ARRANGE:
        return see_other("designer_draft", draft_id=draft_id)
    edit, done, words = ARRANGE[what]

    def change(content: CallDraftContent) -> CallDraftContent:
        return content.with_form(edit(content.form, key))

    try:
        if not saved(form, draft, change, words % short(_name(draft, key))):
            return meanwhile_page(draft_id, form.meanwhile)
    except REFUSED as refused:
        return refused_page(draft, refused)
    return back(draft, done, "" if done == "deleted" else f"{what.partition(' ')[0]}-{key}")


@blueprint.post(f"{DRAFT}/undo")
@may(Act.WRITE_CALLS)
def designer_draft_undo(draft_id: UUID) -> Answer:
    """Take the last change back. The versions are kept, so the one before stands again as it was."""
    draft, form = to_change(draft_id), DraftForm()
    try:
        call_drafts.undo(draft_id, form.based_on)
    except ChangedMeanwhile as meanwhile:
        return meanwhile_page(draft_id, meanwhile)
    return back(draft, "undone")


@blueprint.get(f"{DRAFT}/throw-away")
@may(Act.WRITE_CALLS)
def designer_throw_away(draft_id: UUID) -> str:
    """Ask before a draft is deleted with all its versions: that alone cannot be undone."""
    return render_template("desk/designer_throw_away.html", draft=take_up(draft_id))


@blueprint.post(f"{DRAFT}/throw-away")
@may(Act.WRITE_CALLS)
def designer_throw_away_post(draft_id: UUID) -> Response:
    """Delete it. Idempotent."""
    call_drafts.throw_away(draft_id, actor=signed_in().coordinator_id)
    return see_other("designer")


def refused_page(draft: Draft, refused: Exception) -> Answer:
    """The overview, which says why nothing was changed (HTTP 409)."""
    return _page(draft, refused=_why_not(refused)), 409


def meanwhile_page(draft_id: UUID, meanwhile: ChangedMeanwhile | None) -> Answer:
    """The overview as it stands now, which says who changed what meanwhile (HTTP 409)."""
    return _page(take_up(draft_id), meanwhile=meanwhile), 409


def _name(draft: Draft, key: str) -> str:
    form = draft.content.form
    for page in form.pages:
        if page.key == key:
            return english(page.title)
    return next((english(one.label) for one in form.everything if one.key == key), key)


def _why_not(refused: Exception) -> str:
    if isinstance(refused, StillNeeded):
        return gettext(
            "Nothing was changed, because other pages are shown only after certain answers to this: %(pages)s. "
            "Open those pages first, and let everyone see them.",
            pages=", ".join(f"“{english(page.title)}”" for page in refused.pages),
        )
    if isinstance(refused, LastOne):
        return gettext(
            "Nothing was changed. A call keeps at least one page, and a page at least one question. "
            "Add another first, or delete the whole page."
        )
    if isinstance(refused, NoRoom):
        return gettext(
            "Nothing was changed: there is no room. A page has at most 8 questions, and a call at most 40 pages."
        )
    if isinstance(refused, EndsForm):
        return gettext(
            "Nothing was changed. The form ends on this page after some answers to the question, so it stays there."
        )
    if isinstance(refused, OneBlock):
        return gettext(
            "Nothing was changed. The pages about contact stay together: they keep people safe only as a whole. "
            "You can change their words, or delete all of them."
        )
    return gettext("Nothing was changed, because it is not there any more.")


def _sections(form: FormDefinition) -> list[Section]:
    return [
        Section(
            key,
            words,
            about,
            tuple(page for page in form.pages if page.section == key),
            key == form_editing.WHOLE_SECTION,
        )
        for key, (words, about) in SECTIONS.items()
        if any(page.section == key for page in form.pages)
    ]


def _problems(refused: str, meanwhile: ChangedMeanwhile | None) -> list[tuple[str, str]]:
    if meanwhile:
        said = gettext("Nothing was changed, because the draft was changed while you looked at it")
        return [("meanwhile", said)]
    return [("refused", gettext("Nothing was changed"))] if refused else []


def _page(draft: Draft, *, refused: str = "", meanwhile: ChangedMeanwhile | None = None) -> str:
    address = public_url(f"/en/calls/{draft.address}/") if draft.address else None
    return render_template(
        "desk/designer_draft.html",
        draft=draft,
        form=draft.content.form,
        sections=_sections(draft.content.form),
        kinds=KINDS,
        problems=_problems(refused, meanwhile),
        refused=refused,
        meanwhile=meanwhile,
        address=address,
        languages=languages_of(draft.content),
        left_out=[left_out(one) for one in draft_publishing.languages_left_out(draft.content)],
        done=flash_in(FLASHES),
    )
