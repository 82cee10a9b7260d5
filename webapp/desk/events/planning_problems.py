"""What the publish check finds in a planned event, beside the field that it is about, in words that say what to do.

Operators have sentences of their own (`cli.problem_words`): those name keys of a file, which coordinators never see.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.desk.events.planning_form import PlanForm
from webapp.rules.publishing.problems import Problem
from webapp.services.forms import event_planning, publishing
from webapp.services.forms.publishing import AddressRefused, NotPublishable
from webapp.services.keys.recovery_state import NotRehearsed, SheetsMissing

#: By message key: the field, and the sentence beside it.
SENTENCES: Final[Mapping[str, tuple[str, LazyString]]] = MappingProxyType(
    {
        "publish-kept-without-days": (
            "kept",
            lazy_gettext(
                "Name the %(days)s days in these words, or change the number of days above: people are promised one day"
            ),
        ),
        "publish-not-neutral": (
            "title",
            lazy_gettext(
                "Leave out “%(words)s”. Others may see the title, and it would tell them who comes to the event"
            ),
        ),
        "publish-booking-over": (
            "last_day",
            lazy_gettext(
                "So many days before the event is a day that has passed. Enter fewer days, or leave this empty"
            ),
        ),
        "publish-time-past": ("starts", lazy_gettext("This time has passed. Choose a later one")),
    }
)
BEFORE_SHEETS: Final = lazy_gettext(
    "Nothing can be published yet, because the recovery sheets are not ready. Ask the person who looks after the "
    "server to try the sheets. What you typed is still here."
)


def find_problems(form: PlanForm) -> str:
    """Dry run of publishing: put what is wrong beside its field, in the form's errors; return what is about no field.

    The form was validated. Raises what `publishing.check_event` raises about keys.
    """
    definition = event_planning.define(form.plan, form.base)
    try:
        publishing.check_event(definition, slug=form.address.data)
    except AddressRefused:
        form.address.errors = [refused_address()]
        return ""
    except NotPublishable as refused:
        return " ".join(filter(None, [_place(form, one) for one in refused.problems]))
    except (NotRehearsed, SheetsMissing):
        return str(BEFORE_SHEETS)
    if other := event_planning.same_as(definition):
        form.title.errors = [
            gettext(
                "There is an event with this title at that time already (%(address)s). Choose another title or time",
                address=other.slug,
            )
        ]
    return ""


def refused_address() -> str:
    """What an address must be like."""
    return gettext(
        "Choose another word of small letters, digits and hyphens. No other call or event may have it, and it must "
        "not say who comes"
    )


def _place(form: PlanForm, problem: Problem) -> str:
    """Put a problem beside its field. Words for one that is about no field of the form."""
    if problem.key not in SENTENCES:
        return gettext(
            "A question of the event that you copied cannot be asked here. Start from a blank event, or ask the person "
            "who looks after the server (%(key)s).",
            key=problem.key,
        )
    name, words = SENTENCES[problem.key]
    form[name].errors = [str(words) % dict(problem.params)]
    return ""
