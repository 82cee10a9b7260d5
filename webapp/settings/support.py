"""Support contacts (help lines), which every page shows; Hearth proposes three until an operator sets some."""

from dataclasses import dataclass

SUPPORT = (
    "Modern Slavery Helpline | 08000 121 700 | Free, in many languages;"
    "Samaritans (someone to listen) | 116 123 | Free, day and night, about anything;"
    "In danger now (police, ambulance, fire) | 999 | They ask where you are"
)


@dataclass(frozen=True)
class SupportContact:
    """One help line, shown in the same place on every page."""

    name: str
    detail: str
    note: str


def read_contacts(text: str) -> tuple[SupportContact, ...]:
    """The contacts in a text like `SUPPORT`. Raises ValueError where one has not three pieces."""
    entries = [entry.split("|") for entry in text.split(";") if entry.strip()]
    if any(len(pieces) != 3 for pieces in entries):
        raise ValueError("a contact has three pieces")
    return tuple(SupportContact(*map(str.strip, pieces)) for pieces in entries)


#: Recognised by identity: an operator who sets the same lines has chosen them.
PROPOSED = read_contacts(SUPPORT)
