"""The catalogues: complete, with the placeholders of the English texts, and no language offered with a hole in it."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import reduce
from operator import or_
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from webapp.rules.languages import site_languages
from webapp.rules.languages.site_languages import DEFAULT, LANGUAGES, Language, offered
from webapp.ui import catalogues
from webapp.ui.catalogues import Catalogue, Line, catalogue_of, check_reviewed, every_text

ROOT = Path(__file__).parents[2]
#: Whatever people outside the desk may read, in the same words as babel.cfg.
METHODS = [("webapp/desk/**", "ignore"), ("templates/desk/**", "ignore"),
           ("templates/layouts/desk.html", "ignore"), ("webapp/**.py", "python"),
           ("templates/**.html", "jinja2"), ("templates/emails/**.txt", "jinja2")]  # fmt: skip
KEYWORDS = dict.fromkeys(("_", "gettext", "lazy_gettext")) | {"ngettext": (1, 2)}
LOOKED = "You can see here each time a worker opened something of yours"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
OTHERS = [one for one in LANGUAGES.values() if one != DEFAULT]
COMPLETE = [one for one in OTHERS if not one.variant_of]


def said_in_code() -> Iterator[str]:
    for folder in ("webapp", "templates"):
        for _, _, message, _, _ in extract_from_dir(
            ROOT, method_map=METHODS, keywords=KEYWORDS, comment_tags=(),
            directory_filter=lambda path, folder=folder: str(path).startswith(str(ROOT / folder)),
        ):  # fmt: skip
            yield message if isinstance(message, str) else " / ".join(message[:2])


def placeholders(words: str) -> Counter[str]:
    """How often each is there, in each of the forms for different numbers, which are counted as one."""
    forms = [Counter(PLACEHOLDER.findall(form)) for form in words.split(" / ")]
    return reduce(or_, forms)


def by_code(language: Language) -> str:
    return language.code


def test_the_list_for_translators_is_what_the_code_says() -> None:
    # Then nothing was added to the code or taken from it without `make words`
    assert set(every_text()) == set(said_in_code())


@pytest.mark.parametrize("language", COMPLETE, ids=by_code)
def test_every_text_has_words(language: Language) -> None:
    assert catalogue_of(language).missing == ()


@pytest.mark.parametrize("language", OTHERS, ids=by_code)
def test_every_placeholder_is_kept(language: Language) -> None:
    wrong = [
        line.english
        for line in catalogue_of(language).lines
        if line.words is not None and placeholders(line.english) != placeholders(line.words)
    ]
    assert wrong == []


@pytest.mark.parametrize("language", COMPLETE, ids=by_code)
def test_no_text_was_left_in_english(language: Language) -> None:
    # Given texts of more than a few words
    same = [
        line.english
        for line in catalogue_of(language).lines
        if line.words == line.english
        and len(re.findall(r"\w+", PLACEHOLDER.sub("", line.english))) > 1
    ]
    assert same == []


def test_easy_read_says_only_what_english_does_not_say_easily() -> None:
    easy = catalogue_of(LANGUAGES["en-easy"])
    assert 0 < easy.done < len(easy.lines)
    assert [line for line in easy.lines if line.words == line.english] == []


@pytest.mark.parametrize("language", OTHERS, ids=by_code)
def test_a_draft_says_so_to_translators(language: Language) -> None:
    path = catalogues.TRANSLATIONS / language.locale / "LC_MESSAGES" / "messages.po"
    head = path.read_text(encoding="utf-8").split("msgid", 1)[0]
    assert ("a draft" in head) == (language.status == "draft")


def test_what_is_offered_has_every_word() -> None:
    # Then a language that is marked as reviewed may lack nothing at all
    assert {one.code: catalogue_of(one).missing for one in offered()} == {"en": ()}
    check_reviewed()


def test_texts_of_consent_safety_and_errors_are_known_as_such() -> None:
    protecting = {line.english for line in catalogue_of(DEFAULT).lines if line.protecting}
    assert {
        "Send", "Leave now", "Delete everything", "I give permission for this", "Please look at this again",
        "Choose Yes or No", "There is no such page",
    } <= protecting  # fmt: skip


def test_a_language_is_not_held_up_by_the_labels_of_a_date() -> None:
    lines = {line.english: line for line in catalogue_of(DEFAULT).lines}
    assert not any(lines[label].protecting for label in ("Day", "Month", "Year"))


def test_a_reviewed_language_with_a_hole_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a language that a developer marked as reviewed, whose word for leaving is missing
    somali = replace(
        LANGUAGES["so"], status="reviewed", reviewed_by="A speaker", reviewed_on=date(2026, 12, 1)
    )
    hole = Catalogue(somali, (Line("Send", "Dir", True), Line("Leave now", None, True)))
    monkeypatch.setattr(catalogues, "offered", lambda: (DEFAULT, somali))
    monkeypatch.setattr(catalogues, "catalogue_of", lambda language: hole)
    # When the service starts, then it says which language and which text, and does not
    with pytest.raises(catalogues.LanguageNotComplete, match=r"Somali.*Leave now"):
        check_reviewed()


def test_a_missing_catalogue_is_a_language_without_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalogues, "TRANSLATIONS", tmp_path)
    unknown = site_languages.Language("fr", "Français", "French", "ltr", "draft")
    assert catalogue_of(unknown).done == 0


def test_a_phone_number_is_one_piece_where_people_write_from_the_right() -> None:
    # Given that after Arabic letters, groups of digits with a plain space between them change places
    from_the_right = [one for one in OTHERS if one.direction == "rtl"]
    assert from_the_right
    # Then there is none
    for language in from_the_right:
        said = [line.words or "" for line in catalogue_of(language).lines]
        assert [words for words in said if re.search(r"\d \d", words)] == []


def test_somali_has_one_word_and_one_apostrophe_for_one_thing() -> None:
    # Given every Somali text of the site and of the demo's files
    texts = [line.words for line in catalogue_of(LANGUAGES["so"]).lines if line.words]
    files = [json.loads(one.read_text()) for one in (ROOT / "webapp/content").glob("*.so.json")]
    texts += [words for file in files for words in file.values()]
    assert len(texts) > 500
    for words in texts:
        assert "'" not in words
        # A charity is "urur samafal", and a person's details are "xog"
        assert not re.search(r"hay[’']ad\w* samafal|faahfaahint|macluumaadk", words, re.IGNORECASE)


@pytest.mark.parametrize("file", sorted((ROOT / "webapp/content").glob("support-needs.*.json")))
def test_who_reads_is_a_sentence_that_says_so(file: Path) -> None:
    # Given the words of the start page, which the receipt shows without a heading
    words = json.loads(file.read_text())
    # Then they are not those of a list of readers, which have no verb
    assert not words["start.readers"].startswith(words.get("parts.testimony.reader", "\0"))


def test_who_has_looked_may_be_a_worker_of_another_charity() -> None:
    # Then no language says that it is always one of ours
    ours = {"ar": "لدينا", "sq": "ekipi ynë"}
    for code, words in ours.items():
        said = [
            one.words or ""
            for one in catalogue_of(LANGUAGES[code]).lines
            if one.english.startswith(LOOKED)
        ]
        assert len(said) == 1
        assert words not in said[0]
