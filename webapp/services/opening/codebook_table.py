"""The codebook as a table: a line for each question, and one for each of its codes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from webapp.rules.forms import codebook
from webapp.rules.forms.codebook import Code, Entry, Wording
from webapp.rules.forms.texts import Text
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.services.opening.answer_files import ABOUT_ROWS, AnswerFile, language_name

#: The columns before the words. `count`: how many answered the question, or chose the code.
FACTS: Final = (
    "column",
    "question",
    "code",
    "count",
    "kind",
    "required",
    "form versions",
    "asked of",
    "part",
    "page",
)
_OF_THE_ROW: Final = "about the row"


def codebook_table(file: AnswerFile) -> list[list[str]]:
    """All lines with their headings, once all rows were made. Not yet protected against CSV injection."""
    entries = file.codebook()
    languages = in_order(codebook.languages_of(entries))
    headings = [
        f"{what}: {language_name(code)}" for code in languages for what in ("words", "hint")
    ]
    table = [[*FACTS, *headings], *_of_rows(file, languages), *_of_questions(entries, languages)]
    return _without_empty(table, len(FACTS))


def in_order(languages: Iterable[str]) -> list[str]:
    """English first, as the site lists its languages, then what it does not have."""
    places = list(LANGUAGES)
    return sorted(
        languages,
        key=lambda code: (code not in places, code in places and places.index(code), code),
    )


def _of_rows(file: AnswerFile, languages: Sequence[str]) -> Iterator[list[str]]:
    for name, words in ABOUT_ROWS.items():
        yield _line(
            name, "", "", file.people, _OF_THE_ROW, words={"en": words}, languages=languages
        )
        for code, meaning, count in file.codes_beside(name):
            yield _line(name, "", code, count, "", words={"en": meaning}, languages=languages)


def _of_questions(entries: Iterable[Entry], languages: Sequence[str]) -> Iterator[list[str]]:
    for entry in entries:
        for one in entry.wordings:
            yield _question(entry.question, one, languages)
            for code in one.codes:
                yield _code(entry.question, one, code, languages)


def _question(key: str, one: Wording, languages: Sequence[str]) -> list[str]:
    return _line(
        # Several choices have a column each, and the question itself has none.
        "" if one.several else key,
        key,
        "",
        one.answered,
        one.kind,
        "yes" if one.required else "no",
        one.in_versions,
        one.asked_of,
        one.part,
        one.page["en"],
        words=one.words,
        hint=one.hint or {},
        languages=languages,
    )


def _code(key: str, one: Wording, code: Code, languages: Sequence[str]) -> list[str]:
    return _line(
        code.column,
        key,
        code.code,
        code.chosen,
        "",
        "",
        one.in_versions,
        words=code.words,
        languages=languages,
    )


def _line(
    column: str,
    question: str,
    code: str,
    count: int,
    *facts: str,
    words: Text,
    hint: Text | None = None,
    languages: Sequence[str],
) -> list[str]:
    told = [column, question, code, str(count), *facts]
    told += [""] * (len(FACTS) - len(told))
    for language in languages:
        told += [words.get(language, ""), (hint or {}).get(language, "")]
    return told


def _without_empty(table: list[list[str]], first: int) -> list[list[str]]:
    """Without columns of words that have none below their heading."""
    used = [
        place
        for place in range(len(table[0]))
        if place < first or any(line[place] for line in table[1:])
    ]
    return [[line[place] for place in used] for line in table]
