"""A real recording in a real browser: played by keyboard, silent after leaving, and never beside a participant's words.

The recording is a true MP3, made here: silent frames, which the browser decodes as it would a voice.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ElementHandle, Request, expect

from tests import browser as browsers
from tests.browser import Person
from tests.journeys.keyboard import press_key, tab_to
from tests.journeys.leaving import (
    PLACES,
    adult,
    at_a_question,
    leave,
    leave_by_keyboard,
    nothing_is_shown,
)
from tests.journeys.steps import CALL, fill, page_address, path, press, step_address
from tests.journeys.voices import INSIDE, said, with_voices
from tests.live import Server
from tests.pages import MOST_BYTES, MOST_REQUESTS

#: One frame of MPEG-1 Layer III: 128 kbit/s, 44.1 kHz, stereo. Side information of zeros is silence.
FRAME = bytes.fromhex("fffb9000") + bytes(413)
FRAME_SECONDS = 1152 / 44_100
#: Longer than a browser reads ahead, so that a place near the end has to be asked for.
LONG, SHORT = 900, 60
START = f"/en/calls/{CALL}/"
ARABIC = f"/ar/calls/{CALL}/"
CHANGE = page_address("change")
STATE = """one => ({ at: one.currentTime, length: one.duration, paused: one.paused,
  wrong: one.error && one.error.message })"""
#: Pages that show what a participant told us, or a code, or where it may be typed; and files that would fit them.
TELLING = (
    "check your answers", "consent", "the code", "my choices", "a refused code", "their own page",
)  # fmt: skip
FITTING = (
    *(f"{CALL}.{name}.mp3" for name in ("check", "agree", "done", "choices", "held", "answers")),
    *(f"choices.{name}.mp3" for name in ("0-start", "held", "answers", "reach", "agreed")),
    *(f"round-table.{name}.mp3" for name in ("registered", "own", "needs")),
    "r.0-start.mp3",
)


def mp3(seconds: float) -> bytes:
    """A valid recording of silence, so long."""
    return FRAME * round(seconds / FRAME_SECONDS)


def record(server: Server, name: str, seconds: float = SHORT, language: str = "en") -> Path:
    """Put a recording where an operator puts it."""
    folder = server.instance / "audio" / language
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(mp3(seconds))
    return file


@pytest.fixture(scope="module")
def recorded(own_server: Server) -> Server:
    """A server with recordings of a start page, of a question, of the start in Arabic; and files that fit no page."""
    record(own_server, f"{CALL}.0-start.mp3", LONG)
    record(own_server, f"{CALL}.change.mp3")
    record(own_server, f"{CALL}.0-start.mp3", SHORT, "ar")
    for name in FITTING:
        record(own_server, name)
    return own_server


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def person(request: pytest.FixtureRequest, browser: Browser, recorded: Server) -> Iterator[Person]:
    with browsers.person_at(browser, recorded.url, scripts=request.param) as one:
        yield one


@pytest.fixture
def reader(browser: Browser, recorded: Server) -> Iterator[Person]:
    """A participant whose browser runs scripts."""
    with browsers.person_at(browser, recorded.url) as one:
        yield one


def asked_for(person: Person) -> list[Request]:
    """What the browser asks for from now on, as it grows; the icon aside."""
    asked: list[Request] = []
    person.context.on(
        "request", lambda one: asked.append(one) if "favicon" not in one.url else None
    )
    return asked


def sounds(asked: list[Request]) -> list[Request]:
    return [one for one in asked if "/sounds/" in one.url]


def player(person: Person) -> ElementHandle:
    """The page's one player."""
    (found,) = person.page.query_selector_all("audio")
    return found


def state(of: ElementHandle) -> dict[str, Any]:
    seen: dict[str, Any] = of.evaluate(STATE)
    return seen


def lasts(sound: ElementHandle, seconds: float) -> bool:
    """Whether it is the recording of this length, which a browser reckons from its size."""
    length: float = state(sound)["length"]
    return abs(length - seconds) < seconds / 100


