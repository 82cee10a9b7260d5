"""A test client that acts like a visitor: it follows links, fills in forms and presses buttons, without a browser.

It can only press what is there: a field, link or button that the page does not show fails the test.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from http import HTTPStatus

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages import FIELDS, Page, has, page_of, words

MOST_REDIRECTS = 5
Value = str | bool | list[str] | None


class NotOnThePage(AssertionError):
    """The page does not offer what the test wants to use."""


class Visitor:
    """One person at one door, with a cookie jar of their own. `page` is what they see now."""

    def __init__(self, client: FlaskClient, base: str = "http://localhost") -> None:
        self.client = client
        self.base = base
        self.page: Page
        self.response: TestResponse
        self.path = "/"
        self.address = "/"

    @property
    def status(self) -> int:
        return self.response.status_code

    def get(self, path: str) -> Page:
        """Go somewhere, through every redirect."""
        return self._arrive(self.client.get(path, base_url=self.base))

    def post(self, path: str, data: dict[str, Value] | None = None, **headers: str | None) -> Page:
        """Send what no form on a page would send."""
        response = self.client.post(path, data=data or {}, headers=headers, base_url=self.base)
        return self._arrive(response)

    def follow(self, link: str) -> Page:
        """Use a link, by its words."""
        for element in self.page.all("a"):
            if has(element, "href") and words(element) == link:
                return self.get(element.get("href", ""))
        raise NotOnThePage(f"no link {link!r} on {self.path}")

    def back(self) -> Page:
        """Use the page's own way back: a link, or a button where what was typed comes along."""
        return self.press("Back") if "Back" in self.buttons() else self.follow("Back")

    def press(self, button: str, **values: Value) -> Page:
        """Fill in the form that has this button (by its words), and press it.

        A value is text, a list of ticked choices, True for a lone tick box, or None for nothing.
        """
        return self._arrive(self.press_for_file(button, **values))

    def press_for_file(self, button: str, **values: Value) -> TestResponse:
        """The same for a button that answers with a file; the page stays where it is."""
        form, pressed = self._form_with(button)
        data = fill(form, values)
        if pressed.get("name"):
            data.append((pressed.get("name", ""), pressed.get("value", "")))
        target = pressed.get("formaction") or form.get("action") or self.address
        if form.get("method", "get").lower() == "get":
            return self.client.get(target, query_string=data, base_url=self.base)
        fields: dict[str, list[str]] = {}
        for name, value in data:
            fields.setdefault(name, []).append(value)
        # Taken whole, as a browser does: it may be sent while it is made.
        return self.client.post(target, data=fields, base_url=self.base, buffered=True)

    def press_first(self, **values: Value) -> Page:
        """Press the page's main button, whatever the language: the first one in main."""
        (main,) = self.page.all("main")
        return self.press(next(words(element) for element in main.iter("button")), **values)

    def buttons(self) -> list[str]:
        return [words(element) for element in self.page.all("button")]

    def download(self, path: str) -> TestResponse:
        """Fetch something that is not a page."""
        return self.client.get(path, base_url=self.base)

    def _form_with(self, button: str) -> tuple[ET.Element, ET.Element]:
        for form in self.page.all("form"):
            for element in [*form.iter("button"), *self._outside(form)]:
                if words(element) == button:
                    return form, element
        raise NotOnThePage(f"no button {button!r} on {self.path}; there is {self.buttons()}")

    def _outside(self, form: ET.Element) -> list[ET.Element]:
        """The buttons of a form which stand elsewhere on its page."""
        buttons = self.page.all("button") if has(form, "id") else []
        return [one for one in buttons if one.get("form") == form.get("id")]

    def _arrive(self, response: TestResponse) -> Page:
        for _ in range(MOST_REDIRECTS):
            if response.status_code not in (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER):
                break
            target = response.headers["Location"]
            assert target.startswith(("/", self.base)), f"sent away to {target}"
            response = self.client.get(target.removeprefix(self.base), base_url=self.base)
        self.response = response
        self.path = response.request.path
        # A form without an action goes to the whole address, the query included.
        self.address = response.request.full_path.removesuffix("?")
        assert response.mimetype == "text/html", f"{self.path} answered {response.mimetype}"
        self.page = page_of(response)
        return self.page


def fill(form: ET.Element, values: dict[str, Value]) -> list[tuple[str, str]]:
    """What a browser would send for a form after a visitor put these values in."""
    offered = {element.get("name") for element in form.iter() if element.tag in FIELDS}
    if unknown := set(values) - offered:
        raise NotOnThePage(f"no field {sorted(unknown)} in the form; there is {offered}")
    data: list[tuple[str, str]] = []
    for element in form.iter():
        if element.tag in FIELDS and element.get("name") and not has(element, "disabled"):
            data += ((element.get("name", ""), value) for value in _values(element, values))
    return data


def _values(element: ET.Element, values: dict[str, Value]) -> Iterator[str]:
    name = element.get("name", "")
    kind = element.get("type", "text")
    chosen = values.get(name)
    if kind in ("checkbox", "radio"):
        own = element.get("value", "on")
        ticked = has(element, "checked") if name not in values else _ticks(chosen, own)
        if ticked:
            yield own
    elif kind not in ("submit", "button", "image"):
        if name in values:
            assert not isinstance(chosen, list | bool), f"{name} is a line of text"
            yield chosen or ""
        else:
            yield _present(element)


def _ticks(chosen: Value, own: str) -> bool:
    if isinstance(chosen, bool):
        return chosen
    return own in ([chosen] if isinstance(chosen, str) else chosen or [])


def _present(element: ET.Element) -> str:
    if element.tag == "textarea":
        return (element.text or "").removeprefix("\n")
    if element.tag == "select":
        options = list(element.iter("option"))
        picked = [option for option in options if has(option, "selected")] or options[:1]
        return picked[0].get("value", words(picked[0])) if picked else ""
    return element.get("value", "")
