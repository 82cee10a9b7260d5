"""A list is not hidden by what stands before it: a database writer plants rows that come first in every order.

While the list of a call was first paged by key, fifty rows with a day that is none filled its first page, which led
nowhere, and one with an id that is none ended it with an error.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.factories import DEMO_CALL, submit_one
from tests.integration.desk.worker import Worker
from webapp.rules import clock
from webapp.services.answers import desk_submissions, submission_filters
from webapp.services.answers.submission_filters import EVERYBODY
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded

pytestmark = pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
PER_PAGE = 3


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


def plant(**changed: Any) -> None:
    """A copy of some row of a submission with other values, past everything that is ours."""
    with stores.reading() as main:
        path = main.get_bind().engine.url.database  # type: ignore[union-attr]
    with closing(sqlite3.connect(str(path))) as connection, connection:
        connection.row_factory = sqlite3.Row
        row = {**dict(connection.execute("SELECT * FROM submissions").fetchone()), **changed}
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT INTO submissions ({names}) VALUES ({marks})", row)


HIDE = {
    "days that are none": lambda: [
        plant(id=uuid4().hex, received_on=f"zz{number}") for number in range(PER_PAGE * 2)
    ],
    "an id that is none": lambda: plant(
        id="zz", received_on=(clock.today() + timedelta(days=1)).isoformat()
    ),
}


@pytest.mark.parametrize("hide", HIDE.values(), ids=HIDE)
def test_every_genuine_row_is_on_a_page(hide: Any, inside: Flask, founded: Founded) -> None:
    # Given more people than one page has, and rows that come before them all
    sent = {submit_one().submission_id for _ in range(PER_PAGE * 2 + 1)}
    hide()
    # When a coordinator goes from page to page, there and back
    call = published_calls.find_call(DEMO_CALL)
    chosen = submission_filters.matching(call, EVERYBODY, submission_filters.facets(call))
    page = desk_submissions.page_of(chosen, PER_PAGE)
    pages = [page]
    while page.older:
        page = desk_submissions.page_of(chosen, PER_PAGE, after=page.older)
        pages.append(page)
    back = desk_submissions.page_of(chosen, PER_PAGE, before=page.newer)
    # Then each is there once, and what is to be read next is one of them
    seen = [row.id for one in pages for row in one.rows if not row.is_false]
    assert sorted(seen) == sorted(sent)
    assert [row.id for row in back.rows] == [row.id for row in pages[-2].rows]
    assert submission_filters.next_unread(chosen) in sent
    # And the page of the call is shown
    worker = Worker(inside, founded)
    worker.sign_in()
    worker.get(f"/desk/calls/{DEMO_CALL}")
    assert worker.status == 200


def test_past_the_end_the_list_begins_again(inside: Flask) -> None:
    sent = {submit_one().submission_id for _ in range(2)}
    call = published_calls.find_call(DEMO_CALL)
    chosen = submission_filters.matching(call, EVERYBODY, submission_filters.facets(call))
    first = desk_submissions.page_of(chosen, 1)
    assert first.older
    last = desk_submissions.page_of(chosen, 1, after=first.older)
    past = desk_submissions.Place(last.rows[0].received_on, last.rows[0].id)
    assert desk_submissions.page_of(chosen, 2, after=past).rows
    assert {row.id for one in (first, last) for row in one.rows} == sent
