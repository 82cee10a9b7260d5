"""Checks of every answer that a test receives: accessibility, security headers, CSP, links, weight, neutral titles."""

import gzip
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache, cached_property, lru_cache
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from html5lib.html5parser import ParseError
from werkzeug.test import TestResponse

from tests import writes
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.web.static_files import MOST_BLUR, PAGE_LEVEL

TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
#: Stands for a visitor's form token while a page is parsed and examined, once for all who see the same page.
NO_TOKEN = b"form-token-of-this-visitor"

# Browser histories, tabs and task lists show these: none says what the page is about.
NEUTRAL_TITLES = {
    "Hearth",
    "Page",
    # Taking part
    "Start",
    "What happened next",
    "Other ways",
    "Leaving",
    "With help",
    "How to go on",
    "Page %(number)s of %(total)s",
    "Part %(part)s of %(parts)s: page %(number)s of %(total)s",
    "How to reach you",
    "More about you",
    "Check your answers",
    "You decide",
    "Your code",
    "Stop for now",
    "Your return code",
    "Delete unfinished answers",
    "Unfinished answers deleted",
    "One more question",
    "Finished",
    "Who we are",
    "Thank you",
    "Closed",
    "Not now",
    "Form",
    "Form in large print",
    # With a code
    "My choices",
    "Your choices",
    "Your answers",
    "Reaching you",
    "Your permissions",
    "Who has looked",
    "The list of people",
    "Check your changes",
    "You decide: changes",
    "Take a copy",
    "A copy for you",
    "Delete",
    "Deleted",
    "Code replaced",
    # Booking
    "Meeting",
    "Booking",
    "Booked",
    "Not booked yet",
    "Waiting list",
    "Your booking is cancelled",
    "Booking closed",
    "Booking deleted",
    "Booking form",
    "Booking form in large print",
    "No booking now",
    "Booking: delete",
    "Booking: e-mail",
    "Your booking",
    "What you need",
    "Cancel",
    "Link not found",
    # About the site
    "Safety",
    "Support",
    "What we keep",
    "Accessibility",
    # What went wrong
    "Not found",
    "Not this way",
    "No files",
    "Please come back soon",
    "Please start again",
    "Please try again",
    "Nothing was sent",
    "One cookie",
    "Please wait",
    "Something went wrong",
    "Too long",
    # The desk
    "Calls",
    "Drafts of calls",
    "Drafts of calls: start",
    "Draft of a call",
    "Draft: start page",
    "Draft: address",
    "Draft: question",
    "Draft: page",
    "Draft: add",
    "Draft: readers",
    "Draft: permissions",
    "Draft: check",
    "Draft: file",
    "Draft: languages",
    "Draft: language",
    "Draft: translate",
    "Draft: translators’ file",
    "Draft: throw away",
    "Draft: gone",
    "Draft: preview",
    "Draft: preview of the start",
    "Events",
    "Sign in",
    "Today",
    "Answers",
    "One person",
    "Opened answers",
    "Opened contact",
    "Share with a member",
    "Shared with us",
    "Fill in for someone",
    "Fill in: page %(number)s",
    "Fill in: drafts",
    "Fill in: throw away",
    "Fill in: too many drafts",
    "Fill in: too long",
    "Fill in: sign in again",
    "Fill in: once more",
    "Fill in: check and send",
    "Fill in: code",
    "Fill in: stopped",
    "Event",
    "They rang us",
    "Who matches",
    "Caller",
    "Caller: permissions",
    "Caller: do not contact",
    "Caller: open details",
    "Caller: correct details",
    "Caller: new code",
    "Caller: code",
    "Answers: download",
    "Answers: put aside",
    "Caller: delete",
    "Confirm that it is you",
    "You stay signed in",
    "Sign in and go on",
    "Press once more",
    "Sheet",
    "Call: close",
    "Call: one version",
    "Call: versions",
    "Call: open again",
    "Call: what happened next",
    "Call: the month",
    "Call: what to tell people",
    "Call: how it looks",
    "Call: stays closed",
    "Event: seats",
    "Event: begin",
    "Event: plan",
    "Event: how it looks",
    "Event: link",
    "Event: close",
    "Event: write",
    "Event: check what you wrote",
    "Event: a message",
    "Names and needs",
    "List of participants",
    "Event: time",
    "Event: check the time",
    "Event: call off",
    "Attendance",
    "Poster",
    "One registration",
    "Opened registration",
    "Registration: seat",
    "Registration: front of the list",
    "Registration: cancel",
    "Registration: confirm",
    "Registration: address",
    "Registration: link",
    "Room code",
    "Contacts",
    "One list",
    "Languages",
    "Language",
    "Offer a language",
    "Record",
    "Your settings",
    "Your authenticator",
    "Your passphrase",
    "Your settings: passkeys",
    "Your settings: add a passkey",
    "Your settings: remove a passkey",
    "Organisations",
    "Organisation",
    "Organisation: merging",
    "People",
    "People: invite",
    "People: link",
    "One colleague",
    "One colleague: less",
    "One colleague: link",
    "One colleague: organisation",
    "Keys",
    "Keys: seal what came before anew",
    "Who decides",
    "Your account",
    "Your account: name",
    "Your account: app",
    "Your account: code",
    "Your account: link",
    "Not here",
    "Deleting has stopped",
    "Check of the record",
    "Please stop",
    "No key",
    "Not your role",
    "Sign in again",
}
AFTER_MISTAKES = "Please look again"
CATALOGUES = Path(__file__).parents[1] / "webapp" / "translations"

