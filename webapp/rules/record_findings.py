"""Findings of the audit log's verification: what is not as Hearth wrote it, as facts in canonical JSON."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from webapp.rules.audit_details import Detail
from webapp.rules.number_ranges import NumberRanges


@dataclass(frozen=True, slots=True)
class RecordFinding(Detail):
    """Evidence of tampering with the record. Each field is None where there is nothing of its kind."""

    #: Numbers of entries that were altered or removed, as `NumberRanges` writes them.
    numbers: str | None = None
    #: The end: the stored head is not the one that the newest entry leads to.
    end: bool | None = None
    #: So many heads that were noted outside of the database are not in the record any more.
    noted: int | None = None
    #: The day on which the first of them was noted.
    noted_on: str | None = None
    #: The file of noted heads is shorter than it was.
    file: bool | None = None
    #: The note of the last check was removed or altered.
    check: bool | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self == WHOLE

    @property
    def altered(self) -> NumberRanges:
        """The numbers of entries that were altered or removed."""
        return NumberRanges.from_text(self.numbers or "")

    @property
    def first_noted_on(self) -> date | None:
        """The day of the first noted head that the record lacks."""
        return date.fromisoformat(self.noted_on) if self.noted_on else None

    def __or__(self, other: Self) -> Self:
        """Both findings as one."""
        days = sorted(day for day in (self.noted_on, other.noted_on) if day)
        return type(self)(
            numbers=str(self.altered | other.altered) or None,
            end=self.end or other.end,
            noted=max(self.noted or 0, other.noted or 0) or None,
            noted_on=days[0] if days else None,
            file=self.file or other.file,
            check=self.check or other.check,
        )


WHOLE: Final = RecordFinding()
