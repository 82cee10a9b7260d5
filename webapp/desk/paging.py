"""Long lists, fifty to a page."""

from dataclasses import dataclass

from flask import request

PER_PAGE = 50


@dataclass(frozen=True)
class Pages:
    """Where somebody is in a long list. Pages are counted from one."""

    number: int
    last: int

    @property
    def start(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * PER_PAGE


def pages_of(total: int) -> Pages:
    """The page that the address asks for, or the nearest that there is."""
    last = max(1, -(-total // PER_PAGE))
    asked = request.args.get("page", 1, type=int)
    return Pages(min(max(asked, 1), last), last)
