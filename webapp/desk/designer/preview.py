"""Each page of a draft as a participant sees it, through the same template. Nothing on it can be sent."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import g, render_template, request

from webapp.desk.designer.draft_edits import DRAFT, take_up
from webapp.desk.designer.draft_words import SECTIONS
from webapp.desk.designer.question_page import find_page
from webapp.desk.shared.blueprint import blueprint
from webapp.rules.forms import progress, reading_time
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.progress import Place
from webapp.rules.forms.questions import Page
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.retention import DRAFT_DAYS
from webapp.rules.roles import Act
from webapp.services.calls.tell_backs import TellBack
from webapp.services.forms.call_drafts import Draft
from webapp.services.keys import organisations
from webapp.sessions import WAITING_HOURS
from webapp.ui.answer_summary import HEADINGS
from webapp.ui.forms import form_for
from webapp.ui.page_language import speak_in_preview
from webapp.web.guards import may


@dataclass(frozen=True)
class PreviewedCall:
    """A draft as the start page shows a call. Its last day may not be chosen yet."""

    slug: str
    closes_on: date | None
    form: FormDefinition

    @property
    def question_pages(self) -> int:
        """As for a call."""
        return progress.question_pages(self.form)

    @property
    def asks_contact(self) -> bool:
        """As for a call."""
        return progress.asks_contact(self.form)

    def minutes_in(self, language: str) -> int:
        """As for a call."""
        return reading_time.minutes(self.form, language)


@blueprint.get(f"{DRAFT}/preview")
@may(Act.WRITE_CALLS)
def designer_preview_start(draft_id: UUID) -> str:
    """The start page. What stands under "Read more" is unfolded there as for a participant."""
    draft = _spoken(draft_id)
    content = draft.content
    return render_template(
        "desk/designer_preview_start.html",
        layout="desk/designer_preview.html",
        draft=draft,
        in_language=_in_language(),
        before=None,
        after=content.form.pages[0],
        page=None,
        call=PreviewedCall(content.slug, content.closes_on, content.form),
        told=TellBack(content.month, content.month, {}),
        members=organisations.coalition().members,
        hours=WAITING_HOURS,
        days=DRAFT_DAYS,
        news=None,
        sound=None,
    )


@blueprint.get(f"{DRAFT}/preview/<key>")
@may(Act.WRITE_CALLS)
def designer_preview(draft_id: UUID, key: str) -> str:
    """One page of questions. It opens no Visit of a participant: the form is made from the draft alone."""
    draft = _spoken(draft_id)
    form = draft.content.form
    page = find_page(form, key)
    return render_template(
        "public/page.html",
        layout="desk/designer_preview.html",
        draft=draft,
        in_language=_in_language(),
        before=_neighbour(form, page, -1),
        after=_neighbour(form, page, 1),
        page=page,
        form=form_for(page, stored={}),
        problems=[],
        heading=HEADINGS.get(page.section, SECTIONS[page.section][0]),
        place=_place(form, page),
        nth=form.number_in_section(page.key),
        can_skip=not any(question.required for question in page.asked),
        can_stop=page.section != "equality",
        action="",
        hidden=(),
    )


def _spoken(draft_id: UUID) -> Draft:
    """The draft; from here on the page speaks the language that is asked for."""
    draft, code = take_up(draft_id), request.args.get("language", FALLBACK_LANGUAGE)
    if code != FALLBACK_LANGUAGE and code in LANGUAGES:
        speak_in_preview(LANGUAGES[code])
    return draft


def _in_language() -> str | None:
    return None if g.language == FALLBACK_LANGUAGE else g.language


def _neighbour(form: FormDefinition, page: Page, by: int) -> Page | None:
    place = form.place(page.key) + by
    return form.pages[place] if 0 <= place < len(form.pages) else None


def _place(form: FormDefinition, page: Page) -> Place | None:
    """As for a participant who has answered nothing; equality questions are not counted."""
    return None if page.section == "equality" else progress.place_of(form, {}, page)
