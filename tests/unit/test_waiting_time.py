"""How long unfinished answers wait is said in words, and the words keep what the clock does."""

import re

from webapp.public.door import WAITING_HOURS
from webapp.sessions import IDLE
from webapp.ui.messages import WORDS

SAYS_HOW_LONG = {"waited-too-long", "waited-with-booking", "expired-changes", "away-too-long"}


def test_the_hours_in_messages_are_those_that_a_visit_waits() -> None:
    # Given the English texts that say a number of hours
    said = {
        key: [int(hours) for hours in re.findall(r"(\d+) hours?", english(key))] for key in WORDS
    }
    told = {key: hours for key, hours in said.items() if hours}
    # Then these do, and each says what is true
    assert set(told) == SAYS_HOW_LONG
    assert all(hours == [IDLE["public"] / 3600] for hours in told.values())
    # And so do the pages
    assert IDLE["public"] / 3600 == WAITING_HOURS


def english(key: str) -> str:
    """The text as it stands in the code, before it is translated."""
    return str(WORDS[key]._args[0])
