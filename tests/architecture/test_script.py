"""The scripts, of each door its own: small, plain enough for old phones, with nothing that asks or keeps anything."""

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask

from tests.pages import Page
from tests.visitor import Visitor
from webapp.rules.languages.site_languages import LANGUAGES

STATIC = Path(__file__).parents[2] / "static"
#: What each may weigh over the wire. `keep.js` runs only where a coordinator enters answers, and `passkeys.js` where a
#: passkey is used, `making.js` where a list is downloaded.
MOST_BYTES = {
    "hearth.js": 3584,
    "keep.js": 1024,
    "making.js": 2048,
    "passkeys.js": 1536,
    "stay.js": 1280,
}
SCRIPTS = sorted(MOST_BYTES)
#: Newer than the browsers of 2017. A script that an old phone cannot parse does nothing there at all.
TOO_NEW = {
    "optional chaining": r"\?\.(?!\d)",
    "nullish coalescing": r"\?\?",
    "a module": r"(?m)^\s*(import|export)\b",
    "spread in an object": r"\{\s*\.\.\.",
    "a catch without a name": r"catch\s*\{",
    "a private field": r"\bthis\.#",
    "a separator in a number": r"\d_\d",
    "a big number": r"\b\d+n\b",
    "looking behind in a pattern": r"\(\?<[=!]",
    "a newer function": r"\.(flat|flatMap|at|replaceAll|matchAll|fromEntries|replaceChildren|finally)\(",
    "a newer name": r"\bglobalThis\b",
    "a newer selector": r":(is|where|has)\(",
}  # fmt: skip
#: It has no need of any of these, and each would be a way out for what a participant typed.
FORBIDDEN = {
    # What is being written is kept in the Visit, and no other server is asked.
    "the network": r"\b(fetch(?!\(form\.(dataset\.(keep|challenge)|action),|\(box\.action,|\) return;)"
    r"|XMLHttpRequest|sendBeacon|WebSocket|EventSource|Worker)\b",
    # That a participant left, when no network tells us, is the one thing that it may note, and it reads nothing.
    "a store": r"\b(localStorage|sessionStorage|indexedDB|caches|cookie(?! = 'page=closed; ))\b",
    "markup": r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser)\b",
    "code out of text": r"\b(eval|Function|setAttribute\('on)\b",
    "the history": r"\b(pushState|replaceState)\b",
    "an address outside": r"https?:|//[a-z]+\.",
}


def code(script: str) -> str:
    """A script without its comments."""
    return re.sub(r"/\*.*?\*/", "", (STATIC / script).read_text(), flags=re.S)


def test_the_scripts_are_few_and_small() -> None:
    assert {one.name for one in STATIC.glob("*.js")} == set(SCRIPTS)
    for script, most in MOST_BYTES.items():
        assert len(gzip.compress((STATIC / script).read_bytes(), 9)) < most, script


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("feature", TOO_NEW)
def test_an_old_phone_can_read_it(script: str, feature: str) -> None:
    assert re.findall(TOO_NEW[feature], code(script)) == []


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("thing", FORBIDDEN)
def test_it_asks_no_server_and_keeps_nothing(script: str, thing: str) -> None:
    assert re.findall(FORBIDDEN[thing], code(script)) == []


def scripts(page: Page) -> list[str]:
    return [one.get("src", "") for one in page.all("script")]


@pytest.mark.parametrize("path", ["/en/", "/en/safety", "/en/calls/support-needs/", "/en/nowhere"])
def test_every_public_page_has_it(page_visitor: Visitor, path: str) -> None:
    # Given any public page, also one that is not there, and the one after leaving
    page_visitor.get(path)
    (script,) = scripts(page_visitor.page)
    page_visitor.client.get("/leave")
    page_visitor.get(path)
    assert scripts(page_visitor.page) == [script]
    # Then it is sent so that a browser asks once and never again
    with page_visitor.client.get(script, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.mimetype == "text/javascript"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_has_words_in_every_language(page_visitor: Visitor, language: str) -> None:
    # Given a page in any language
    page_visitor.get(f"/{language}/")
    (script,) = page_visitor.page.all("script")
    # Then there is something to say about the network
    assert script.get("data-offline") and script.get("data-online")
    # And one placeholder for the number, and none that stays unfilled, in what is said about room
    for name in ("data-room", "data-over", "data-long"):
        words = script.get(name, "")
        assert words.count("{n}") == 1
        assert not set("%{}") & set(words.replace("{n}", ""))


def test_the_desk_runs_none_but_where_a_passkey_is_used(
    page_app: Flask, page_visitor: Visitor
) -> None:
    page_visitor.get("/desk/nowhere")
    assert scripts(page_visitor.page) == []
    assert "script-src" not in page_visitor.response.headers["Content-Security-Policy"]
    page_visitor.get("/desk/sign-in")
    (script,) = scripts(page_visitor.page)
    assert script.startswith("/static/passkeys.")
    assert "script-src 'self';" in page_visitor.response.headers["Content-Security-Policy"]
