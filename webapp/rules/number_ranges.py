"""Sets of whole numbers as ranges: in memory and as text, small however many numbers are between two of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class NumberRanges:
    """Disjoint ranges in order, each with its first and last number."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> Self:
        """Merge these ranges, which may overlap."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted(pairs):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse what `str` wrote. Raises `ValueError`."""
        return cls.of(_pair(one) for one in text.split(",") if one)

    def __str__(self) -> str:
        """Like `5,9-12`."""
        return ",".join(
            str(first) if first == last else f"{first}-{last}" for first, last in self.ranges
        )

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __or__(self, other: Self) -> Self:
        return self.of((*self.ranges, *other.ranges))

    def __sub__(self, other: Self) -> Self:
        left = self.ranges
        for first, last in other.ranges:
            left = tuple(piece for one in left for piece in _without(one, first, last))
        return self.of(left)


def _pair(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last or first)


def _without(one: tuple[int, int], first: int, last: int) -> list[tuple[int, int]]:
    """What is left of a range when another one is taken out of it."""
    pieces = [(one[0], min(one[1], first - 1)), (max(one[0], last + 1), one[1])]
    return [piece for piece in pieces if piece[0] <= piece[1]]
