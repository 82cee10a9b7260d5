"""The page of one call: its submissions, filtered and paged, and what to send to invite participants."""

from datetime import date

from flask import render_template, request

from webapp.desk.calls.closing_forms import CALL_FLASHES
from webapp.desk.calls.faceted_filter import asked_filter, facets_of
from webapp.desk.on_behalf.entry_draft import entries
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.flash import flash_in
from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.keyset_pagination import PER_PAGE, Pages, pages_of
from webapp.desk.sharing.share_links import share_call
from webapp.rules import clock
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.roles import Act
from webapp.services.answers import desk_submissions, submission_filters
from webapp.services.answers.desk_submissions import Page, Place
from webapp.services.answers.submission_filters import ASIDE, UNREAD, Matching
from webapp.services.calls import form_versions, published_calls, tell_backs
from webapp.web.guards import may


@blueprint.get("/calls/<slug>")
@may(Act.SEE_SUBMISSIONS)
def call(slug: str) -> str:
    """The submissions to one call that were chosen: nothing of what was said."""
    found = published_calls.find_call(slug)
    chosen, counted = asked_filter(found), submission_filters.facets(found)
    matching = submission_filters.matching(found, chosen, counted)
    listed = desk_submissions.page_of(
        matching, PER_PAGE, after=_asked("after"), before=_asked("before")
    )
    is_open = found.accepts_answers(clock.today())
    has_answers = form_versions.has_answers_to_read(found)
    unread = counted.state[UNREAD] if has_answers else 0
    return render_template(
        "desk/call.html",
        call=found,
        open=is_open,
        rows=listed.rows,
        total=counted.total,
        matching=matching.people,
        has_answers=has_answers,
        unread=unread,
        put_aside=counted.state[ASIDE],
        next_unread=submission_filters.next_unread(matching) if unread else None,
        pages=_pages(matching, listed),
        chosen=chosen,
        facets=facets_of(found, counted, chosen),
        share=share_call(found) if is_open else None,
        languages=LANGUAGES,
        told=tell_backs.recent_line(found.id),
        late=found.takes_late_paper(clock.today()),
        entries=entries(slug),
        done=flash_in(CALL_FLASHES),
    )


def _pages(matching: Matching, listed: Page) -> Pages:
    asked = request.args.get("page", 1, type=int)
    return pages_of(matching.people, asked, _in_address(listed.newer), _in_address(listed.older))


def _in_address(place: Place | None) -> str | None:
    return None if place is None else f"{place.received_on.isoformat()}.{place.id.hex}"


def _asked(name: str) -> Place | None:
    """The place in the address. What is none is ignored, so that an old address leads somewhere."""
    day, _, typed = request.args.get(name, "").partition(".")
    found = id_in(typed)
    try:
        return None if found is None else Place(date.fromisoformat(day), found)
    except ValueError:
        return None
