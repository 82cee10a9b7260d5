"""Read to me: a page with a recording can be listened to; of anything else there is no sound."""

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from tests.integration.public.booker import publish
from tests.integration.public.steps import START, page_address, walk_to
from tests.pages import MOST_BYTES, MOST_REQUESTS, Page, Scales
from tests.second_version import publish_second_version
from tests.visitor import Visitor
from webapp.cli.content import _pages_to_read

SOUND = bytes(range(256)) * 8
FIRST = "support-needs.first.mp3"
CHANGED = "support-needs.change.mp3"


def record(app: Flask, name: str, language: str = "en") -> Path:
    """Put a recording where an operator puts it."""
    folder: Path = app.extensions["hearth_settings"].instance / "audio" / language
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(SOUND)
    return file


def players(visitor: Visitor) -> list[str]:
    return [one.get("src", "") for one in visitor.page.all("audio")]


@pytest.mark.parametrize(
    ("name", "address"),
    [(FIRST, page_address("first")), ("support-needs.0-start.ogg", START)],
)
def test_a_recorded_page_has_a_player(
    page_app: Flask, page_visitor: Visitor, name: str, address: str
) -> None:
    # Given a recording of one page
    record(page_app, name)
    # When a participant comes there
    walk_to(page_visitor, "first")
    page_visitor.get(address)
    # Then they can play it, and nothing is loaded before they do
    (player,) = page_visitor.page.all("audio")
    assert player.get("src") == f"/en/sounds/{name}"
    assert player.get("preload") == "none"
    assert player.get("autoplay") is None
    # And pages without a recording have none
    page_visitor.get(page_address("health"))
    assert players(page_visitor) == []


def test_a_recording_weighs_nothing_until_a_visitor_wants_it(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a page with a recording
    record(page_app, FIRST)
    walk_to(page_visitor, "first")
    page = page_visitor.page
    # When it is weighed, then it is as light as every other
    size, requests = Scales(page_app).weigh(page)
    assert size <= MOST_BYTES and requests <= MOST_REQUESTS
    # And the scales would tell if it were loaded before
    hasty = Page(page.html.replace('preload="none"', 'preload="auto"'), page_visitor.path)
    assert Scales(page_app).weigh(hasty)[1] == requests + 1


def test_each_language_has_its_own(page_app: Flask, page_visitor: Visitor) -> None:
    record(page_app, "support-needs.0-start.mp3", "ar")
    page_visitor.get(START)
    assert players(page_visitor) == []
    page_visitor.get("/ar/calls/support-needs/")
    assert players(page_visitor) == ["/ar/sounds/support-needs.0-start.mp3"]


def test_it_can_be_played_in_pieces_and_is_kept_nowhere(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a recording
    record(page_app, FIRST)
    # When a player asks for a piece of it
    ask = {"Range": "bytes=10-19"}
    with page_visitor.client.get(f"/en/sounds/{FIRST}", headers=ask) as piece:
        # Then it gets that
        assert piece.status_code == 206
        assert piece.get_data() == SOUND[10:20]
        assert piece.headers["Content-Range"] == f"bytes 10-19/{len(SOUND)}"
    # And the whole has its type, and no browser keeps it
    with page_visitor.client.get(f"/en/sounds/{FIRST}") as whole:
        assert whole.get_data() == SOUND
        assert whole.mimetype == "audio/mpeg"
        assert whole.headers["Cache-Control"] == "no-store"
        assert "media-src 'self'" in whole.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name",
    [
        "support-needs.nowhere.mp3",
        "no-such-call.first.mp3",
        "support-needs.health.mp3",
        "first.mp3",
        "..%2f..%2fmain.sqlite3",
        "secret.txt",
    ],
)
def test_there_is_nothing_else_to_hear(page_app: Flask, page_visitor: Visitor, name: str) -> None:
    # Given files that lie there, of no page of ours
    for file in (FIRST, "support-needs.nowhere.mp3", "no-such-call.first.mp3", "secret.txt"):
        record(page_app, file)
    # Then they are not served
    page_visitor.get(f"/en/sounds/{name}")
    assert page_visitor.status == 404


def test_nothing_plays_after_leaving(page_app: Flask, page_visitor: Visitor) -> None:
    record(page_app, FIRST)
    page_visitor.client.get("/leave")
    page_visitor.get(f"/en/sounds/{FIRST}")
    assert "There is nothing here now" in page_visitor.page.text


def test_the_words_to_record_are_those_on_the_page(page_app: Flask, page_visitor: Visitor) -> None:
    # Given the list that `recordings` prints
    publish(page_app)
    with page_app.test_request_context("/en/"):
        listed = {slot.file_names[0]: list(words) for slot, words in _pages_to_read("en")}
    # Then what is to be read of a page is what stands on it
    walk_to(page_visitor, "first")
    assert len(listed[FIRST]) > 2
    for words in listed[FIRST]:
        assert " ".join(words.split()) in page_visitor.page.text
    # And there is a place for the start of each call and event
    assert {"support-needs.0-start.mp3", "round-table.0-start.mp3"} <= set(listed)


def test_nothing_is_read_out_that_the_page_no_longer_says(page_app: Flask) -> None:
    # Given recordings of two pages, and a participant who has begun
    record(page_app, FIRST)
    record(page_app, CHANGED)
    earlier = Visitor(page_app.test_client())
    walk_to(earlier, "change")
    # When a new version asks more on one of them
    with page_app.app_context():
        publish_second_version()
    later = Visitor(page_app.test_client())
    walk_to(later, "first")
    # Then the page that is the same keeps its recording, and the other one has none until it is recorded again
    assert players(later) == [f"/en/sounds/{FIRST}"]
    walk_to(later, "change")
    assert players(later) == []
    record(page_app, CHANGED.replace(".mp3", ".2.mp3"))
    later.get(later.path)
    assert players(later) == [f"/en/sounds/{CHANGED.replace('.mp3', '.2.mp3')}"]
    # (whose name the command tells)
    with page_app.app_context(), force_locale("en"):
        names = {name for slot, _ in _pages_to_read("en") for name in slot.file_names}
    assert {FIRST, CHANGED.replace(".mp3", ".2.mp3")} <= names
    assert CHANGED not in names
    # And who finishes the earlier version hears what they read
    earlier.get(earlier.path)
    assert players(earlier) == [f"/en/sounds/{CHANGED}"]
