"""How long unfinished answers wait is said in words, and the words say the number that is promised."""

import re

from webapp.sessions import WAITING_HOURS
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
    assert all(hours == [WAITING_HOURS] for hours in told.values())


def english(key: str) -> str:
    """The text as it stands in the code, before it is translated."""
    return str(WORDS[key]._args[0])
