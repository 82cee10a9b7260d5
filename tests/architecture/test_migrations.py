"""Migrations make exactly the tables that the models describe, on both databases, and can go back."""

from pathlib import Path
from uuid import uuid4

import pytest
from click import ClickException
from flask_migrate import downgrade, upgrade
from sqlalchemy import Uuid, bindparam, select, text

from tests import ddl
from tests.colleagues import join
from tests.every_kind import SLUG, publish_every_kind
from tests.factories import publish_demo_event, register_one, signed_in, submit_one
from tests.integration.services.test_contacts import export
from tests.sharing import TO_REACH, anew, new_member, says_yes, share
from tests.stores import DEMO, Shelf, Stores, application
from webapp.models import Coordinator, Look, SetAside, Submission
from webapp.rules import clock
from webapp.rules.reasons import Reason
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.infrastructure import look_check
from webapp.services.infrastructure import stores as all_stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.infrastructure.stores import migrate_all
from webapp.services.keys import account_resets, invitations, joining, organisations, purpose_keys
from webapp.services.keys.invitations import NoSuchInvitation
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.opening import (
    disclosure,
    exported_lists,
    shared_reading,
    withdrawals_after_export,
)
from webapp.services.opening.export_purposes import Recipient
from webapp.services.phone_requests import caller_acts


def test_migrations_make_what_the_models_say(shelf: Shelf, stores: Stores, tmp_path: Path) -> None:
    # Given stores that were migrated, and others made from the models
    (other := tmp_path / "from-models").mkdir()
    with (
        shelf.empty(other) as empty,
        application(stores, tmp_path, DOORS="worker") as migrated,
        application(empty, other, DOORS="worker") as modelled,
    ):
        ddl.create_from_models(modelled)
        # Then the databases describe the same tables
        assert ddl.dump(migrated) == ddl.dump(modelled)
        assert all(ddl.dump(migrated).values())


def test_the_comparison_sees_what_alembic_does_not(stores: Stores, tmp_path: Path) -> None:
    # Given the tables of the main store
    with application(stores, tmp_path, DOORS="worker") as app:
        told = "\n".join(ddl.dump(app)["main"])
    # Then their CHECKs, partial indexes and (on SQLite) missing row numbers are part of what is compared
    assert "equality_stands_alone" in told
    assert "WHERE" in told
    assert stores.kind == "postgresql" or "WITHOUT ROWID" in told


def test_up_down_up_with_data(stores: Stores, tmp_path: Path) -> None:
    # Given a row in every table
    with application(stores, tmp_path, DOORS="worker") as app:
        before = ddl.dump(app)
        ddl.put_a_row_everywhere(app)
        assert set(ddl.count_rows(app).values()) == {1}
        # When everything is taken back
        with app.app_context():
            downgrade(revision="base")
        # Then nothing of ours is left
        assert not any(ddl.dump(app).values())
        # And when it is migrated again
        with app.app_context():
            upgrade()
        # Then all is as it was, and can be filled
        assert ddl.dump(app) == before
        ddl.put_a_row_everywhere(app)


def test_migrating_again_changes_nothing(stores: Stores, tmp_path: Path) -> None:
    # Given migrated stores with data
    with application(stores, tmp_path, DOORS="worker") as app:
        before = ddl.dump(app)
        ddl.put_a_row_everywhere(app)
        # When they are migrated once more, as every start does
        migrate_all(app)
        # Then tables and rows are as they were
        assert ddl.dump(app) == before
        assert set(ddl.count_rows(app).values()) == {1}


def test_holders_of_keys_become_rows_and_text_again(shelf: Shelf, tmp_path: Path) -> None:
    # Given a demo's purpose keys, each with a coordinator and the recovery key as holders
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="desk") as app,
        app.app_context(),
    ):
        before, tables = claims(), ddl.dump(app)
        assert {len(claim.holders) for claim in before} == {2}
        # When the tables go back to before holders were rows
        downgrade(revision="0013")
        # Then each key names its holders in hex, as it did then
        with all_stores.reading() as main:
            written = main.execute(text("SELECT public_key, holders FROM purpose_keys")).all()
        assert {bytes(row.public_key): row.holders for row in written} == {
            claim.public_key: " ".join(sorted(holder.hex for holder in claim.holders))
            for claim in before
        }
        # And forward again, every key claims what it claimed, and its MAC is right
        upgrade()
        assert claims() == before
        assert ddl.dump(app) == tables