# Over the wire, in bytes: the page and what it loads, as gzip makes them, each with its head as HTTP/1.1 sends it.
MOST_BYTES = 14 * 1024
MOST_REQUESTS = 3
#: What a server adds to the head of an answer by itself.
BY_THE_SERVER = {
    "Server": "gunicorn",
    "Date": "Sat, 28 Nov 2026 20:20:44 GMT",
    "Connection": "close",
}
#: A page to measure the head of: those of all pages are alike.
SOME_PAGE = "/en/safety"

ADDRESSES = (
    "src",
    "href",
    "action",
    "formaction",
    "poster",
    "data",
    "srcset",
    "cite",
    "background",
)
FIELDS = ("input", "select", "textarea")
WITHOUT_LABEL = ("hidden", "submit", "button", "image", "reset")
EXACT_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
POLICY = {
    "default-src": {"'none'"},
    "frame-ancestors": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
}


class Page:
    """One HTML page as a browser understands it. Raises html5lib's ParseError when it would have to guess."""

    def __init__(self, html: bytes | str, path: str = "/") -> None:
        if isinstance(html, bytes):
            html = html.decode("utf-8")
        parser = html5lib.HTMLParser(
            tree=html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False
        )
        self.html = html
        self.path = path
        self.root: ET.Element = parser.parse(html)

    def with_token(self, token: str) -> "Page":
        """The same page for the visitor with this form token."""
        other = object.__new__(Page)
        other.html = self.html.replace(NO_TOKEN.decode(), token)
        other.path = self.path
        other.root = deepcopy(self.root)
        for field in other.root.iter("input"):
            if field.get("value") == NO_TOKEN.decode():
                field.set("value", token)
        return other

    @cached_property
    def elements(self) -> list[ET.Element]:
        """Every element, in the order of the source (and so of the tab key)."""
        return [element for element in self.root.iter() if isinstance(element.tag, str)]

    @cached_property
    def parents(self) -> dict[ET.Element, ET.Element]:
        return {child: parent for parent in self.root.iter() for child in parent}

    @cached_property
    def by_id(self) -> dict[str, ET.Element]:
        return {element.get("id", ""): element for element in self.elements if has(element, "id")}

    @property
    def title(self) -> str:
        return words(self.only("title"))

    @property
    def h1(self) -> str:
        return words(self.only("h1"))

    @property
    def text(self) -> str:
        """The words of the page, as one line."""
        return words(self.only("body"))

    @property
    def public(self) -> bool:
        return not self.path.startswith("/desk")

    def all(self, *tags: str) -> list[ET.Element]:
        return [element for element in self.elements if element.tag in tags]

    def only(self, tag: str) -> ET.Element:
        found = self.all(tag)
        assert len(found) == 1, f"{len(found)} <{tag}> in {self.path}"
        return found[0]

    def ancestors(self, element: ET.Element) -> Iterator[ET.Element]:
        while (parent := self.parents.get(element)) is not None:
            yield parent
            element = parent

    def inside(self, element: ET.Element, tag: str) -> bool:
        return any(ancestor.tag == tag for ancestor in self.ancestors(element))


