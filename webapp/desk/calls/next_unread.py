"""Reading one person's answers after another's: who is next among those chosen, and whether the reason still holds."""

from dataclasses import dataclass
from uuid import UUID

from webapp.desk.calls.faceted_filter import asked_filter
from webapp.desk.shared.reason_form import OpeningForm
from webapp.services.answers import submission_filters
from webapp.services.answers.submission_filters import UNREAD, Filter
from webapp.services.calls.published_calls import Call

#: Reasons that are as true of the next person as of the last one. That someone may be in danger is true of one person
#: alone, and whoever gave a reason of their own is asked again.
LASTING = ("report", "check")


@dataclass(frozen=True)
class ReadingOn:
    """Who comes next, and the filled form that opens their answers; without a form they are asked for a reason.

    `left`: how many of those chosen nobody has read yet. `chosen`: the filter, for addresses.
    """

    chosen: dict[str, str]
    next_id: UUID | None
    left: int
    form: OpeningForm | None


def reading_on(of: Call, form: OpeningForm) -> ReadingOn:
    """Where to read on after a form of this call was sent."""
    chosen = asked_filter(of)
    next_id = submission_filters.next_unread(of.id, chosen)
    unread = Filter(**{**chosen.chosen, "state": UNREAD})
    return ReadingOn(
        chosen.chosen,
        next_id,
        submission_filters.how_many(of, unread) if next_id else 0,
        form if form.why.data in LASTING else None,
    )
