"""The blueprint of the public door, and its redirects."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

blueprint = Blueprint("public", __name__)


def see_other(endpoint: str, **values: Any) -> Response:
    """Redirect with 303 (post/redirect/get), so that Back or a reload never submits anything twice.

    After a POST, the next page opens at its content, so that keyboard users need not pass the top of every page again.
    After a link it opens at the top, where "Leave now" is first.
    """
    pressed = request.method == "POST"
    address = url_for(f"public.{endpoint}", _anchor="content" if pressed else None, **values)
    return redirect(address, 303)