def words(element: ET.Element) -> str:
    """The text inside an element, spaces collapsed."""
    return " ".join("".join(element.itertext()).split())


def has(element: ET.Element, attribute: str) -> bool:
    """Whether the element carries the attribute, with or without a value."""
    return element.get(attribute) is not None


def fields_in(form: ET.Element) -> list[ET.Element]:
    """What a person can fill in, in a form."""
    return [
        element
        for element in form.iter()
        if element.tag in FIELDS and element.get("type") not in WITHOUT_LABEL
    ]


def focusable(element: ET.Element) -> bool:
    """Whether the tab key or a link can bring a person there."""
    if has(element, "tabindex"):
        return True
    if element.tag == "a":
        return has(element, "href")
    if element.tag in ("button", "summary", *FIELDS):
        return element.get("type") != "hidden" and not has(element, "disabled")
    return False


def in_tab_order(element: ET.Element) -> bool:
    return focusable(element) and not element.get("tabindex", "0").startswith("-")


# The checks. Each yields what is wrong, in words.

Check = Callable[[Page], Iterator[str]]


def one_heading(page: Page) -> Iterator[str]:
    count = len(page.all("h1"))
    if count != 1:
        yield f"{count} h1 instead of one"
    elif not page.h1:
        yield "an empty h1"


def neutral_title(page: Page) -> Iterator[str]:
    title, language = page.title, locale_of(page)
    (again,) = declared({AFTER_MISTAKES}, language)
    title = re.sub(f"^{again}: ", "", title)
    # A page of a part that is not counted has its number in that part.
    either = (title, re.sub(r" \d+$", "", title))
    neutral = declared(NEUTRAL_TITLES, language)
    if not any(re.fullmatch(known, words) for known in neutral for words in either):
        yield f"the title {page.title!r} is not one of the declared neutral ones"


def locale_of(page: Page) -> str:
    """Whose catalogue a page is from. Its address says it, because Easy Read is English to a browser; a language that
    is not offered is answered in English."""
    code, spoken = page.path.split("/")[1], page.only("html").get("lang", "")
    meant = LANGUAGES.get(code)
    return meant.locale if meant is not None and code.split("-")[0] == spoken else spoken


def declared(english: set[str], language: str) -> list[str]:
    """Patterns of these words in a language of ours; in English where they are not translated yet."""
    said = catalogue(language)
    return [
        re.sub(r"%\\\(\w+\\\)s", r"\\w+", re.escape(said.get(words) or words)) for words in english
    ]


@cache
def catalogue(language: str) -> dict[str, str]:
    """Our own words in a language."""
    path = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if not entry.fuzzy}


def headings_in_order(page: Page) -> Iterator[str]:
    levels = [int(heading.tag[1]) for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    for above, level in pairwise(levels):
        if level > above + 1:
            yield f"an h{level} follows an h{above}"


def forms_told_apart(page: Page) -> Iterator[str]:
    main = page.only("main")
    unnamed = [form for form in main.iter("form") if not has(form, "aria-labelledby")]
    if len(unnamed) > 1:
        yield f"{len(unnamed)} forms without a name of their own"


def language_and_direction(page: Page) -> Iterator[str]:
    html = page.only("html")
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]+)?", html.get("lang", "")):
        yield f"lang is {html.get('lang')!r}"
    expected = "rtl" if html.get("lang") in ("ar", "fa", "ur", "ps", "ckb") else "ltr"
    if html.get("dir") != expected:
        yield f"dir is {html.get('dir')!r}, not {expected!r}"


