"""Fetch metadata: whether a person went to an address by themselves (ASVS 5.0, 3.5.3).

A GET whose answer does something (ends a Visit, hands out a file) must not follow from a link or redirect on another
site, nor from a browser that fetches a page ahead of time (prefetch, prerender). Browsers without these headers are
served as before: of them nothing can be known.
"""

from urllib.parse import urlsplit

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

#: Of our own pages, and what is typed, bookmarked or opened from outside the browser.
BY_ONESELF = {"same-origin", "none"}
#: How browsers have said that nobody has asked for the page yet, and in which words.
AHEAD_OF_TIME = {
    "Sec-Purpose": ("prefetch", "prerender"),
    "Purpose": ("prefetch", "prerender", "preview"),
    "X-Purpose": ("prefetch", "preview"),
    "X-Moz": ("prefetch",),
}


def is_ahead_of_time() -> bool:
    """Whether a browser fetches this before the person has asked for it, who may never do."""
    return any(
        word in request.headers.get(name, "").lower()
        for name, words in AHEAD_OF_TIME.items()
        for word in words
    )


def is_from_elsewhere() -> bool:
    """Whether another site led here. Old browsers say it with a Referer, if at all; our own pages send theirs.

    Of that one the host name alone is compared: a proxy that does not tell the scheme or the port must hold no one up.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in BY_ONESELF
    try:
        source = urlsplit(request.headers.get("Referer", "")).hostname
    except ValueError:
        return True
    return source is not None and source != urlsplit(request.host_url).hostname


def refused_ahead_of_time() -> Response:
    """What a fetch ahead of time gets. Browsers throw an error away, and ask again when the person does ask."""
    return Response("", 503, mimetype="text/plain")


def page_instead(page: str) -> AnyResponse | None:
    """The answer to whoever did not ask for a file on its page; None for a person's own request.

    `page` is the endpoint of that page: whoever was led here from elsewhere can press its button.
    """
    if is_ahead_of_time():
        return refused_ahead_of_time()
    if is_from_elsewhere():
        return redirect(url_for(page, **(request.view_args or {})), 303)
    return None