def wait_until(person: Person, true: Callable[[], bool]) -> None:
    """Look again and again, as long as a person would wait."""
    for _ in range(browsers.PATIENCE // 100):
        if true():
            return
        person.page.wait_for_timeout(100)
    raise AssertionError(f"it never came true on {path(person)}")


def plays_from(person: Person, sound: ElementHandle, at: float) -> None:
    """It goes on from this second by itself, and nothing is wrong."""
    wait_until(person, lambda: state(sound)["at"] > at + 0.2)
    now = state(sound)
    assert now["wrong"] is None
    assert not now["paused"]


def play_by_keyboard(person: Person) -> ElementHandle:
    """Tab to the player and press Space, as a participant does who uses no mouse."""
    tab_to(person, "audio")
    sound = player(person)
    assert state(sound)["paused"]
    assert state(sound)["at"] == 0
    press_key(person, "Space")
    plays_from(person, sound, 0)
    return sound


# Listening


@pytest.mark.parametrize("place", [START, CHANGE])
def test_a_page_is_listened_to_by_keyboard(person: Person, place: str) -> None:
    # Given a participant on a page with a recording
    if place == CHANGE:
        adult(person)
    said: list[str] = []
    person.page.on("console", lambda one: said.append(one.text))
    asked = asked_for(person)
    person.go(place)
    # When they do nothing, then nothing of it is loaded
    person.page.wait_for_timeout(500)
    assert sounds(asked) == []
    # And when they tab to the player and press Space, it plays, under all that the page forbids
    sound = play_by_keyboard(person)
    assert lasts(sound, SHORT if place == CHANGE else LONG)
    response = sounds(asked)[0].response()
    assert response is not None
    headers = response.headers
    assert "media-src 'self'" in headers["content-security-policy"]
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    # And Space again makes it wait, where it is
    press_key(person, "Space")
    wait_until(person, lambda: state(sound)["paused"])
    stopped = state(sound)["at"]
    person.page.wait_for_timeout(300)
    assert state(sound)["at"] == stopped
    # And the browser had nothing to complain of
    assert said == []


def test_a_long_recording_makes_no_page_heavier(reader: Person) -> None:
    # Given a recording of a quarter of an hour
    asked = asked_for(reader)
    # When an old phone opens the page
    reader.go(START)
    reader.page.wait_for_timeout(500)
    # Then what comes over the wire is what it is without one
    assert len(asked) <= MOST_REQUESTS
    assert sum(one.sizes()["responseBodySize"] for one in asked) <= MOST_BYTES


def test_the_player_has_a_name_and_room(reader: Person) -> None:
    # Given an old phone, in both directions
    for address in (START, ARABIC):
        for dark in (True, False):
            reader.look(phone=True, dark=dark)
            reader.go(address)
            assert player(reader).get_attribute("aria-label")
            # Then the player fits, and axe finds nothing wrong
            assert not reader.scrolls_sideways()
            assert reader.violations() == []


def test_each_language_plays_its_own(person: Person) -> None:
    # Given recordings of one page in English and in Arabic, of different length
    asked = asked_for(person)
    person.go(ARABIC)
    # When a participant listens in Arabic
    sound = play_by_keyboard(person)
    # Then it is the Arabic one
    assert {one.url for one in sounds(asked)} == {f"{person.base}/ar/sounds/{CALL}.0-start.mp3"}
    assert lasts(sound, SHORT)
    # And a language without a recording has none, and none of another: not Easy Read either
    for language in ("cy", "ti", "en-easy"):
        person.go(f"/{language}/calls/{CALL}/")
        expect(person.page.locator("audio")).to_have_count(0)
        answer = person.context.request.get(f"{person.base}/{language}/sounds/{CALL}.0-start.mp3")
        assert answer.status == 404


# Pieces


def test_a_participant_goes_on_near_the_end(person: Person) -> None:
    # Given a participant who listens, and a recording that is longer than what was loaded
    asked = asked_for(person)
    person.go(START)
    sound = play_by_keyboard(person)
    # When they go to a place near the end
    sound.evaluate(f"one => {{ one.currentTime = {LONG - 30}; }}")
    plays_from(person, sound, LONG - 30)
    # Then only the piece from there on was asked for
    last = sounds(asked)[-1]
    answer = last.response()
    assert answer is not None and answer.status == 206
    first_byte = int(last.headers["range"].removeprefix("bytes=").partition("-")[0])
    assert first_byte > len(mp3(LONG)) / 2
    assert answer.headers["content-range"].startswith(f"bytes {first_byte}-")


@pytest.mark.parametrize(
    ("wanted", "status", "given"),
    [
        ("bytes=0-1", 206, (0, 2)),
        ("bytes=0-", 206, (0, None)),
        ("bytes=1000-1999", 206, (1000, 2000)),
        ("bytes=-500", 206, (-500, None)),
        ("bytes=99999999-", 416, None),
    ],
)
def test_a_player_gets_the_piece_it_asks_for(
    reader: Person, wanted: str, status: int, given: tuple[int, int | None] | None
) -> None:
    # Given a player; one on an iPhone asks for two bytes first, and plays nothing if it gets anything else
    whole = mp3(SHORT)
    answer = reader.context.request.get(
        f"{reader.base}/en/sounds/{CALL}.change.mp3", headers={"Range": wanted}
    )
    # Then it gets that, and how much there is
    assert answer.status == status
    if given is None:
        return
    first, behind = given
    piece = whole[first:behind]
    start = first % len(whole)
    assert answer.body() == piece
    assert answer.headers["content-length"] == str(len(piece))
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(piece) - 1}/{len(whole)}"
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["accept-ranges"] == "bytes"