def unique_ids(page: Page) -> Iterator[str]:
    counted = Counter(element.get("id") for element in page.elements if has(element, "id"))
    for name, count in counted.items():
        if count > 1:
            yield f"id {name!r} stands {count} times"
        if not name or re.search(r"\s", name):
            yield f"id {name!r} is not a name"


def labels(page: Page) -> Iterator[str]:
    labelled = set()
    for label in page.all("label"):
        target = label.get("for")
        if target is None:
            continue
        labelled.add(target)
        if target not in page.by_id:
            yield f"a label is for {target!r}, which is not there"
        elif page.by_id[target].tag not in FIELDS:
            yield f"a label is for {target!r}, which is no field"
    for element in page.all(*FIELDS):
        if element.get("type") in WITHOUT_LABEL:
            continue
        named = element.get("id") in labelled or page.inside(element, "label")
        if not named and not element.get("aria-label") and not element.get("aria-labelledby"):
            yield f"the field {element.get('name')!r} has no label"


def names_of_controls(page: Page) -> Iterator[str]:
    for element in page.all("button", "a"):
        if element.tag == "a" and not has(element, "href"):
            continue
        if not words(element) and not element.get("aria-label"):
            yield f"a <{element.tag}> without words"
    for element in page.all("img"):
        if not has(element, "alt"):
            yield "an image without alt"
    for fieldset in page.all("fieldset"):
        if len(fieldset) == 0 or fieldset[0].tag != "legend" or not words(fieldset[0]):
            yield "a fieldset that does not begin with its legend"


def references(page: Page) -> Iterator[str]:
    for element in page.elements:
        for attribute in ("aria-describedby", "aria-labelledby", "aria-controls"):
            for target in (element.get(attribute) or "").split():
                if target not in page.by_id:
                    yield f"{attribute} names {target!r}, which is not there"
    for link in page.all("a"):
        target = link.get("href", "")
        if not target.startswith("#"):
            continue
        if target[1:] not in page.by_id:
            yield f"a link leads to {target!r}, which is not there"
        elif not focusable(page.by_id[target[1:]]):
            yield f"a link leads to {target!r}, which cannot be focused"


def error_summary(page: Page) -> Iterator[str]:
    main = page.only("main")
    summaries = [element for element in page.elements if element.get("role") == "alert"]
    invalid = [element for element in page.elements if element.get("aria-invalid") == "true"]
    if invalid and not summaries:
        yield "a field is marked as wrong, but there is no error summary"
    for summary in summaries:
        if len(main) == 0 or main[0] is not summary:
            yield "the error summary is not first in main"
        if summary.get("tabindex") != "-1" or not has(summary, "autofocus"):
            yield "the error summary does not take the focus"
        if summary.get("id") != "content":
            yield "a visitor who skips to the content misses the error summary"
        beside = " ".join(words(e) for e in page.elements if (e.get("id") or "").endswith("-wrong"))
        for link in summary.iter("a"):
            if words(link) not in beside:
                yield f"the summary says {words(link)!r}; beside the field are other words"


def nothing_inline(page: Page) -> Iterator[str]:
    for element in page.elements:
        for name, value in element.items():
            if name == "style" or name.startswith("on"):
                yield f"an inline {name} on <{element.tag}>"
            if value.strip().lower().startswith(("javascript:", "data:")):
                yield f"{name} of <{element.tag}> holds code or data"
        if element.tag == "style":
            yield "an inline style sheet"
        if element.tag == "script" and not has(element, "src"):
            yield "an inline script"
        if has(element, "required"):
            yield f"the browser's own required on {element.get('name')!r}"