def test_buckets_that_could_name_a_network_are_not_taken_along(
    stores: Stores, tmp_path: Path
) -> None:
    # Given a store of before, with a bucket whose name has no key and whose time has seconds
    with application(stores, tmp_path, DOORS="worker") as app, app.app_context():
        tables = ddl.dump(app)
        downgrade(revision="0014")
        with all_stores.writing("volatile") as volatile:
            volatile.execute(
                text("INSERT INTO rate_buckets (key, tokens, updated_at) VALUES (:key, 19, 1.25)"),
                {"key": b"b" * 32},
            )
        # When it is migrated, then it is gone
        upgrade()
        with all_stores.reading("volatile") as volatile:
            assert volatile.execute(text("SELECT * FROM rate_buckets")).all() == []
        assert ddl.dump(app) == tables


def test_what_was_put_aside_comes_back_signed_and_a_false_row_stays_false(
    shelf: Shelf, tmp_path: Path
) -> None:
    # Given two submissions that were put aside, and one of them changed by hand
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="public,desk,worker") as app,
        app.app_context(),
    ):
        call = published_calls.find_call("support-needs")
        kept, changed = submit_one(call), submit_one(call)
        with all_stores.writing() as main:
            people = main.scalars(select(Coordinator.id)).first()
            row = SetAside(
                id=uuid4(), call_id=call.id, coordinator_id=people, made_on=clock.today(), people=2
            )
            main.add(row)
            main.flush()
            for one in main.scalars(select(Submission)):
                one.set_aside_id = row.id
        with all_stores.writing() as main:
            main.execute(
                text("UPDATE submissions SET language = 'xx' WHERE id = :id").bindparams(
                    bindparam("id", changed.submission_id, Uuid())
                )
            )
        # When the tables go back to before there was any putting aside, and forward again
        downgrade(revision="0023")
        upgrade()
        # Then both are in the lists; the one that we wrote is genuine, and the other is not
        with all_stores.reading() as main:
            rows = main.scalars(select(Submission).execution_options(**TOLERANT)).all()
            assert {one.set_aside_id for one in rows} == {None}
            assert kept.submission_id in {one.id for one in genuine(rows)}
            assert changed.submission_id in {one.id for one in rows} - {
                one.id for one in genuine(rows)
            }


def test_what_was_opened_before_is_told_too(shelf: Shelf, tmp_path: Path) -> None:
    # Given people whose answers and contact were opened, who are in a list, one of them crossed out
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="public,desk,worker") as app,
        app.app_context(),
    ):
        call, holder = published_calls.find_call("support-needs"), signed_in(shelf.founded)
        sent, _ = submit_one(call), submit_one(call)
        for key in ("report", "other"):
            disclosure.open_testimony(holder, sent.submission_id, Reason(key, "in her words"))
        disclosure.open_contact(holder, sent.submission_id, Reason("invite"))
        made = export(holder, shelf.founded, call)
        caller_acts.do_not_contact(holder, sent.submission_id, "They asked")
        view = exported_lists.find_export(made.export_id)
        withdrawals_after_export.tick_off(view.id, view.seen, holder=holder)
        before = all_looks()
        assert len(before) == 6
        # When the tables go back to before there were looks, and forward again
        downgrade(revision="0029")
        upgrade()
        # Then each is told again, as it was: same ids, days, kinds and reasons, under MACs that hold
        assert all_looks() == before
        assert look_check.wrong() == {}


def test_sharing_ends_on_the_way_back_and_what_was_opened_is_told_again(
    shelf: Shelf, tmp_path: Path
) -> None:
    # Given a person whose details a recipient opened, for both kinds of reason, and an open invitation of another
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="public,desk,worker") as app,
        app.app_context(),
    ):
        harbour = new_member("Harbour House", "Hana")
        says_yes()
        share(shelf.founded, harbour)
        holder = harbour.signed_in()
        (row,) = shared_reading.page_of(holder).rows
        for reason in (TO_REACH, Reason("other", "They asked us to")):
            shared_reading.open_shared(holder, row.share_id, reason)
        ana = anew(shelf.founded)
        call, member = published_calls.find_call("support-needs"), Recipient(harbour.id, "Harbour")
        export(ana, shelf.founded, call, "share", recipient=member)
        for name, role in (("Ines", Grant(Role.RECIPIENT, harbour.id)), ("Bea", Grant(Role.TAKER))):
            whom = invitations.Wanted(uuid4(), name, harbour.id, Grants.of([role]))
            invitations.invite(ana, whom)
        before = all_looks()
        assert len(before) == 3
        # When the tables go back to before there was sharing
        downgrade(revision="0036")
        # Then no invitation is left that older code could not read
        with all_stores.reading() as main:
            roles = main.execute(text("SELECT roles FROM invitations")).scalars().all()
        assert roles == ['[["taker",""]]']
        # And forward again, the person is told of both openings as before, and nothing is shared
        upgrade()
        # (for which member a list was made, older code did not know)
        assert all_looks() == {without(one, harbour.id) for one in before}
        assert look_check.wrong() == {}
        assert shared_reading.page_of(harbour.signed_in()).rows == ()


