"""A rolling upgrade: processes of the release before go on beside tables that were expanded, in the middle of anything.

The code of today stands for the older one: what is added here, it does not know. `tests/expanding.py` says which
changes a migration may make that lets it run on; here each of them is made, and nobody notices.
"""

import logging

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import text

from tests.architecture.test_expanding_migrations import (
    column_that_may_be_empty,
    column_with_a_default,
    index,
    new_table,
)
from tests.conftest import MakeApp
from tests.factories import TO_READ, code_for, register_one, submit_one
from tests.factories import publish_demo_event as publish_event
from tests.people import answer_everything, begin, come_back, send
from tests.stores import Shelf
from tests.visitor import Visitor
from webapp.extensions import db
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import row_verification, stores
from webapp.services.keys import authentication
from webapp.services.opening import disclosure
from webapp.settings import WrongSetting
from webapp.web import start_checks


def expand(app: Flask) -> None:
    """What a newer release's migrations add."""
    with (
        app.app_context(),
        db.engine.begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        for change in (new_table, column_that_may_be_empty, index, column_with_a_default):
            change()


def test_people_and_coordinators_go_on_while_newer_tables_are_put_beneath_them(
    make_app: MakeApp, shelf: Shelf
) -> None:
    # Given a participant in the middle of a call, one with a code, and a coordinator who is signed in
    app = make_app(DOORS="public,desk,worker", BASE_URL="http://localhost")
    visitor = Visitor(app.test_client())
    begin(visitor)
    with app.app_context():
        owner = shelf.founded.owner
        holder = authentication.sign_in(
            owner.sign_in_name, owner.passphrase, code_for(shelf.founded)
        )
        before, goes = submit_one(), submit_one()
        event = publish_event()
    # When the tables are expanded by a newer release
    expand(app)
    # Then the participant sends their answers, and comes back with the code
    answer_everything(visitor)
    code = send(visitor)
    again = Visitor(app.test_client())
    come_back(again, code)
    assert again.path.endswith("/choices/held")
    with app.app_context():
        # And others book, erase and are read
        assert register_one(event).state
        assert erasing.erase_held(own_copies.find_held(goes.receipt)).complete
        opened = disclosure.open_testimony(holder, before.submission_id, TO_READ)
        assert opened.answers.items() <= before.answers.items()
        # And no row is taken for false
        assert list(row_verification.find_false()) == []


def test_a_process_starts_beside_newer_tables_and_not_beside_older_ones(
    page_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    # Given tables of a release that this one does not know
    at(page_app, "9999")
    # Then a process that is started again serves, and the log says what to do
    with caplog.at_level(logging.WARNING):
        start_checks.before_serving(page_app)
    assert "restart with the newer one" in caplog.text
    # And with tables of before, it does not start, and says what to give
    at(page_app, "0040")
    with pytest.raises(WrongSetting, match=f"needs {stores.newest_revision()}: give upgrade"):
        start_checks.before_serving(page_app)


def at(app: Flask, revision: str) -> None:
    with app.app_context(), stores.writing() as main:
        main.execute(text("UPDATE alembic_version SET version_num = :now"), {"now": revision})
