"""Years by chance: whatever is done in whatever order, what opens is what the plain table says. Each seed is a year.

`YEARS=50` plays as many, as evidence.
"""

import os
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.integration.year import participants
from tests.integration.year.coalition import Coalition
from tests.integration.year.opening import check
from tests.integration.year.plain_table import Has
from webapp.rules import clock
from webapp.services.keys.role_changes import LastOwner, LastToOpen

YEARS = int(os.environ.get("YEARS", "2"))
ACTS = 25
NAMES = ("Ana", "Ben", "Cy", "Dee", "Eve", "Fay")
SLUGS = ("spring", "summer", "circle")


@dataclass
class Chance:
    """Draws what happens next. An act that cannot be done now is left out."""

    of: Coalition

    def pick(self, these: object) -> str | None:
        found = sorted(these)  # type: ignore[call-overload]
        return self.of.chance.choice(found) if found else None

    @property
    def here(self) -> dict[str, set[Has]]:
        return self.of.plain.roles

    def owner(self) -> str:
        found = self.pick(name for name, roles in self.here.items() if Has("owner") in roles)
        assert found
        return found

    def role(self) -> Has:
        role = self.of.chance.choice(("coordinator", "analyst", "registrar", "arranger", "owner"))
        where = self.of.chance.choice((None, *SLUGS))
        return Has(role, None if role == "owner" else where)

    # Acts

    def someone_comes(self) -> None:
        if name := self.pick(set(NAMES) - set(self.here)):
            self.of.invite(self.owner(), name, "host", self.role(), *{self.role()})

    def someone_goes(self) -> None:
        name = self.pick(self.here)
        assert name
        self._less(name, None)

    def a_role_is_given(self) -> None:
        name, role = self.pick(self.here), self.role()
        if name and role not in self.here[name]:
            self.of.give(self.owner(), name, role)

    def a_role_is_taken_back(self) -> None:
        name = self.pick(self.here)
        assert name
        if self.here[name]:
            self._less(name, self.of.chance.choice(sorted(self.here[name], key=str)))

    def _less(self, name: str, role: Has | None) -> None:
        left = self.here[name] - {role} if role else set()
        owners = {one for one, roles in self.here.items() if Has("owner") in roles}
        by = self.owner()
        refused: type[Exception] | None = None
        if owners == {name} and Has("owner") not in left:
            refused = LastOwner
        elif self.of.plain.left_alone(name, left, clock.today()):
            refused = LastToOpen
        with pytest.raises(refused) if refused else nullcontext():
            if role:
                self.of.take_back(by, name, role)
            else:
                self.of.leave(by, name)

    def keys_are_given(self) -> None:
        giver, receiver = self.pick(self.here), self.pick(self.here)
        assert giver
        assert receiver
        self.of.hand_on(giver, receiver)

    def new_keys(self) -> None:
        self.of.renew(self.owner(), self.of.chance.choice((None, *SLUGS)), "By chance")

    def what_came_before_is_sealed_anew(self) -> None:
        name = self.pick(self.here)
        assert name
        self.of.seal_anew(name, self.of.chance.choice(SLUGS))

    def someone_forgets(self) -> None:
        name = self.pick(self.here)
        assert name
        self.of.forgets(name)

    def someone_loses_everything(self) -> None:
        name = self.pick(self.here)
        assert name
        self.of.loses_everything(name, *self.of.chance.sample((1, 2, 3), 2))

    def new_sheets(self) -> None:
        self.of.renew_sheets(*self.of.chance.sample((1, 2, 3), 2))

    def someone_tells(self) -> None:
        where = self.of.chance.choice(SLUGS)
        tell = participants.book if where == "circle" else participants.answer
        tell(self.of, f"{where}-{len(self.of.told)}", where)

    def someone_erases(self) -> None:
        if whose := self.pick({record.whose for record in self.of.plain.kept}):
            participants.erase(self.of, whose)

    def someone_corrects(self) -> None:
        if whose := self.pick(
            {record.whose for record in self.of.plain.kept if record.purpose == "testimony"}
        ):
            participants.correct(self.of, whose)


#: How likely each is.
WEIGHTS = {
    Chance.someone_comes: 5,
    Chance.someone_goes: 2,
    Chance.a_role_is_given: 3,
    Chance.a_role_is_taken_back: 4,
    Chance.keys_are_given: 7,
    Chance.new_keys: 3,
    Chance.what_came_before_is_sealed_anew: 3,
    Chance.someone_forgets: 1,
    Chance.someone_loses_everything: 2,
    Chance.new_sheets: 1,
    Chance.someone_tells: 8,
    Chance.someone_erases: 2,
    Chance.someone_corrects: 2,
}


@pytest.mark.parametrize("seed", range(YEARS))
def test_whatever_happens_exactly_what_should_open_opens(coalition: Coalition, seed: int) -> None:
    # Given a coalition with two calls and an event
    of = coalition
    of.chance.seed(seed)
    of.found("Ana")
    for slug in ("spring", "summer"):
        of.open_call(slug, clock.today() + timedelta(days=300))
    of.open_event("circle", clock.today() + timedelta(days=300))
    # When one thing happens after the other
    chance = Chance(of)
    for act in of.chance.choices(list(WEIGHTS), WEIGHTS.values(), k=ACTS):
        act(chance)
    # Then what opens is what the plain table says
    check(of)
