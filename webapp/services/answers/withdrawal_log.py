"""The withdrawal log: what people took back, noted outside the databases, so that no restore gives it back (fail-safe).

A backup of `main` has permissions as they stood on its day. Lines of the tombstone file say which of them were taken
back, by the number of the decision, and who is marked *do not contact*. They name random ids, and no person. A
permission that is given is not noted: after a restore somebody is asked once more, and never contacted against their
word.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.sealed import tombstone_file

WITHDRAWN: Final = re.compile(r"withdrawn:([0-9a-f]{32}):([a-z][a-z0-9_]{0,39}):([1-9][0-9]{0,3})")
DO_NOT_CONTACT: Final = re.compile(r"(do-not-contact|contact-allowed):([0-9a-f]{32})")


@dataclass(frozen=True)
class TakenBack:
    """What the log says: of each submission and purpose the highest number withdrawn; and who is marked."""

    withdrawn: dict[UUID, dict[str, int]] = field(default_factory=dict)
    do_not_contact: set[UUID] = field(default_factory=set)


def note_withdrawals(submission_id: UUID, numbers: dict[str, int]) -> None:
    """Note decisions by purpose, before they are committed. Raises `StoreUnavailable`: then nothing was taken back."""
    _append(*(f"withdrawn:{submission_id.hex}:{purpose}:{n}" for purpose, n in numbers.items()))


def note_do_not_contact(submission_id: UUID, marked: bool) -> None:
    """Note a mark, or that the person lifted it, before it is committed. Raises `StoreUnavailable`."""
    _append(f"{'do-not-contact' if marked else 'contact-allowed'}:{submission_id.hex}")


def _append(*lines: str) -> None:
    try:
        tombstone_file.append_lines(lines)
    except OSError as error:
        # A person is told that it is taken back only when that outlasts a restore, too.
        raise StoreUnavailable("main") from error


def marks_that_stand(lines: Iterable[bytes]) -> list[bytes]:
    """Of the lines of a list, those that are the last word about a person, and mark them *do not contact*."""
    last = {
        told[2]: line
        for line in lines
        if (told := DO_NOT_CONTACT.fullmatch(line.decode("ascii", "replace")))
    }
    return [line for line in last.values() if line.startswith(b"do-not-contact")]


def read() -> TakenBack:
    """All of it. A line that says neither is passed over."""
    found = TakenBack()
    for line in tombstone_file.lines():
        if told := WITHDRAWN.fullmatch(line):
            numbers = found.withdrawn.setdefault(UUID(told[1]), {})
            numbers[told[2]] = max(numbers.get(told[2], 0), int(told[3]))
        elif told := DO_NOT_CONTACT.fullmatch(line):
            # The last line about a person stands.
            change = (
                found.do_not_contact.add
                if told[1] == "do-not-contact"
                else found.do_not_contact.discard
            )
            change(UUID(told[2]))
    return found
