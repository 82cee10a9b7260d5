"""The copy that a participant takes along, opened where there is no network, and what comes out of a printer."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser import Person
from tests.journeys.steps import answer_everything, begin, come_back, follow, send
from tests.live import OpenBrowser


def download(person: Person, address: str, folder: Path) -> Path:
    """Take the document as a person does, and return where it is."""
    person.go(address)
    with person.page.expect_download() as waiting:
        person.page.locator("main .button").first.click()
    assert waiting.value.suggested_filename == "copy.html"
    path = folder / f"{address.split('/')[1]}-{waiting.value.suggested_filename}"
    waiting.value.save_as(path)
    return path


def opens_offline(person: Person, file: Path, direction: str) -> None:
    """The document is whole without a network on a small screen, in its direction, and makes no requests."""
    page = person.page
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("html").get_attribute("dir") == direction
    assert page.locator("dt").count() > 20
    assert requests == [file.as_uri()]
    assert not person.scrolls_sideways()


def test_a_copy_is_taken_along_and_read_elsewhere(
    open_browser: OpenBrowser, tmp_path: Path
) -> None:
    # Given a participant who answered everything on a small phone without scripts, and came back with their code
    person = open_browser(scripts=False, phone=True)
    begin(person)
    answer_everything(person)
    come_back(person, send(person, "quote", "invite"))
    # When they print what they told us
    follow(person, "What you told us")
    expect(person.page.get_by_role("button", name="Change").first).to_be_visible()
    person.page.emulate_media(media="print")
    # Then the paper has the answers and no button
    assert person.page.get_by_role("button").count() == 0
    expect(person.page.locator("dt").first).to_be_visible()
    person.page.emulate_media(media="screen")
    # When they take a copy, in two languages, and open it later with no network at all
    files = {code: download(person, f"/{code}/choices/file", tmp_path) for code in ("en", "ar")}
    person.context.set_offline(True)
    # Then it is all there, and as easy to read as every page
    opens_offline(person, files["ar"], "rtl")
    opens_offline(person, files["en"], "ltr")
