import pytest

from webapp.rules.languages.site_languages import (
    DEFAULT,
    LANGUAGES,
    Language,
    language_tag,
    offered,
)


def test_only_reviewed_languages_are_offered() -> None:
    assert [one.code for one in offered()] == ["en"]
    assert [one.code for one in offered(drafts=True)] == [
        "en", "en-easy", "cy", "sq", "ar", "so", "ti", "vi",
    ]  # fmt: skip


def test_arabic_runs_from_right_to_left() -> None:
    assert LANGUAGES["ar"].direction == "rtl"
    assert LANGUAGES["ar"].own_name == "العربية"
    assert DEFAULT.direction == "ltr"


def test_a_review_names_a_role_and_a_day() -> None:
    assert all(one.reviewed_by and one.reviewed_on for one in offered())
    with pytest.raises(ValueError, match="by whom"):
        Language("fr", "Français", "French", "ltr", "reviewed")


def test_easy_read_is_english_to_a_browser_and_has_words_of_its_own() -> None:
    # Given the variant of English for people who need easier words
    easy = LANGUAGES["en-easy"]
    # Then screen readers read it as English, and its catalogue is its own
    assert (easy.variant_of, easy.tag, easy.locale) == ("en", "en", "en@easy")
    assert language_tag("en-easy") == "en"


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.code)
def test_a_language_is_named_by_its_speakers_and_in_english(language: Language) -> None:
    assert language.own_name
    assert language.english_name.isascii()
    # Tables keep a language in ten letters
    assert len(language.code) <= 10


def test_a_code_that_is_not_ours_is_a_tag_already() -> None:
    assert language_tag("fr") == "fr"
