"""Purpose keys in plain words: what each of them opens, by call, event and organisation."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.rules.roles import SHARED, Purpose

OPENS: Final[Mapping[Purpose, LazyString]] = MappingProxyType(
    {
        "contact": lazy_gettext("How to reach people"),
        "testimony": lazy_gettext("Answers"),
        "equality": lazy_gettext("Equality answers"),
        "registrant": lazy_gettext("Registrations"),
        "needs": lazy_gettext("What people need"),
        "room": lazy_gettext("Names in the room"),
        SHARED: lazy_gettext("Contact details that were shared with it"),
    }
)
#: In this order on every page.
_ORDER: Final = tuple(OPENS)


def opened_words(purpose: str) -> str:
    """What the key of this purpose opens."""
    return str(next((words for name, words in OPENS.items() if name == purpose), purpose))


def rank(purpose: str) -> int:
    """Where this purpose stands among the others."""
    return next((at for at, name in enumerate(_ORDER) if name == purpose), len(_ORDER))


def place_words(owner_id: UUID, titles: Mapping[UUID, str]) -> str:
    """The title of a call or event, or an organisation's name; words for one that is deleted."""
    return titles.get(owner_id) or gettext("Something that is not here any more")


def by_place(keys: Iterable[tuple[UUID, str]], titles: Mapping[UUID, str]) -> list[tuple[str, str]]:
    """For each call, event and organisation by its title, what these keys open of it."""
    found: dict[UUID, list[str]] = {}
    for owner_id, purpose in sorted(keys, key=lambda one: rank(one[1])):
        found.setdefault(owner_id, []).append(opened_words(purpose))
    return sorted(
        (place_words(owner_id, titles), ", ".join(words)) for owner_id, words in found.items()
    )
