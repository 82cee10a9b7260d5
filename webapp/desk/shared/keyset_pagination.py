"""Keyset pagination: a link to the next page says after which entry it begins, so none before it is read again."""

from collections.abc import Mapping
from dataclasses import dataclass

from webapp.rules.bounded_counts import AtLeast

PER_PAGE = 50


@dataclass(frozen=True)
class Pages:
    """Which page of a long list is shown, and what leads to those beside it: values for their addresses, if any.

    The number is for people: it is carried along, and says nothing about what is shown.
    """

    number: int
    last: int
    before: Mapping[str, str | int] | None
    after: Mapping[str, str | int] | None


def pages_of(
    total: int, asked: int, newer: str | None, older: str | None, per_page: int = PER_PAGE
) -> Pages:
    """The pages of a list of so many, where `newer` and `older` say what there is beside this one."""
    last = max(1, -(-total // per_page))
    if older is None and not isinstance(total, AtLeast):
        asked = last
    number = 1 if newer is None else max(2, asked)
    last = AtLeast(max(last, number)) if isinstance(total, AtLeast) else max(last, number)
    return Pages(
        number,
        last,
        None if newer is None else {"before": newer, "page": number - 1},
        None if older is None else {"after": older, "page": number + 1},
    )
