"""What a file of answers writes of words that no form would let through: readers of each format find them whole."""

import pytest

from tests.answer_readers import AMHARIC, HOSTILE, PASSWORD, by_name, printable, rows_of, tables
from tests.factories import demo_form
from webapp.rules import clock
from webapp.rules.forms.answer_columns import FormInUse
from webapp.rules.reasons import Reason
from webapp.services.opening import answer_exports
from webapp.services.opening.answer_exports import AnswerFormat, Asked
from webapp.services.opening.answer_files import AboutAnswers, AnswerFile
from webapp.services.opening.streamed_file import StreamedFile


def made(kind: AnswerFormat, key: str, words: str) -> StreamedFile:
    """A file with one row, of one answer."""
    today = clock.today()
    about = AboutAnswers("ABC", "=1+1", "told", "why", "=1+1", today, today, 0)
    file = AnswerFile([FormInUse(1, demo_form())], {}, about)
    batches = iter(
        [(1, [file.row("am", True, 1, {key: words, "email": "canary", "unknown": "canary"})])]
    )
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
