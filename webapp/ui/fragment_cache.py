"""In-memory cache of rendered templates that are the same for every visitor: page fragments, and whole pages."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from flask import current_app, g, render_template, request
from markupsafe import Markup

from webapp.ui.page_language import offered_at_the_desk, previewed

#: The maximum number of cached pages: all questions of several calls in every language, a few megabytes.
MOST_PAGES = 1000


def cached_fragment(template: str, **values: str | None) -> Markup:
    """Render a fragment of the layout once for each language in the life of a process.

    Only for templates that show nothing but settings and texts, and of which there are few: `values` must come from our
    own code, never from a visitor.
    """
    if previewed():
        # Its links carry an expiring token.
        return Markup(render_template(template, **values))  # noqa: S704
    cache: dict[Any, Markup] = current_app.extensions.setdefault("hearth_prepared", {})
    key = (template, g.language, frozenset(offered_at_the_desk()), *sorted(values.items()))
    if key not in cache:
        cache[key] = Markup(render_template(template, **values))  # noqa: S704
    return cache[key]


def cached_page(render: Callable[[], str], *shown: Hashable, own: Sequence[str] = ()) -> str:
    """Render a page without personal data once, and on later requests insert only this Visit's `own` values.

    They are random and occur nowhere else on it: the CSRF token, and the name of a booking. Callers must guarantee two
    things. The page shows nothing that a participant told us, because the next visitor gets the same page. And `shown`
    is the complete cache key besides texts, settings and the URL: anything left out would leak to other visitors.
    """
    if previewed():
        return render()
    cache: dict[Any, list[str | int]] = current_app.extensions.setdefault(
        "hearth_prepared_pages", {}
    )
    # The language switcher is on it, and the desk may offer another language in the life of a process.
    key = (g.language, frozenset(offered_at_the_desk()), request.path, *shown)
    pieces = cache.get(key)
    if pieces is None:
        pieces = _apart(render(), own)
        if len(cache) >= MOST_PAGES:
            cache.clear()
        cache[key] = pieces
    return "".join(own[piece] if isinstance(piece, int) else piece for piece in pieces)


def _apart(page: str, own: Sequence[str]) -> list[str | int]:
    """What lies between the own values, and which of them stands there."""
    pieces: list[str | int] = [page]
    for number, value in enumerate(own):
        pieces = [new for piece in pieces for new in _split(piece, value, number)]
    return pieces


def _split(piece: str | int, value: str, number: int) -> Iterator[str | int]:
    if isinstance(piece, int):
        yield piece
        return
    for place, between in enumerate(piece.split(value)):
        if place:
            yield number
        yield between