def test_an_invitation_stays_and_a_link_for_an_account_ends_on_the_way_back(
    shelf: Shelf, tmp_path: Path
) -> None:
    # Given an open invitation, and a link that resets an account
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="public,desk") as app,
        app.app_context(),
    ):
        ana, cy = signed_in(shelf.founded), join("Cy", Role.ANALYST)
        house = organisations.coalition().members[0].id
        grants = Grants.of([Grant(Role.TAKER)])
        whom = invitations.Wanted(uuid4(), "Bea", house, grants)
        kept = invitations.invite(ana, whom)
        whose = account_resets.Wanted(uuid4(), cy.id, "They forgot it")
        gone = account_resets.make_link(ana, whose)
        # When the tables go back to before there were such links, and forward again
        downgrade(revision="0034")
        upgrade()
        # Then the invitation is believed and works, and the link for the account is over
        assert [one.id for one in invitations.open_invitations()] == [kept.id]
        assert joining.find(kept.secret).account_id is None
        with pytest.raises(NoSuchInvitation):
            joining.find(gone.secret)


def without(row: tuple[object, ...], value: object) -> tuple[object, ...]:
    return tuple(None if one == value else one for one in row)


def all_looks() -> set[tuple[object, ...]]:
    """Every look, checked when it is read."""
    with all_stores.reading() as main:
        return {tuple(row.under_mac().values()) for row in main.scalars(select(Look))}


def test_on_the_way_back_requests_are_cancelled_and_their_mails_do_not_go(
    shelf: Shelf, tmp_path: Path
) -> None:
    # Given a booking that waits for the confirmation of its address
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="public,desk") as app,
        app.app_context(),
    ):
        event = publish_demo_event("small-group", slug="small-2", confirm_address=True)
        assert register_one(event).state == "requested"
        # When the tables go back to before there were any
        downgrade(revision="0016")
        # Then the version before finds only what it knows
        with all_stores.reading() as main:
            states = main.execute(text("SELECT DISTINCT state FROM registrations")).scalars().all()
            kinds = main.execute(text("SELECT kind FROM outbox")).scalars().all()
        assert states == ["cancelled"]
        assert kinds == []


def claims() -> set[VerifiedClaim]:
    """What every purpose key claims. Raises `KeySwapped`."""
    with all_stores.reading() as main:
        return {purpose_keys.verified(key) for key in purpose_keys.all_keys(main)}


def test_the_way_back_is_closed_by_an_event_that_older_code_cannot_read(
    shelf: Shelf, tmp_path: Path
) -> None:
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="public,desk,worker") as app,
        app.app_context(),
    ):
        # Given an event like those of before, then the way back is open
        publish_demo_event()
        downgrade(revision="0044")
        upgrade()
        # When there is one in a building, then it is refused, and nothing was changed
        publish_demo_event(slug="in-a-hall", held="place")
        with pytest.raises(ClickException, match="1 events are held in a place"):
            downgrade(revision="0044")
        assert len(published_events.coming()) == 2


def test_the_way_back_is_closed_by_a_form_that_older_code_cannot_read(
    shelf: Shelf, tmp_path: Path
) -> None:
    with (
        shelf.fresh(tmp_path, DEMO) as demo,
        application(demo, tmp_path, DOORS="public,desk,worker") as app,
        app.app_context(),
    ):
        # Given a form like those of before, then the way back is open
        downgrade(revision="0047")
        upgrade()
        # When one asks for a number and for what comes first, then it is refused, and nothing was changed
        publish_every_kind()
        with pytest.raises(ClickException, match="1 forms ask for a number"):
            downgrade(revision="0047")
        assert published_calls.find_call(SLUG).form.question("number")
