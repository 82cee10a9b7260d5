"""Keys that an attacker put in the database: nothing is ever sealed to them, nothing is opened with them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.factories import TO_CALL, TO_READ, publish_demo_call, signed_in, submit_one
from tests.integration.tables import everything
from webapp.models import Coordinator, PurposeKey, PurposeKeyHolder, PurposeKeySeal, RecoveryKey
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.purpose_key_generation import seal_context
from webapp.services.opening import contact_exports, disclosure
from webapp.services.opening.disclosure import NotAuthorisedToOpen
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.key_claims import KeyClaim, KeyKind
from webapp.vault.keyring import make_coordinator_key
from webapp.vault.macs import KeySwapped, mac_public_key
from webapp.vault.purpose_keys import make_purpose_key
from webapp.vault.sealing import seal_for_holder

pytestmark = pytest.mark.usefixtures("inside")


@contextmanager
def written_by_a_thief() -> Iterator[Session]:
    """An attacker who can write to the main database, and has no config."""
    with stores.writing() as main:
        yield main


def key_of(main: Session, call: Call, purpose: str) -> PurposeKey:
    return main.scalars(
        select(PurposeKey).where(PurposeKey.owner_id == call.id, PurposeKey.purpose == purpose)
    ).one()


def put_in_own_key(main: Session, call: Call) -> None:
    key_of(main, call, "testimony").public_key = make_purpose_key()[1]


def put_in_own_key_and_mac(main: Session, call: Call) -> None:
    key = key_of(main, call, "testimony")
    key.public_key = make_purpose_key()[1]
    claim = KeyClaim(
        kind=KeyKind.PURPOSE,
        owner_id=call.id,
        purpose="testimony",
        epoch=1,
        holders=frozenset(),
        public_key=key.public_key,
    )
    key.mac = mac_public_key(bytes(32), claim)


def add_a_holder(main: Session, call: Call) -> None:
    # Foreign keys let nothing else be a holder: so there is another recovery key first.
    key, recovery_id = key_of(main, call, "testimony"), uuid4()
    main.add(RecoveryKey(id=recovery_id, epoch=2, public_key=b"", mac=key.mac))
    main.flush()
    main.add(PurposeKeyHolder(id=uuid4(), purpose_key_id=key.id, recovery_key_id=recovery_id))


def remove_a_holder(main: Session, call: Call) -> None:
    key = key_of(main, call, "testimony")
    main.execute(
        delete(PurposeKeyHolder).where(
            PurposeKeyHolder.purpose_key_id == key.id,
            PurposeKeyHolder.coordinator_id.is_(None),
        )
    )


def exchange_two_purposes(main: Session, call: Call) -> None:
    one, other = key_of(main, call, "testimony"), key_of(main, call, "contact")
    one.public_key, other.public_key = other.public_key, one.public_key
    one.mac, other.mac = other.mac, one.mac


def add_a_newer_epoch(main: Session, call: Call) -> None:
    old = key_of(main, call, "testimony")
    (coordinator_id,) = main.scalars(select(Coordinator.id))
    main.add(
        PurposeKey(
            id=uuid4(),
            owner_id=call.id,
            purpose="testimony",
            epoch=2,
            holders=[PurposeKeyHolder(id=uuid4(), coordinator_id=coordinator_id)],
            public_key=make_purpose_key()[1],
            mac=old.mac,
        )
    )


def move_to_a_newer_epoch(main: Session, call: Call) -> None:
    key_of(main, call, "testimony").epoch = 2


def take_the_key_of_another_call(main: Session, call: Call) -> None:
    main.delete(key_of(main, call, "testimony"))
    main.flush()
    theirs = main.scalars(
        select(PurposeKey).where(PurposeKey.owner_id != call.id, PurposeKey.purpose == "testimony")
    ).one()
    theirs.owner_id = call.id


Tamper = Callable[[Session, Call], None]


@pytest.mark.parametrize(
    "tamper",
    [
        put_in_own_key,
        put_in_own_key_and_mac,
        add_a_holder,
        remove_a_holder,
        exchange_two_purposes,
        add_a_newer_epoch,
        move_to_a_newer_epoch,
        take_the_key_of_another_call,
    ],
    ids=lambda tamper: tamper.__name__.replace("_", " "),
)
def test_a_swapped_key_is_found_before_anything_is_sealed(tamper: Tamper, call: Call) -> None:
    # Given an attacker who put a key into the database that is not ours
    publish_demo_call("other")
    with written_by_a_thief() as main:
        tamper(main, call)
    before = everything()
    # When a participant sends answers
    with pytest.raises(KeySwapped):
        submit_one(call)
    # Then nothing was stored, not even a secret
    assert everything() == before


@pytest.mark.parametrize(
    "tamper",
    [put_in_own_key, add_a_holder, exchange_two_purposes],
    ids=lambda tamper: tamper.__name__.replace("_", " "),
)
def test_a_swapped_key_is_found_when_something_is_opened(
    tamper: Tamper, call: Call, founded: Founded
) -> None:
    # Given an answer from before the key was swapped
    sent = submit_one(call)
    holder = signed_in(founded)
    with written_by_a_thief() as main:
        tamper(main, call)
    # When a coordinator opens it
    # Then she is stopped: an attacker has been at the keys
    with pytest.raises(KeySwapped):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


@pytest.mark.parametrize("table", [Coordinator, RecoveryKey])
def test_no_new_key_is_sealed_to_a_swapped_holder(
    table: type[Coordinator] | type[RecoveryKey],
) -> None:
    # Given a thief's key in the place of a coordinator's, or of the recovery key
    with written_by_a_thief() as main:
        main.scalars(select(table)).one().public_key = make_coordinator_key()[1]
    before = everything()
    # When a call is published
    with pytest.raises(KeySwapped):
        publish_demo_call("second")
    # Then no private half was sealed to the thief
    assert everything() == before


def test_no_new_key_is_sealed_to_an_added_holder() -> None:
    # Given a thief who added a holder instead, with the MAC of another one
    with written_by_a_thief() as main:
        mac = main.scalars(select(RecoveryKey.mac)).one()
        main.add(RecoveryKey(id=uuid4(), epoch=2, public_key=make_coordinator_key()[1], mac=mac))
    # When a call is published, then it is found
    with pytest.raises(KeySwapped):
        publish_demo_call("second")


def test_a_coordinator_whose_own_key_was_swapped_cannot_sign_in_unnoticed(
    founded: Founded,
) -> None:
    # Given a thief's public key in the row of the coordinator
    with written_by_a_thief() as main:
        main.scalars(select(Coordinator)).one().public_key = make_coordinator_key()[1]
    # When she signs in
    # Then it is found, and she is not told that her passphrase is wrong
    with pytest.raises(KeySwapped):
        signed_in(founded)


def seal_of(erased: Session, key_id: UUID, holder_id: UUID) -> PurposeKeySeal:
    return erased.scalars(
        select(PurposeKeySeal).where(
            PurposeKeySeal.purpose_key_id == key_id, PurposeKeySeal.holder_id == holder_id
        )
    ).one()


def test_a_seal_of_a_key_that_is_not_ours_is_found(call: Call, founded: Founded) -> None:
    # Given a thief who sealed a key of their own to the coordinator, as everybody can
    sent = submit_one(call)
    with stores.reading() as main:
        key = key_of(main, call, "testimony")
        owner = main.scalars(select(Coordinator)).one()
    forged = seal_for_holder(
        make_purpose_key()[0], public_key=owner.public_key, context=seal_context(key, owner.id)
    )
    with stores.writing("erasure") as erased:
        seal_of(erased, key.id, owner.id).envelope = forged
    # When she signs in and opens an answer
    holder = signed_in(founded)
    # Then the private half does not match the public one, and she is stopped
    with pytest.raises(KeySwapped):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


@pytest.mark.parametrize("other", ["another purpose's", "another holder's"])
def test_a_seal_put_in_the_place_of_another_does_not_open(
    call: Call, founded: Founded, other: str
) -> None:
    # Given a seal from elsewhere in the place of the coordinator's
    sent = submit_one(call)
    with stores.reading() as main:
        key = key_of(main, call, "testimony")
        contact = key_of(main, call, "contact")
        safe = main.scalars(select(RecoveryKey.id)).one()
        owner = main.scalars(select(Coordinator.id)).one()
    with stores.writing("erasure") as erased:
        own = seal_of(erased, key.id, owner)
        from_where = (contact.id, owner) if other == "another purpose's" else (key.id, safe)
        own.envelope = seal_of(erased, *from_where).envelope
    # When she signs in and opens an answer, then nothing opens
    holder = signed_in(founded)
    with pytest.raises(DoesNotOpen):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


def test_without_a_seal_no_coordinator_may_open(call: Call, founded: Founded) -> None:
    # Given a coordinator who holds the keys of testimony but not of contact
    sent, holder = submit_one(call), signed_in(founded)
    with stores.reading() as main:
        contact = key_of(main, call, "contact")
    with stores.writing("erasure") as erased:
        erased.delete(seal_of(erased, contact.id, holder.coordinator_id))
    # When she opens both parts, and exports
    disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    with pytest.raises(NotAuthorisedToOpen):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    with pytest.raises(NotAuthorisedToOpen):
        contact_exports.export_consented(
            holder,
            call,
            purpose="contact_me",
            reason=TO_CALL,
            file_format="csv",
            password="",
        )


def test_a_holder_with_another_key_opens_nothing(call: Call, founded: Founded) -> None:
    # Given an attacker who got hold of a desk session's ids, but not of the key
    sent, real = submit_one(call), signed_in(founded)
    false = replace(real, keys=replace(real.keys, keyring_key=make_coordinator_key()[0]))
    # Then nothing opens
    with pytest.raises(DoesNotOpen):
        disclosure.open_testimony(false, sent.submission_id, TO_READ)


def test_another_config_key_vouches_for_nothing(make_app: Callable[..., Flask], call: Call) -> None:
    # Given the stores of this instance under a config that is not theirs
    stranger = make_app(KEY_MAC_KEY=token_hex(32))
    with stranger.app_context(), pytest.raises(KeySwapped):
        # When a participant sends answers, then no key is trusted
        submit_one(call)
