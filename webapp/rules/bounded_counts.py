"""Numbers of people that are counted up to a bound, because nobody needs to know how many more there are."""

from typing import Final

#: So many are counted where each one has to be looked up.
MOST: Final = 200
#: So many where an index alone is counted.
MOST_IN_INDEX: Final = 20_000


class AtLeast(int):
    """A number that was not counted to its end. Pages say "more than 200"."""

    def __str__(self) -> str:
        return f"more than {int(self)}"


def counted(found: int, most: int) -> int:
    """The number of what was found when one more than `most` was looked for."""
    return found if found <= most else AtLeast(most)


def together(*numbers: int) -> int:
    """The sum of numbers, of which some may not have been counted to their end."""
    whole = sum(int(number) for number in numbers)
    return AtLeast(whole) if any(isinstance(number, AtLeast) for number in numbers) else whole
