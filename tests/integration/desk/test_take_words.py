"""Words go out as a spreadsheet and come back: what is right is said, what is not is named, nothing is half taken."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask_babel import gettext, ngettext

from tests.integration.desk.worker import Worker
from tests.visitor import Visitor
from webapp.cli import languages as commands
from webapp.cli.languages import take_words
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.languages.translation_sheets import NotTheFile, Returned, read_returned
from webapp.services.infrastructure import audit
from webapp.services.languages.translation_files import Row, write_xlsx
from webapp.ui import local_catalogue
from webapp.ui.catalogues import catalogue_of

Change = Callable[[str, str], str]


@pytest.fixture
def give(
    page_worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Downloads the Somali words, changes them as a translator would, and has the operator take them in."""
    monkeypatch.setattr(commands, "application", lambda: page_worker.app)

    def act(change: Change, language: str = "so") -> Result:
        answer = page_worker.download(f"/desk/languages/{language}/file")
        book = openpyxl.load_workbook(io.BytesIO(answer.get_data()))
        for row in book.active.iter_rows(min_row=2):
            row[2].value = change(row[1].value, row[2].value)
        path = tmp_path / "back.xlsx"
        book.save(path)
        return CliRunner().invoke(take_words, [language, str(path)])

    return act


def only(english: str, words: str) -> Change:
    """Change this one text."""
    return lambda text, said: words if text == english else said


def test_words_that_come_back_are_said(
    page_worker: Worker, give: Callable[..., Result], make_page_app
) -> None:  # type: ignore[no-untyped-def]
    # When a translator has put one word right
    result = give(only("Leave now", "Ka tag hadda imminka"))
    # Then the operator reads what was taken, and what to do next
    assert result.exit_code == 0
    assert "One text has new words in Somali" in result.output
    assert "Restart Hearth" in result.output
    with page_worker.app.app_context():
        assert audit.recent(1)[0].tag == "words taken in"
    # And after a restart people read it, with all other words as they were
    reader = Visitor(make_page_app().test_client())
    reader.get("/so/safety")
    assert "Ka tag hadda imminka" in reader.page.text


def test_taking_the_same_file_again_changes_nothing(
    give: Callable[..., Result],
    make_page_app,  # type: ignore[no-untyped-def]
) -> None:
    result = give(lambda text, said: said)
    assert result.output.startswith("Nothing is new in Somali")
    assert "Restart" not in result.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (only("Leave now", "<b>Ka bax</b>"), "leave out the signs < > &"),
        (only("Leave now", 'Ka bax" href="//evil.example'), "straight quotes"),
        (only("Leave now", "Ka bax\nBcc: them@evil.example"), "line breaks"),
        (only("Leave now", "\u202ebax aK"), "what cannot be seen"),
        (lambda text, said: (said or "").replace("%(num)s", "%(tirada)s"), "is not in the English"),
        (lambda text, said: (said or "").replace("%(day)s", ""), "keep each part like %(day)s"),
        (lambda text, said: (said or "").split(" / ")[0], "2 forms are wanted"),
    ],
    ids=["markup", "attribute", "line", "direction", "unknown part", "lost part", "lost form"],
)
def test_nothing_is_taken_when_a_row_is_not_right(
    page_worker: Worker, give: Callable[..., Result], change: Change, said: str
) -> None:
    result = give(change)
    assert result.exit_code == 1
    assert "Nothing was taken." in result.output
    assert said in result.output
    assert not (page_worker.app.extensions["hearth_settings"].instance / "words").exists()


def test_a_language_counts_as_before_with_words_of_its_own(page_app: Flask) -> None:
    # Given Arabic, which has a form of its own for two, and one text of it that was corrected here
    english = "%(num)s day / %(num)s days"
    with page_app.app_context():
        said = next(
            one.words for one in catalogue_of(LANGUAGES["ar"]).lines if one.english == english
        )
        forms = (said or "").split(" / ")
        new = " / ".join([*forms[:2], "يومان اثنان", *forms[3:]])
        assert local_catalogue.take(LANGUAGES["ar"], [Returned(2, english, new)]).changed == 1
    # When a page says how many
    with page_app.test_request_context("/ar/"):
        page_app.preprocess_request()
        # Then the new form is said for two, and all others as before
        assert ngettext("%(num)s day", "%(num)s days", 2) == "يومان اثنان"
        assert ngettext("%(num)s day", "%(num)s days", 1) == forms[1]
        assert gettext("Send") == "إرسال"


def test_what_is_no_file_of_ours_is_named() -> None:
    for content in (
        b"",
        b"words",
        _zip({"xl/worksheets/sheet1.xml": b"<a/>"}),
        _zip({"other": b""}),
    ):
        with pytest.raises(NotTheFile):
            read_returned(content)


def test_a_file_that_would_fill_the_memory_is_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">]><a>&b;</a>'
    with pytest.raises(NotTheFile):
        read_returned(_zip({"xl/worksheets/sheet1.xml": bomb}))
    with pytest.raises(NotTheFile):
        read_returned(_zip({"xl/worksheets/sheet1.xml": bomb.decode().encode("utf-16")}))
    with pytest.raises(NotTheFile, match="too large"):
        read_returned(_zip({"xl/worksheets/sheet1.xml": bytes(21_000_000)}))


@pytest.mark.parametrize(
    "cell",
    ['<c r=""><v>1</v></c>', f'<c r="B1" t="s"><v>{"9" * 5000}</v></c>', '<c r="ab1"/>'],
    ids=["no name", "endless number", "small letters"],
)
def test_a_file_made_to_break_its_reader_is_named(cell: str) -> None:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><sheetData><row>{cell}</row></sheetData></worksheet>'
    with pytest.raises(NotTheFile):
        read_returned(_zip({"xl/worksheets/sheet1.xml": sheet.encode()}))


def test_a_damaged_file_is_named() -> None:
    whole = _zip({"xl/worksheets/sheet1.xml": b"<a>" + b"word " * 5000 + b"</a>"})
    middle = 60
    damaged = whole[:middle] + bytes(40) + whole[middle + 40 :]
    with pytest.raises(NotTheFile):
        read_returned(damaged)


def test_what_was_written_is_read_again_as_it_was() -> None:
    rows = [
        Row("Pages", "Send", "  Dir\n", "", ""),
        Row("Pages", "=1+1", "ናብ", "rude", "Interpreter"),
    ]
    found = read_returned(write_xlsx(rows, language="Somali", right_to_left=False))
    assert [(one.number, one.english, one.words) for one in found] == [
        (2, "Send", "  Dir\n"),
        (3, "=1+1", "ናብ"),
    ]


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in files.items():
            book.writestr(name, data)
    return content.getvalue()
