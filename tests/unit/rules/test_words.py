"""The words of our own call: plain enough, neutral where they show, complete in each language."""

import re
import unicodedata

import pytest

from tests.readability import grade, long_sentences, plain, sentences, syllables, words_in
from tests.unit.rules.factories import demo
from webapp.rules.forms.texts import texts_of

DEMO = demo()
TEXTS = {path: dict(text) for path, text in texts_of(DEMO)}
ENGLISH = {path: text["en"] for path, text in TEXTS.items()}
#: Worded by the Government Statistical Service's harmonised standards, so that the figures can be
#: compared with others. Not our words to make plainer.
HARMONISED = ("gender_same.label", "disability.label", "daily_life.label")
OURS = {path: words for path, words in ENGLISH.items() if not path.endswith(HARMONISED)}


def test_the_call_can_be_read_at_the_age_of_nine_or_ten() -> None:
    assert grade(ENGLISH.values()) <= 5.5


@pytest.mark.parametrize("path", [path for path in OURS if len(words_in(OURS[path])) >= 12])
def test_no_text_of_ours_is_hard_on_its_own(path: str) -> None:
    assert grade([OURS[path]]) <= 5.5


def test_no_sentence_is_long() -> None:
    assert long_sentences(ENGLISH.values()) == []


def test_titles_and_addresses_give_no_visitor_away() -> None:
    shown = [DEMO.title["en"], *(page.title["en"] for page in DEMO.pages)]
    shown += [page.key for page in DEMO.pages]
    for words in shown:
        assert not re.search("traffick|slave|victim|surviv|exploit|abuse|police", words.lower())


@pytest.mark.parametrize("path", TEXTS)
def test_every_text_is_there_in_english_and_arabic(path: str) -> None:
    assert set(TEXTS[path]) == {"en", "ar"}


@pytest.mark.parametrize("path", TEXTS)
def test_arabic_is_arabic_with_the_same_facts(path: str) -> None:
    english, arabic = TEXTS[path]["en"], TEXTS[path]["ar"]
    letters = [one for one in arabic if one.isalpha()]
    latin = [one for one in letters if "LATIN" in unicodedata.name(one)]
    assert len(latin) <= len(letters) / 4
    assert sorted(re.findall(r"\d+", english)) == sorted(re.findall(r"\d+", arabic))
    assert english.count("\n\n") == arabic.count("\n\n")


def test_the_start_says_who_we_are_and_what_the_limits_are() -> None:
    start = {key: text["en"] for key, text in DEMO.start.model_dump().items()}
    assert "not the government" in start["who"] and "not the police" in start["who"]
    assert "do not pay" in start["payment"] and "travel" in start["payment"]
    assert "danger" in start["limits"] and "child" in start["limits"]
    assert "never depends" in start["support"]


def test_a_participant_under_18_is_pointed_to_help_for_children() -> None:
    stop = DEMO.pages[0].stop
    assert stop is not None
    for language in ("en", "ar"):
        assert "0800 1111" in stop.text[language]
        assert "08000 121 700" in stop.text[language]


def test_only_the_age_must_be_answered_and_it_comes_first() -> None:
    assert [one.key for one in DEMO.questions if one.required] == ["adult"]
    assert DEMO.questions[0].key == "adult"


def test_pages_are_short_and_not_many() -> None:
    assert all(len(page.questions) <= 4 for page in DEMO.pages)
    assert 5 <= sum(page.section == "call" for page in DEMO.pages) <= 8


def test_every_question_about_the_person_can_be_declined() -> None:
    for question in DEMO.questions:
        if question.part == "equality":
            assert question.choice_keys[-1] == "prefer_not_to_say"


def test_a_made_up_name_is_welcome() -> None:
    hint = DEMO.question("name_to_use").hint
    assert hint and "real name" in hint["en"]


# The measure itself


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("we", 1), ("table", 2), ("people", 2), ("asked", 1), ("wanted", 2), ("places", 2),
        ("charities", 3), ("being", 2), ("government", 3), ("information", 4), ("voicemail", 2),
        ("e-mail", 2), ("recovery", 4), ("quiet", 2), ("somebody's", 3),
    ],
)  # fmt: skip
def test_syllables_are_counted_about_right(word: str, count: int) -> None:
    assert syllables(word) == count


def test_hard_words_have_a_higher_grade_than_plain_ones() -> None:
    plain_words = ["We ask how it was for you. You can stop when you like."]
    hard = ["Participation necessitates comprehensive organisational consideration of eligibility."]
    assert grade(plain_words) < 2 < 12 < grade(hard)


def test_labels_do_not_make_a_text_look_easier() -> None:
    text = "Participants are requested to communicate their preferences in writing."
    assert grade([text, "Yes", "No", "18 to 24"]) == grade([text])
    with pytest.raises(ValueError, match="nothing"):
        grade(["Yes"])


def test_long_sentences_are_named() -> None:
    assert long_sentences(["Short. " + "word " * 26 + "."]) == [("word " * 26 + ".").strip()]
    assert sentences("One. Two two!\nThree") == ["One.", "Two two!", "Three"]


def test_markup_and_placeholders_are_not_words() -> None:
    assert plain("<p>Up to %(max)s letters</p>") == "Up to it letters"
