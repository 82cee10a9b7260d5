"""What a caller says is matched as people say it, and a helper's details are never a caller's own."""

import pytest

from webapp.rules.contact.caller_matching import (
    Clue,
    Clues,
    matches,
    same_address,
    same_name,
    same_number,
)


@pytest.mark.parametrize(
    "typed",
    [
        "07700 900123",
        "+44 7700 900123",
        "+44 (0)7700 900 123",
        "0044 7700-900123",
        "7700900123",
        "٠٧٧٠٠ ٩٠٠١٢٣",
        "0123",
        "900 123",
    ],
)
def test_a_number_is_known_in_any_spelling_and_by_its_end(typed: str) -> None:
    assert same_number(typed, "07700 900123")
    assert same_number(typed, "+447700900123")


@pytest.mark.parametrize("typed", ["", "123", "07700 900124", "07700", "4123", "no number"])
def test_another_number_or_too_little_of_one_matches_no_participant(typed: str) -> None:
    assert not same_number(typed, "07700 900123")


def test_a_number_from_another_country_is_known_by_its_end() -> None:
    assert same_number("+355 69 123 4567", "00355 69 1234567")
    assert same_number("069 123 4567", "+355 69 123 4567")


@pytest.mark.parametrize("typed", ["Ana", "ana", "Aná", "Ana K.", "K Ana Marie"])
def test_a_name_is_known_as_it_is_said(typed: str) -> None:
    assert same_name(typed, "Ana K")


@pytest.mark.parametrize("typed", ["", "An", "Anastasia", "Ana B", "?"])
def test_another_name_is_not(typed: str) -> None:
    assert not same_name(typed, "Ana K")


def test_an_address_is_known_whatever_its_case_and_spaces() -> None:
    assert same_address(" Robin @ Example.ORG", "robin@example.org")
    assert not same_address("robin@example.com", "robin@example.org")
    assert not same_address("", "")


def test_each_clue_that_fits_is_named_and_nothing_fits_nothing() -> None:
    contact = {"name_to_use": "Robin", "phone": "07700 900123", "email": "robin@example.org"}
    answers = {
        "change_words": "The people were kind, but nobody said what came next.",
        "adult": "yes",
    }
    clues = Clues("robin", "900123", "robin@example.org", "KIND people next")
    assert matches(clues, contact, answers) == (Clue.NAME, Clue.PHONE, Clue.EMAIL, Clue.WORDS)
    assert matches(Clues(), contact, answers) == ()
    assert matches(Clues("robin", "1"), {}, {}) == ()
    assert matches(Clues(words="kind lawyers"), contact, answers) == ()


def test_a_helper_who_rings_is_not_the_person() -> None:
    # Given a participant who told us of a helper
    contact = {
        "name_to_use": "Robin",
        "helper_name": "Sam",
        "helper_phone": "07700 900456",
        "helper_email": "sam@example.org",
    }
    # When the helper gives their own details
    clues = Clues("Sam", "07700 900456", "sam@example.org")
    # Then no participant is found by them
    assert matches(clues, contact, {}) == ()


def test_a_number_in_an_app_counts() -> None:
    assert matches(Clues(phone="07700 900789"), {"app_name": "+44 7700 900789"}, {}) == (
        Clue.PHONE,
    )


def test_what_was_typed_shows_in_no_log() -> None:
    clues = Clues("Robin", "07700 900123", "robin@example.org", "kind people")
    for word in ("Robin", "900123", "example", "kind"):
        assert word not in repr(clues)
