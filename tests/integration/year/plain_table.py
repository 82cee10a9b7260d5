"""The plain table (test oracle): who should open what, worked out with names, sets and days alone.

Nothing here imports Hearth. What a role opens, when something is due and what a change does to keys is written down a
second time, from `docs/keys.md` and `docs/architecture.md`, so that a fault in the service cannot hide in its own
answer. People, calls and events are names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

CALL = ("contact", "testimony", "equality")
EVENT = ("registrant", "needs", "room")
#: What each role opens. An owner, a taker, an auditor and the panel open nothing.
ROLE_OPENS = {
    "coordinator": {*CALL, *EVENT},
    "analyst": {"testimony", "equality"},
    "registrar": {"registrant", "room"},
    "arranger": {"needs", "room"},
}
#: The recovery key: every purpose key is sealed to it.
SHEETS = "sheets"
#: Late paper can be entered for so long after a call's last day, so its keys are still in use.
LATE = timedelta(days=60)


@dataclass(frozen=True, order=True)
class Has:
    """A role, for everything or within one call or event."""

    role: str
    within: str | None = None

    def opens(self, where: str, purpose: str) -> bool:
        return self.within in (None, where) and purpose in ROLE_OPENS.get(self.role, ())


@dataclass(frozen=True, order=True)
class Key:
    """One purpose key of a call or event."""

    where: str
    purpose: str
    epoch: int


@dataclass(frozen=True, order=True)
class Record:
    """What one participant told us under one purpose."""

    whose: str
    purpose: str


@dataclass
class PlainTable:
    """The state of the coalition: roles, holders of keys, what is kept under which key, and until when."""

    roles: dict[str, set[Has]] = field(default_factory=dict)
    holders: dict[Key, set[str]] = field(default_factory=dict)
    purposes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    last_day: dict[str, date] = field(default_factory=dict)
    kept: dict[Record, Key] = field(default_factory=dict)
    due: dict[Record, date] = field(default_factory=dict)

    # Keys

    def publish(self, where: str, purposes: tuple[str, ...], last_day: date) -> None:
        self.purposes[where], self.last_day[where] = purposes, last_day
        for purpose in purposes:
            self._make(Key(where, purpose, 1))

    def renew(self, where: str) -> None:
        """A new epoch of each purpose, for those whose roles open it now."""
        for purpose in self.purposes[where]:
            self._make(Key(where, purpose, self.newest(where, purpose).epoch + 1))

    def renew_all(self, today: date) -> list[str]:
        """New keys of everything that something may still be sealed to."""
        renewed = self.in_use(today)
        for where in renewed:
            self.renew(where)
        return renewed

    def hand_on(self, giver: str, receiver: str) -> int:
        """All that the receiver is to have, lacks, and the giver has. Returns how many keys."""
        given = [key for key in self.lacking(receiver) if giver in self.holders[key]]
        for key in given:
            self.holders[key].add(receiver)
        return len(given)

    def lacking(self, person: str) -> list[Key]:
        """The keys that a person's roles open and that nobody has given them yet."""
        return [
            key
            for key, who in self.holders.items()
            if person not in who and self._may(person, key.where, key.purpose)
        ]

    def let_back_in(self, person: str) -> int:
        """Two sheets give what the person had and what their roles open. Returns how many keys they have then."""
        for key in self.lacking(person):
            self.holders[key].add(person)
        return sum(person in who for who in self.holders.values())

    def newest(self, where: str, purpose: str) -> Key:
        epochs = [key for key in self.holders if (key.where, key.purpose) == (where, purpose)]
        return max(epochs, default=Key(where, purpose, 0))

    def _make(self, key: Key) -> None:
        people = {one for one in self.roles if self._may(one, key.where, key.purpose)}
        self.holders[key] = people | {SHEETS}

    def _may(self, person: str, where: str, purpose: str) -> bool:
        return any(one.opens(where, purpose) for one in self.roles.get(person, ()))

    # People

    def come(self, person: str, roles: Iterable[Has]) -> None:
        self.roles[person] = set(roles)

    def give(self, person: str, role: Has) -> None:
        self.roles[person].add(role)

    def take_back(self, person: str, role: Has, today: date) -> list[str]:
        """The role goes, with the keys that no other role of theirs opens; what is in use gets new ones."""
        self.roles[person].remove(role)
        return self._lose(person, today)

    def leave(self, person: str, today: date) -> list[str]:
        del self.roles[person]
        return self._lose(person, today)

    def left_alone(self, person: str, roles: Iterable[Has], today: date) -> bool:
        """Whether only the sheets would open something in use, if this person had these roles alone."""
        left, in_use = set(roles), self.in_use(today)
        return any(
            who == {person, SHEETS}
            and key.where in in_use
            and not any(one.opens(key.where, key.purpose) for one in left)
            for key, who in self.holders.items()
        )

    def _lose(self, person: str, today: date) -> list[str]:
        lost = set()
        for key, who in self.holders.items():
            if person in who and not self._may(person, key.where, key.purpose):
                who.remove(person)
                lost.add(key.where)
        renewed = [where for where in self.in_use(today) if where in lost]
        for where in renewed:
            self.renew(where)
        return renewed

    # What people tell us

    def send(self, whose: str, where: str, due: dict[str, date]) -> None:
        for purpose in self.purposes[where]:
            self.kept[Record(whose, purpose)] = self.newest(where, purpose)
            self.due[Record(whose, purpose)] = due[purpose]

    def correct(self, record: Record) -> None:
        """What is said anew is sealed to the key of now."""
        self.kept[record] = self.newest(self.kept[record].where, record.purpose)

    def seal_anew(self, person: str, where: str) -> bool:
        """What came before is sealed to the key of now, as far as this person has both; equality answers never are.

        Returns False where something came before, and this person can seal none of it anew.
        """
        older: dict[str, list[Record]] = {}
        for record, key in self.kept.items():
            is_older = key != self.newest(where, record.purpose)
            if key.where == where and record.purpose != "equality" and is_older:
                older.setdefault(record.purpose, []).append(record)
        done = False
        for purpose, records in older.items():
            newest = self.newest(where, purpose)
            keys = {self.kept[record] for record in records} | {newest}
            if all(person in self.holders[key] for key in keys):
                self.kept |= dict.fromkeys(records, newest)
                done = True
        return done or not older

    def erase(self, whose: str) -> None:
        for record in [one for one in self.kept if one.whose == whose]:
            del self.kept[record]

    def pass_day(self, today: date) -> None:
        """What is due by this day is erased."""
        for record in [one for one in self.kept if self.due[one] <= today]:
            del self.kept[record]

    def in_use(self, today: date) -> list[str]:
        """The calls and events that something may still be sealed to: open, or with a participant's answers."""
        told = {key.where for key in self.kept.values()}
        late = {where: LATE if of == CALL else timedelta(0) for where, of in self.purposes.items()}
        return [
            where
            for where, last in self.last_day.items()
            if where in told or today <= last + late[where]
        ]

    # Answers

    def opens(self, person: str) -> frozenset[Record]:
        """All that this person, or two of the sheets, should open: exactly."""
        return frozenset(record for record, key in self.kept.items() if person in self.holders[key])

    def lines(self, people: list[str], gone: dict[Key, int]) -> Iterator[str]:
        """The table: one line for each key, one column for each person. `gone`: what was erased, corrected or due.

        Keys under which nothing was told are left out.
        """
        yield " ".join(
            [f"{'call or event':14}", f"{'purpose':10}", "epoch", "kept", "gone"]
            + [f"{one:>6}" for one in people]
        )
        for key in sorted(self.holders):
            of_key = [one for one, under in self.kept.items() if under == key]
            if not of_key and not gone.get(key):
                continue
            cells = [len(of_key) if one in self.holders[key] else "-" for one in people]
            yield " ".join(
                [f"{key.where:14}", f"{key.purpose:10}", f"{key.epoch:5}"]
                + [f"{len(of_key):4}", f"{gone.get(key, 0):4}"]
                + [f"{cell:>6}" for cell in cells]
            )
