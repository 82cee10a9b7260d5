"""The versions of a published call's form: which there are, and what can be found in any of them.

Participants finish on the version that they began on, and what they sent stays on it. So consents, pages and parts of
an older version are still in use when the call asks a newer one.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from webapp.rules.forms.form_definition import ConsentWording, FormDefinition, NoSuchPage
from webapp.rules.forms.questions import Page
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.infrastructure.row_authentication import RowForged

#: The version that every call begins with, and a number that no call comes to.
FIRST: Final = 1
TOO_MANY: Final = 10_000


def at_or_newest(call: Call, number: int) -> Call:
    """A call with the version of its form that somebody began on; with the newest where that one is gone, because a
    store was restored from before it. Raises `RowForged`."""
    if not FIRST <= number < TOO_MANY:
        return call
    try:
        return published_calls.at_version(call, number)
    except NoSuchCall:
        return call


def calls_of(call: Call) -> Iterator[Call]:
    """The call with each version up to its own, the newest first. One that is gone, or was changed by hand, is left
    out."""
    for number in range(call.form_version, 0, -1):
        with suppress(NoSuchCall, RowForged):
            yield published_calls.at_version(call, number)


def forms_of(call: Call) -> Iterator[FormDefinition]:
    """The form of each of these versions."""
    return (one.form for one in calls_of(call))


def every_consent(call: Call) -> tuple[ConsentWording, ...]:
    """Each consent that any version asks for, in its newest words: people may have said yes to it."""
    found: dict[str, ConsentWording] = {}
    for form in forms_of(call):
        for wording in form.consents:
            found.setdefault(wording.purpose, wording)
    return tuple(found.values())


def has_answers_to_read(call: Call) -> bool:
    """Whether any version asks more than contact and what is only counted."""
    return any(form.has_answers_to_read for form in forms_of(call))


def recent_pages(slug: str, key: str) -> tuple[Page, ...]:
    """The page with this key in each version that has it, the newest first. Raises `NoSuchCall`."""
    found = []
    for form in forms_of(published_calls.recent_call(slug)):
        with suppress(NoSuchPage):
            found.append(form.page(key))
    return tuple(found)
