"""Whether this visitor was shown what "Leave now" does."""

from webapp import sessions

#: The Visit's key for it.
TOLD = "told-of-leaving"


def told_of_leaving() -> bool:
    """Whether it was shown. Noted in the Visit: before that there is no cookie."""
    return TOLD in sessions.current()


def note_told() -> None:
    """It was read, and is not shown again in this Visit."""
    sessions.current()[TOLD] = True
