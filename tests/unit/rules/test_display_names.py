"""Names that look like another name, or like nothing, are not taken."""

import pytest

from webapp.rules.display_names import is_seen

NAMES = (
    "Bea",
    "Aoife O’Brien-Smith",
    "The Demo Lantern (UK) Ltd.",
    "24/7 Help",
    "José",
    "محمد علی",
    "نیم\u200cفاصله",
    "ክብሮም",
    "Nguyễn Thị Hương",
    "क्\u200dष",
)
HIDDEN = (
    "",
    "\u200b",
    "\u3000\u3164\u2800",
    "\U000e0041",
    "Bea\u200b",
    "Bea\u200d",
    "Be\u00ada",
    "\u2060Bea",
    "B\u200dea",
    "Bea\ufe0f",
    "Bea\u200f",
    "...",
    "🙂",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script(name: str) -> None:
    assert is_seen(name)


@pytest.mark.parametrize("name", HIDDEN, ids=ascii)
def test_what_cannot_be_seen(name: str) -> None:
    assert not is_seen(name)
