"""The Flask application class: redacted log, a cache of URLs, and templates that share one set of globals."""

from collections.abc import Mapping
from typing import Any, Final

from flask import g, has_request_context, request
from flask.templating import Environment

from webapp.ui.page_language import previewed
from webapp.web.log_redaction import QuietFlask

#: The arguments of URLs of what is published. A URL with any other may be a person's own (a ticket), and is not kept.
PUBLISHED: Final = frozenset({"language", "slug", "key", "name", "from", "_anchor"})
#: The maximum number of cached URLs: every page of several calls in every language, less than a megabyte.
MOST_URLS: Final = 4000
KEPT: Final = "hearth_urls"


class SharedGlobals(Environment):
    """A Jinja environment in which every template has the same globals: the environment's own.

    Jinja puts a map around them for templates that are loaded with globals of their own, of which we have none, and
    compares the two at each import of a macro: one call of a function in eight, on a page with a form.
    """

    def make_globals(self, d: Any) -> Any:
        """The environment's globals, below those of one template where it has some."""
        return super().make_globals(d) if d else self.globals


class Application(QuietFlask):
    """Flask with our log, our templates and our URLs."""

    jinja_environment = SharedGlobals

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """Build a URL, or take it from an in-memory cache: a page holds two dozen, the same for every visitor."""
        key = _key(endpoint, values)
        if key is None:
            return super().url_for(endpoint, **values)
        kept: dict[Any, str] = self.extensions.setdefault(KEPT, {})
        url = kept.get(key)
        if url is None:
            url = super().url_for(endpoint, **values)
            if len(kept) >= MOST_URLS:
                kept.clear()
            kept[key] = url
        return url


def _key(endpoint: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """All that such a URL is made of; None where it must not be kept, or is none of a page."""
    if endpoint.startswith(".") or not has_request_context() or previewed():
        # The links of a preview carry an expiring token.
        return None
    given = [(name, value) for name, value in values.items() if value is not None]
    if any(name not in PUBLISHED or type(value) is not str for name, value in given):
        return None
    return (request.root_path, g.get("language"), endpoint, *sorted(given))
