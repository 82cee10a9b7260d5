"""A voice inside the device reads what is the same for all; what a participant told is never said, nor sent anywhere.

Anyone who stands near hears it. So the measure is strict: a page says the same words before anything is answered and
after everything is.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import browser as browsers
from tests.browser import Person
from tests.journeys.leaving import ADDRESS, PLACES, SECRET, at_a_booking, at_a_question
from tests.journeys.steps import (
    CALL,
    answers_here,
    begin,
    fill,
    follow,
    go_on_from_leaving,
    page_address,
    path,
    press,
    press_first,
)
from tests.journeys.voices import ARABIC, INSIDE, OTHER, OUTSIDE, said, with_voices
from tests.live import Server
from tests.people import ANSWERS, SOME_WORDS

READ, STOP = "Read to me", "Stop reading"
TOO_MUCH = f"{SECRET} " * 60


@pytest.fixture
def reader(browser: Browser, live_server: Server) -> Iterator[Person]:
    with browsers.person_at(browser, live_server.url) as one:
        yield one


def heard(person: Person) -> list[str]:
    """Press the button, hear all of it, press it again."""
    person.page.evaluate("window.said = []")
    person.page.get_by_role("button", name=READ, exact=True).click()
    words = [one for _, _, one in said(person)]
    person.page.get_by_role("button", name=STOP, exact=True).click()
    return words


def helping(person: Person) -> None:
    person.go(f"/en/calls/{CALL}/")
    press(person, "I am helping someone")
    go_on_from_leaving(person)
    follow(person, "I am the person who answers")
    press(person, "Now, with this help")


def test_the_voice_inside_reads_the_page(reader: Person) -> None:
    # Given a device with a voice of its own, and one that is somewhere else
    with_voices(reader, OUTSIDE, INSIDE)
    at_a_question(reader)
    # When a participant wants it read
    reader.page.get_by_role("button", name=READ).click()
    # Then the voice inside reads the page's own words, and nothing that was typed
    assert {voice for voice, _, _ in said(reader)} == {"inside"}
    text = " ".join(words for _, _, words in said(reader))
    assert reader.page.locator("h1").inner_text() in text
    assert reader.page.locator("main label").first.inner_text() in text
    assert SECRET not in text and "Leave this empty" not in text
    # And it stops when they want that
    before = reader.page.evaluate("window.stopped")
    reader.page.get_by_role("button", name=STOP).click()
    assert reader.page.evaluate("window.stopped") > before
    expect(reader.page.get_by_role("button", name=READ)).to_be_visible()


@pytest.mark.parametrize("start", [begin, helping], ids=["alone", "helped"])
def test_what_is_read_is_the_same_before_and_after_answering(
    reader: Person, start: Callable[[Person], None]
) -> None:
    # Given a participant who has every page read to them, and then answers it
    with_voices(reader, INSIDE)
    start(reader)
    pages: dict[str, list[str]] = {}
    while not path(reader).endswith("/check"):
        if "/page/" in path(reader):
            pages[path(reader)] = heard(reader)
            fill(reader, **answers_here(reader))
            # Then what was typed and chosen changes no word of it
            assert heard(reader) == pages[path(reader)]
        press_first(reader)
    assert len(pages) > 8
    # And neither does what is kept, when they come back to the page
    for address, words in pages.items():
        reader.go(address)
        assert heard(reader) == words
    text = " ".join(word for words in pages.values() for word in words)
    for typed in (SOME_WORDS, ANSWERS["email"], ANSWERS["phone"], ANSWERS["helper_phone"]):
        assert str(typed) not in text


def test_a_refused_page_is_read_with_our_words_alone(reader: Person) -> None:
    # Given a page that was refused, and shows again what was typed
    with_voices(reader, INSIDE)
    at_a_question(reader)
    fixed = heard(reader)
    fill(reader, change_words=TOO_MUCH)
    press(reader, "Continue")
    assert reader.page.input_value("textarea").startswith(SECRET)
    # When it is read
    words = heard(reader)
    # Then what is wrong is said in our words, and nothing else is new
    wrong = reader.page.locator(".wrong").inner_text()
    assert [one for one in words if one not in fixed] == [wrong]
    assert "letters shorter" in wrong
    assert not any(SECRET in one for one in words)


def test_a_booking_is_read_without_the_address(reader: Person) -> None:
    # Given a registrant who books, with a slip
    with_voices(reader, INSIDE)
    at_a_booking(reader)
    fill(reader, registrant_email="robin at example", display_name=SECRET)
    press_first(reader)
    # When the page is read
    words = heard(reader)
    # Then it says neither who they are nor how they are reached, nor the box that only programs see
    assert "Our e-mails to you" in words
    assert "Leave this empty" not in words
    for typed in ("robin at", ADDRESS, SECRET):
        assert not any(typed in one for one in words)


def test_what_we_may_do_is_read_whatever_is_ticked(reader: Person) -> None:
    # Given a participant who cannot read what they are asked to agree to
    with_voices(reader, INSIDE)
    PLACES["consent"](reader)
    # When they listen, before they tick and after it
    before = heard(reader)
    reader.page.locator("[name='consent']").first.check()
    after = heard(reader)
    # Then they hear every wording, and no person beside them hears what they choose or how they can be reached
    assert before == after
    assert set(reader.page.locator("fieldset label").all_inner_texts()) <= set(before)
    assert not any("your contact details" in one or "no safe way" in one for one in before)


# Whose voice


@pytest.mark.parametrize("voices", [[], [OUTSIDE], [OTHER], [ARABIC]])
def test_no_other_voice_is_used(reader: Person, voices: list[str]) -> None:
    # Given a device whose voices are somewhere else, or speak another language
    with_voices(reader, *voices)
    reader.go("/en/safety")
    # Then nothing is offered, and nothing said
    expect(reader.page.locator("[data-aloud]")).not_to_be_visible()
    expect(reader.page.get_by_role("button", name=READ)).to_have_count(0)
    assert said(reader) == []


def test_arabic_is_read_by_an_arabic_voice(reader: Person) -> None:
    # Given a device with voices for English and Arabic
    with_voices(reader, INSIDE, ARABIC)
    begin(reader, "ar")
    # When a page in Arabic is read
    reader.page.locator("[data-aloud] button").click()
    # Then each part is read by a voice that speaks it
    spoken = said(reader)
    assert {voice: language for voice, language, _ in spoken}["arabic"] == "ar"
    assert {(voice, language) for voice, language, _ in spoken} <= {
        ("arabic", "ar"),
        ("inside", "en"),
    }


def test_voices_may_come_late(reader: Person) -> None:
    # Given a device that is still looking for its voices
    with_voices(reader)
    reader.go("/en/safety")
    expect(reader.page.get_by_role("button", name=READ)).to_have_count(0)
    # When it has found one
    reader.page.evaluate(f"window.voices = [{INSIDE}]; speechSynthesis.onvoiceschanged()")
    # Then it is offered, once
    reader.page.evaluate("speechSynthesis.onvoiceschanged()")
    expect(reader.page.get_by_role("button", name=READ)).to_have_count(1)


@pytest.mark.parametrize("ends", ["onend", "onerror"])
def test_the_button_says_what_it_does(reader: Person, ends: str) -> None:
    # Given a participant who listens
    with_voices(reader, INSIDE)
    reader.go("/en/safety")
    reader.page.get_by_role("button", name=READ).click()
    # When the voice comes to its end, or fails
    reader.page.evaluate(f"window.waiting.pop().{ends}()")
    # Then it can be read again
    expect(reader.page.get_by_role("button", name=READ)).to_be_visible()
    expect(reader.page.get_by_role("button", name=STOP)).to_have_count(0)


def test_leaving_silences_the_voice_at_once(reader: Person) -> None:
    # Given a participant who listens, on a network that takes its time
    with_voices(reader, INSIDE)
    reader.go(f"/en/calls/{CALL}/")
    reader.page.get_by_role("button", name=READ).click()
    before = reader.page.evaluate("window.stopped")
    reader.page.route("**/leave", lambda route: route.fulfill(status=204))
    # When they leave
    with reader.page.expect_request("**/leave"):
        reader.page.get_by_role("link", name="Leave now").click(no_wait_after=True)
    # Then it is silent already
    assert reader.page.evaluate("window.stopped") > before


def test_another_page_silences_the_voice(reader: Person) -> None:
    # Given a participant who listens
    with_voices(reader, INSIDE)
    told: list[str] = []
    reader.page.on("console", lambda one: told.append(one.text))
    at_a_question(reader)
    reader.page.get_by_role("button", name=READ).click()
    reader.page.evaluate("speechSynthesis.cancel = () => console.log('silent')")
    # When they go on
    press(reader, "Continue")
    # Then the voice of the page before says no more
    assert path(reader) != page_address("change")
    assert "silent" in told


def test_the_browsers_own_engine_is_asked(reader: Person) -> None:
    # Given the browser as it is, with whatever voices it has
    reader.go("/en/safety")
    own = reader.page.evaluate(
        "speechSynthesis.getVoices().some(one => one.localService && one.lang.startsWith('en'))"
    )
    # Then reading is offered exactly when one of them is inside the device
    expect(reader.page.get_by_role("button", name=READ)).to_have_count(int(own))