def forms(page: Page) -> Iterator[str]:
    for form in page.all("form"):
        method = form.get("method", "get").lower()
        inputs = [element for element in form.iter() if element.tag in FIELDS]
        if inputs and form.get("autocomplete") != "off":
            yield f"the form to {form.get('action')!r} lets the browser keep what was typed"
        if method == "post" and not has(form, "novalidate") and fields_in(form):
            yield f"the form to {form.get('action')!r} lets the browser validate"
        if form.get("enctype") == "multipart/form-data":
            yield "a multipart form"
    for element in page.all(*FIELDS, "button"):
        if not page.inside(element, "form") and not has(element, "form"):
            yield f"{element.get('name') or words(element)!r} stands outside every form"


def leads_to_the_public_door(page: Page, link: ET.Element) -> bool:
    """A desk with a host name of its own shows the pages that are on another, and marks such a link."""
    return not page.public and link.get("rel") == "external"


def own_host_only(page: Page) -> Iterator[str]:
    for element in page.elements:
        for name in ADDRESSES:
            address = element.get(name)
            if address is None:
                continue
            parts = urlsplit(address)
            if not parts.scheme and not parts.netloc:
                continue
            if element.tag == "a" and (
                parts.scheme in ("tel", "sms", "mailto")
                or supports(page, element)
                or leads_to_the_public_door(page, element)
            ):
                continue
            yield f"{name} of <{element.tag}> leads outside: {address}"


def supports(page: Page, link: ET.Element) -> bool:
    """Whether a link to outside is one of the support contacts, the source code, or the way into an event's room."""
    if re.match(r"/\w+/r/\w", page.path) and "noreferrer" in link.get("rel", ""):
        return True
    return page.inside(link, "footer") or page.path.rstrip("/").endswith(("/support", "/safety"))


def leave_first(page: Page) -> Iterator[str]:
    if not page.public or nothing_open(page):
        return
    first = next((element for element in page.elements if in_tab_order(element)), None)
    if first is None or first.tag != "a" or first.get("href") != "/leave":
        yield "Leave is not first in tab order"


def nothing_open(page: Page) -> bool:
    """Whether this is the page that a browser sees which has left: it has nothing to leave any more."""
    return any(form.get("action") == "/back-in" for form in page.all("form"))


def no_positive_tabindex(page: Page) -> Iterator[str]:
    for element in page.elements:
        if element.get("tabindex", "0") not in ("0", "-1"):
            yield f"tabindex {element.get('tabindex')} on <{element.tag}>"


CHECKS: tuple[Check, ...] = (
    one_heading,
    headings_in_order,
    forms_told_apart,
    neutral_title,
    language_and_direction,
    unique_ids,
    labels,
    names_of_controls,
    references,
    error_summary,
    nothing_inline,
    forms,
    own_host_only,
    leave_first,
    no_positive_tabindex,
)


#: A file stands alone: nothing to leave, and a style of its own, since it may load none.
CHECKS_OF_FILES = tuple(check for check in CHECKS if check not in (leave_first, nothing_inline))


def loads_nothing(page: Page) -> Iterator[str]:
    """A file must be complete in itself, and tell no server that it was opened, or where."""
    for element in page.elements:
        for name in ADDRESSES:
            if has(element, name):
                yield f"a file has {name} on <{element.tag}>: {element.get(name)}"
        if element.tag in ("script", "link", "form", "iframe", "base"):
            yield f"a file has a <{element.tag}>"
        for name in element.attrib:
            if name == "style" or name.startswith("on"):
                yield f"an inline {name} on <{element.tag}>"
        if element.tag == "style" and re.search(r"url\(|@import|expression", element.text or ""):
            yield "a style that loads something"


def problems_of_file(page: Page) -> list[str]:
    """Everything that is wrong with a page that is kept as a file, in words."""
    return [problem for check in (*CHECKS_OF_FILES, loads_nothing) for problem in check(page)]


