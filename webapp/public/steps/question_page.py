"""The question page: shown, validated, saved, or shown again with errors, for any kind of draft."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import render_template, request
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from webapp.public.drafts.draft import EQUALITY, Draft
from webapp.public.shared.audio import sound_of
from webapp.public.shared.flash import flash_message, set_flash
from webapp.public.shared.form_navigation import turn, wants_to_turn
from webapp.public.shared.query_marks import from_check
from webapp.public.steps.addresses import Addresses
from webapp.public.steps.skipping import skip
from webapp.rules.forms.progress import Place
from webapp.rules.forms.questions import Page
from webapp.ui.answer_summary import HEADINGS
from webapp.ui.forms import PageForm, Typed, form_for, keep_typed
from webapp.ui.fragment_cache import cached_page


@dataclass(frozen=True)
class Frame:
    """The values of a question page besides its questions, named as in the template.

    `place` is its position in the form; `nth` its number in the title where nothing is counted. `keep` is the URL for
    autosave, None where there is none.
    """

    place: Place | None
    nth: int
    back: str
    action: str
    keep: str | None
    sound: str | None
    news: str | None
    hidden: tuple[tuple[str, str], ...] = ()
    helped: bool = False
    can_stop: bool = False
    holds_something: bool = False


def frame_of(draft: Draft, at: Addresses, page: Page, told: str | None) -> Frame:
    """The frame of a page, in this draft's current state."""
    return Frame(
        place=draft.place_of(page),
        nth=draft.form.number_in_section(page.key),
        back=_before(draft, at, page),
        # An explicit action: without it, a browser would carry the #field of an error link from page to page.
        action=at.of_page(page.key, **from_check()),
        keep=at.of_autosave(page.key),
        sound=sound_of(draft.call, page.key),
        news=told,
        hidden=draft.hidden_fields,
        helped=draft.helped,
        can_stop=draft.can_stop,
        holds_something=draft.pages.holds_something_on(page),
    )


def show(draft: Draft, at: Addresses, page: Page) -> Response | str:
    """Show a page of questions. A page that is off the route redirects to the first one on it."""
    route = draft.answers.route
    if not route:
        return at.to_check()
    if page not in route:
        return at.to_page(route[0].key)
    typed, frame = draft.pages.typed_on(page), frame_of(draft, at, page, flash_message())

    def render() -> str:
        form = form_for(page, stored=draft.pages.answers_on(page), typed=typed)
        if draft.pages.unsent(page).was_refused:
            form.validate()
        return _render(page, form, frame)

    if draft.is_shared and draft.pages.has_nothing_on(page):
        return cached_page(render, draft.call.form_version, frame, own=[generate_csrf()])
    return render()


def show_again(page: Page, frame: Frame) -> str | None:
    """CSRF recovery: the page with the submitted input. None where nothing was typed."""
    typed = keep_typed(page, request.form.items(multi=True))
    if not any(value for _, value in typed):
        return None
    form = form_for(page, stored={}, typed=typed)
    if form.was_cut:
        form.validate()
    return _render(page, form, frame)


def _render(page: Page, form: PageForm, frame: Frame) -> str:
    return render_template(
        "public/page.html",
        page=page,
        form=form,
        problems=form.problems,
        heading=HEADINGS[page.section],
        can_skip=not any(question.required for question in page.asked),
        **vars(frame),
    )


def submitted() -> Typed:
    """All fields of the submitted form."""
    return list(request.form.items(multi=True))


def receive(
    draft: Draft, at: Addresses, page: Page, *, stopped: Callable[[], Response], emptied: str
) -> Response:
    """Validate and save one page's answers, and go on.

    `stopped` is the response where an answer leads to a stop; `emptied` the flash message when a page was emptied.
    """
    if wants_to_turn():
        draft.pages.keep_unsent(page, submitted())
        back = _before(draft, at, page)
        return turn(at.page, back=back, key=page.key, **at.values, **from_check())
    before = draft.answers.route
    if request.form.get("do") == "delete":
        draft.save(page, {})
        set_flash(emptied, at.page, key=page.key, **at.values)
        return at.to_page(page.key, **from_check())
    if not keep(draft, page):
        return at.to_page(page.key, **from_check())
    if draft.answers.stop:
        return stopped()
    return _next(draft, at, page, before)


def keep(draft: Draft, page: Page) -> bool:
    """Save the submitted page. Returns whether to go on: not where it is invalid."""
    if request.form.get("do") == "skip":
        return skip(draft, page, submitted())
    form = form_for(page, stored={}, typed=keep_typed(page, submitted()))
    if not form.validate():
        draft.pages.keep_refused(page, submitted())
        return False
    draft.save(page, form.answers)
    return True


def keep_so_far(draft: Draft, page: Page) -> None:
    """Save the page where a participant stops, valid or not. An empty page stays unanswered."""
    known = not draft.pages.has_nothing_on(page)
    if known or any(value.strip() for _, value in keep_typed(page, submitted())):
        keep(draft, page)


def _next(draft: Draft, at: Addresses, page: Page, before: Iterable[Page]) -> Response:
    if from_check():
        opened = _opened(draft, page, before)
        return at.to_page(opened.key, **from_check()) if opened else at.to_check()
    following = draft.answers.after(page)
    if following is None:
        return at.to_check()
    if following.section == EQUALITY != page.section:
        # In a correction: questions about equality that were never answered have their explanation first.
        return at.to_more()
    return at.to_page(following.key)


def _opened(draft: Draft, page: Page, before: Iterable[Page]) -> Page | None:
    """The first page that this answer added to the route."""
    route = draft.answers.route
    return next((one for one in route if one not in before or _together(draft, page, one)), None)


def _together(draft: Draft, page: Page, other: Page) -> bool:
    """Whether `other` was added together with the page just answered: contact takes several pages."""
    together = other.section == page.section != "call"
    after = draft.form.place(other.key) > draft.form.place(page.key)
    return together and after and not draft.pages.was_asked(other)


def _before(draft: Draft, at: Addresses, page: Page) -> str:
    if from_check():
        return at.of_check()
    previous = draft.answers.before(page)
    if page.section == EQUALITY and (previous is None or previous.section != EQUALITY):
        return at.of_more()
    return at.of_page(previous.key) if previous else at.before


def autosave(draft: Draft, page: Page) -> None:
    """Retain the input of a page while it is typed, unless newer input is there."""
    if page in draft.answers.route and not draft.pages.unsent(page).is_stale:
        draft.pages.keep_unsent(page, submitted())
