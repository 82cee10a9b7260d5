"""Browser fixtures: a real Chromium, the system's own, as participants and coordinators use it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

#: Chromium as people have it, with all its windows; and the same engine without any, for less than half the work.
WHOLE = ("chromium", "chromium-browser", "google-chrome")
BARE = ("chromium-headless-shell",)
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-default-apps",
    "--no-first-run",
)
OLD_PHONE = {"width": 320, "height": 568}
DESKTOP = {"width": 1280, "height": 800}
PATIENCE = 30_000  # milliseconds; two workers may share a busy machine
EVERY_RULE = {
    "runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
    ],
    # AAA where Hearth promises it.
    "rules": {"color-contrast-enhanced": {"enabled": True}},
    "resultTypes": ["violations"],
}  # fmt: skip


#: IBM's accessibility engine, which `.ci/from-npm` fetches: it reads names, roles and structure in its own ways.
ACE = Path(__file__).parents[1] / ".venv" / "npm" / "ace-4.0.34.js"
ACE_FAILS = """async () => {
    const report = await new ace.Checker().check(document, ["IBM_Accessibility"]);
    return report.results.filter(one => one.value[1] === "FAIL")
        .map(one => [one.ruleId, one.message, one.path.dom]);
}"""
#: Rules of it that are wrong about a page of ours: the rule, what its message then says, and why it is wrong.
ACE_IS_WRONG = {
    "element_tabbable_role_valid": (
        "'region'",
        "a table that scrolls must be reached by keyboard (axe: scrollable-region-focusable); it is a named region",
    ),
    "fieldset_label_valid": (
        "duplicate name",
        "two forms ask the same question; each form has a name of its own (tests/pages.py: forms_told_apart)",
    ),
}


class NoBrowser(RuntimeError):
    """There is no Chromium on this machine, or no second accessibility engine."""


def launch(playwright: Playwright, *, whole: bool = False) -> Browser:
    """Start the system's Chromium: the whole of it, or its bare engine where there is one.

    Raises `NoBrowser`: the journeys fail without one, they do not skip.
    """
    return playwright.chromium.launch(executable_path=_program(whole=whole), args=_flags())


def launch_with_profile(playwright: Playwright, folder: Path, **options: Any) -> BrowserContext:
    """Start the whole of Chromium with a profile of its own, whose settings are in the folder. Raises `NoBrowser`."""
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=_program(whole=True), args=_flags(), **options
    )


def _program(*, whole: bool) -> str:
    program = next(filter(None, map(shutil.which, WHOLE if whole else (*BARE, *WHOLE))), None)
    if program is None:
        raise NoBrowser("Chromium is not installed; .ci/system-packages installs it")
    return program


def _flags() -> list[str]:
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@dataclass
class Person:
    """A person at a browser, with a fresh profile. `outside` lists every request that left our host."""

    page: Page
    context: BrowserContext
    base: str
    outside: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open one of our addresses."""
        self.page.goto(self.base + path)

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is: WCAG 2.2 A and AA, and contrast at AAA."""
        # From the top: a link that is half behind the bar, because the page was scrolled, is not a small one.
        self.page.evaluate("scrollTo(0, 0)")
        return _in_words(Axe().run(self.page, options=EVERY_RULE))

    def second_opinion(self) -> list[str]:
        """What IBM's engine finds wrong with the page as it is: violations and recommendations that fail."""
        self.page.evaluate(_ace())
        found = self.page.evaluate(ACE_FAILS)
        return [
            f"{rule}: {message} at {where}"
            for rule, message, where in found
            if ACE_IS_WRONG.get(rule, (message + " ", ""))[0] not in message
        ]

    def look(self, *, phone: bool = False, dark: bool = False) -> None:
        """See the same page on a phone 320 px wide, or in the dark."""
        self.page.set_viewport_size(OLD_PHONE if phone else DESKTOP)
        self.page.emulate_media(color_scheme="dark" if dark else "light")

    def focused(self) -> str:
        """The words (or the name) of what has the focus."""
        script = "document.activeElement.innerText || document.activeElement.name || ''"
        return str(self.page.evaluate(script)).strip()

    def scrolls_sideways(self) -> bool:
        """Whether the page is wider than the window."""
        script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(script))


@cache
def _ace() -> str:
    """The engine, as a script that leaves it on the page."""
    if not ACE.exists():
        raise NoBrowser("there is no second accessibility engine; .ci/from-npm fetches it")
    return f"{ACE.read_text()}; window.ace = ace; 0"


def _in_words(results: AxeResults) -> list[str]:
    return [
        f"{found['id']} ({found['impact']}): {found['help']} at "
        + "; ".join(str(node["target"]) for node in found["nodes"][:5])
        for found in results.response["violations"]
    ]


@contextmanager
def person_at(
    browser: Browser,
    base: str,
    *,
    scripts: bool = True,
    phone: bool = False,
    dark: bool = False,
    language: str = "en",
    **options: Any,
) -> Iterator[Person]:
    """A person with a browser: with or without JavaScript, on a phone 320 px wide, in the dark, in a language."""
    context = browser.new_context(
        java_script_enabled=scripts,
        viewport=OLD_PHONE if phone else DESKTOP,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-GB" if language == "en" else language,
        service_workers="block",
        **options,
    )
    context.set_default_timeout(PATIENCE)
    person = Person(context.new_page(), context, base)
    context.on("request", lambda request: _note(person, request.url))
    try:
        yield person
    finally:
        context.close()


def _note(person: Person, address: str) -> None:
    parts = urlsplit(address)
    if (
        parts.scheme in ("http", "https", "ws", "wss")
        and parts.netloc != urlsplit(person.base).netloc
    ):
        person.outside.append(address)
