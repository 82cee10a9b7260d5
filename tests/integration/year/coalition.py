"""A coalition that does things with the real services, and writes each of them down in the plain table beside.

Time goes by the test's clock: each sign-in comes a minute after what was before, with the six digits of that minute.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pyotp
import time_machine
from sqlalchemy import select

from tests.factories import (
    publish_demo_call,
    publish_demo_event,
    rehearse_all,
    seed_of,
    sheets_of,
    signed_in,
)
from tests.integration.year.plain_table import CALL, EVENT, Has, Key, PlainTable, Record
from tests.turned import an_operator_confirmed
from webapp.models import Part, RegistrationPart
from webapp.rules import clock
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys import (
    giving_keys,
    invitations,
    joining,
    key_rotations,
    organisations,
    passphrase_reset,
    recovery,
    recovery_renewal,
    role_changes,
    second_factor,
    session_keyrings,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import resealing
from webapp.services.opening.disclosure import NotAuthorisedToOpen
from webapp.services.worker import chores

SEATS = 40


@dataclass(frozen=True)
class Person:
    """A person at the desk, as they know themselves: what they sign in with is with them alone."""

    id: UUID
    what_they_know: Founded


@dataclass(frozen=True)
class Lost:
    """What a person signed in with before, and the seed behind it, where that was replaced or its account ended."""

    account: UUID
    what_they_knew: Founded
    seed: bytes | None


@dataclass(frozen=True)
class Told:
    """What a participant sent: their code, or the id of their booking, and each part as they said it."""

    code: str | None
    booking: UUID | None
    said: dict[str, Mapping[str, Any]]


@dataclass
class Coalition:
    """People, what participants told us, and the plain table. `clock` turns the real one."""

    traveller: time_machine.Traveller | None
    founded: Founded
    chance: Random
    plain: PlainTable = field(default_factory=PlainTable)
    people: dict[str, Person] = field(default_factory=dict)
    owner_ids: dict[str, UUID] = field(default_factory=dict)
    organisation_ids: dict[str, UUID] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    #: Every sealed row that there ever was, as a thief's copies of `main` have them.
    ever: dict[UUID, tuple[Record, Part | RegistrationPart, Key]] = field(default_factory=dict)
    #: Sessions that nobody signed out of.
    sessions: list[tuple[str, Holder]] = field(default_factory=list)
    #: What opened something once and must not any more.
    lost: list[Lost] = field(default_factory=list)
    burnt: list[Founded] = field(default_factory=list)
    accounts: int = 0
    #: Sessions that go on, by passphrase, each with its person's seed.
    going_on: dict[str, tuple[Holder, bytes]] = field(default_factory=dict)

    # The desk

    def minute(self) -> None:
        if self.traveller:
            self.traveller.shift(timedelta(seconds=61))

    def turn_to(self, day: date) -> None:
        """The worker kept running meanwhile, and does what is due on this day."""
        assert self.traveller
        self.traveller.move_to(f"{day.isoformat()} 09:00:00+00:00", tick=False)
        an_operator_confirmed()
        assert chores.do_all((chores.remove_unreadable,), mail=False)
        self.plain.pass_day(day)

    def sign_in(self, name: str) -> Holder:
        """With what they know, and a second factor that was never used. Raises `NotSignedIn`."""
        self.minute()
        holder = signed_in(self.people[name].what_they_know)
        self.sessions.append((name, holder))
        return holder

    def session(self, name: str) -> Holder:
        """A session with the purpose keys that one of now has, without Argon2id for each act."""
        known = self.people[name].what_they_know
        if known.owner.passphrase not in self.going_on:
            self.going_on[known.owner.passphrase] = (self.sign_in(name), seed_of(known))
        holder, seed = self.going_on[known.owner.passphrase]
        session_keyrings.throw_away(holder)
        session_keyrings.fill(holder, seed)
        return holder

    def found(self, name: str) -> None:
        """The first person: owner and coordinator."""
        rehearse_all(self.founded)
        holder = signed_in(self.founded)
        self.people[name] = Person(holder.coordinator_id, self.founded)
        self.plain.come(name, [Has("owner"), Has("coordinator")])
        self.organisation_ids["host"] = organisations.coalition().everyone[0].id

    def invite(self, by: str, name: str, organisation: str, *roles: Has) -> None:
        """A link that works once; the person alone makes what they sign in with."""
        wanted = invitations.Wanted(
            uuid4(), name, self.organisation_ids[organisation], Grants.of(map(self.grant, roles))
        )
        made = invitations.invite(self.session(by), wanted)
        self.accounts += 1
        own = replace(joining.begin(), sign_in_name=f"{name}-{self.accounts}".lower())
        step = second_factor.proven_step(own.totp_secret, pyotp.TOTP(own.totp_secret).now())
        joining.join(joining.find(made.secret), own, last_step=step)
        self.people[name] = Person(made.id, Founded(own, ()))
        self.plain.come(name, roles)

    def hand_on(self, giver: str, receiver: str) -> int:
        """A person who holds keys gives them to a colleague."""
        holder = self.session(giver)
        given = giving_keys.give_held(holder, self.people[receiver].id)
        keys = self.plain.hand_on(giver, receiver)
        assert (given.keys, given.missing) == (keys, len(self.plain.lacking(receiver)))
        return keys

    def give(self, by: str, name: str, role: Has) -> None:
        role_changes.give(self.session(by), self.people[name].id, self.grant(role))
        self.plain.give(name, role)

    def take_back(self, by: str, name: str, role: Has) -> list[str]:
        role_changes.take_back(self.session(by), self.people[name].id, self.grant(role))
        return self.plain.take_back(name, role, clock.today())

    def leave(self, by: str, name: str) -> list[str]:
        before = self._lose(name)
        role_changes.leave(self.session(by), before.account)
        self.lost.append(before)
        return self.plain.leave(name, clock.today())

    def renew(self, by: str, where: str | None, reason: str) -> int:
        """New keys of one call or event, or of all, made one after the other."""
        asked = key_rotations.begin(
            self.session(by), self.owner_ids[where] if where else None, reason
        )
        while key_rotations.go_on(seconds=0):
            pass
        if where:
            self.plain.renew(where)
        else:
            assert asked == len(self.plain.renew_all(clock.today()))
        return asked

    def seal_anew(self, by: str, where: str) -> bool:
        """A person seals what came before to the key of now. False where they cannot."""
        holder, owner_id = self.session(by), self.owner_ids[where]
        try:
            resealing.begin(holder, owner_id, "A person left")
        except NotAuthorisedToOpen:
            assert not self.plain.seal_anew(by, where)
            return False
        while resealing.go_on(holder, owner_id, seconds=0).waiting:
            pass
        assert self.plain.seal_anew(by, where)
        self.look_again()
        return True

    def look_again(self) -> None:
        """Take the rows that were sealed anew in place of those of before."""
        with stores.reading() as main:
            rows = [*main.scalars(select(Part)), *main.scalars(select(RegistrationPart))]
        for now in rows:
            record, row, key = self.ever[now.id]
            if now.epoch != row.epoch:
                self.ever[now.id] = record, now, replace(key, epoch=now.epoch)

    def grant(self, has: Has) -> Grant:
        return Grant(Role(has.role), self.owner_ids[has.within] if has.within else None)

    # Calls and events

    def open_call(self, slug: str, closes_on: date) -> None:
        publish_demo_call(slug, closes_on)
        self.owner_ids[slug] = published_calls.find_call(slug).id
        self.plain.publish(slug, CALL, closes_on)

    def open_event(self, slug: str, day: date) -> None:
        event = publish_demo_event(
            "small-group", slug, starts=f"{day.isoformat()}T14:00", seats=SEATS
        )
        self.owner_ids[slug] = event.id
        self.plain.publish(slug, EVENT, day)

    # Ways back in

    def forgets(self, name: str) -> None:
        """The passphrase is lost; the recovery code on paper at home makes a new one."""
        lost = replace(self._lose(name), seed=None)
        before = lost.what_they_knew.owner
        new = passphrase_reset.new_passphrase(before.sign_in_name, before.recovery_code)
        self.lost.append(lost)
        self._knows_now(name, replace(before, passphrase=new.passphrase))

    def loses_everything(self, name: str, one: int, other: int) -> None:
        """Passphrase, recovery code and phone are lost; two of three sheets let the person back in."""
        self.lost.append(self._lose(name))
        sign_in_name = self.people[name].what_they_know.owner.sign_in_name
        back = recovery.let_back_in(sign_in_name, *sheets_of(self.founded, one, other))
        assert back.missing == 0
        assert back.sealed == self.plain.let_back_in(name)
        self._knows_now(name, back.given)

    def begins_anew(self, by: str, name: str, organisation: str, giver: str) -> None:
        """Everything is lost, and no sheets are used: the account ends, and a second holder gives keys to a new one."""
        roles = self.plain.roles[name]
        self.leave(by, name)
        self.invite(by, name, organisation, *sorted(roles))
        self.hand_on(giver, name)

    def renew_sheets(self, one: int, other: int) -> None:
        """A sheet was burnt: the two others make three new ones, which are rehearsed."""
        typed = sheets_of(self.founded, one, other)
        made = recovery_renewal.renew(
            recovery.recovery_secret(*typed), {sheet.sheet.secret for sheet in typed}
        )
        self.burnt.append(self.founded)
        self.founded = replace(self.founded, sheets=made.sheets)
        rehearse_all(self.founded)

    def _lose(self, name: str) -> Lost:
        person = self.people[name]
        return Lost(person.id, person.what_they_know, seed_of(person.what_they_know))

    def _knows_now(self, name: str, owner: Any) -> None:
        known = self.people[name]
        self.people[name] = replace(
            known, what_they_know=replace(known.what_they_know, owner=owner)
        )
