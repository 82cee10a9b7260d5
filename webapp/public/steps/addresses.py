"""The URLs of one draft's pages, so that one set of functions serves submissions, corrections and equality answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from webapp.public.shared.blueprint import see_other
from webapp.public.shared.query_marks import FROM_CHECK


@dataclass(frozen=True)
class Addresses:
    """The endpoints of one kind of draft, and the arguments of their URLs besides the language.

    `before` is the URL before the first question. `more` is the page that explains the questions about equality, where
    there is one.
    """

    page: str
    autosave: str
    check: str
    before: str
    more: str | None
    values: Mapping[str, Any]

    def of_page(self, key: str, **more: Any) -> str:
        """The URL of a question page, and of its form's POST."""
        return url_for(f"public.{self.page}", key=key, **self.values, **more)

    def of_autosave(self, key: str) -> str:
        """The URL for autosave of a question page."""
        return url_for(f"public.{self.autosave}", key=key, **self.values)

    def of_check(self) -> str:
        """The URL of "check your answers"."""
        return url_for(f"public.{self.check}", **self.values)

    def of_more(self) -> str:
        """The URL of the page that explains the questions about equality."""
        return url_for(f"public.{self.more}", **self.values) if self.more else self.before

    def to_page(self, key: str, **more: Any) -> Response:
        """Redirect to a question page."""
        return see_other(self.page, key=key, **self.values, **more)

    def to_change(self, key: str) -> Response:
        """Redirect to a question page, which leads back to "check your answers"."""
        return self.to_page(key, **FROM_CHECK)

    def to_check(self) -> Response:
        """Redirect to "check your answers"."""
        return see_other(self.check, **self.values)

    def to_more(self) -> Response:
        """Redirect to the page that explains the questions about equality."""
        return see_other(self.more or self.check, **self.values)
