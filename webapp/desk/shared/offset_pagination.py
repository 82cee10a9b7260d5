"""Offset pagination of lists that are read whole, fifty to a page unless a list says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

PER_PAGE = 50


@dataclass(frozen=True)
class Pages:
    """Which page of a long list is shown. Pages are counted from one."""

    number: int
    last: int
    per_page: int = PER_PAGE

    @property
    def start(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * self.per_page

    @property
    def before(self) -> Mapping[str, int] | None:
        """What leads to the page before, in its address."""
        return {"page": self.number - 1} if self.number > 1 else None

    @property
    def after(self) -> Mapping[str, int] | None:
        """What leads to the page after."""
        return {"page": self.number + 1} if self.number < self.last else None


def pages_of(total: int, per_page: int = PER_PAGE) -> Pages:
    """The page that the address asks for, or the nearest that there is."""
    last = max(1, -(-total // per_page))
    asked = request.args.get("page", 1, type=int)
    return Pages(min(max(asked, 1), last), last, per_page)
