"""The words of our own events: plain enough, neutral where they show, complete in each language."""

import re
import unicodedata

import pytest

from tests.readability import grade, long_sentences, words_in
from tests.unit.rules.factories import DEMO_EVENTS, demo_event
from webapp.rules.forms.texts import texts_of
from webapp.rules.neutral_wording import gives_away

EVENTS = {name: demo_event(name) for name in DEMO_EVENTS}
TEXTS = {
    f"{name}: {path}": dict(text)
    for name, event in EVENTS.items()
    for path, text in texts_of(event)
}
LONG = [where for where, text in TEXTS.items() if len(words_in(text["en"])) >= 12]


#: Professionals read about a round table: plain English for adults. Everyone can read about a small group.
GRADE_OF_ALL = {"round-table": 5.0, "small-group": 4.0}
GRADE_OF_ONE = {"round-table": 9.0, "small-group": 5.5}


@pytest.mark.parametrize("name", DEMO_EVENTS)
def test_an_event_can_be_read_by_those_it_is_for(name: str) -> None:
    words = [text["en"] for _, text in texts_of(EVENTS[name])]
    assert grade(words) <= GRADE_OF_ALL[name]
    assert long_sentences(words) == []


@pytest.mark.parametrize("where", LONG)
def test_no_text_is_hard_on_its_own(where: str) -> None:
    name, _, _ = where.partition(":")
    assert grade([TEXTS[where]["en"]]) <= GRADE_OF_ONE[name]


@pytest.mark.parametrize("name", DEMO_EVENTS)
def test_titles_and_addresses_give_no_visitor_away(name: str) -> None:
    event = EVENTS[name]
    shown = [name, event.title["en"], event.form.only_page.key, event.form.only_page.title["en"]]
    assert [words for words in shown if gives_away(words)] == []


@pytest.mark.parametrize("where", TEXTS)
def test_every_text_is_there_in_english_and_arabic(where: str) -> None:
    assert set(TEXTS[where]) == {"en", "ar"}


@pytest.mark.parametrize("where", TEXTS)
def test_arabic_is_arabic_with_the_same_facts(where: str) -> None:
    english, arabic = TEXTS[where]["en"], TEXTS[where]["ar"]
    letters = [one for one in arabic if one.isalpha()]
    latin = [one for one in letters if "LATIN" in unicodedata.name(one)]
    assert len(latin) <= len(letters) / 4
    assert sorted(re.findall(r"\d+", english)) == sorted(re.findall(r"\d+", arabic))
    assert english.count("\n\n") == arabic.count("\n\n")


def test_the_round_table_is_the_one_that_was_announced() -> None:
    event = EVENTS["round-table"]
    assert (event.kind, event.starts, event.minutes) == ("round_table", "07-20T14:00", 90)
    assert (event.seats, event.room_code) == (30, False)
    assert "three themes" in event.summary["en"]


def test_the_small_group_is_small_and_has_a_code() -> None:
    event = EVENTS["small-group"]
    assert (event.kind, event.seats, event.room_code) == ("focus_group", 6, True)
    assert f"up to {event.seats} people" in event.how["en"] and "code" in event.how["en"]


def test_the_small_group_says_who_we_are_and_what_the_limits_are() -> None:
    event = EVENTS["small-group"]
    assert "not the government" in event.host["en"] and "not the police" in event.host["en"]
    assert "never depends" in event.host["en"]
    assert event.payment and "pay you for your time" in event.payment["en"]
    assert "danger" in event.readers["en"] and "child" in event.readers["en"]
    assert "do not ask what happened to you" in event.summary["en"]


def test_the_small_group_asks_for_no_real_name_or_place_of_work() -> None:
    asked = {question.key for question in EVENTS["small-group"].form.questions}
    assert not {"registrant_name", "organisation"} & asked


def test_a_made_up_name_is_welcome() -> None:
    for event, key in (("round-table", "registrant_name"), ("small-group", "display_name")):
        hint = EVENTS[event].form.question(key).hint
        assert hint and "real name" in hint["en"]


def test_a_participant_under_18_is_pointed_to_help_for_children() -> None:
    stop = EVENTS["small-group"].form.only_page.stop
    assert stop is not None
    for language in ("en", "ar"):
        assert "0800 1111" in stop.text[language]
        assert "08000 121 700" in stop.text[language]


@pytest.mark.parametrize("name", DEMO_EVENTS)
def test_the_least_is_asked_for(name: str) -> None:
    required = {question.key for question in EVENTS[name].form.questions if question.required}
    assert required <= {"adult", "registrant_email"}
    assert EVENTS[name].form.consents == ()
