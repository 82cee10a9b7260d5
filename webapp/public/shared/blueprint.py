"""The blueprint of the public door, and its redirects."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

blueprint = Blueprint("public", __name__)


def see_other(endpoint: str, **values: Any) -> Response:
    """Post/redirect/get: going back or loading again never sends anything twice.

    After a button, the next page opens where its content begins: a keyboard need not pass the top of every page again.
    After a link it opens at the top, where "Leave now" is first.
    """
    pressed = request.method == "POST"
    address = url_for(f"public.{endpoint}", _anchor="content" if pressed else None, **values)
    return redirect(address, 303)