def problems_of(page: Page) -> list[str]:
    """Everything that is wrong with a page, in words."""
    return [problem for check in CHECKS for problem in check(page)]


def header_problems(response: TestResponse) -> Iterator[str]:
    """What is wrong with the headers of any answer, whatever it carries."""
    names = Counter(name.lower() for name, _ in response.headers)
    for name in [one for one, times in names.items() if times > 1 and one != "set-cookie"]:
        yield f"{name} is there {names[name]} times"
    for name, expected in EXACT_HEADERS.items():
        if response.headers.get(name) != expected:
            yield f"{name} is {response.headers.get(name)!r}, not {expected!r}"
    if not response.headers.get("Permissions-Policy"):
        yield "no Permissions-Policy"
    if "noindex" not in response.headers.get("X-Robots-Tag", ""):
        yield "search engines are not told to stay away"
    yield from _policy_problems(response.headers.get("Content-Security-Policy", ""))
    if response.request.scheme == "https" and not response.headers.get("Strict-Transport-Security"):
        yield "no HSTS over TLS"
    if response.mimetype == "text/html" and "no-store" not in response.headers.get(
        "Cache-Control", ""
    ):
        yield "the page may be stored"
    for cookie in response.headers.getlist("Set-Cookie"):
        yield from _cookie_problems(cookie)


def _policy_problems(policy: str) -> Iterator[str]:
    directives = {
        name: set(sources)
        for name, *sources in (piece.split() for piece in policy.split(";") if piece.strip())
    }
    for name, expected in POLICY.items():
        if directives.get(name) != expected:
            yield f"CSP {name} is {directives.get(name)}, not {expected}"
    for name, sources in directives.items():
        if not sources <= {"'none'", "'self'"}:
            yield f"CSP {name} allows {sources}"


def _cookie_problems(cookie: str) -> Iterator[str]:
    name = cookie.partition("=")[0]
    attributes = {piece.strip().lower().partition("=")[0] for piece in cookie.split(";")[1:]}
    if "httponly" not in attributes or "samesite" not in attributes:
        yield f"the cookie {name} lacks HttpOnly or SameSite"
    if attributes & {"domain"}:
        yield f"the cookie {name} is for a whole domain"
    if name.startswith("__Host-") and "secure" not in attributes:
        yield f"the cookie {name} is not Secure"


class Scales:
    """Weighs pages: each style sheet and script is fetched once."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.known: dict[str, tuple[int, int]] = {}

    def problems(self, page: Page) -> Iterator[str]:
        """What is too heavy about a public page."""
        size, requests = self.weigh(page)
        if size > MOST_BYTES:
            yield f"{size} bytes over the wire; at most {MOST_BYTES}"
        if requests > MOST_REQUESTS:
            yield f"{requests} requests; at most {MOST_REQUESTS}"

    def weigh(self, page: Page) -> tuple[int, int]:
        """Bytes over the wire and requests of one page, a favicon aside: as compressed as it is sent, blur and all."""
        loaded = {address for element in page.elements for address in self._loads(element)}
        sent = len(gzip.compress(page.html.encode(), PAGE_LEVEL)) + MOST_BLUR
        sent += self._measured(SOME_PAGE)[0]
        return sent + sum(sum(self._measured(one)) for one in loaded), 1 + len(loaded)

    def _loads(self, element: ET.Element) -> Iterator[str]:
        if element.tag == "audio" and _loads_early(element):
            yield element.get("src", "")
        elif element.tag == "link" and element.get("rel") in ("stylesheet", "preload", "manifest"):
            yield element.get("href", "")
        elif element.tag in ("script", "img", "source", "iframe") and element.get("src"):
            yield element.get("src", "")

    def _measured(self, address: str) -> tuple[int, int]:
        """The bytes of an answer's head and body."""
        if address not in self.known:
            client = FlaskClient(self.app, use_cookies=False)
            with client.get(address, headers={"Accept-Encoding": "gzip"}) as response:
                assert response.status_code == HTTPStatus.OK, f"{address}: {response.status}"
                zipped = response.headers.get("Content-Encoding") == "gzip"
                data = response.get_data()
                body = len(data if zipped else gzip.compress(data))
                self.known[address] = _head(response), body
        return self.known[address]