# Leaving


@pytest.mark.parametrize(
    ("way", "scripts"),
    [(leave, True), (leave, False), (leave_by_keyboard, True)],
    ids=["by the link, with scripts", "by the link, without scripts", "by Shift three times"],
)
@pytest.mark.parametrize("place", [START, CHANGE])
def test_leaving_while_it_plays(
    request: pytest.FixtureRequest,
    recorded: Server,
    elsewhere: str,
    place: str,
    way: Callable[[Person, str], None],
    scripts: bool,
) -> None:
    # In Chromium as people have it by the link with scripts, else in its bare engine, as in test_leaving
    kind = "whole_browser" if way is leave and scripts else "browser"
    browser: Browser = request.getfixturevalue(kind)
    with browsers.person_at(browser, recorded.url, scripts=scripts) as person:
        # Given a participant who listens
        if place == CHANGE:
            at_a_question(person)
        person.go(place)
        play_by_keyboard(person)
        # When they leave
        way(person, elsewhere)
        asked = asked_for(person)
        # Then Back shows nothing and plays nothing, however often it is pressed
        for _ in range(4):
            person.page.go_back()
            expect(person.page.locator("audio, video")).to_have_count(0)
            if person.page.url.startswith(person.base):
                nothing_is_shown(person)
        assert sounds(asked) == []
        # And neither does the address of the recording
        person.go(f"/en/sounds/{CALL}.0-start.mp3")
        expect(person.page.locator("audio, video")).to_have_count(0)
        nothing_is_shown(person)


def test_it_is_silent_before_the_network_answers(reader: Person) -> None:
    # Given a participant who listens, on a network that takes its time
    reader.go(START)
    sound = play_by_keyboard(reader)
    reader.page.route("**/leave", lambda route: route.fulfill(status=204))
    # When they leave
    with reader.page.expect_request("**/leave"):
        reader.page.get_by_role("link", name="Leave now").click(no_wait_after=True)
    # Then it is silent already
    assert state(sound)["paused"]


# Where a participant's words are


@pytest.mark.parametrize("place", TELLING)
def test_what_a_participant_told_is_never_a_sound(reader: Person, place: str) -> None:
    # Given files that lie there with names that would fit, and a device with a voice
    asked = asked_for(reader)
    with_voices(reader, INSIDE)
    # When a participant is where their words, their choices or their code are shown
    PLACES[place](reader)
    # Then there is no recording, and nothing is read but what we ask everybody to agree to
    expect(reader.page.locator("audio")).to_have_count(0)
    offered = 1 if place == "consent" else 0
    expect(reader.page.get_by_role("button", name="Read to me")).to_have_count(offered)
    assert said(reader) == []
    assert sounds(asked) == []
    # And those files are not served at all
    for name in FITTING:
        answer = reader.context.request.get(f"{reader.base}/en/sounds/{name}")
        assert answer.status == 404, name


def test_a_recorded_question_sounds_the_same_to_everybody(person: Person) -> None:
    # Given a participant who answered a page, and wrote far too much on it afterwards
    at_a_question(person)
    press(person, "Continue")
    person.go(step_address("check"))
    asked = asked_for(person)
    person.go(CHANGE)
    fill(person, change_words="Far too much. " * 200)
    press(person, "Continue")
    expect(person.page.get_by_role("alert")).to_be_visible()
    # When they listen to it there
    play_by_keyboard(person)
    # Then it is the one recording of that page; its address says nothing of them
    assert {one.url for one in sounds(asked)} == {f"{person.base}/en/sounds/{CALL}.change.mp3"}
