"""Shares that were put in, moved or put back by hand give no member what no yes of now gives it.

The attacker writes to the databases and has no configuration; some of these are recipients of a member, too, with a
session and a key of their own. Before there was sharing there was nothing to plant; so each test shows that the true
row is read first.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.conftest import MakeApp
from tests.factories import DEMO_CALL, Sent, seed_of
from tests.integration.house import make_house
from tests.sharing import (
    OWNER,
    TO_REACH,
    Member,
    end_membership,
    list_now,
    new_member,
    reads,
    says_yes,
    share,
)
from webapp.models import (
    Consent,
    ErasureSecret,
    MemberList,
    OrganisationPeriod,
    Part,
    PurposeKey,
    PurposeKeySeal,
    RoleGrant,
    Share,
    SharedContact,
    Submission,
)
from webapp.rules import clock
from webapp.services.answers import consents, erasing, own_copies, shared_with
from webapp.services.answers.consents import Subject
from webapp.services.calls import published_calls
from webapp.services.infrastructure import row_verification, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import organisation_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.purpose_key_generation import seal_context
from webapp.services.opening import shared_reading, sharing_offers
from webapp.services.opening.disclosure import DoesNotOpen, Erased
from webapp.services.sealed.shared_sealing import shared_context
from webapp.vault.opening import PurposeReader
from webapp.vault.purpose_key_seals import SealReader
from webapp.vault.shared_contacts import BothSecrets, mixed

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def house(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    app = make_house(make_app)
    with app.app_context():
        yield app


@pytest.fixture
def harbour() -> Member:
    return new_member("Harbour House", "Hana")


@pytest.fixture
def lantern(harbour: Member) -> Member:
    return new_member("Lantern", "Lou")


@pytest.fixture
def sent(founded: Founded, harbour: Member, lantern: Member) -> Sent:
    """A person who agreed with both members on the list, shared with the first."""
    sent = says_yes()
    assert share(founded, harbour) == 1
    assert reads(harbour, sent)
    return sent


def change(table: type[Any], *which: Any, **columns: Any) -> None:
    """SQL past Hearth, with every right on the databases and no key of the configuration."""
    with stores.writing() as main:
        main.execute(update(table.__table__).where(*which).values(**columns))


def put_in(table: type[Any], row: Row) -> None:
    with stores.writing() as main:
        main.execute(insert(table.__table__).values(**row))


def rows_of(table: type[Any]) -> list[Row]:
    with stores.reading() as main:
        return [dict(row) for row in main.execute(select(table.__table__)).mappings()]


def take_back(sent: Sent) -> None:
    consents.change(subject(sent), "share", False)


def subject(sent: Sent, members: UUID | None = None) -> Subject:
    held = own_copies.find_held(sent.receipt)
    return Subject(held.submission_id, held.call_id, held.form, "en", members)


def put_back(*found: tuple[type[Any], list[Row]]) -> None:
    """Rows as they were, whole, in the place of what is there now (replay)."""
    for table, _ in reversed(found):
        with stores.writing() as main:
            main.execute(delete(table.__table__))
    for table, rows in found:
        for row in rows:
            put_in(table, row)


def test_a_share_that_is_moved_to_another_organisation_is_read_by_neither(
    sent: Sent, harbour: Member, lantern: Member
) -> None:
    for table in (SharedContact, Share):
        change(table, organisation_id=lantern.id)
        assert not reads(lantern, sent)
        assert not reads(harbour, sent)
    # And the daily check names both
    false = {row.table for row in row_verification.find_false()}
    assert {"shares", "shared_contacts"} <= false


def test_a_share_that_is_put_in_for_another_organisation_is_not_read(
    sent: Sent, lantern: Member
) -> None:
    # Given copies of the true rows, with another organisation and ids of the attacker's
    (shared,), (sealed,) = rows_of(Share), rows_of(SharedContact)
    share_id = uuid4()
    put_in(Share, {**shared, "id": share_id, "organisation_id": lantern.id})
    put_in(
        SharedContact,
        {
            **sealed,
            "id": uuid4(),
            "share_id": share_id,
            "secret_id": uuid4(),
            "organisation_id": lantern.id,
        },
    )
    assert not reads(lantern, sent)
    with pytest.raises(Erased):
        shared_reading.open_shared(lantern.signed_in(), share_id, TO_REACH)


def test_a_person_of_another_organisation_opens_nothing_by_its_id(
    sent: Sent, harbour: Member, lantern: Member
) -> None:
    (row,) = shared_reading.page_of(harbour.signed_in()).rows
    with pytest.raises(Erased):
        shared_reading.open_shared(lantern.signed_in(), row.share_id, TO_REACH)


def test_a_role_that_is_put_in_for_another_organisation_is_none(
    founded: Founded, sent: Sent, harbour: Member, lantern: Member
) -> None:
    # Given a recipient of one member who writes a role within another into the database
    (mine,) = [one for one in rows_of(RoleGrant) if one["coordinator_id"] == lantern.recipient.id]
    put_in(RoleGrant, {**mine, "id": uuid4(), "scope_id": harbour.id})
    # Then they do not get in at all, and nothing is sealed to anyone
    with pytest.raises(RowForged):
        lantern.signed_in()
    with pytest.raises(RowForged):
        share(founded, lantern)


def test_a_share_put_back_after_it_was_taken_back_opens_nothing(
    sent: Sent, harbour: Member
) -> None:
    # Given every row of the share, and its secret's, as they were
    kept = (Share, rows_of(Share)), (SharedContact, rows_of(SharedContact))
    take_back(sent)
    put_back(*kept)
    # Then there is no yes; and where the person says yes again later, its secret is gone
    assert not reads(harbour, sent)
    consents.change(subject(sent, list_now()), "share", True)
    put_back(*kept)
    (row,) = shared_reading.page_of(harbour.signed_in()).rows
    with pytest.raises(Erased):
        shared_reading.open_shared(harbour.signed_in(), row.share_id, TO_REACH)


def test_all_of_it_put_back_whole_with_its_copied_secret_is_read_again(
    sent: Sent, harbour: Member
) -> None:
    # This is the limit that the threat model names. Given copies of all that stood, the secret among them
    tables = (Share, SharedContact, Submission)
    kept = [(table, rows_of(table)) for table in tables]
    consents_then = rows_of(Consent)
    values = secret_of(kept[1][1][0]["secret_id"])
    take_back(sent)
    # When the rows are put back, and the withdrawal is removed, then nothing opens yet
    with stores.writing() as main:
        main.execute(delete(Consent.__table__))
    for row in consents_then:
        put_in(Consent, row)
    put_back(*kept[:2])
    (submission,) = [row for row in kept[2][1] if row["id"] == sent.submission_id]
    change(Submission, Submission.id == sent.submission_id, **submission)
    assert not reads(harbour, sent)
    # But with the secret it does, until the person takes it back once more
    with stores.writing("erasure") as erasure:
        erasure.execute(insert(ErasureSecret.__table__).values(**values))
    assert reads(harbour, sent)
    assert [one.ended_on for one in shared_with.told(sent.submission_id)] == [None]
    take_back(sent)
    assert not reads(harbour, sent)


def secret_of(secret_id: UUID) -> Row:
    with stores.reading("erasure") as erasure:
        secret = erasure.get_one(ErasureSecret, secret_id)
        return {"id": secret.id, "secret": secret.secret, "made_on": secret.made_on}


def test_a_share_put_back_with_its_secret_opens_nothing_of_who_was_erased(
    sent: Sent, harbour: Member
) -> None:
    # Given an attacker who kept the rows of `main` and the secret of the share, and not the person's own
    kept = (Share, rows_of(Share)), (SharedContact, rows_of(SharedContact))
    values = secret_of(kept[1][1][0]["secret_id"])
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete
    with stores.writing("erasure") as erasure:
        erasure.execute(insert(ErasureSecret.__table__).values(**values))
    with pytest.raises(IntegrityError):
        # There is no submission to refer to any more
        put_back(*kept)
    assert not reads(harbour, sent)


def test_a_share_that_is_put_in_keeps_nobody_from_erasing_and_costs_nobody_their_answers(
    founded: Founded, sent: Sent, harbour: Member, lantern: Member
) -> None:
    # Given a false row that hangs on one person's submission, and names the secret of another's contact details
    other = says_yes()
    with stores.reading() as main:
        theirs = main.scalars(
            select(Part).where(Part.submission_id == other.submission_id, Part.purpose == "contact")
        ).one()
    (shared,), (sealed,) = rows_of(Share), rows_of(SharedContact)
    share_id = uuid4()
    put_in(
        Share,
        {
            **shared,
            "id": share_id,
            "submission_id": other.submission_id,
            "organisation_id": lantern.id,
        },
    )
    put_in(
        SharedContact,
        {**sealed, "id": uuid4(), "share_id": share_id, "secret_id": theirs.secret_id},
    )
    # When the worker comes round, and the first person erases everything
    assert shared_with.end_uncovered() == 1
    put_in(
        SharedContact,
        {**sealed, "id": uuid4(), "share_id": share_id, "secret_id": theirs.secret_id},
    )
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete
    # Then that is complete, and the other's details are there and can be shared
    assert shared_with.end_uncovered() == 0
    assert share(founded, lantern) == 1
    assert reads(lantern, other)


def test_a_list_that_is_changed_by_hand_covers_nobody(
    founded: Founded, sent: Sent, harbour: Member, lantern: Member
) -> None:
    # Given a third member that joins later, and is written into the list that was agreed to
    later = new_member("Third", "Tom")
    with stores.reading() as main:
        agreed = main.scalars(select(Consent).where(Consent.purpose == "share")).one()
        newest = max(main.scalars(select(MemberList)), key=lambda one: one.number)
    change(MemberList, MemberList.id == agreed.member_list_id, members=newest.members)
    call = published_calls.find_call(DEMO_CALL)
    assert {one.agreed for one in sharing_offers.preview(call)} == {0}
    assert share(founded, later) == 0
    assert not reads(harbour, sent)


def test_a_yes_that_is_given_another_list_by_hand_is_none(
    founded: Founded, sent: Sent, harbour: Member
) -> None:
    later = new_member("Third", "Tom")
    change(Consent, Consent.purpose == "share", member_list_id=list_now())
    assert share(founded, later) == 0
    assert not reads(harbour, sent)


def test_a_membership_that_is_given_a_new_end_by_hand_is_none(sent: Sent, harbour: Member) -> None:
    # Given a member that left, and whose period is opened again in the database
    end_membership(harbour)
    assert not reads(harbour, sent)
    change(OrganisationPeriod, OrganisationPeriod.organisation_id == harbour.id, ended_on=None)
    assert not reads(harbour, sent)
    # The same where it is a member again, by a new period, and the share is moved under that
    change(
        OrganisationPeriod,
        OrganisationPeriod.organisation_id == harbour.id,
        ended_on=clock.today(),
    )
    with time_machine.travel(clock.now() + timedelta(days=2)):
        organisation_changes.begin_again(OWNER, harbour.id)
        with stores.reading() as main:
            period = main.scalars(
                select(OrganisationPeriod).where(
                    OrganisationPeriod.organisation_id == harbour.id,
                    OrganisationPeriod.ended_on.is_(None),
                )
            ).one()
        change(Share, period_id=period.id)
        assert not reads(harbour, sent)


def test_a_thief_with_all_files_and_a_recipients_passphrase_gets_what_is_shared_and_no_more(
    sent: Sent, harbour: Member
) -> None:
    # Given all stores, what a recipient's passphrase opens, and the row of the share from before
    reader = SealReader(seed_of(harbour.recipient))
    with stores.reading() as main:
        keys = {key.id: key for key in main.scalars(select(PurposeKey))}
        sealed = main.scalars(select(SharedContact)).one()
        part = main.get_one(Part, sealed.part_id)
    with stores.reading("erasure") as erasure:
        seals = erasure.scalars(select(PurposeKeySeal)).all()
    opened = [_opened(reader, keys[seal.purpose_key_id], seal) for seal in seals]
    # Then of all purpose keys they have their own organisation's alone
    seeds = {key_id: seed for key_id, seed in opened if seed}
    assert [(keys[one].owner_id, keys[one].purpose) for one in seeds] == [(harbour.id, "shared")]
    (seed,) = seeds.values()

    def read() -> bytes:
        with stores.reading("erasure") as erasure:
            held = {row.id: row.secret for row in erasure.scalars(select(ErasureSecret))}
        both = BothSecrets(held.get(sealed.secret_id), held.get(part.secret_id))
        return PurposeReader(seed).open_part(
            sealed.envelope, secret=mixed(both), context=shared_context(sealed)
        )

    # And that opens what is shared, until it is taken back, whatever copy of `main` they kept
    assert b"email" in read()
    take_back(sent)
    with pytest.raises(DoesNotOpen):
        read()


def _opened(reader: SealReader, key: PurposeKey, seal: PurposeKeySeal) -> tuple[UUID, bytes | None]:
    try:
        return key.id, reader.open_seal(seal.envelope, context=seal_context(key, seal.holder_id))
    except DoesNotOpen:
        return key.id, None
