"""What a file of answers writes of words that no form would let through: readers of each format find them whole."""

import io
from datetime import time
from typing import Any

import msoffcrypto
import openpyxl
import pytest

from tests.answer_readers import AMHARIC, HOSTILE, PASSWORD, by_name, printable, rows_of, tables
from tests.every_kind import every_kind_form
from tests.factories import demo_form
from tests.unit.rules.factories import choice, form, page_data, question_data, text
from webapp.rules import clock
from webapp.rules.forms.answer_columns import FormInUse
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.reasons import Reason
from webapp.services.opening import answer_exports
from webapp.services.opening.answer_exports import AnswerFormat, Asked
from webapp.services.opening.answer_files import AboutAnswers, AnswerFile
from webapp.services.opening.streamed_file import StreamedFile


def made(kind: AnswerFormat, key: str, words: str) -> StreamedFile:
    """A file with one row, of one answer."""
    return file_of(kind, demo_form(), {key: words, "email": "canary", "unknown": "canary"})


def file_of(kind: AnswerFormat, form: FormDefinition, opened: dict[str, Any]) -> StreamedFile:
    """A file with one row."""
    today = clock.today()
    about = AboutAnswers("ABC", "=1+1", (), (), "why", "=1+1", today, today, 0)
    file = AnswerFile([FormInUse(1, form)], {}, about)
    batches = iter([(1, [file.row("am", True, 1, opened)])])
    pieces = answer_exports._written(file, Asked(Reason("report"), kind, PASSWORD), batches)
    name = f"data.{answer_exports.ENDINGS[kind]}"
    return StreamedFile(file_name=name, mimetype="", people=1, pieces=pieces)  # type: ignore[arg-type]


@pytest.mark.parametrize("words", [HOSTILE, AMHARIC], ids=["formula", "amharic"])
def test_what_was_sealed_is_written_as_it_is(words: str) -> None:
    assert len(AMHARIC.encode()) > 8_192
    key = next(
        q.key for q in demo_form().questions if q.part == "testimony" and q.kind == "long_text"
    )

    assert rows_of(made("json", key, words))[0]["answers"] == {key: words}
    (row,) = by_name(tables(made("xlsx", key, words))[0])
    assert row[key] == words
    (row,) = by_name(tables(made("csv", key, words))[0])
    assert row[key].replace("'", "") == printable(words)
    assert not row[key].startswith("=")
    assert "canary" not in "".join(row.values())


#: As they are stored: what was put in order, and several choices with words beside "Something else".
ORDERED = {"ranking": ["rest", "home"], "choices": ["else", "else: A =1+1 bag"]}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_cell_is_a_code_a_place_or_words_and_never_two_of_these(kind: AnswerFormat) -> None:
    # When somebody put two of three choices in order, and wrote what was not listed
    rows, codebook = tables(file_of(kind, every_kind_form(), ORDERED))
    # Then each choice has its place, and the words have a column of their own
    (row,) = by_name(rows)
    places = {key: row[f"ranking.{key}"] for key in ("home", "work", "rest")}
    assert places == {"home": "2", "work": "", "rest": "1"}
    assert (row["choices.else"], row["choices.else.words"]) == ("1", "A =1+1 bag")
    assert "ranking" not in row
    # And the codebook names these columns, with the words that people saw and how many there are
    told = {line["column"]: line for line in by_name(codebook)}
    assert told["ranking.home"]["words: English"] == "A home"
    assert told["choices.else.words"]["words: English"] == "If something else, please write it here"
    assert told["ranking.home"]["count"] == told["choices.else.words"]["count"] == "1"
    assert told["ranking.work"]["count"] == "0"
    assert set(rows[0]) <= set(told)


def test_one_choice_has_its_code_in_one_cell_also_with_words_beside_it() -> None:
    other = {**choice("else", "Something else"), "ask": text("Please write it here")}
    asked = question_data("heard", "choice", choices=[choice("friend", "A friend")], other=other)
    rows, _ = tables(
        file_of("csv", form(page_data("first", asked)), {"heard": ["else", "else: Radio"]})
    )
    (row,) = by_name(rows)
    assert (row["heard"], row["heard.else.words"]) == ("else", "Radio")


def test_a_program_reads_codes_and_words_apart() -> None:
    (row,) = rows_of(file_of("json", every_kind_form(), ORDERED))
    assert row["answers"] == {
        "ranking": ["rest", "home"],
        "choices": ["else"],
        "choices.else.words": "A =1+1 bag",
    }


def test_only_numbers_are_numbers_in_the_spreadsheet() -> None:
    # Given a number, and words beside a choice that are digits
    opened = {"number": "12", "choices": ["else", "else: 07700900123"]}
    file = file_of("xlsx", every_kind_form(), opened)
    # When a program reads the sheet
    locked, content = msoffcrypto.OfficeFile(io.BytesIO(file.content)), io.BytesIO()
    locked.load_key(password=PASSWORD)
    locked.decrypt(content)
    book = openpyxl.load_workbook(content)
    headings, cells = book["Answers"].iter_rows()
    row = {heading.value: cell for heading, cell in zip(headings, cells, strict=True)}
    # Then it can add up the one, and the other is as it was written
    assert (row["number"].data_type, row["number"].value) == ("n", 12)
    assert (row["choices.else.words"].data_type, row["choices.else.words"].value) == (
        "s",
        "07700900123",
    )
    # And the file has the day on which it was made, and no time
    assert book.properties.created.time() == time(0, 0)
