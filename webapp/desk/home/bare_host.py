"""The bare host name of a desk that has a host to itself: coordinators type it without a path."""

from flask import redirect, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from webapp.desk.shared.blueprint import blueprint
from webapp.web.guards import anyone


@anyone
def front() -> Response:
    """To Today, and from there to signing in where there is no session."""
    return redirect(url_for("desk.today"), 303)


@blueprint.record_once
def _only_without_the_public_door(state: BlueprintSetupState) -> None:
    # Where both doors are in one process, "/" is the public door's first page.
    if "public" not in state.app.extensions["hearth_settings"].doors:
        state.app.add_url_rule("/", "desk_front", front)
