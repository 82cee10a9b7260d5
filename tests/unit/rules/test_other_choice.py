""" "Something else" with a line to write on: nothing that was written is lost, and no words are taken for a choice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import choice, form, page_data, question, question_data, text
from tests.unit.rules.strategies import TYPED
from webapp.rules.contact.caller_matching import Clues, matches
from webapp.rules.forms.edited_words import choices_from, other_from
from webapp.rules.forms.form_translations import with_words
from webapp.rules.forms.kinds import NotAccepted, kind_of, read_answer
from webapp.rules.forms.kinds.choice import LONGEST_OTHER
from webapp.rules.forms.questions import Question
from webapp.rules.forms.routing import visible_pages
from webapp.rules.forms.size_limits import own_letters
from webapp.rules.forms.texts import texts_of
from webapp.rules.publishing.call_checks import publish_problems

OTHER = {**choice("other", "Another way"), "ask": text("If another way, please write it here")}
ONE = question("how", "choice", other=OTHER)
MANY = question("how", "choices", other=OTHER, none=choice("none", "None of these"))
PLAIN = question("how", "choice")


def own(words: str) -> str:
    return f"other: {words}"


def refused(raw: list[str], asked: Question = ONE) -> tuple[str, dict[str, int]]:
    with pytest.raises(NotAccepted) as caught:
        read_answer(raw, asked)
    return caught.value.message_key, caught.value.params


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (["one"], "one"),
        (["other"], "other"),
        (["other", own("By letter")], ["other", own("By letter")]),
        # Words without a tick are the answer
        ([own("By letter")], ["other", own("By letter")]),
        (["", own("  By\r\nletter ")], ["other", own("By letter")]),
        (["one", own(" \u200b\u202e ")], "one"),
        # Words that look like a choice, or like the value of one, are words
        ([own("one")], ["other", own("one")]),
        ([own(own("one"))], ["other", own(own("one"))]),
        ([own("\u202eretteL\u202c")], ["other", own("retteL")]),
        ([own("رسالة")], ["other", own("رسالة")]),
    ],
)
def test_one_choice_keeps_what_was_ticked_and_written(raw: list[str], kept: object) -> None:
    assert read_answer(raw, ONE) == kept


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (["two", "one"], ["one", "two"]),
        (["one", own("By letter")], ["one", "other", own("By letter")]),
        (["other", "one", own("By letter")], ["one", "other", own("By letter")]),
        (["other"], ["other"]),
        (["none"], ["none"]),
    ],
)
def test_many_choices_go_with_words(raw: list[str], kept: list[str]) -> None:
    assert read_answer(raw, MANY) == kept


def test_another_choice_and_words_are_asked_about() -> None:
    assert refused(["one", own("By letter")])[0] == "other-and-another"
    assert refused(["none", own("By letter")], MANY)[0] == "choices-none-and-others"


def test_what_no_page_sends_is_refused() -> None:
    assert refused(["one", "two"])[0] == "answer-one-only"
    assert refused([own("a"), own("b")])[0] == "answer-one-only"
    assert refused(["four", own("By letter")])[0] == "choice-unknown"
    # Words to a question without a line are a value that is not on its list
    assert refused([own("By letter")], PLAIN)[0] == "choice-unknown"
    assert refused(["other"], PLAIN)[0] == "choice-unknown"


def test_words_have_a_length_in_letters_of_any_script() -> None:
    for letter in ("x", "ሀ", "\U0001f525"):
        assert read_answer([own(letter * LONGEST_OTHER)], ONE)
    assert refused([own("x" * 203)]) == ("text-too-long", {"max": 200, "over": 3})
    assert kind_of(ONE).at_fault(NotAccepted("text-too-long", max=200, over=3), ONE) == ("other",)


@pytest.mark.parametrize("asked", [ONE, MANY], ids=["choice", "choices"])
def test_the_widest_answer_is_counted(asked: Question) -> None:
    ticked = list(asked.choice_keys[:4]) if asked is MANY else []
    answer = read_answer([*ticked, own("\U0001f525" * LONGEST_OTHER)], asked)
    size = len(json.dumps(answer, ensure_ascii=False).encode())
    assert LONGEST_OTHER * 4 < size <= kind_of(asked).worst_bytes(asked)
    page = form(page_data("a", question_data("how", "choice", other=OTHER))).pages[0]
    assert own_letters([page]) == LONGEST_OTHER


@given(words=TYPED, ticked=st.sampled_from(["", "other"]))
def test_whatever_is_written_is_read_the_same_again_and_shown(words: str, ticked: str) -> None:
    answer = read_answer([ticked, own(f"a{words}")], ONE)
    kind = kind_of(ONE)
    assert isinstance(answer, list)
    assert kind.parse(kind.raw(answer, ONE), ONE) == answer
    written = kind.written(answer, ONE)
    assert written.startswith("a")
    assert kind.show(answer, ONE, "en") == f"Another way: {written}"
    assert kind.export(answer, ONE) == f"Another way: {written}"


def test_words_open_the_pages_of_their_choice_and_no_others() -> None:
    # Given a page for who answers something else, and one for a listed answer
    made = form(
        page_data("a", question_data("how", "choice", other=OTHER)),
        page_data("other", when={"question": "how", "is_any": ["other"]}),
        page_data("one", when={"question": "how", "is_any": ["one"]}),
    )
    assert not [one for one in publish_problems(made) if one.key.startswith("publish-condition")]
    for answer in ("other", ["other", own("one")]):
        assert [one.key for one in visible_pages(made, {"how": answer})] == ["a", "other"]


def keys_of(*questions: dict[str, object], **more: object) -> set[str]:
    return {one.key for one in publish_problems(form(page_data("a", *questions, **more)))}


def test_only_a_list_that_nothing_acts_on_has_a_line() -> None:
    for kind in ("text", "scale", "yes_no", "age_band", "date", "number"):
        assert "publish-other-only-with-choices" in keys_of(question_data("q", kind, other=OTHER))
    assert "publish-other-not-here" in keys_of(
        question_data("q", "choices", part="contact", other=OTHER), section="contact"
    )
    assert "publish-duplicate-choice" in keys_of(
        question_data("q", "choice", other={**OTHER, "key": "one"})
    )
    # What the line asks is read like any question
    asking = {**OTHER, "ask": text("What is your passport number?")}
    assert "publish-asks-for" in keys_of(question_data("q", "choice", other=asking))


def test_both_of_its_texts_are_translated() -> None:
    made = form(page_data("a", question_data("how", "choice", other=OTHER)))
    paths = {f"pages.a.questions.how.other.{name}" for name in ("label", "ask")}
    assert paths <= {path for path, _ in texts_of(made)}
    arabic = with_words(made, "ar", dict.fromkeys(paths, "كلمات"))
    asked = arabic.question("how")
    assert kind_of(asked).show(["other", own("By letter")], asked, "ar") == "كلمات: By letter"


def test_a_caller_is_found_by_words_of_their_own() -> None:
    # Given an answer of somebody's own, and a caller who remembers it
    answers = {"how": ["one", "other", own("Through my neighbour Selam")]}
    assert matches(Clues(words="neighbour Selam"), {}, answers)
    # Then the keys of choices are not among what they wrote
    assert not matches(Clues(words="another"), {}, {"how": ["another", "other"]})


def test_an_answer_that_is_added_at_the_desk_gets_a_key_of_its_own() -> None:
    # Given a list with "Other" on it
    before = question("how", "choice", choices=[choice("other", "Other")])
    added = other_from("Something else", "Please write it here", before)
    assert added is not None and added.key == "other_2"
    # When it is reworded, then it keeps its key, and its translations
    there = question("how", "choice", other={**OTHER, "label": text("Another way", ar="أخرى")})
    again = other_from("Some other way", "Which?", there)
    assert again is not None and again.key == "other"
    assert again.label == {"en": "Some other way", "ar": "أخرى"}
    assert other_from("", "Which?", there) is None
    # And a new line on the list does not get the key of what stands beside it
    assert [one.key for one in choices_from(["Other"], (), ["other"])] == ["other_2"]
