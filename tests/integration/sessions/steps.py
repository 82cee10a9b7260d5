"""What the tests of Visits share."""

from http.cookies import Morsel, SimpleCookie

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.integration.tables import everything
from tests.visitor import Visitor
from webapp.models import PublicVisit
from webapp.services.infrastructure import stores


def cookies_of(response: TestResponse) -> dict[str, "Morsel[str]"]:
    """What a response sets, with every attribute."""
    found: dict[str, Morsel[str]] = {}
    for line in response.headers.getlist("Set-Cookie"):
        found.update(SimpleCookie(line))
    return found


def rows(app: Flask) -> list[PublicVisit]:
    with app.app_context(), stores.reading("volatile") as volatile:
        return list(volatile.scalars(select(PublicVisit)))


def dump(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    with app.app_context():
        return everything()


def token(visitor: Visitor) -> str:
    """The token of the form on the page."""
    field = next(e for e in visitor.page.all("input") if e.get("name") == "csrf_token")
    return field.get("value", "")
