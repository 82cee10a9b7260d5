"""Structured detail of audit entries: named fields in canonical JSON, so that the hash chain can cover them."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Detail:
    """Structured detail of an entry. An audit event declares which class of it it takes."""

    def as_text(self) -> str:
        """Canonical JSON: sorted keys, no spaces, empty fields left out."""
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Parse what `as_text` wrote; None for anything else, so that a tampered entry can still be shown."""
        try:
            found = cls(**json.loads(text))
        except (TypeError, ValueError):
            return None
        return found if found.as_text() == text else None


@dataclass(frozen=True, slots=True)
class OfPurpose(Detail):
    """The consent purpose that an act was about; of a file for a member organisation, its id."""

    purpose: str
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class OfPeople(Detail):
    """How many submissions an act was about."""

    people: int


@dataclass(frozen=True, slots=True)
class OfRole(Detail):
    """The role that an act was about, and the id of the call or event that it is for, if it is not for everything."""

    role: str
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class OfMove(Detail):
    """From which organisation a person moved, and to which: their ids."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class OfVersion(Detail):
    """The number of the version that an act was about."""

    version: int


@dataclass(frozen=True, slots=True)
class OfMonths(Detail):
    """The month by which people are told what became of a call, like 2027-03; and the one before, if it was moved."""

    by: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class OfMerger(Detail):
    """The id of the organisation that another one went into."""

    into: str


@dataclass(frozen=True, slots=True)
class OfKeys(Detail):
    """How many purpose keys an act was about."""

    keys: int


@dataclass(frozen=True, slots=True)
class OfRecords(Detail):
    """How many sealed records an act was about, and of which purpose."""

    records: int
    sealed_for: str


@dataclass(frozen=True, slots=True)
class OfDownload(Detail):
    """How many people's answers a file has, its kind, and the id that the file itself says, in hexadecimal."""

    people: int
    file_format: str
    download: str


@dataclass(frozen=True, slots=True)
class OfSharing(Detail):
    """With how many people's consent an act of sharing began, and the id of their call."""

    people: int
    call: str


@dataclass(frozen=True, slots=True)
class OfLanguage(Detail):
    """The language of a review, how many texts it covered, and the role of the reviewer."""

    language: str
    texts: int | None = None
    reviewer: str | None = None


@dataclass(frozen=True, slots=True)
class OfSheets(Detail):
    """Which pairs of recovery sheets an act was about, by their numbers, like 1+2."""

    pairs: str


@dataclass(frozen=True, slots=True)
class Capacity(Detail):
    """In which capacity a coordinator acted: the organisation (an id) and the roles, separated by commas.

    Kept with each entry of the desk, whatever it is about, because people change their roles.
    """

    organisation: str
    roles: str

    @property
    def role_names(self) -> tuple[str, ...]:
        """The stored roles, one by one."""
        return tuple(filter(None, self.roles.split(",")))
