"""What coordinators see of the languages, and how a reviewer sees a draft."""

from datetime import timedelta

import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import publish_demo_event
from tests.integration.desk.worker import Worker
from tests.pages import words
from tests.visitor import Visitor
from webapp.rules import clock
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.ui import draft_previews


def test_every_language_is_listed_with_its_status(page_worker: Worker) -> None:
    # When a coordinator looks at the languages
    page = page_worker.follow("Languages")
    # Then each is there by its own name and in English, and says who has reviewed it, if it was reviewed
    for language in LANGUAGES.values():
        assert language.own_name in page.text
        assert language.english_name in page.text
    assert page.text.count("Draft. Nobody has checked it yet.") == len(LANGUAGES) - 1
    assert "The team that wrote it" in page.text
    assert "How support needs are decided (support-needs): " in page.text


def test_the_words_stand_beside_the_english_ones(page_worker: Worker) -> None:
    page_worker.get("/desk/languages/ar?q=Send")
    pairs = [[words(one) for one in row.iter("p")][:2] for row in page_worker.page.all("li")]
    # Then those of the pages and of each form are there, and marked as what they are
    assert ["Send", "إرسال"] in pairs
    (said,) = [one for one in page_worker.page.all("p") if words(one) == "إرسال"]
    assert (said.get("lang"), said.get("dir")) == ("ar", "rtl")
    page_worker.get("/desk/languages/ar?section=form-support-needs")
    assert "How support needs are decided" in page_worker.page.text


def test_meetings_with_one_title_are_told_apart(page_app: Flask, page_worker: Worker) -> None:
    # Given two meetings on one theme
    with page_app.app_context():
        for slug in ("in-may", "in-june"):
            publish_demo_event("round-table", slug)
    # When a coordinator looks at a language
    page = page_worker.get("/desk/languages/ar")
    # Then the sections about them have names of their own
    names = [words(one) for one in page.all("option") if "(" in words(one)]
    assert len(names) == len(set(names)) > 2
    assert sum("in-may" in name for name in names) == 1


def test_the_desk_leads_to_the_pages_of_a_draft(page_worker: Worker) -> None:
    # When a coordinator follows the link beside the words
    page_worker.get("/desk/languages/so")
    page_worker.follow("See the pages in this language")
    # Then they see the first page in that language
    assert (page_worker.status, page_worker.path) == (200, "/so/")


def test_there_is_no_page_about_a_language_that_is_not_ours(page_worker: Worker) -> None:
    page_worker.get("/desk/languages/fr")
    assert page_worker.status == 404


def test_only_coordinators_see_it(page_stranger: Worker) -> None:
    page_stranger.get("/desk/languages")
    assert page_stranger.path == "/desk/sign-in"


def test_a_draft_can_be_looked_at_without_being_offered(make_page_app: MakeApp) -> None:
    # Given a service which offers no drafts, and the address that a coordinator got at the desk
    app = make_page_app(DRAFT_LANGUAGES="no")
    address = _address_for(app, "so")
    reviewer = Visitor(app.test_client())
    # When a reviewer opens it, and looks around
    reviewer.get(address)
    assert reviewer.page.only("html").get("lang") == "so"
    reviewer.get(_link(reviewer, "/so/safety"))
    # Then they see the pages, which say that this is a draft, and get no cookie
    assert reviewer.status == 200
    assert 'class="band notice"' in reviewer.page.html
    assert not reviewer.response.headers.getlist("Set-Cookie")
    # And no other visitor does
    stranger = Visitor(app.test_client())
    stranger.get("/so/")
    assert stranger.status == 404
    stranger.get("/en/")
    assert "Soomaali" not in stranger.page.text


def test_nothing_can_be_sent_from_a_preview(make_page_app: MakeApp) -> None:
    # Given a reviewer who looks at a call in a draft
    app = make_page_app(DRAFT_LANGUAGES="no")
    reviewer = Visitor(app.test_client())
    reviewer.get(_address_for(app, "so").replace("/so/", "/so/calls/support-needs/"))
    assert reviewer.status == 200
    # When they press Begin
    reviewer.press_first()
    # Then no Visit is opened, and they are told kindly
    assert reviewer.status == 405
    assert not reviewer.response.headers.getlist("Set-Cookie")


def test_a_preview_is_for_one_language_and_an_hour(make_page_app: MakeApp) -> None:
    app = make_page_app(DRAFT_LANGUAGES="no")
    address = _address_for(app, "so")
    reviewer = Visitor(app.test_client())
    # Given the address of one language, changed to another; and a forged one
    for other in (address.replace("/so/", "/vi/"), "/so/?preview=InNvIg.made.up"):
        reviewer.get(other)
        assert reviewer.status == 404
    # And an hour later
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        reviewer.get(address)
        assert reviewer.status == 404


def _address_for(app: Flask, code: str) -> str:
    with app.app_context():
        return f"/{code}/?{draft_previews.PARAMETER}={draft_previews.token_for(code)}"


def _link(visitor: Visitor, start: str) -> str:
    addresses = (link.get("href", "") for link in visitor.page.all("a"))
    return next(address for address in addresses if address.startswith(start))
