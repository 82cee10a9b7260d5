import pytest

from webapp.rules.languages import DEFAULT, LANGUAGES, Language, offered


def test_only_reviewed_languages_are_offered() -> None:
    assert [one.code for one in offered()] == ["en"]
    assert [one.code for one in offered(drafts=True)] == ["en", "ar"]


def test_arabic_runs_from_right_to_left() -> None:
    assert LANGUAGES["ar"].direction == "rtl"
    assert LANGUAGES["ar"].own_name == "العربية"
    assert DEFAULT.direction == "ltr"


def test_a_review_names_a_role_and_a_day() -> None:
    assert all(one.reviewed_by and one.reviewed_on for one in offered())
    with pytest.raises(ValueError, match="by whom"):
        Language("fr", "Français", "French", "ltr", "reviewed")
