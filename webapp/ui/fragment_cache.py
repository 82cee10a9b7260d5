"""What is the same for everybody is rendered once and kept, in the memory of a process: parts of pages, and pages."""

from collections.abc import Callable, Hashable
from typing import Any

from flask import current_app, g, render_template, request
from markupsafe import Markup

from webapp.ui.page_language import offered_at_the_desk, previewed

#: More pages than this are not kept: it is all questions of several calls in every language, and a few megabytes.
MOST_PAGES = 1000


def prepared(template: str, **values: str | None) -> Markup:
    """A part of the frame, rendered once for each language in the life of a process.

    Only for templates which show nothing but settings and words, and of which there are few: `values` come from our
    own code, never from a visitor.
    """
    if previewed():
        # Its links carry a permission that ends.
        return Markup(render_template(template, **values))  # noqa: S704
    kept: dict[Any, Markup] = current_app.extensions.setdefault("hearth_prepared", {})
    key = (template, g.language, frozenset(offered_at_the_desk()), *sorted(values.items()))
    if key not in kept:
        kept[key] = Markup(render_template(template, **values))  # noqa: S704
    return kept[key]


def prepared_page(render: Callable[[], str], *shown: Hashable, token: str | None = None) -> str:
    """A whole page that holds nothing of anybody: rendered once, and then only given this Visit's own `token`.

    Whoever calls this answers for two things. Nothing that a person told us is on the page: it is kept for the next.
    And `shown` is all that it shows besides words, settings and its address, or somebody gets another's page.
    """
    if previewed():
        return render()
    kept: dict[Any, list[str]] = current_app.extensions.setdefault("hearth_prepared_pages", {})
    # The switcher of languages is on it: what the desk offers may change in the life of a process.
    key = (g.language, frozenset(offered_at_the_desk()), request.path, *shown)
    pieces = kept.get(key)
    if pieces is None:
        page = render()
        # The token is random and stands nowhere else: what is kept are the pieces around it.
        pieces = page.split(token) if token else [page]
        if len(kept) >= MOST_PAGES:
            kept.clear()
        kept[key] = pieces
    return (token or "").join(pieces)