def _head(response: TestResponse) -> int:
    """The bytes of an answer's head."""
    fields = [*response.headers.items(), *BY_THE_SERVER.items()]
    lines = [f"HTTP/1.1 {response.status}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return len("\r\n".join(lines).encode())


def _loads_early(player: ET.Element) -> bool:
    """Whether a browser may load a recording before a visitor wants to hear it."""
    return player.get("preload") != "none" or player.get("autoplay") is not None


def page_of(response: TestResponse) -> Page:
    """The page in an answer. Parsed once for all checks, so no check may change it. Raises html5lib's ParseError."""
    page: Page | None = vars(response).get("hearth_test_page")
    if page is None:
        html, token = _without_token(_unzipped(response))
        page = _parsed(html, response.request.path)
        if token:
            page = page.with_token(token.decode())
        vars(response)["hearth_test_page"] = page
    return page


def _without_token(html: bytes) -> tuple[bytes, bytes]:
    """A page as it is for everybody, and the form token that this visitor's has, where it has one."""
    found = TOKEN.search(html)
    return (html.replace(found[1], NO_TOKEN), found[1]) if found else (html, b"")


@lru_cache(maxsize=600)
def _parsed(html: bytes, path: str) -> Page:
    """Pages without personal data are the same in every test."""
    return Page(html, path)


@lru_cache(maxsize=600)
def _problems_of(html: bytes, path: str) -> tuple[str, ...]:
    return tuple(problems_of(_parsed(html, path)))


class PageIsWrong(AssertionError):
    """An answer broke one of the rules that all answers keep."""


def examine(response: TestResponse, app: Flask) -> None:
    """Raise `PageIsWrong` unless an answer keeps every rule."""
    path = response.request.path
    problems = [*header_problems(response), *writes.noted(app)]
    if (
        response.mimetype == "text/html"
        and response.get_data()
        and not 300 <= response.status_code < 400
    ):
        try:
            page = page_of(response)
        except ParseError as error:
            raise PageIsWrong(f"{path} is not well-formed HTML: {error}") from error
        is_file = "attachment" in response.headers.get("Content-Disposition", "")
        plain, _ = _without_token(_unzipped(response))
        problems += problems_of_file(page) if is_file else _problems_of(plain, path)
        if page.public:
            problems += _scales(app).problems(page)
    if problems:
        listed = "\n  ".join(problems)
        raise PageIsWrong(f"{response.request.method} {path} ({response.status}):\n  {listed}")


def _unzipped(response: TestResponse) -> bytes:
    zipped = response.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(response.get_data()) if zipped else response.get_data()


def _scales(app: Flask) -> Scales:
    scales: Scales = app.extensions.setdefault("hearth_test_scales", Scales(app))
    return scales


class CheckedClient(FlaskClient):
    """A test client that behaves like a browser on our own pages, and examines every answer."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request. Unless a test says otherwise, it shows that it comes from our own page."""
        if args and isinstance(args[0], str):
            method = kwargs.get("method", "GET")
            kwargs["headers"] = {
                **_browser_headers(self, method, kwargs),
                **dict(kwargs.get("headers") or {}),
            }
            kwargs["headers"] = {k: v for k, v in kwargs["headers"].items() if v is not None}
        response = super().open(*args, **kwargs)
        examine(response, self.application)
        return response


def _browser_headers(client: FlaskClient, method: str, request: dict[str, Any]) -> dict[str, str]:
    if method in ("GET", "HEAD", "OPTIONS"):
        return {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    base = request.get("base_url") or client.environ_base.get("HTTP_ORIGIN") or "http://localhost"
    return {
        "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Mode": "navigate",
        "Origin": base.rstrip("/"),
    }
