"""A number in a text is one press away, and stays whole; nothing else becomes a link."""

import pytest

from webapp.ui.filters import to_call


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("Call 999.", "999"),
        ("Call 112 or wait", "112"),
        ("Samaritans 116 123", "116123"),
        ("08000 121 700", "08000121700"),
        ("0800 1111. It is free.", "08001111"),
        ("0303 123 1113", "03031231113"),
        ("+44 1632 960002, Monday to Friday", "+441632960002"),
        ("01632-960-002", "01632960002"),
        ("(01632 960002)", "01632960002"),
        ("اتصل بالرقم 999.", "999"),
    ],
)
def test_a_number_can_be_rung_up(words: str, number: str) -> None:
    link = to_call(words)
    assert link.count("<a ") == 1
    assert f'href="tel:{number}" dir="ltr"' in link
    # And reads as before, in one piece
    assert link.striptags().replace("\N{NO-BREAK SPACE}", " ") == words


@pytest.mark.parametrize(
    "words",
    ["18 or older", "1,999 people", "9999", "2026-11-21", "10 to 4", "<b>0</b>"],
)
def test_other_numbers_are_left_alone(words: str) -> None:
    assert "<a " not in to_call(words)
    assert "<b>" not in to_call(words)


def test_two_numbers_are_two_links() -> None:
    assert to_call("Call 0800 1111, or 999.").count("href=") == 2
