"""How much a page may carry: from letters, in any script, to bytes of a form."""

from urllib.parse import urlencode

import pytest

from tests.factories import demo_form
from tests.unit.rules.factories import form, page_data, question_data
from webapp.rules.characters import LONGEST_RAW
from webapp.rules.forms.kinds import read_answer
from webapp.rules.forms.questions import Page
from webapp.rules.forms.size_limits import (
    LARGEST_BODY,
    SMALL_BODY,
    SPARE_LETTERS,
    body_of,
    body_taken,
    letters_carried,
    own_letters,
)
from webapp.rules.messages import NotAccepted
from webapp.rules.publishing.call_checks import publish_problems

WIDEST = "\U0010fffd"


def page(*lengths: int) -> Page:
    long = [
        question_data(f"q{number}", "long_text", max_length=length)
        for number, length in enumerate(lengths)
    ]
    return form(page_data("a", *long)).pages[0]


def test_a_form_of_a_full_page_fits_at_the_widest_encoding() -> None:
    # Given every page of the demo's call, filled to its limits and far beyond, in letters of twelve bytes
    for one in demo_form().pages:
        if own_letters([one]):
            sent = urlencode({"words": WIDEST * letters_carried(one)})
            # Then the form that a browser sends is taken
            assert len(sent) < body_of([one]) <= LARGEST_BODY


def test_a_statement_fits_beside_what_a_page_asks() -> None:
    assert letters_carried(page(1_000)) == 1_000 + SPARE_LETTERS >= 40_000


def test_a_page_of_choices_takes_no_more_than_any_small_form() -> None:
    choices = form(page_data("a", question_data("q", "yes_no"))).pages[0]
    assert body_of([choices]) == SMALL_BODY


def test_a_page_that_could_not_be_filled_to_its_limits_is_not_published() -> None:
    # Given a page whose boxes, all full, make a form that is larger than any that is taken
    eight = [question_data(f"q{n}", "long_text", max_length=1_500) for n in range(8)]
    keys = {one.key for one in publish_problems(form(page_data("a", *eight)))}
    assert "publish-page-too-large" in keys
    # And one that can be filled is
    keys = {one.key for one in publish_problems(form(page_data("a", *eight[:4])))}
    assert "publish-page-too-large" not in keys


def test_whatever_is_published_no_form_is_larger_than_the_largest() -> None:
    assert body_taken([page(*[1_500] * 8)]) == LARGEST_BODY


def test_everything_that_a_form_may_send_is_counted_before_it_is_cut() -> None:
    assert LARGEST_BODY < LONGEST_RAW


@pytest.mark.parametrize("letter", ["w", "\u1230", "\U0001e900", "\u0995\u09bf", "e\u0301"])
@pytest.mark.parametrize("times", [1_001, 8_001, 14_001, 40_000, 400_000])
def test_the_number_of_letters_too_many_is_right(letter: str, times: int) -> None:
    # Given a text of this many letters, however they were typed
    asked = page(1_000).questions[0]
    with pytest.raises(NotAccepted) as refused:
        read_answer([letter * times], asked)
    # Then a letter and its accent count as the one that they are
    letters = 1 if letter == "e\u0301" else len(letter)
    assert refused.value.params == {"max": 1_000, "over": letters * times - 1_000}
