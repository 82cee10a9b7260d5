"""What a coordinator sees of a call that more people answered than are counted: no number that is not true."""

import re
from http import HTTPStatus

import pytest

from tests.integration.desk.worker import Worker
from webapp.desk.calls import call as call_page
from webapp.services.answers import consents, desk_submissions, submission_filters

LIST = "/desk/calls/support-needs"


@pytest.fixture
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are many, where an index is counted; two, where each one is looked up; and two fill a page."""
    for module in (submission_filters, desk_submissions):
        monkeypatch.setattr(module, "MOST_IN_INDEX", 3)
    for module in (submission_filters, consents):
        monkeypatch.setattr(module, "MOST", 2)
    monkeypatch.setattr(call_page, "PER_PAGE", 2)


def references(worker: Worker) -> list[str]:
    links = (one for one in worker.page.all("a") if one.get("class") == "reference")
    return [link.get("href", "").partition("?")[0] for link in links]


def options(worker: Worker) -> set[str]:
    return {"".join(one.itertext()).strip() for one in worker.page.all("option")}


@pytest.mark.usefixtures("bounds")
def test_numbers_beyond_a_bound_say_that_there_are_more(worker: Worker) -> None:
    # Given more people than are counted
    for number in range(5):
        worker.answered_by(*(["contact_me"] if number else []), adult="yes")
    # When a coordinator looks, then every number says that it is a least one
    assert (
        "More than 3 people have answered. More than 3 have not been read yet."
        in worker.get(LIST).text
    )
    assert {"Contact me (more than 2)", "English (more than 3)"} <= options(worker)
    # And what nobody of those counted has can be chosen all the same, without a number
    assert {"Do not contact", "Arabic"} <= options(worker)
    worker.get(f"{LIST}?language=ar")
    assert worker.status == HTTPStatus.OK
    assert "Nobody is left with what you chose" in worker.page.text
    assert "more than 3" in worker.get("/desk/calls").text
    assert "More than 3 people’s answers" in worker.get("/desk/").text
    assert "More than 2 people gave permission" in worker.get("/desk/contacts").text


def test_numbers_below_it_are_exact(worker: Worker) -> None:
    for number in range(3):
        worker.answered_by(*(["contact_me"] if number else []), adult="yes")
    assert "3 people have answered" in worker.get(LIST).text
    assert {"Contact me (2)", "English (3)"} <= options(worker)
    assert "Arabic" not in " ".join(options(worker))
    assert "2 people gave permission" in worker.get("/desk/contacts").text


@pytest.mark.usefixtures("bounds")
@pytest.mark.parametrize("chosen", ["", "?state=unread", "?consent=contact_me"])
def test_each_is_on_one_page_there_and_back(worker: Worker, chosen: str) -> None:
    # Given five pages of people
    for _ in range(9):
        worker.answered_by("contact_me", adult="yes")
    worker.get(f"{LIST}{chosen}")
    pages = [references(worker)]
    # When a coordinator goes to the oldest, then each is there once
    while "Older" in worker.page.text:
        worker.follow("Older")
        pages.append(references(worker))
    assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
    assert len({one for page in pages for one in page}) == 9
    # And the way back leads past the same
    for page in reversed(pages[:-1]):
        worker.follow("Newer")
        assert references(worker) == page
    assert "Newer" not in worker.page.text


@pytest.mark.parametrize("place", ["x", "2026-11-28", "2026-13-01.00", ".", "2026-11-28.xyz"])
def test_a_place_that_no_list_has_leads_to_its_beginning(page_worker: Worker, place: str) -> None:
    participant = page_worker.answered_by(adult="yes")
    for name in ("after", "before"):
        page = page_worker.get(f"{LIST}?{name}={place}&page=7")
        assert page_worker.status == HTTPStatus.OK
        assert participant.reference in page.text


@pytest.mark.usefixtures("bounds")
def test_a_page_begins_where_one_was_who_has_gone(worker: Worker) -> None:
    # Given a coordinator on the first page, whose last person deletes everything
    for _ in range(5):
        worker.answered_by(adult="yes")
    worker.get(LIST)
    older = next(
        a.get("href", "") for a in worker.page.all("a") if "Older" in "".join(a.itertext())
    )
    worker.follow("Older")
    second = references(worker)
    after = re.search(r"after=([^&]+)", older)
    assert after is not None
    gone = after[1].replace(after[1].rpartition(".")[2], "0" * 32)
    # When they go on from a place that nobody has, then the list goes on there
    worker.get(f"{LIST}?after={gone}&page=2")
    assert worker.status == HTTPStatus.OK
    worker.get(older)
    assert references(worker) == second
