"""Purpose limitation (GDPR, article 5(1)(b)): the permitted reasons for opening or exporting sealed data.

The reasons are a closed set. Which of them are permitted follows from the consents that were given (`rules.consent`);
the services enforce it for each opening and each export. A reason outside the consents needs words of its own, which
are stored in the audit log and shown to all coordinators.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: The maximum length of a reason in the audit log.
LONGEST: Final = 200
#: The maximum length of a coordinator's own words. With a usual reason before them they must fit the audit log.
LONGEST_WORDS: Final = 140
_ELLIPSIS: Final = "…"


@dataclass(frozen=True)
class Use:
    """One permitted reason: its key in a form, and its words on the page and in the audit log."""

    key: str
    words: str


@dataclass(frozen=True)
class Reason:
    """The reason that a coordinator chose, and what they added in their own words."""

    key: str
    words: str = ""


REPORT: Final = Use("report", "To write the report")
CHECK: Final = Use("check", "To check what we wrote")
ASK: Final = Use("ask", "To ask about what they wrote")
INVITE: Final = Use("invite", "To invite them to a meeting")
SHARE: Final = Use("share", "To pass their details on to a member charity")
PREPARE: Final = Use("prepare", "To prepare the event")
ABOUT_REGISTRATION: Final = Use("ask", "To ask them about their registration")
#: Exempt from rate limits: see `services.infrastructure.limits`.
DANGER: Final = Use("danger", "Someone may be in danger")
#: Needs words.
OTHER: Final = Use("other", "Another reason")

#: The permitted reasons for reading answers and registrations.
READING: Final = (REPORT, CHECK, DANGER, OTHER)
PREPARING: Final = (PREPARE, ABOUT_REGISTRATION, DANGER, OTHER)
#: For downloading the answers of a whole call. Danger concerns one person only.
DOWNLOADING: Final = (REPORT, CHECK, OTHER)

#: The permitted reasons for sharing with a member organisation.
SHARING_FOR: Final = (SHARE, OTHER)
#: For a recipient of a member organisation that contact details were shared with.
REACH: Final = Use("reach", "To get in touch with them about this work")
READING_SHARED: Final = (REACH, OTHER)

#: The prefix in the audit log of a reason that no consent covers.
OUTSIDE: Final = "Outside the permission’s words"


class NotWhatItIsFor(ValueError):
    """This reason is not permitted here, or it needs words and has none."""


def for_record(reason: Reason, allowed: Iterable[Use], *, other: str = "") -> str:
    """The reason as text for the audit log. `other`: the prefix of a reason in a coordinator's own words.

    Raises `NotWhatItIsFor` for a reason that is not permitted, and for another reason without words.
    """
    use = next((use for use in allowed if use.key == reason.key), None)
    if use is None or (use == OTHER and not reason.words):
        raise NotWhatItIsFor(reason.key)
    words = reason.words[:LONGEST_WORDS]
    usual = other if use == OTHER else use.words
    room = LONGEST - len(words) - len(": ") if words else LONGEST
    return ": ".join(filter(None, (shortened(usual, room), words)))


def shortened(words: str, room: int) -> str:
    """Truncate the words to the remaining room."""
    return words if len(words) <= room else words[: room - 1].rstrip() + _ELLIPSIS
