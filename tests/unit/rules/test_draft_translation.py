"""Translations of a draft: what is missing, what is older than the English, what was reviewed, what is offered."""

import re
from datetime import date

import pytest

from webapp.rules.forms import form_editing
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_languages import draft_texts
from webapp.rules.forms.draft_translation import (
    LanguageState,
    NotComplete,
    Standing,
    begin_language,
    begun,
    mark_reviewed,
    offered_form,
    remove_language,
    standing,
    take_review_back,
    translate,
)
from webapp.rules.forms.edited_words import with_words
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.questions import Question
from webapp.rules.forms.texts import texts_of
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.services.forms import question_bank, shipped_translations

LIKED = "questions.liked.label"
DAY = date(2027, 3, 1)


def content(template: str = "feedback") -> CallDraftContent:
    return CallDraftContent(form=question_bank.form_from(template, "Harbour House"))


def in_arabic() -> CallDraftContent:
    """A call with Arabic for every text, each its own."""
    begun_one = begin_language(content(), "ar", {})
    return translate(
        begun_one, "ar", {path: f"عربي {path}" for path in draft_texts(begun_one.form)}
    )


def reviewed() -> CallDraftContent:
    return mark_reviewed(in_arabic(), "ar", "Interpreter", DAY)


def reworded(before: CallDraftContent, key: str, english: str) -> CallDraftContent:
    """The content after a coordinator has changed the English of a question."""
    page = form_editing.page_of(before.form, key)
    assert page is not None
    question = before.form.question(key)
    changes = {**dict(question), "label": with_words(question.label, english)}
    new = Question.model_validate(changes)
    return before.with_form(form_editing.replace_question(before.form, page, new))


def arabic(of: CallDraftContent) -> Standing:
    return standing(of, "ar")


def older_in(of: CallDraftContent) -> dict[str, str]:
    """What each outdated translation was made from, by the path of its text."""
    return {one.path: one.made_from for one in arabic(of).texts if one.is_older}


def codes(form: FormDefinition) -> set[str]:
    return {code for text in draft_texts(form).values() for code in text}


def test_a_language_goes_from_not_begun_to_ready_step_by_step() -> None:
    new = content()
    assert arabic(new).state == LanguageState.NOT_BEGUN
    some = translate(begin_language(new, "ar", {}), "ar", {"title": "عنوان"})
    assert (arabic(some).there, arabic(some).state) == (1, LanguageState.MISSING)
    with pytest.raises(NotComplete):
        mark_reviewed(some, "ar", "Interpreter", DAY)
    every = in_arabic()
    assert arabic(every).there == arabic(every).total == len(draft_texts(every.form))
    assert arabic(every).state == LanguageState.NOT_REVIEWED
    ready = reviewed()
    assert arabic(ready).state == LanguageState.READY
    assert arabic(ready).review == ready.languages["ar"].review
    assert arabic(take_review_back(ready, "ar")).state == LanguageState.NOT_REVIEWED
    # And a language that is taken out leaves no word
    gone = remove_language(ready, "ar")
    assert codes(gone.form) == {"en"}
    assert (gone.form, begun(gone)) == (new.form, ())


def test_changed_english_keeps_the_translation_and_marks_it_with_what_it_was_made_from() -> None:
    before = reviewed()
    english = before.form.question("liked").label["en"]
    # When the English is changed, and changed once more
    changed = reworded(before, "liked", "What did you enjoy?")
    twice = reworded(changed, "liked", "What did you enjoy most?")
    # Then the translation is there, and older than the English, and no review covers it
    assert twice.form.question("liked").label["ar"] == f"عربي {LIKED}"
    assert older_in(twice) == {LIKED: english}
    assert arabic(twice).state == LanguageState.OLDER
    assert codes(offered_form(twice)) == {"en"}
    # When the English is as it was, so is everything
    assert arabic(reworded(twice, "liked", english)).state == LanguageState.READY
    # When it is translated anew, or found to be right, the mark goes, and it must be reviewed again
    anew = translate(twice, "ar", {LIKED: "جديد"})
    same = translate(twice, "ar", {LIKED: f"عربي {LIKED}"}, still_right=[LIKED])
    for put_right in (anew, same):
        assert older_in(put_right) == {}
        assert arabic(put_right).state == LanguageState.NOT_REVIEWED
    # And saving the page without a change puts nothing right
    assert translate(twice, "ar", {LIKED: f"عربي {LIKED}"}) == twice


def test_a_mark_goes_where_the_question_goes() -> None:
    marked = reworded(in_arabic(), "liked", "What did you enjoy?")
    form = marked.form
    page = form_editing.page_of(form, "liked")
    assert page is not None
    # When the question is moved on its page, and its page, and both are copied
    moved = marked.with_form(form_editing.move_question(form, page, "liked", 1))
    moved = moved.with_form(form_editing.move_page(moved.form, page.key, -1))
    assert older_in(moved) == older_in(marked)
    copied = marked.with_form(form_editing.copy_question(form, page, "liked"))
    assert set(older_in(copied)) == {LIKED, "questions.liked_2.label"}
    assert arabic(copied).missing == 0
    whole = marked.with_form(form_editing.copy_page(form, page.key))
    assert set(older_in(whole)) == {LIKED, "questions.liked_2.label"}
    # When it is deleted, nothing is left of it
    gone = marked.with_form(form_editing.remove_question(form, page, "liked"))
    assert older_in(gone) == {}
    assert gone.languages["ar"].older == ()
    # And one text of two with the same words can be put right alone
    right = translate(copied, "ar", {LIKED: "جديد"})
    assert set(older_in(right)) == {"questions.liked_2.label"}


