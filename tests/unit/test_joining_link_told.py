"""Words to everyone at an event must not give its joining link away, in whatever form."""

import pytest

from webapp.desk.events.event_messages import tells_link

LINK = "https://meet.example.net/j/81234567890?pwd=Zm9v"


@pytest.mark.parametrize(
    "words",
    [
        LINK,
        "Join at meet.example.net/j/81234567890?pwd=Zm9v please",
        "MEET.EXAMPLE.NET/J/81234567890?PWD=ZM9V",
        "Meeting number: 812 3456 7890",
        "Meeting number 812-3456-7890",
    ],
)
def test_a_link_is_known_in_other_forms(words: str) -> None:
    assert tells_link(words, LINK)


@pytest.mark.parametrize("words", ["The room opens at 10:00.", "Ring us: 020 7946 0123", "net"])
def test_other_words_are_no_link(words: str) -> None:
    assert not tells_link(words, LINK)
