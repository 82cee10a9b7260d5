"""Absolute URLs of the public door, for the desk to show and print."""

from flask import request

from webapp.extensions import current_settings


def public_url(path: str) -> str | None:
    """The absolute URL of a page of the public door; `path` begins with a slash.

    A desk that runs without the public door may have a private host name, which must not be printed on a poster: then
    this is None until `PUBLIC_URL` is set.
    """
    settings = current_settings()
    if settings.public_url:
        return settings.public_url + path
    if "public" not in settings.doors:
        return None
    return (settings.base_url or request.host_url.rstrip("/")) + path
