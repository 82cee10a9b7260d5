"""Whether this visitor has read the explanation of "Leave now" (quick exit)."""

from webapp import sessions

#: The Visit's key for it.
TOLD = "told-of-leaving"


def has_seen_exit_notice() -> bool:
    """Whether it was read. Stored in the Visit: before that there is no cookie."""
    return TOLD in sessions.current()


def note_exit_notice_seen() -> None:
    """Note that it was read, so that it is not shown again in this Visit."""
    sessions.current()[TOLD] = True
