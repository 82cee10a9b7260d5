"""`/.well-known/security.txt` (RFC 9116): how to report a weakness of this instance, to the people who run it."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from flask import Response, abort, url_for

from webapp.extensions import current_settings
from webapp.public.shared.blueprint import blueprint
from webapp.rules import clock
from webapp.settings import Settings
from webapp.web.guards import machine

#: A month from today, in whole days: a copy that lies about for longer is not to be trusted.
VALID_DAYS = 30
LANGUAGE = "en"


@blueprint.get("/.well-known/security.txt")
@machine
def security_txt() -> Response:
    """The file; 404 while the operator has set no address, so that no report goes to nowhere."""
    settings = current_settings()
    if not settings.security_contact:
        abort(404)
    text = "".join(f"{name}: {value}\n" for name, value in _fields(settings))
    return Response(text, mimetype="text/plain")


def _fields(settings: Settings) -> Iterator[tuple[str, str]]:
    for address in settings.security_contact:
        yield "Contact", address
    until = datetime.combine(clock.today() + timedelta(days=VALID_DAYS), time())
    yield "Expires", f"{until:%Y-%m-%dT%H:%M:%SZ}"
    if settings.security_key:
        yield "Encryption", settings.security_key
    yield "Preferred-Languages", LANGUAGE
    if settings.base_url:
        yield "Canonical", settings.base_url + url_for("public.security_txt")
    if settings.security_policy:
        yield "Policy", settings.security_policy
