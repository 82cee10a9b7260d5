"""What a visitor finds before they begin."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import WHO_WE_ARE, demo_form, publish_demo_event
from tests.integration.public.steps import OPEN_PAGES, START, TITLE, later, rows_in, seen
from tests.pages import words
from tests.people import answer_everything, begin
from tests.tally import Tell
from tests.visitor import Visitor
from webapp.rules import clock
from webapp.rules.forms import reading_time
from webapp.rules.organisations import Standing
from webapp.services.keys import organisation_changes, organisations

DEMO = "This is a demo. Nobody reads what you write here."
#: What everybody must know before the first question, as headings: at once, and behind "Read more".
AT_ONCE = ("Who we are", "What we ask", "Who reads it", "When we must tell someone")
FURTHER = (
    "Money for your time",
    "Your support stays the same",
    "If you are in danger now",
    "If you stop half-way",
    "Other ways to take part",
    "If you need to leave fast",
)
#: English words in main: the start as it opens, with the page about leaving, and the first page beside its list.
START_WORDS, START_AND_LEAVING_WORDS, HOME_WORDS = 200, 260, 150

REACH_US = WHO_WE_ARE["REACH_US"]


@pytest.mark.parametrize(
    "path", ["safety", "support", "accessibility", "privacy", "calls/support-needs/ways"]
)
def test_who_we_are_and_how_to_reach_us_is_said_where_a_visitor_may_want_to(
    make_page_app: MakeApp, path: str
) -> None:
    # Given operators who have said who runs this, and how people reach them
    visitor = Visitor(make_page_app().test_client())
    visitor.get(f"/en/{path}")
    assert f"This site is run by: {WHO_WE_ARE['ORGANISATION']}" in visitor.page.text
    assert f"How to reach us: {REACH_US}" in visitor.page.text
    # And the number is one press away
    assert any(one.get("href") == "tel:01632960002" for one in visitor.page.all("a"))
    # And a demo whose settings say nothing: then no line leads nowhere or speaks for a coalition
    silent = make_page_app(DEMO="yes", ORGANISATION="", REACH_US="")
    visitor = Visitor(silent.test_client())
    visitor.get(f"/en/{path}")
    assert "How to reach us:" not in visitor.page.text
    assert "run by" not in visitor.page.text
    assert "charities" not in visitor.page.text.partition("Other ways")[0]


def test_the_way_to_the_first_question_is_short(page_app: Flask, tell: Tell) -> None:
    # Given a visitor who knows little English, in front of the first page with a call and two events
    visitor = Visitor(page_app.test_client())
    with page_app.app_context():
        publish_demo_event("round-table")
        publish_demo_event("small-group")
    main = visitor.get("/en/").only("main")
    (cards,) = [one for one in main.iter("ul") if one.get("class") == "cards"]
    home = seen(main) - seen(cards)
    # When they go on to the first question
    start = seen(visitor.get(START).only("main"))
    visitor.press("Begin")
    leaving = seen(visitor.page.only("main"))
    visitor.press("Go on")
    # Then they have not read many words
    tell(
        "words before the first question",
        f"home {home} beside its list, start {start}, leaving {leaving}",
    )
    assert home <= HOME_WORDS
    assert start <= START_WORDS
    assert start + leaving <= START_AND_LEAVING_WORDS


def test_the_first_page_says_whom_each_thing_is_for(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a call, and two events for different people
    with page_app.app_context():
        publish_demo_event("round-table")
        publish_demo_event("small-group")
    page_visitor.get("/en/")
    # Then each says it before it is opened; only the way back with a code is for everybody
    cards = [words(one) for one in page_visitor.page.all("li") if one.get("class") == "card"]
    assert [("Who it is for:" in card) for card in cards] == [True, True, True, False]
    # And the way to the page about safety comes before them
    text = page_visitor.page.text
    assert text.index("Read this first") < text.index("Who it is for:")


def test_a_demo_says_so_on_every_page(make_page_app: MakeApp) -> None:
    # Given a demo, where no coordinator reads what is written
    visitor = Visitor(make_page_app(DEMO="yes").test_client())
    for path in (*OPEN_PAGES, "calls/support-needs/paper"):
        # Then every page says it, the form on paper and the first step too
        visitor.get(f"/en/{path}")
        assert DEMO in visitor.page.text
    begin(visitor)
    assert DEMO in visitor.page.text


def test_what_is_no_demo_never_says_so(page_visitor: Visitor) -> None:
    for path in OPEN_PAGES:
        page_visitor.get(f"/en/{path}")
        assert DEMO not in page_visitor.page.text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_looking_leaves_nothing_behind(
    page_app: Flask, page_visitor: Visitor, language: str
) -> None:
    # When a visitor only looks
    for path in OPEN_PAGES:
        page_visitor.get(f"/{language}/{path}")
        # Then there is no cookie
        assert page_visitor.status == 200
        assert page_visitor.response.headers.getlist("Set-Cookie") == []
    # And nothing about them anywhere
    assert rows_in(page_app, "public_visits") == 0


def test_head_says_the_same_without_the_page(page_visitor: Visitor) -> None:
    for path in OPEN_PAGES:
        # When a program asks only for the head
        whole = page_visitor.client.get(f"/en/{path}")
        head = page_visitor.client.head(f"/en/{path}")
        # Then it gets just that
        assert head.status_code == whole.status_code == 200
        assert head.get_data() == b""
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_the_start_says_what_must_be_known_before_the_first_question(page_visitor: Visitor) -> None:
    # When a visitor reads the start page
    page_visitor.get(START)
    # Then every fact has a heading of its own, and something under it
    for heading in (*AT_ONCE, *FURTHER):
        (section,) = [one for one in page_visitor.page.all("section") if words(one[0]) == heading]
        assert len(words(section)) > len(heading) + 40
        behind = page_visitor.page.inside(section, "details")
        assert behind == (heading in FURTHER)
    # And what is left of a first paragraph stands behind "Read more", whole
    text = " ".join(page_visitor.page.text.split())
    for said in demo_form().start.model_dump().values():
        for paragraph in said["en"].split("\n\n"):
            assert paragraph in text or said == demo_form().start.audience
    # And how long it takes, what comes, and until when it is open
    assert f"About {reading_time.minutes(demo_form())} minutes" in text
    assert (
        "There are 7 pages of questions. Then we ask how to reach you, and you can say no." in text
    )
    assert "Open until" in text


def test_the_first_page_says_who_we_are_not(page_visitor: Visitor) -> None:
    page_visitor.get("/")
    assert page_visitor.path == "/en/"
    assert "We are not the government and not the police." in page_visitor.page.text


def test_help_is_in_the_same_place_on_every_page(page_visitor: Visitor) -> None:
    # When a visitor looks at every page
    foots = set()
    for path in OPEN_PAGES:
        (foot,) = page_visitor.get(f"/en/{path}").all("footer")
        foots.add(words(foot))
    # Then the foot is the same, with help lines one press away
    (foot_words,) = foots
    assert "Modern Slavery Helpline: 08000 121 700" in foot_words
    numbers = [one.get("href") for one in foot.iter("a") if "tel:" in one.get("href", "")]
    assert numbers == ["tel:08000121700", "tel:116123", "tel:999"]
    # And no page says that it was checked: no operator has said so
    assert "last checked" not in foot_words


@pytest.mark.parametrize("path", ["", "support", "nowhere"])
def test_when_help_lines_were_checked_is_said_once_an_operator_did(
    make_page_app: MakeApp, path: str
) -> None:
    visitor = Visitor(make_page_app(SUPPORT_CHECKED_ON="2026-11-21").test_client())
    visitor.get(f"/en/{path}")
    assert "We last checked these on 21 November 2026" in visitor.page.text


def test_without_an_open_call_the_first_page_is_still_kind(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # When the call is over
    with later(days=120):
        page_visitor.get("/en/")
    # Then it is not offered, and the way back with a code is
    assert TITLE not in page_visitor.page.text
    assert "Nothing is open right now" in page_visitor.page.text
    assert "Come back with your code" in page_visitor.page.text


def test_a_member_that_changes_in_the_middle_of_a_call_costs_nobody_their_answers(
    app: Flask, visitor: Visitor
) -> None:
    # Given a member, and a participant who has answered some pages
    with app.app_context():
        owner = uuid4()
        member = organisation_changes.add(owner, "Harbour House")
        term = next(one for one in organisations.coalition().members if one.id == member).terms[0]
    assert "Harbour House" in visitor.get(START).text
    begin(visitor)
    visitor.press_first(adult="yes")
    # When it is renamed, and its membership ends, as one that merged into another
    with app.app_context():
        organisation_changes.rename(owner, member, "The Harbour", was="Harbour House")
        organisation_changes.end_membership(owner, member, clock.today(), seen=term.id)
    # Then they go on where they are, and send
    answer_everything(visitor)
    assert visitor.page.h1 == "Check your answers"
    # And the pages have the new name until its last day is over
    app.extensions["hearth_recent"].clear()
    for path in (START, f"{START}paper"):
        assert "The Harbour" in visitor.get(path).text
    with time_machine.travel(clock.now() + timedelta(days=1)):
        app.extensions["hearth_recent"].clear()
        for path in (START, f"{START}paper"):
            assert "The Harbour" not in visitor.get(path).text


def test_who_we_are_follows_the_coalition_at_the_desk(app: Flask, visitor: Visitor) -> None:
    # Given a coalition of a host, a member that is the chair, and one that has left
    with app.app_context():
        owner = uuid4()
        chair = organisation_changes.add(owner, "Harbour House")
        left = organisation_changes.add(owner, "Lantern")
        organisation_changes.hand_over(owner, Standing.CHAIR, chair, seen=None)
        term = next(one for one in organisations.coalition().everyone if one.id == left).terms[0]
        organisation_changes.end_membership(owner, left, clock.today(), seen=term.id)
    # When a visitor reads who we are, a day later
    with time_machine.travel(clock.now() + timedelta(days=1)):
        page = visitor.get("/en/who")
    # Then all of them are there, with what they are, and so is who may read
    assert "This site is run by: Demo coalition" in page.text
    assert "The group is led by: Harbour House" in page.text
    members, _, former = page.text.partition("No longer members")
    assert "Harbour House Member since" in members
    assert "Lantern" in former.partition("Someone to talk to")[0]
    assert "Lantern" not in members
    assert "Only people who work for these organisations can be given a key" in members
    # And it is one press away from every page
    visitor.get("/en/calls/support-needs/")
    assert visitor.follow("Who we are").h1 == "Who we are"
