"""`kill -9` at random moments while new keys are made (rotation), keys are given, and records are sealed anew.

A real process is ended by a real signal. After each, before anything is done about it, every record opens for exactly
whom it should, no key is there by half, and people can go on sending answers. Then the act, done again, completes.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from tests.colleagues import join
from tests.conftest import MakeApp
from tests.factories import DEMO_CALL, OPEN_DAYS, environment
from tests.integration.killed import IMPORTED, Moments, other_process, until_settled
from tests.integration.rounds import rounds
from tests.integration.year import opening, participants
from tests.integration.year.coalition import Coalition, Person
from tests.integration.year.plain_table import CALL, Has, Record
from tests.stores import Stores
from tests.tally import Tell
from webapp.models import ErasureSecret, PurposeKeySeal
from webapp.rules import clock
from webapp.rules.roles import Role
from webapp.services.calls import published_calls
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import giving_keys, key_holders, key_rotations, purpose_keys
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import resealing
from webapp.services.retention import restored_rows
from webapp.services.sealed import shredding

IMPORTED.append(__name__)
KILLS = rounds(7)
#: Of how many moments a quarter must be in the middle. A kill after the end proves nothing.
MOMENTS = 4 * KILLS
SEED = 13
WHOLE = {"DOORS": "public,desk,worker", "BASE_URL": "http://localhost"}
#: Epochs of each key that there are to give.
EPOCHS = 4


@pytest.fixture
def of(make_app: MakeApp, founded: Founded) -> Iterator[Coalition]:
    """Two calls and an event. Ana and Ben hold every key; Cy, an analyst and a registrar, has nothing but the roles."""
    with make_app(**WHOLE).app_context():
        of = Coalition(None, founded, Random(SEED), going_on={})
        of.people["Ana"] = Person(next(iter(holders_of(DEMO_CALL))), founded)
        of.plain.come("Ana", [Has("owner"), Has("coordinator")])
        of.owner_ids[DEMO_CALL] = published_calls.find_call(DEMO_CALL).id
        of.plain.publish(DEMO_CALL, CALL, clock.today() + timedelta(days=OPEN_DAYS))
        comes(of, "Ben", Role.COORDINATOR)
        giving_keys.give_held(of.session("Ana"), of.people["Ben"].id)
        of.plain.hand_on("Ana", "Ben")
        of.open_call("second", clock.today() + timedelta(days=OPEN_DAYS))
        of.open_event("circle", clock.today() + timedelta(days=OPEN_DAYS))
        comes(of, "Cy", Role.ANALYST, Role.REGISTRAR)
        yield of


@pytest.fixture
def settings(of: Coalition, demo_stores: Stores, tmp_path: Path) -> dict[str, str]:
    """The same instance, for another process."""
    return environment(tmp_path, **demo_stores.environment(), **WHOLE)


def holders_of(slug: str) -> set[UUID]:
    """The people who hold a call's keys."""
    with stores.reading() as main:
        call = published_calls.find_call(slug).id
        keys = [key for key in purpose_keys.all_keys(main) if key.owner_id == call]
        return {one.coordinator_id for key in keys for one in key.holders if one.coordinator_id}


def comes(of: Coalition, name: str, *roles: Role) -> None:
    new = join(name, *roles)
    of.people[name] = Person(new.id, new)
    of.plain.come(name, [Has(role.value) for role in roles])


def told(of: Coalition, number: int) -> None:
    """A participant answers each call, and one books."""
    for slug in (DEMO_CALL, "second"):
        participants.answer(of, f"{slug} {number}", slug)
    participants.book(of, f"circle {number}", "circle")


def check_everyone(of: Coalition, *names: str) -> None:
    for name in names:
        assert opened(of, name) == of.plain.opens(name), name


def check_newest(of: Coalition, *names: str) -> None:
    """The same for what is under the last two epochs of each key: quick, however many there are."""
    newest = {
        key
        for key in of.plain.holders
        if key.epoch >= of.plain.newest(key.where, key.purpose).epoch - 1
    }
    for name in names:
        found = opening.in_a_session(of, of.session(name), newest)
        under = {record for record in of.plain.opens(name) if of.plain.kept[record] in newest}
        assert found == under, name


def opened(of: Coalition, name: str) -> frozenset[Record]:
    return opening.in_a_session(of, of.session(name))


