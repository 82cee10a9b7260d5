"""Checks of a door at its start that need the databases: three of them, the tables of this release, none that was
rolled back, and rights that are no more than it needs.

A database may come up later than Hearth does, after a power cut for example. Visitors then get the page that says so;
the checks are made up for at the first request that finds the database there.
"""

from contextlib import suppress

from flask import Flask, current_app, request
from werkzeug.wrappers import Response

from webapp.extensions import current_settings
from webapp.services.infrastructure import (
    backup_marks,
    held_rights,
    record_check,
    schema_versions,
    separate_stores,
)
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.sealed import older_stores
from webapp.settings import WrongSetting
from webapp.web import health
from webapp.web.errors import problem

#: The way out, and whether the process answers at all.
NOT_HELD_UP = ("public.leave", health.ALIVE)


def before_serving(app: Flask) -> None:
    """Make the checks, or have them made later where a store does not answer. Raises `WrongSetting`."""
    with app.app_context():
        backup_marks.check_no_restore(current_settings().instance)
        backup_marks.check_not_closed(current_settings().instance)
        try:
            _check()
        except StoreUnavailable as lost:
            app.logger.warning(
                "The %s store does not answer: its rights are looked at later.", lost
            )
            app.extensions[health.UNCHECKED] = True
            app.before_request(_make_up_for_it)


def _check() -> None:
    separate_stores.check()
    schema_versions.check_not_older()
    settings = current_settings()
    # Both doors in one process have one role between them: there is no separation that could be checked.
    if not settings.demo and len(settings.doors) == 1:
        held_rights.check(settings.doors[0])
    older_stores.check()
    # The public door may not read the record. A desk with a user of its own may not read the file of heads, by which
    # the worker finds out the same when it starts.
    if "desk" in settings.doors:
        with suppress(PermissionError):
            record_check.check_not_cut()


def _make_up_for_it() -> Response | None:
    """Serve nothing, but the way out, until the checks were made and found all as it should be."""
    if not current_app.extensions[health.UNCHECKED] or request.endpoint in NOT_HELD_UP:
        return None
    try:
        _check()
    except StoreUnavailable:
        # The request itself finds that out, and a page that needs no store is shown.
        return None
    except WrongSetting as wrong:
        if request.endpoint == health.READY:
            # Asked every few seconds: the next visitor's request says it in the log.
            return health.not_ready()
        current_app.logger.critical("Hearth does not serve: %s.", wrong)
        return problem(503)
    current_app.extensions[health.UNCHECKED] = False
    return None