def test_equal_words_at_two_places_are_not_marked_for_each_other() -> None:
    # Given one Arabic answer beside two English ones
    both = translate(in_arabic(), "ar", {LIKED: "نعم", "questions.better.label": "نعم"})
    better = both.form.question("better").label["en"]
    # When one is given the words of the other, which that translation stands beside already
    same = reworded(both, "liked", better)
    # Then nothing is older
    assert older_in(same) == {}
    # And when only one is changed, the other stays right
    assert set(older_in(reworded(both, "liked", "Something else?"))) == {LIKED}


def test_a_review_stays_when_something_is_deleted_and_not_when_something_comes() -> None:
    ready = reviewed()
    form = ready.form
    page = form_editing.page_of(form, "better")
    assert page is not None
    less = ready.with_form(form_editing.remove_question(form, page, "better"))
    assert arabic(less).state == LanguageState.READY
    other = translate(ready, "ar", {LIKED: "كلمات أخرى"})
    assert arabic(other).state == LanguageState.NOT_REVIEWED
    # It is still known who read the words before
    assert arabic(other).review is not None


def test_the_published_form_has_the_languages_that_are_ready_alone() -> None:
    both = begin_language(reviewed(), "so", {})
    both = translate(both, "so", {"title": "Cinwaan"})
    assert codes(both.form) == {"en", "ar", "so"}
    assert codes(offered_form(both)) == {"en", "ar"}
    assert offered_form(both).title["ar"] == both.form.title["ar"]
    assert [one.state for one in begun(both)] == [LanguageState.READY, LanguageState.MISSING]


def test_permissions_are_known_by_their_purpose_wherever_they_stand() -> None:
    whole = content("participants")
    first, second = whole.form.consents[:2]
    said = translate(whole, "ar", {f"consents.{second.purpose}.text": "نعم"})
    fewer = said.with_form(form_editing.edited(said.form, consents=said.form.consents[1:]))
    assert fewer.form.consents[0].text["ar"] == "نعم"
    # What was typed for one that is gone goes to no other
    late = translate(fewer, "ar", {f"consents.{first.purpose}.text": "لا"})
    assert late == fewer


def test_easy_read_says_the_english_where_it_has_no_words_of_its_own() -> None:
    easy = begin_language(content("participants"), "en-easy", {})
    assert standing(easy, "en-easy").state == LanguageState.MISSING
    some = translate(easy, "en-easy", {LIKED: "", "pages.assessment.title": "Easier"})
    assert standing(some, "en-easy").state == LanguageState.NOT_REVIEWED
    # With a title it is a language that people can choose, so every permission needs words
    titled = translate(some, "en-easy", {"title": "Easy title"})
    assert standing(titled, "en-easy").missing == len(titled.form.consents)


def test_words_that_hearth_ships_fill_themselves_in() -> None:
    # Given a call from a template whose words are shipped in Somali
    somali = begin_language(content("participants"), "so", shipped_translations.shipped("so"))
    now = standing(somali, "so")
    # Then only what names the organisation is left to translate
    assert [one.path for one in now.texts if not one.words] == ["start.who"]
    # And a question from the bank brings its words, for the language that was begun alone
    short = begin_language(content(), "so", {})
    (entry,) = [one for one in question_bank.bank() if one.key == "contact-safety"]
    added = form_editing.add_pages(short.form, entry.pages, entry.parts, entry.consents)
    more = shipped_translations.with_shipped(short, short.with_form(added))
    assert codes(more.form) == {"en", "so"}
    assert standing(more, "so").there > 40
    assert "so" not in more.form.title
    # And what a coordinator took out does not come back with the next edit
    out = translate(more, "so", {"questions.safe_ways.label": ""})
    again = shipped_translations.with_shipped(out, reworded(out, "liked", "What was good?"))
    assert "so" not in draft_texts(again.form)["questions.safe_ways.label"]


def test_a_question_that_moves_to_another_page_takes_its_translation_and_its_mark_along() -> None:
    marked = reworded(in_arabic(), "liked", "What did you enjoy?")
    page = form_editing.page_of(marked.form, "liked")
    assert page is not None
    (other,) = form_editing.pages_to_move_to(marked.form, page)
    moved = marked.with_form(form_editing.move_question_to(marked.form, page, "liked", other.key))
    assert form_editing.page_of(moved.form, "liked") == moved.form.page(other.key)
    assert older_in(moved) == older_in(marked)
    assert arabic(moved).missing == 0


#: What is there to be written over, and never published (`question_bank.is_unwritten`).
TO_BE_WRITTEN = {
    "One question", "Write your question here", "The first answer", "The second answer", "The third answer",
}  # fmt: skip
NUMBERS = re.compile(r"\d+")


def test_templates_and_the_bank_are_translated_but_for_what_is_to_be_written() -> None:
    # Given every text of a template and of an entry of the bank
    found = {text["en"] for one in question_bank.templates() for _, text in texts_of(one.form)}
    for entry in question_bank.bank():
        for part in (*entry.pages, *entry.consents):
            found |= {text["en"] for _, text in texts_of(part)}
    # Then each has words in every language that is not a variant of English, with the same numbers and names
    for code, language in LANGUAGES.items():
        if code == "en" or language.variant_of:
            continue
        words = shipped_translations.shipped(code, "{organisation}")
        assert {one for one in found if one not in words} == TO_BE_WRITTEN, code
        for english in found & words.keys():
            assert NUMBERS.findall(english) == NUMBERS.findall(words[english]), (code, english)
            assert ("{organisation}" in english) is ("{organisation}" in words[english])
