"""What is kept of a typed text: every script as it is written, and no pile of marks that takes for ever."""

import time
import unicodedata

import pytest

from tests.unit.rules.factories import question
from webapp.rules import characters
from webapp.rules.characters import clean_line, clean_lines
from webapp.rules.forms.kinds import KINDS, NotAccepted, read_answer

ORDINARY = {
    "Vietnamese": "Tôi muốn kể lại những gì đã xảy ra ở nơi làm việc.",
    "Arabic with harakat": "السَّلَامُ عَلَيْكُمْ وَرَحْمَةُ اللّٰهِ",
    "Hebrew with niqqud": "שָׁלוֹם עֲלֵיכֶם",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས། ཨོཾ་མ༎ཧཱུྃཿ",
    "Hindi": "नमस्ते, मुझे ज़्यादा मदद चाहिए",
    "Thai": "ฉันต้องการความช่วยเหลือที่นี่",
}
#: About 62 kB over the wire, in the order that takes the longest to put right.
PILE = "\u0301\u0323" * 15_500
LONGEST_SECONDS = 0.1


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_how_people_write_is_kept(text: str) -> None:
    # Given a text as it is typed, its letters and marks together or apart
    for form in ("NFC", "NFD"):
        # When it is read
        read = clean_lines(unicodedata.normalize(form, text))
        # Then every letter and every mark is there, once more when it is read again
        assert read == unicodedata.normalize("NFC", text)
        assert clean_lines(read) == read


def test_thirty_marks_on_a_letter_stay() -> None:
    thirty = "x" + "\u0323" * 30
    assert clean_lines(thirty) == thirty
    assert clean_lines(thirty + "\u0323" * 500 + "y") == thirty + "y"


def test_what_was_cut_stays_the_same() -> None:
    # U+0344 becomes two marks when it is put in order
    for pile in ("a" + "\u0344" * 30, "a" + PILE, "\u0344" * 3000, "a\u0315" * 40 + PILE):
        assert clean_lines(clean_lines(pile)) == clean_lines(pile)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pile_of_marks_is_read_quickly(kind: str) -> None:
    # Given as many marks on one letter as a request can carry
    asked, begun = question(kind, kind), time.process_time()
    # When they are sent as an answer
    try:
        answer = read_answer(["a" + PILE], asked)
    except NotAccepted:
        answer = None
    # Then it does not take long
    assert time.process_time() - begun < LONGEST_SECONDS
    assert answer is None or len(answer) < 100


def test_the_time_grows_with_the_number_and_not_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given that nothing is cut before
    monkeypatch.setattr(characters, "LONGEST_RAW", 10**6)
    for pile in (PILE, "a\u0301\u0323" * 10_000, ("\u0301" * 29 + "a") * 1_000):
        begun = time.process_time()
        clean_line(pile)
        # Then a whole request of marks is read in no time
        assert time.process_time() - begun < LONGEST_SECONDS
