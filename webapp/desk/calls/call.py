"""The page of one call: its submissions, filtered and paged, and what to send to invite participants."""

from flask import render_template

from webapp.desk.calls.faceted_filter import asked_filter, facets_of
from webapp.desk.on_behalf.entry_draft import entries
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.offset_pagination import PER_PAGE, pages_of
from webapp.desk.sharing.share_links import share_call
from webapp.rules import clock
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.roles import Act
from webapp.services.answers import desk_submissions, submission_filters
from webapp.services.answers.submission_filters import ASIDE, UNREAD
from webapp.services.calls import published_calls
from webapp.web.guards import may


@blueprint.get("/calls/<slug>")
@may(Act.SEE_SUBMISSIONS)
def call(slug: str) -> str:
    """The submissions to one call that were chosen: nothing of what was said."""
    found = published_calls.find_call(slug)
    chosen, counted = asked_filter(found), submission_filters.facets(found)
    matching = submission_filters.how_many(found, chosen) if chosen.chosen else counted.total
    pages = pages_of(matching)
    is_open = found.accepts_answers(clock.today())
    unread = counted.state[UNREAD] if found.form.has_answers_to_read else 0
    return render_template(
        "desk/call.html",
        call=found,
        open=is_open,
        rows=desk_submissions.list_for_call(found, chosen, start=pages.start, most=PER_PAGE),
        total=counted.total,
        matching=matching,
        unread=unread,
        put_aside=counted.state[ASIDE],
        next_unread=submission_filters.next_unread(found.id, chosen) if unread else None,
        pages=pages,
        chosen=chosen,
        facets=facets_of(found, counted, chosen),
        share=share_call(found) if is_open else None,
        languages=LANGUAGES,
        late=found.takes_late_paper(clock.today()),
        entries=entries(slug),
    )
