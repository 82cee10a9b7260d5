"""The inventory of session keys: everything that a Visit may hold, and nothing else.

A key is a name, and for some names what it is about, as in `answers:<call>:<page>`. A Visit refuses a key that is not
listed here (`KeyNotListed`), and tests/architecture/test_session_keys.py finds keys that no code uses. `until` says
what ends a key before the Visit ends; the end of the Visit ends all of them (`lifetimes`).
"""

from dataclasses import dataclass
from typing import Literal

Door = Literal["public", "desk"]


class KeyNotListed(RuntimeError):
    """Our code tried to keep a value under a key that is not in the inventory."""


@dataclass(frozen=True)
class Key:
    """One kind of key. `about` names the parts after the name, each after a colon.

    Two tabs are merged key by key, and of one key the later write stands. So where `about` ends with a page, tabs on
    two pages lose nothing (`is_merged_by_page`).
    """

    name: str
    about: tuple[str, ...]
    holds: str
    until: str

    @property
    def is_merged_by_page(self) -> bool:
        """Whether a conflict of two tabs that show two pages loses nothing of either."""
        return self.about[-1:] == ("page",)


BOTH_DOORS = (
    Key("csrf_token", (), "the token that every form carries, against CSRF", "the Visit ends"),
    Key(
        "copied",
        (),
        "where the copy lies that a rotation left for a double submit",
        "the next rotation",
    ),
)
#: Pages of a call before sending. The same names with `held-` belong to a correction, with `after-` to equality.
DRAFT = (
    Key(
        "answers",
        ("call", "page"),
        "the accepted answers of one page",
        "sent, dropped, thrown away",
    ),
    Key(
        "typed",
        ("call", "page"),
        "input that was not accepted, or not submitted",
        "accepted, dropped",
    ),
    Key(
        "unsent",
        ("call", "page"),
        "when that input was autosaved, by the device's clock",
        "accepted, dropped",
    ),
    Key(
        "at",
        ("call", "page"),
        "when a page was last submitted: older autosaves are dropped",
        "sent, dropped",
    ),
)
CALL = (
    *DRAFT,
    Key(
        "began",
        ("call",),
        "when the call was begun, for the minimum time against bots",
        "sent, dropped",
    ),
    Key(
        "version",
        ("call",),
        "the version of the call's form that is being answered",
        "sent, dropped",
    ),
    Key("helped", ("call",), "that a helper types for the participant", "sent, dropped"),
    Key(
        "expired", ("call",), "that an earlier Visit ended on a page of this call", "sent, dropped"
    ),
    Key(
        "sending",
        ("call",),
        "idempotency key: the submission's id and its receipt",
        "sent, dropped",
    ),
    Key(
        "ticked", ("call",), "consent boxes ticked on a page that was not sent yet", "sent, dropped"
    ),
    Key("members", ("call",), "which list of members was shown beside them", "sent, dropped"),
    Key(
        "stopped-at",
        ("call",),
        "the page on which the participant stopped for now",
        "sent, dropped",
    ),
    Key(
        "return-code",
        ("call",),
        "the return code, and until when the draft waits",
        "sent, thrown away",
    ),
    Key("thrown-away", ("call",), "that the unfinished answers were erased", "begun again"),
)
SENT = (
    Key(
        "sent",
        ("call",),
        "the receipt, and what its page says",
        "the receipt is closed, or a shared device changes hands",
    ),
    Key("tried", ("call",), "how typing the receipt went, never what was typed", "as `sent`"),
    Key("after-begun", ("call",), "idempotency key of the equality answers", "given, or as `sent`"),
    Key("after-given", ("call",), "that the equality answers were sent", "as `sent`"),
)
CORRECTION = (
    Key(
        "code",
        (),
        "the receipt that was handed in: a bearer capability",
        "closed, erased, or a shared device changes hands",
    ),
    Key("whose", (), "the id of the submission behind it", "as `code`"),
    Key("erased", (), "what the page after erasing says", "a code is handed in"),
    Key(
        "correcting",
        ("call",),
        "what the correction began with, and its idempotency key",
        "saved, dropped",
    ),
    Key(
        "corrected",
        ("call",),
        "that a correction is over, and whether by the last button",
        "the receipt is closed, or a shared device changes hands",
    ),
    Key(
        "late-words",
        ("call", "submission", "page"),
        "input that came after the Visit had ended",
        "that receipt is handed in",
    ),
    Key(
        "held-ticked", ("call",), "consent boxes on its last page, not saved yet", "saved, dropped"
    ),
    Key("held-members", ("call",), "which list of members was shown beside them", "saved, dropped"),
    Key(
        "held-more",
        ("call",),
        "whether the equality questions are answered or skipped",
        "saved, dropped",
    ),
)
BOOKING = (
    Key(
        "booking",
        ("event",),
        "idempotency key: the registration's id, ticket and codes",
        "booked, dropped",
    ),
    Key(
        "booked",
        ("event",),
        "the registration that was made: its ticket and codes",
        "deleted, or a shared device changes hands",
    ),
    Key(
        "typed",
        ("event",),
        "a registration form that was not accepted, or not submitted",
        "booked, dropped",
    ),
    Key("unsent", ("event",), "when that was autosaved", "booked, dropped"),
    Key("at", ("event",), "when the form was last submitted", "the Visit ends"),
    *(
        Key(
            name,
            ("address", "event"),
            f"{holds} the page that corrects an address",
            "accepted, booked again",
        )
        for name, holds in (
            ("typed", "input of"),
            ("unsent", "autosave of"),
            ("at", "last submit of"),
        )
    ),
    *(
        Key(name, ("needs", "registration"), f"{holds} the page about access needs", "accepted")
        for name, holds in (
            ("typed", "input of"),
            ("unsent", "autosave of"),
            ("at", "last submit of"),
        )
    ),
)
PUBLIC = (
    *BOTH_DOORS,
    Key("news", (), "a flash message, for which page", "the next button"),
    Key("told-of-leaving", (), "that Leave now was explained", "the Visit ends"),
    *CALL,
    *SENT,
    *CORRECTION,
    *(
        Key(f"{prefix}{key.name}", key.about, f"{key.holds}: {whose}", until)
        for key in DRAFT
        for prefix, whose, until in (
            ("held-", "of a correction", "saved, dropped"),
            ("after-", "about equality", "given, or as `sent`"),
        )
    ),
    *BOOKING,
)
DESK = (
    *BOTH_DOORS,
    Key("coordinator_id", (), "who is signed in", "signed out"),
    Key("name", (), "their name, for the page", "signed out"),
    Key("roles", (), "their roles, and within which call or event", "signed out"),
    Key("keyring", (), "which keyring of purpose keys is this session's", "signed out"),
    Key("keyring-key", (), "the key that opens that keyring", "signed out"),
    Key("confirmed-at", (), "when the second factor was last confirmed, for step-up", "signed out"),
    Key(
        "pressed",
        (),
        "a digest of the form that a step-up was for, in the copy which a second press finds",
        "two minutes",
    ),
    Key("totp-key", (), "their subkey for the second factor, derived one way", "signed out"),
    Key(
        "passkey-challenge",
        (),
        "what a passkey must sign next, and until when; before signing in, too",
        "answered once, or five minutes",
    ),
    Key(
        "passkey-adding",
        (),
        "the name of a passkey that is being added, what it must sign, and until when",
        "answered once, or five minutes",
    ),
    Key("entry-lookup", (), "their label of drafts entered for participants", "signed out"),
    Key("entry-key", (), "their subkey that opens these drafts", "signed out"),
    Key("notes-key", (), "their subkey that opens the list of their sessions", "signed out"),
    Key(
        "caller",
        (),
        "the caller on the phone, and how they were verified",
        "half an hour, finished",
    ),
    Key("invited", (), "links of new invitations, to pass on", "passed on, taken back"),
    Key(
        "joining",
        (),
        "an account that is being made with an invitation: its passphrase, recovery code and second factor",
        "the account is made, or the link is opened again",
    ),
    Key("caller-code", (), "a new receipt to read out to the caller", "confirmed, half an hour"),
)
KEYS: dict[Door, tuple[Key, ...]] = {"public": PUBLIC, "desk": DESK}
_SHAPES = {
    door: frozenset((key.name, len(key.about)) for key in keys) for door, keys in KEYS.items()
}


def is_listed(door: Door, key: str) -> bool:
    """Whether a Visit of this door may hold this key."""
    name, *about = key.split(":")
    return (name, len(about)) in _SHAPES[door]


def ensure_listed(door: Door, key: str) -> None:
    """Raises `KeyNotListed`."""
    if not is_listed(door, key):
        # The name alone: what follows may say which call.
        raise KeyNotListed(f"{key.partition(':')[0]} ({door})")
