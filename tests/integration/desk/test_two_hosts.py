"""The desk on a host name of its own, as `docs/operating.md` sets it up: two applications over the same stores."""

import pytest

from tests.conftest import MakeApp
from tests.integration.desk.worker import Worker
from tests.pages import words
from tests.visitor import Visitor
from webapp.services.keys.bootstrap import Founded

PUBLIC, DESK = "https://take-part.example.org", "https://desk.example.org"


@pytest.fixture
def desk(make_page_app: MakeApp, page_founded: Founded) -> Worker:
    """A coordinator, signed in at the desk's own host."""
    app = make_page_app(DOORS="desk", BASE_URL=DESK, PUBLIC_URL=PUBLIC, DRAFT_LANGUAGES="no")
    worker = Worker(app, page_founded)
    worker.base = DESK
    worker.sign_in()
    return worker


@pytest.fixture
def reader(make_page_app: MakeApp) -> Visitor:
    """A visitor at the public door's host, in another process."""
    app = make_page_app(DOORS="public", BASE_URL=PUBLIC, DRAFT_LANGUAGES="no")
    return Visitor(app.test_client(), PUBLIC)


def test_the_pages_of_a_draft_open_from_a_desk_on_its_own_host(
    desk: Worker, reader: Visitor
) -> None:
    # When a coordinator opens the languages, and follows the link to the pages of one
    desk.get("/desk/languages")
    (link,) = (
        one.get("href", "") for one in desk.page.all("a") if words(one) == "See the pages Somali"
    )
    # Then it leads to the other host, where the page is shown as a draft
    assert link.startswith(f"{PUBLIC}/so/?preview=")
    reader.get(link.removeprefix(PUBLIC))
    assert (reader.status, reader.path) == (200, "/so/")
    assert reader.page.only("html").get("lang") == "so"
    # And the page of the language leads there, too
    desk.get("/desk/languages/so")
    assert any(one.get("href", "").startswith(f"{PUBLIC}/so/") for one in desk.page.all("a"))


def test_a_desk_that_does_not_know_where_the_pages_are_says_what_to_set(
    make_page_app: MakeApp, page_founded: Founded
) -> None:
    app = make_page_app(DOORS="desk", BASE_URL=DESK)
    worker = Worker(app, page_founded)
    worker.base = DESK
    worker.sign_in()
    worker.get("/desk/languages/so")
    assert worker.status == 200
    assert "PUBLIC_URL" in worker.page.text
    links = [one.get("href", "") for one in worker.page.all("a")]
    assert [link for link in links if link.startswith(("/so/", "http"))] == []


def test_the_bare_name_of_the_desks_host_leads_to_signing_in(make_page_app: MakeApp) -> None:
    app = make_page_app(DOORS="desk", BASE_URL=DESK)
    answer = app.test_client().get("/", base_url=DESK)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/")
    visitor = Visitor(app.test_client(), DESK)
    visitor.get("/")
    assert visitor.path == "/desk/sign-in"
