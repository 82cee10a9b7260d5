"""Translators' files: what goes out comes in, what was changed meanwhile stays marked, hostile files change nothing."""

import io
import time

import pytest
from babel.messages.pofile import read_po

from tests.unit.rules.test_draft_translation import (
    LIKED,
    arabic,
    content,
    in_arabic,
    older_in,
    reworded,
)
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_languages import draft_texts
from webapp.rules.forms.draft_translation import TRANSLATABLE, begin_language, translate
from webapp.rules.forms.translator_entries import TakenIn, take_in
from webapp.services.forms import translator_files
from webapp.services.forms.translator_files import NotTheFile, OtherLanguage, TooLong

TITLE = 'msgctxt "title"\nmsgid "How was it?"\nmsgstr "كيف كان؟"\n'


def file_of(of: CallDraftContent, code: str = "ar") -> str:
    roles = dict.fromkeys(draft_texts(of.form), "Words")
    return translator_files.write_file(of, code, roles).decode()


def taken(of: CallDraftContent, file: str) -> tuple[CallDraftContent, TakenIn]:
    return take_in(of, "ar", translator_files.read_file(file, "ar"))


def answered(file: str, path: str, words: str) -> str:
    """The file with these words for one text, as a translator leaves it."""
    before, entry, after = file.partition(f'msgctxt "{path}"\n')
    english, _, rest = after.partition("msgstr ")
    return f'{before}{entry}{english}msgstr "{words}"\n{rest[rest.index(chr(10) * 2) :]}'


@pytest.mark.parametrize("code", [one.code for one in TRANSLATABLE])
def test_a_file_says_its_language_and_comes_in_as_it_went_out(code: str) -> None:
    begun = begin_language(content(), code, {})
    words = {path: f"{path}\nßñ « “x” \\ ”" for path in draft_texts(begun.form)}
    full = translate(begun, code, words)
    file = file_of(full, code)
    # Other programs read it: each text has its path and its English
    catalog = read_po(io.StringIO(file))
    assert {str(one.context) for one in catalog if one.id} == set(words)
    again, what = take_in(begun, code, translator_files.read_file(file, code))
    assert again.form == full.form
    assert what == TakenIn(taken=len(words))
    # And taken in twice it changes nothing
    assert take_in(full, code, translator_files.read_file(file, code)) == (full, TakenIn())


def test_only_what_was_translated_is_taken() -> None:
    begun = begin_language(content(), "ar", {})
    some, what = taken(begun, answered(file_of(begun), LIKED, "ما الجيد؟"))
    assert what == TakenIn(taken=1)
    assert arabic(some).there == 1
    # What the desk has and the file has not stays
    more = translate(some, "ar", {"title": "عنوان"})
    assert taken(more, file_of(begun))[0] == more


def test_an_outdated_translation_is_fuzzy_until_the_mark_is_taken_away() -> None:
    marked = reworded(in_arabic(), "liked", "What was good?")
    was = older_in(marked)[LIKED]
    file = file_of(marked)
    assert "#, fuzzy\n" in file
    assert f'#| msgid "{was}"' in file
    # When nothing is done to it, it stays older
    assert taken(marked, file) == (marked, TakenIn())
    # When it is translated and the mark is left, it is taken, and stays older
    left, what = taken(marked, answered(file, LIKED, "جديد"))
    assert (what, older_in(left)) == (TakenIn(taken=1, older=1), {LIKED: was})
    # When the mark is taken away, it is right, with the same words or with others
    for words in ("جديد", f"عربي {LIKED}"):
        sure, what = taken(marked, answered(file, LIKED, words).replace("#, fuzzy\n", ""))
        assert (what, older_in(sure)) == (TakenIn(taken=1), {})


def test_english_that_was_changed_meanwhile_is_said_and_nothing_newer_is_lost() -> None:
    begun = begin_language(content(), "ar", {})
    file = answered(file_of(begun), LIKED, "من الملف")
    was = begun.form.question("liked").label["en"]
    # When the English was changed while the translator had the file
    changed = reworded(begun, "liked", "What was good?")
    late, what = taken(changed, file)
    assert (what, older_in(late)) == (TakenIn(taken=1, older=1), {LIKED: was})
    # When somebody has translated the new English at the desk, that stays
    newer = translate(changed, "ar", {LIKED: "من المكتب"})
    assert taken(newer, file) == (newer, TakenIn(newer_here=1))
    # What the translator is not sure of is not taken, and a text that is gone is counted
    unsure = TITLE.replace("How was it?", begun.form.title["en"]).replace(
        "msgctxt", "#, fuzzy\nmsgctxt"
    )
    assert taken(begun, unsure) == (begun, TakenIn(unsure=1))
    gone = 'msgctxt "questions.gone.label"\nmsgid "Gone"\nmsgstr "ذهب"\n'
    assert taken(begun, gone) == (begun, TakenIn(unknown=1))


def test_words_are_cleaned_like_those_of_a_field() -> None:
    begun = begin_language(content(), "ar", {})
    file = answered(file_of(begun), LIKED, "\u202eنعم\u2066\x07\u2028  ")
    assert taken(begun, file)[0].form.question("liked").label["ar"] == "نعم"
    invisible = answered(file_of(begun), LIKED, "\u200d\u200e")
    assert taken(begun, invisible) == (begun, TakenIn())
    with pytest.raises(TooLong) as told:
        taken(begun, answered(file_of(begun), LIKED, "ن" * 2_001))
    assert told.value.entry.path == LIKED


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "\0\0\0",
        "<!DOCTYPE html><p>Not found",
        '{"title": {"en": "x"}}',
        "msgstr",
        '"continued"',
        'msgctxt "title"',
        'msgctxt "title"\nmsgid "x"',
        'msgid "x"\nmsgstr "y"\n',
        'msgstr "y"\n"z"\nmsgid',
        'msgctxt\n"a"\nmsgid\n"b"\nnonsense "c"\nmsgstr "d"',
        # A count of plural forms that would fill the memory
        (
            'msgid ""\nmsgstr "Plural-Forms: nplurals=999999999; plural=0;\\n"\n\n'
            'msgctxt "title"\nmsgid "a"\nmsgid_plural "b"\nmsgstr[0] "c"\nmsgstr[888888888] "d"\n'
        ),
        'msgid ""\nmsgstr "Plural-Forms: nplurals=x;\\n"\n\n' + TITLE,
        'msgid ""\nmsgstr "POT-Creation-Date: 9999-99-99 99:99+9999\\n"\n\n' + TITLE,
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=\\n"\n',
        'msgid ""\nmsgstr "Language: ../../etc\\n"\n\n' + TITLE,
        "﻿" + "\u202e" * 50,
    ],
)
def test_a_broken_or_hostile_file_is_refused(hostile: str) -> None:
    with pytest.raises(NotTheFile):
        translator_files.read_file(hostile, "ar")


def test_a_file_in_another_language_is_refused_by_name() -> None:
    file = file_of(in_arabic())
    with pytest.raises(OtherLanguage, match="ar"):
        translator_files.read_file(file, "so")


def test_a_file_of_the_largest_size_is_read_in_moments() -> None:
    # Half a megabyte of the same entry, and of comments that babel would join
    many = f"#. {'x' * 40}\n#: a:1\n{TITLE}\n"
    started = time.monotonic()
    assert len(translator_files.read_file(many * 5_000, "ar")) == 1
    assert time.monotonic() - started < 10
