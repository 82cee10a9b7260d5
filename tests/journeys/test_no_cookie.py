"""A visitor whose browser blocks cookies, in its own settings."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright

from tests import browser as browsers
from tests.journeys.steps import press_first
from tests.live import Server

BLOCK = 2


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def blocking(
    playwright: Playwright, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    """The whole of Chromium, with a profile that blocks every cookie."""
    preferences = tmp_path / "Default" / "Preferences"
    preferences.parent.mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": BLOCK}}}
    preferences.write_text(json.dumps(blocked))
    context = browsers.launch_with_profile(playwright, tmp_path, java_script_enabled=request.param)
    yield context
    context.close()


def test_a_browser_that_blocks_cookies_says_what_to_do(
    blocking: BrowserContext, live_server: Server
) -> None:
    person = browsers.Person(blocking.new_page(), blocking, live_server.url)
    # When a visitor begins
    person.go("/en/calls/support-needs/")
    press_first(person)
    # Then the browser kept nothing, and the page says so
    assert blocking.cookies() == []
    heading = person.page.locator("h1")
    assert heading.inner_text() == "Your browser did not keep our cookie"
    # And there is a way on without cookies
    person.page.get_by_role("link", name="A form to print").click()
    assert person.page.url.endswith("/paper")
