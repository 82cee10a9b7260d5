"""Where people find the public door, as the desk writes it down for them."""

from flask import request

from webapp.extensions import current_settings


def public_url(path: str) -> str | None:
    """The absolute address of a page of the public door; `path` begins with a slash.

    A desk that runs without the public door may have a host name of its own, and must not print that on a poster: there
    the answer is None until `PUBLIC_URL` is set.
    """
    settings = current_settings()
    if settings.public_url:
        return settings.public_url + path
    if "public" not in settings.doors:
        return None
    return (settings.base_url or request.host_url.rstrip("/")) + path