def killed_in_the_middle(
    of: Coalition,
    settings: dict[str, str],
    act: Callable[..., object],
    given: Callable[[], tuple[object, ...]],
    after: Callable[[], object],
    wanted: int = KILLS,
) -> Iterator[object]:
    """As often as is wanted: do the act in another process, end it at a random moment, and say what `after` finds."""
    addresses = [settings["DATABASE_URL"], settings["ERASURE_DATABASE_URL"]]
    with other_process(settings, act, *given()) as other:
        moments = Moments.of(Random(SEED), other)
    after()
    kills = 0
    for _ in range(MOMENTS):
        with other_process(settings, act, *given()) as other:
            other.begin()
            moments.wait(other)
            was_at_work = other.kill()
        until_settled(addresses)
        found = after()
        if was_at_work:
            kills += 1
            yield found
        if kills == wanted:
            return
    raise AssertionError(f"only {kills} kills came in time")


# New keys


def renew_all(owner: Holder) -> None:
    """In the other process: ask for new keys of everything, and make them."""
    key_rotations.begin(owner, None, "A laptop was stolen")
    while key_rotations.go_on():
        pass


def test_new_keys_survive_a_kill_at_any_moment(
    of: Coalition, settings: dict[str, str], demo_stores: Stores, tell: Tell
) -> None:
    def after() -> int:
        # Given whatever the kill left: a call has all its new keys, or none of them
        renewed = renewed_already(of)
        for where in renewed:
            of.plain.renew(where)
        # Then everything opens for exactly whom it should, and answers can be sent
        told(of, len(of.told))
        check_newest(of, "Ana", "Ben", "Cy")
        # When it goes on, and is asked for again only where the kill came before it was written down
        now = key_rotations.progress()
        if not renewed and not (now and now.waiting):
            key_rotations.begin(of.session("Ana"), None, "Asked for again")
        while key_rotations.go_on():
            pass
        # Then each has exactly one epoch more
        more = renewed_already(of)
        assert sorted(renewed + more) == sorted(of.owner_ids)
        for where in more:
            of.plain.renew(where)
        return len(renewed)

    def given() -> tuple[object, ...]:
        return (of.session("Ana"),)

    found = Counter(killed_in_the_middle(of, settings, renew_all, given, after))
    check_everyone(of, "Ana", "Ben", "Cy")
    check_nothing_is_left_over(of)
    tell(
        "kill -9 of keys",
        f"{demo_stores.kind}: a rotation killed {KILLS} times, after "
        + ", ".join(
            f"{renewed} of {len(of.owner_ids)} ({n}x)" for renewed, n in sorted(found.items())
        )
        + f"; {len(of.plain.kept)} records, {len(of.plain.holders)} keys: 0 lost, 0 half",
    )


def renewed_already(of: Coalition) -> list[str]:
    """The calls and events with one epoch more than the plain table has. Each has it of every purpose."""
    with stores.reading() as main:
        keys = purpose_keys.all_keys(main)
    found = []
    for where, owner_id in of.owner_ids.items():
        more = {
            purpose: max(
                key.epoch for key in keys if (key.owner_id, key.purpose) == (owner_id, purpose)
            )
            - of.plain.newest(where, purpose).epoch
            for purpose in of.plain.purposes[where]
        }
        assert set(more.values()) in ({0}, {1}), f"half of {where}: {more}"
        found += [where] if 1 in more.values() else []
    return found


def check_nothing_is_left_over(of: Coalition) -> None:
    """What kills left of keys that never came to be is swept after two days. Then rows and seals say the same."""
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert key_rotations.go_on() == 0
    with stores.reading() as main:
        keys = {key.id: key for key in purpose_keys.all_keys(main)}
    with stores.reading("erasure") as erasure:
        seals = erasure.scalars(select(PurposeKeySeal)).all()
    sealed = {(seal.purpose_key_id, seal.holder_id) for seal in seals}
    assert len(sealed) == len(seals)
    assert sealed == {
        (key.id, holder) for key in keys.values() for holder in purpose_keys.verified(key).holders
    }
    assert len(keys) == len(of.plain.holders)
    assert audit.verify() > 0


# Giving keys


