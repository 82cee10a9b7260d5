"""Flask's session interface over sealed rows in the volatile store: no Visit is made by a GET."""

from typing import cast

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin

from webapp.extensions import current_settings
from webapp.services.infrastructure import limits, stores
from webapp.sessions import store
from webapp.sessions.cookie import left_offline, secret_from, set_cookie
from webapp.sessions.states import Ended
from webapp.sessions.visit import Visit, VisitFull


class VisitInterface(SessionInterface):
    """Reads the Visit before a request's guard, and writes it once the answer is made."""

    def open_session(self, app: Flask, request: Request) -> Visit:
        """The Visit that the cookie leads to, or an empty one that keeps nothing."""
        visit = Visit("desk" if request.path.startswith("/desk") else "public")
        if request.path.startswith(("/static/", "/healthz", "/livez")):
            return visit
        if visit.door not in current_settings().doors:
            # Least privilege: a process of the public door never opens a coordinator's Visit, should the cookie come.
            return visit
        visit.left_offline = visit.door == "public" and left_offline(request)
        secret = secret_from(request, visit.door)
        if secret is not None:
            try:
                store.read(visit, secret)
            except stores.StoreUnavailable:
                # Answered by the guard: here no error page could be made yet.
                visit.is_unsavable = True
        return visit

    def save_session(self, app: Flask, visit: SessionMixin, response: Response) -> None:
        """Write what changed, move the idle timeout, remove the rows that were replaced, set the cookie."""
        visit = cast(Visit, visit)
        leaving = isinstance(visit.state, Ended) and visit.state.left
        if visit.is_unsavable and not leaving:
            return
        try:
            store.write(visit)
        except (stores.StoreUnavailable, VisitFull, limits.TooMany):
            # The page that says so passes here again.
            visit.is_unsavable = True
            # A visitor who leaves cannot wait for us: without its cookie nothing opens the row, and it ends by itself.
            if not leaving:
                raise
        set_cookie(visit, response)


def init_app(app: Flask) -> None:
    """Make the Visit this application's session."""
    app.session_interface = VisitInterface()
