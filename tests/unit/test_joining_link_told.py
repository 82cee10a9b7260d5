"""Words to everyone at an event must not give away how people come in, in whatever form."""

import pytest

from webapp.desk.events.event_messages import tells_link, tells_phone, tells_place

PLACE = "Quay House, 12 Water Lane, Leeds LS11 5PS\n2nd floor. Bus 12 from the station"
PHONE = "0300 123 4567, then 8412#"
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


@pytest.mark.parametrize(
    "words",
    [PLACE, "We are at 12 WATER\nLANE", "Look for LS115PS on a map", "12, Water Lane"],
)
def test_an_address_is_known_in_other_forms(words: str) -> None:
    assert tells_place(words, PLACE)


@pytest.mark.parametrize(
    "words",
    ["The address has changed. Please look again.", "The 2nd floor has a lift.", "Take bus 12."],
)
def test_other_words_are_no_address(words: str) -> None:
    assert not tells_place(words, PLACE)
    assert not tells_place(words, "")


def test_a_number_to_dial_in_is_known_in_other_forms() -> None:
    assert tells_phone("Ring 03001234567.", PHONE)
    assert tells_phone("Ring 0300-123-4567.", PHONE)
    assert not tells_phone("Ring us: 020 7946 0123", PHONE)
    assert not tells_phone("Ring us: 020 7946 0123", "")
