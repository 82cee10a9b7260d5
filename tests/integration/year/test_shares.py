"""A year of sharing, at random: members come and go, people read for them, and yeses are given, taken back and erased.

After every few acts, each recipient opens exactly what a plain table of sets says, whatever was shared before.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask

from tests.colleagues import Colleague, join
from tests.factories import Sent, submit_one
from tests.sharing import OWNER, TO_REACH, anew, list_shown, share_with
from tests.tally import Tell
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.rules.roles import Role
from webapp.services.answers import consents, corrections, erasing, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.corrections import Correction
from webapp.services.keys import organisation_changes, organisations, role_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.organisation_keys import NoRecipient
from webapp.services.opening import shared_reading
from webapp.services.opening.disclosure import NotAuthorisedToOpen

MEMBERS = ("Harbour", "Lantern", "Anchor")
ACTS, AT_ONCE, LEAST = 60, 3, 5


@dataclass
class Plain:
    """What should be so (test oracle), with names, numbers and sets alone."""

    #: By member: the number of its membership that goes on.
    periods: dict[str, int] = field(default_factory=dict)
    begun: Counter[str] = field(default_factory=Counter)
    #: By recipient: for which member they read.
    reads_for: dict[str, str] = field(default_factory=dict)
    #: By participant: the memberships that stood beside their yes.
    yes: dict[str, frozenset[tuple[str, int]]] = field(default_factory=dict)
    #: By participant and member: under which membership, and to whose keys.
    shared: dict[tuple[str, str], tuple[int, frozenset[str]]] = field(default_factory=dict)

    def members_today(self) -> frozenset[tuple[str, int]]:
        return frozenset(self.periods.items())

    def recipients(self, member: str) -> frozenset[str]:
        return frozenset(one for one, of in self.reads_for.items() if of == member)

    def begin(self, member: str) -> None:
        self.begun[member] += 1
        self.periods[member] = self.begun[member]

    def end(self, member: str) -> None:
        del self.periods[member]
        self.shared = {key: value for key, value in self.shared.items() if key[1] != member}

    def share(self, member: str) -> int:
        readers, period = self.recipients(member), self.periods[member]
        anew = [
            one
            for one, agreed in self.yes.items()
            if (member, period) in agreed
            and not readers <= self.shared.get((one, member), (0, frozenset()))[1]
        ]
        self.shared |= {(one, member): (period, readers) for one in anew}
        return len(anew)

    def forget(self, participant: str, *, with_yes: bool = True) -> None:
        if with_yes:
            self.yes.pop(participant, None)
        self.shared = {key: value for key, value in self.shared.items() if key[0] != participant}

    def opens(self, recipient: str) -> set[str]:
        member = self.reads_for[recipient]
        return {
            one
            for (one, of), (period, readers) in self.shared.items()
            if of == member and recipient in readers and self.periods.get(member) == period
        }


class Year:
    """The same with the real services, a day for each act."""

    def __init__(self, founded: Founded, chance: Random, traveller: time_machine.Traveller) -> None:
        self.founded, self.chance, self.traveller = founded, chance, traveller
        self.plain = Plain()
        self.ids: dict[str, UUID] = {}
        self.people: dict[str, Colleague] = {}
        self.sent: dict[str, Sent] = {}
        self.done: Counter[str] = Counter()

    def act(self) -> None:
        """One act that is possible today."""
        possible: list[Callable[[], None]] = [
            *([self.member_comes, self.recipient_comes] * 2),
            *(self.recipient_leaves, self.member_leaves),
            *([self.participant_sends] * 5),
            *([self.shares] * 8),
            *(self.takes_back, self.says_yes_again, self.corrects, self.erases),
        ]
        act = self.chance.choice(possible)
        self.done[act.__name__] += 1
        act()
        self.traveller.shift(timedelta(days=1))

    def any_of(self, names: "list[str] | dict[str, object]") -> str | None:
        return self.chance.choice(sorted(names)) if names else None

    def member_comes(self) -> None:
        if name := self.any_of([one for one in MEMBERS if one not in self.plain.periods]):
            if name in self.ids:
                organisation_changes.begin_again(OWNER, self.ids[name])
            else:
                self.ids[name] = organisation_changes.add(OWNER, name)
            self.plain.begin(name)

    def recipient_comes(self) -> None:
        if member := self.any_of([*self.plain.periods]):
            name = f"R{len(self.people)}"
            self.people[name] = join(name, Role.RECIPIENT, organisation=self.ids[member])
            self.plain.reads_for[name] = member

    def recipient_leaves(self) -> None:
        if name := self.any_of([*self.plain.reads_for]):
            role_changes.leave(anew(self.founded), self.people[name].id)
            del self.plain.reads_for[name]

    def member_leaves(self) -> None:
        if name := self.any_of([*self.plain.periods]):
            for one in self.plain.recipients(name):
                role_changes.leave(anew(self.founded), self.people[one].id)
                del self.plain.reads_for[one]
            known = next(one for one in organisations.coalition().everyone if one.name == name)
            term = known.going_on(Standing.MEMBER)
            assert term is not None
            organisation_changes.end_membership(OWNER, known.id, clock.today(), seen=term.id)
            self.plain.end(name)

    def participant_sends(self) -> None:
        name = f"P{self.done['participant_sends']}"
        self.sent[name] = submit_one(members=list_shown())
        self.plain.yes[name] = self.plain.members_today()

    def shares(self) -> None:
        if member := self.any_of([*self.plain.periods]):
            if not self.plain.recipients(member):
                with pytest.raises(NoRecipient):
                    share_with(self.founded, self.ids[member])
                return
            assert share_with(self.founded, self.ids[member]) == self.plain.share(member)

    def takes_back(self) -> None:
        if name := self.any_of([*self.plain.yes]):
            consents.change(self.subject(name), "share", False)
            self.plain.forget(name)

    def says_yes_again(self) -> None:
        if name := self.any_of([one for one in self.sent if one not in self.plain.yes]):
            consents.change(self.subject(name, list_shown()), "share", True)
            self.plain.yes[name] = self.plain.members_today()

    def corrects(self) -> None:
        if name := self.any_of([*self.sent]):
            correct(self.sent[name], self.done["corrects"])
            self.plain.forget(name, with_yes=False)

    def erases(self) -> None:
        if name := self.any_of([*self.sent]):
            assert erasing.erase_held(own_copies.find_held(self.sent.pop(name).receipt)).complete
            self.plain.forget(name)

    def subject(self, name: str, members: UUID | None = None) -> Subject:
        held = own_copies.find_held(self.sent[name].receipt)
        return Subject(held.submission_id, held.call_id, held.form, "en", members)

    def check(self) -> int:
        """Each recipient lists and opens exactly what the table says. Returns how many were opened."""
        names = {one.submission_id: name for name, one in self.sent.items()}
        opened = 0
        for recipient in sorted(self.plain.reads_for):
            holder = anew(self.people[recipient])
            rows = shared_reading.page_of(holder).rows
            can = set()
            for row in rows:
                with suppress(NotAuthorisedToOpen):
                    shared_reading.open_shared(holder, row.share_id, TO_REACH)
                    can.add(names[row.submission_id])
            assert can == self.plain.opens(recipient), (recipient, dict(self.done))
            opened += len(can)
        assert shared_reading.page_of(anew(self.founded)).rows == ()
        return opened


def correct(sent: Sent, number: int) -> None:
    held = own_copies.find_held(sent.receipt)
    answers = {**held.answers, "email": f"new-{number}@example.org"}
    corrections.correct(sent.receipt, Correction(uuid4(), held.copies, answers, frozenset(), "en"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_recipient_reads_what_the_table_says(
    seed: int, app: Flask, founded: Founded, tell: Tell
) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller, app.app_context():
        year = Year(founded, Random(seed), traveller)
        year.member_comes()
        year.recipient_comes()
        opened = 0
        for _ in range(0, ACTS, AT_ONCE):
            for _ in range(AT_ONCE):
                year.act()
            opened += year.check()
        # Nothing was true because nothing was there.
        assert opened >= LEAST
        tell("a year of sharing", f"{opened} openings as the table says, after {dict(year.done)}")
