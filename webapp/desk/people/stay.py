"""Staying signed in: a button on every page puts the idle timeout off, and leaves what is being typed alone."""

from flask import jsonify, render_template, request
from werkzeug.wrappers import Response

from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.session_end import session_end
from webapp.rules.roles import Act
from webapp.web.guards import may


@blueprint.post("/stay")
@may(Act.OWN_ACCOUNT)
def stay() -> Response | str:
    """Say until when: in a page of its own tab, or to the script of the page that asked. The request itself does it."""
    end = session_end()
    if request.accept_mimetypes.best == "application/json":
        return jsonify(left=end.seconds_left if end else 0, time=end.time if end else "")
    return render_template("desk/stay.html")