def test_given_keys_survive_a_kill_at_any_moment(
    of: Coalition, settings: dict[str, str], demo_stores: Stores, tell: Tell
) -> None:
    # Given keys of several epochs, each with something under it
    told(of, 0)
    for epoch in range(1, EPOCHS):
        key_rotations.begin(of.session("Ana"), None, "Once a year")
        while key_rotations.go_on():
            pass
        of.plain.renew_all(clock.today())
        told(of, epoch)
    take_away(of, "Cy")
    keys = len(of.plain.lacking("Cy"))
    assert keys == EPOCHS * 6
    cy = of.people["Cy"].id

    def after() -> str:
        # Given whatever the kill left: all of it opens for Cy, or none
        nothing, before = frozenset[Record](), opened(of, "Cy")
        has_rows = cy in holders_of(DEMO_CALL)
        # When a holder gives the keys again
        again = giving_keys.give_held(of.session("Ana"), cy)
        assert again.missing == 0
        assert again.keys == (0 if before else keys)
        of.plain.hand_on("Ana", "Cy")
        # Then all that his roles open does, and nothing else
        assert before in (nothing, of.plain.opens("Cy"))
        check_everyone(of, "Ana", "Ben", "Cy")
        take_away(of, "Cy")
        assert opened(of, "Cy") == nothing
        return "given" if before else "rows alone" if has_rows else "nothing"

    def given() -> tuple[object, ...]:
        return of.session("Ana"), cy

    found = Counter(killed_in_the_middle(of, settings, giving_keys.give_held, given, after))
    check_nothing_is_left_over(of)
    tell(
        "kill -9 of keys",
        f"{demo_stores.kind}: giving {keys} keys killed {KILLS} times, which left "
        + ", ".join(f"{left} ({n}x)" for left, n in sorted(found.items()))
        + ": 0 lost, 0 half",
    )


def take_away(of: Coalition, name: str) -> None:
    """As before they were given; the roles stay."""
    person = of.people[name].id
    with stores.writing() as main:
        keys = purpose_keys.locked_keys(main)
        key_holders.take_away(keys, person)
    key_holders.delete_seals(person, [key.id for key in keys])
    for who in of.plain.holders.values():
        who.discard(name)


# Sealing anew


RESEALS = 3


def seal_all_anew(holder: Holder, owner_ids: list[UUID]) -> None:
    """In the other process: small batches, so that there are many moments."""
    resealing.BATCH = 3  # type: ignore[misc]
    for owner_id in owner_ids:
        resealing.begin(holder, owner_id, "A person left")
        while resealing.go_on(holder, owner_id).waiting:
            pass


def test_sealing_anew_survives_a_kill_at_any_moment(
    of: Coalition, settings: dict[str, str], demo_stores: Stores, tell: Tell
) -> None:
    before: list[UUID] = []

    def given() -> tuple[object, ...]:
        # Given records under one key, and newer keys
        told(of, len(of.told))
        key_rotations.begin(of.session("Ana"), None, "A person left")
        while key_rotations.go_on():
            pass
        of.plain.renew_all(clock.today())
        before[:] = [row.secret_id for _, row, _ in of.ever.values() if row.purpose != "equality"]
        return of.session("Ana"), sorted(of.owner_ids.values())

    def after() -> int:
        # Given whatever the kill left: each record is under one key or the other, and opens for exactly whom it should
        moved = keys_of_now(of)
        participants.answer(of, f"in between {len(of.told)}", DEMO_CALL)
        check_newest(of, "Ana", "Cy")
        assert restored_rows.unreadable() == 0
        # When another holder goes on
        for where in of.owner_ids:
            of.seal_anew("Ben", where)
        # Then all of it is under the newest keys, and the worker leaves no secret of before
        assert all(
            key == of.plain.newest(key.where, key.purpose)
            for record, key in of.plain.kept.items()
            if record.purpose != "equality"
        )
        shredding.finish_waiting()
        with stores.reading("erasure") as erasure:
            left = set(erasure.scalars(select(ErasureSecret.id)))
        assert not left & set(before)
        assert resealing.unfinished() == 0
        check_newest(of, "Ana", "Cy")
        return moved

    found = list(killed_in_the_middle(of, settings, seal_all_anew, given, after, RESEALS))
    check_everyone(of, "Ana", "Ben", "Cy")
    assert audit.verify() > 0
    tell(
        "kill -9 of keys",
        f"{demo_stores.kind}: sealing anew killed {RESEALS} times, after {sorted(map(str, found))} records;"
        f" {len(of.plain.kept)} records: 0 lost, 0 half",
    )


def keys_of_now(of: Coalition) -> int:
    """Write down which records were sealed anew before the kill. Returns how many."""
    of.look_again()
    moved = 0
    for record, _, key in of.ever.values():
        if of.plain.kept[record] != key:
            assert key == of.plain.newest(key.where, key.purpose)
            of.plain.kept[record] = key
            moved += 1
    return moved
