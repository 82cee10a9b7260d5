"""The next unread submission of a filtered list, and whether the reason carries over to it (purpose limitation)."""

from dataclasses import dataclass
from uuid import UUID

from webapp.desk.calls.faceted_filter import asked_filter
from webapp.desk.shared.reason_form import OpeningForm
from webapp.services.answers import submission_filters
from webapp.services.answers.submission_filters import UNREAD, Filter
from webapp.services.calls.published_calls import Call

#: Reasons that carry over to the next submission. A danger concerns one participant alone, and a coordinator who gave a
#: reason in their own words is asked again.
LASTING = ("report", "check")


@dataclass(frozen=True)
class ReadingOn:
    """The next submission, and the filled form that opens it; without a form the coordinator is asked for a reason.

    `left`: how many of the filtered list are unread. `chosen`: the filter, for addresses.
    """

    chosen: dict[str, str]
    next_id: UUID | None
    left: int
    form: OpeningForm | None


def reading_on(of: Call, form: OpeningForm) -> ReadingOn:
    """Where to read on after a form of this call was sent."""
    chosen = asked_filter(of)
    next_id = submission_filters.next_unread(submission_filters.matching(of, chosen))
    unread = Filter(**{**chosen.chosen, "state": UNREAD})
    return ReadingOn(
        chosen.chosen,
        next_id,
        submission_filters.matching(of, unread).people if next_id else 0,
        form if form.why.data in LASTING else None,
    )
