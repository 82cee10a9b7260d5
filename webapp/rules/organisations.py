"""Member organisations of the coalition: what an organisation is in it, and during which days."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Standing(StrEnum):
    """What an organisation is in the coalition. Host and chair are members, too. The value is stored."""

    MEMBER = "member"
    HOST = "host"
    CHAIR = "chair"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From the first day to the last one, both included; `ended_on` is None while it goes on."""

    began_on: date
    ended_on: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the period covers this day."""
        return self.began_on <= day and (self.ended_on is None or day <= self.ended_on)
