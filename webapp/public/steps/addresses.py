"""Where the pages of one draft are: the same functions serve a submission, a correction and answers after Send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from webapp.public.shared.blueprint import see_other
from webapp.public.shared.query_marks import FROM_CHECK


@dataclass(frozen=True)
class Addresses:
    """The endpoints of one way through a form, and what their addresses say beside the language.

    `before` is the address before the first question. `more` is the page that explains the questions about equality,
    where this way has one.
    """

    page: str
    autosave: str
    check: str
    before: str
    more: str | None
    values: Mapping[str, Any]

    def of_page(self, key: str, **more: Any) -> str:
        """The address of a question page, where its form is sent to as well."""
        return url_for(f"public.{self.page}", key=key, **self.values, **more)

    def of_autosave(self, key: str) -> str:
        """Where the script sends what stands on a question page."""
        return url_for(f"public.{self.autosave}", key=key, **self.values)

    def of_check(self) -> str:
        """The address of "check your answers"."""
        return url_for(f"public.{self.check}", **self.values)

    def of_more(self) -> str:
        """The address of the page that explains the questions about equality."""
        return url_for(f"public.{self.more}", **self.values) if self.more else self.before

    def to_page(self, key: str, **more: Any) -> Response:
        """On to a question page."""
        return see_other(self.page, key=key, **self.values, **more)

    def to_change(self, key: str) -> Response:
        """On to a question page, and from there back to "check your answers"."""
        return self.to_page(key, **FROM_CHECK)

    def to_check(self) -> Response:
        """On to "check your answers"."""
        return see_other(self.check, **self.values)

    def to_more(self) -> Response:
        """On to the page that explains the questions about equality."""
        return see_other(self.more or self.check, **self.values)
