"""Downloading the answers to a call at the desk: told in plain words, confirmed, recorded; refused without a key."""

from http import HTTPStatus

import pytest
from werkzeug.test import TestResponse

from tests.answer_readers import by_name, rows_of, tables
from tests.factories import DEMO_CALL, publish_demo_call, submit_one
from tests.integration.desk.worker import PASSWORD, Worker
from tests.pages import words
from webapp.desk.shared.file_stream import PIECES
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers import erasing, own_copies
from webapp.services.calls import published_calls
from webapp.services.opening import disclosure
from webapp.services.opening.streamed_file import Piece, StreamedFile

PAGE = f"/desk/calls/{DEMO_CALL}/download"


def download(worker: Worker, kind: str = "json", **changes: str) -> TestResponse:
    """Ask for a file, all filled in unless a change says otherwise."""
    worker.get(PAGE)
    filled = {"why": "report", "file_format": kind, **changes}
    return worker.press_for_file("Download the answers", **filled)


def as_file(response: TestResponse) -> StreamedFile:
    """The file that was answered with, for its readers."""
    assert response.status_code == HTTPStatus.OK
    name = response.headers["Content-Disposition"].split('"')[1]
    return StreamedFile(
        file_name=name,
        mimetype=response.mimetype,
        people=0,
        pieces=(one for one in [Piece(0, response.data)]),  # type: ignore[arg-type]
    )


def test_from_the_page_of_a_call_to_a_file(worker: Worker) -> None:
    # Given two people, and one who is gone
    worker.answered_by("quote")
    worker.answered_by()
    gone = worker.answered_by()
    with worker.app.app_context():
        assert erasing.erase_held(own_copies.find_held(gone.receipt)).complete
    # When a coordinator follows the link of the call's page
    page = worker.get(f"/desk/calls/{DEMO_CALL}")
    (link,) = [a for a in page.all("a") if words(a) == "Download the answers"]
    page = worker.get(link.get("href", ""))
    # Then it says how many people's answers it is, what people were told, and that nobody did it before
    assert "the answers of 2 people" in page.text
    assert "This is what people were told about who reads their answers:" in page.text
    assert "Nobody has downloaded these answers yet." in page.text
    # When they download it
    response = download(worker, "csv")
    file = as_file(response)
    rows, codebook = (by_name(table) for table in tables(file))
    # Then it has both
    assert sorted(row["_may_quote"] for row in rows) == ["0", "1"]
    assert {line["question"] for line in codebook} >= {name for name in rows[0] if name[0] != "_"}
    assert response.headers["Cache-Control"] == "no-store"
    # And the record and the page tell of it, under the name that the file has
    line = worker.record()[0]
    assert (line.event, line.reason) == (AuditEvent.ANSWERS_DOWNLOADED, "To write the report")
    assert file.file_name.removesuffix(".zip")[-11:] in worker.get(PAGE).text
    worker.get("/desk/record")
    assert "Downloaded the answers to a call: 2" in worker.page.text


def test_each_kind_of_file_comes_whole_and_yes_has_its_words(page_worker: Worker) -> None:
    page_worker.answered_by()
    for kind in ("json", "xlsx", "own"):
        password = {"password": PASSWORD} if kind == "own" else {}
        file = as_file(download(page_worker, kind, **password))
        assert file.file_name.endswith(".json" if kind == "json" else ".xlsx")
        assert file.content
        if kind == "json":
            assert len(rows_of(file)) == 1
    assert download(page_worker, "own", password="short").status_code == HTTPStatus.BAD_REQUEST
    assert download(page_worker, why="").status_code == HTTPStatus.BAD_REQUEST
    # Danger is about one person, so it is no reason here
    assert download(page_worker, why="danger").status_code == HTTPStatus.BAD_REQUEST


def test_our_own_script_is_told_how_far_it_is(
    page_worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosure, "BATCH", 2)
    for _ in range(3):
        page_worker.answered_by()
    page_worker.client.environ_base["HTTP_ACCEPT"] = f"{PIECES}, text/html"
    answer = download(page_worker, "csv")
    assert answer.mimetype == PIECES
    assert answer.data.startswith(b"2 3 ")
    assert answer.data.endswith(b"end\n")


def test_after_five_minutes_a_code_is_asked_for_first(page_worker: Worker) -> None:
    page_worker.answered_by()
    with page_worker.later(minutes=6):
        answer = download(page_worker, words="for the review")
        assert answer.status_code == HTTPStatus.FORBIDDEN
        page_worker._arrive(answer)
        assert "each person can see it in My choices" in page_worker.page.text
        assert AuditEvent.ANSWERS_DOWNLOADED.value not in page_worker.tags()
        file = page_worker.press_for_file("Confirm and go on", second_factor=page_worker.code())
        assert len(rows_of(as_file(file))) == 1
        assert page_worker.record()[0].reason.endswith("for the review")


def test_without_the_key_a_page_says_what_to_do(page_worker: Worker) -> None:
    # Given a call that was published while a coordinator was signed in
    with page_worker.app.app_context():
        publish_demo_call("later")
        submit_one(published_calls.find_call("later"))
    page_worker.get("/desk/calls/later/download")
    page_worker.press("Download the answers", why="report", file_format="json")
    assert page_worker.status == HTTPStatus.FORBIDDEN
    assert page_worker.page.h1 == "Sign in again to open this"
    assert page_worker.tags()[0] == AuditEvent.ANSWERS_FILE_TRIED.value


def test_with_nobody_there_is_nothing_to_press(page_worker: Worker) -> None:
    page = page_worker.get(f"/desk/calls/{DEMO_CALL}")
    assert "Download the answers" not in page.text
    assert "There are no answers to download." in page_worker.get(PAGE).text
    assert "Download the answers" not in page_worker.buttons()
