"""The report of `publish` and `publish-event`: the public address, the last day, the languages."""

from collections.abc import Iterable
from datetime import date

from webapp.extensions import current_settings
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.event_times import clock_words
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.services.calls import tell_backs
from webapp.services.calls.published_calls import Call
from webapp.services.events.published_events import Event
from webapp.ui.page_language import offered_languages

#: For whom the examples in `webapp/content` speak.
EXAMPLE_NAME = "Anti-Trafficking Monitoring Group"


def name_words(definition: FormDefinition | EventDefinition) -> str:
    """A warning where a file still speaks in the name of our example's organisation; empty where it does not."""
    settings = current_settings()
    ours = settings.demo or EXAMPLE_NAME in settings.organisation
    if ours or EXAMPLE_NAME not in definition.model_dump_json():
        return ""
    return (
        f"LOOK: this speaks in the name of the {EXAMPLE_NAME}, as our example does, and {settings.organisation} runs "
        "this instance. Write the right name, in every language."
    )


def call_words(call: Call) -> str:
    """The report on a call that was published."""
    lines = [
        f"The call “{call.form.title['en']}” is open now.",
        f"  People find it at  {_address('calls', call.slug)}",
        f"                     and on the first page, {_base_url()}/",
        f"  Last day           {day_words(call.closes_on)}",
        *_told_by(call),
        *_language_lines(call.form.title),
        "Look at it before you tell people about it: its words stay until a new version. `close-call` ends it early.",
    ]
    return "\n".join(lines)


def doubt_words(definition: EventDefinition) -> str:
    """What to think over before an event is published, though it can be; empty when there is nothing."""
    if definition.confirm_address:
        return ""
    return (
        "Bookings hold their seats at once, because confirm_address is off: one stranger can take all seats, and have "
        "e-mails sent to people who never asked. Leave it on unless you know who gets the address of this event."
    )


def event_words(event: Event) -> str:
    """The report on an event that was published."""
    start, end = event.time.local_start, event.time.local_end
    when = f"{day_words(start.date())}, {clock_words(start)} to {clock_words(end)}"
    lines = [
        f"The event “{event.definition.title['en']}” is open for booking now.",
        f"  People find it at  {_address('events', event.slug)}",
        f"                     and on the first page, {_base_url()}/",
        f"  When               {when} ({event.time.zone})",
        f"  Seats              {event.seats}",
        *_language_lines(event.definition.title),
        *filter(None, [doubt_words(event.definition)]),
        "Its joining link is set at the desk, on the event's page. Its time can be moved there; its words stay.",
    ]
    return "\n".join(lines)


def _told_by(call: Call) -> list[str]:
    """By when people are told what became of it, and where."""
    month = tell_backs.find(call.id).by
    return [f"  People are told by {month.first_day:%B %Y}: what became of it"] if month else []


def day_words(day: date) -> str:
    """Like "Wednesday 31 March 2027"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _language_lines(codes: Iterable[str]) -> list[str]:
    shown = {one.code for one in offered_languages()}
    known = [LANGUAGES[code] for code in codes if code in LANGUAGES]
    offered_now = [one.english_name for one in known if one.code in shown]
    waiting = [one.english_name for one in known if one.code not in shown]
    lines = [f"  Languages          {', '.join(offered_now)}"]
    if waiting:
        lines.append(f"                     not shown until reviewed: {', '.join(waiting)}")
    return lines


def _address(kind: str, slug: str) -> str:
    return f"{_base_url()}/en/{kind}/{slug}/"


def _base_url() -> str:
    settings = current_settings()
    return settings.base_url or f"http://{settings.bind}"
