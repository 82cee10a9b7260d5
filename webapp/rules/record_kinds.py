"""Kinds of entries in the record, for filtering. A kind is a set of tags by their beginnings, so that a new tag of a
known family ("registration …") belongs to it without being listed here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

#: Entries of every coordinator's ordinary day. Wrong codes are not among them: they may be an attack.
ROUTINE: Final = ("signed in", "second factor confirmed")


@dataclass(frozen=True, slots=True)
class RecordKind:
    """`begins` and `contains` are matched against the tag; `actor` against who did it."""

    begins: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    actor: str | None = None


#: By the word that stands in the address.
KINDS: Final[Mapping[str, RecordKind]] = MappingProxyType(
    {
        "opened": RecordKind(
            begins=(
                *("answers opened", "contact opened", "registration opened"),
                *("attendance list opened", "names opened"),
            )
        ),
        "lists": RecordKind(begins=("contacts exported", "list ")),
        "people": RecordKind(actor="public"),
        "entered": RecordKind(begins=("answers entered", "answers corrected", "caller ")),
        "events": RecordKind(
            begins=(
                "event ",
                "seats ",
                "joining link",
                "registration ",
                "marked as ",
                "attendance ",
            )
        ),
        "calls": RecordKind(begins=("call ", "publish check")),
        "deleted": RecordKind(contains=("erased", "deleted")),
        "languages": RecordKind(begins=("language ", "words ")),
        "access": RecordKind(
            begins=(
                *ROUTINE,
                *("wrong six-digit", "owner ", "new passphrase", "recovery key", "coordinator "),
            )
        ),
        "routine": RecordKind(begins=ROUTINE),
    }
)
