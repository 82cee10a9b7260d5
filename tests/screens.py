"""Takes pictures of the running demo.

`make screens` renews those in docs/screens; `python -m tests.screens FOLDER` takes one of every page in every look.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests import live, ways
from tests.browser import Person, launch, somebody

README = Path(__file__).parents[1] / "docs" / "screens"
# (look, page): its name in the README
SHOWN = {
    ("light", "home"): "home",
    ("light", "code"): "receipt",
    ("light", "desk-today"): "desk",
    ("phone", "assessment"): "question-phone",
    ("arabic-dark", "assessment"): "question-arabic-dark",
}
LOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "light": ({}, "en"),
    "dark": ({"dark": True}, "en"),
    "phone": ({"phone": True}, "en"),
    "arabic-dark": ({"phone": True, "dark": True, "language": "ar"}, "ar"),
}


def everywhere(person: Person, server: live.Server, language: str) -> Iterator[str]:
    """Every page of both doors."""
    yield from ways.looking_around(person, language)
    yield from ways.answering(person, language)
    code = ways.shown_code(person)
    if language == "en":
        yield from ways.at_the_desk(person, server.sign_in)
    yield from ways.coming_back(person, code, language)


def main(folder: Path, names: Mapping[tuple[str, str], str] | None) -> None:
    """Walk through a fresh demo in every look, and keep a picture of the named pages, or of each."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = live.start(Path(data) / "instance")
        browser = launch(playwright)
        try:
            for look, (options, language) in LOOKS.items():
                with somebody(browser, server.url, **options) as person:
                    for page in everywhere(person, server, language):
                        name = f"{look}-{page}" if names is None else names.get((look, page))
                        if name:
                            person.page.screenshot(path=folder / f"{name}.png", full_page=True)
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]), None)
    else:
        main(README, SHOWN)
