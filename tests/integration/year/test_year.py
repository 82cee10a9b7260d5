"""A year of a coalition: three organisations, six people who come, leave, forget and lose, new keys, erasures.

Afterwards exactly what should open opens, for exactly whom: every sealed row that there ever was is tried for everyone,
and compared with a plain table. The table is printed at the end of the run.
"""

from collections import Counter
from datetime import date

import pytest

from tests.factories import signed_in
from tests.integration.year import opening, participants
from tests.integration.year.coalition import Coalition
from tests.integration.year.opening import check
from tests.integration.year.plain_table import SHEETS, Has
from tests.tally import Tell
from webapp.rules import clock
from webapp.rules.organisations import Standing
from webapp.services.infrastructure import audit
from webapp.services.keys import (
    organisation_changes,
    organisations,
    recovery_sheets,
)
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.coordinators import NotAnOwner
from webapp.services.keys.organisation_changes import StillHasPeople
from webapp.services.keys.recovery_sheets import UnknownSheet
from webapp.services.keys.role_changes import LastOwner, LastToOpen

#: So many sessions of the year are tried again at its end.
OLD_SESSIONS = 8
COORDINATOR, OWNER, ANALYST = Has("coordinator"), Has("owner"), Has("analyst")


def check_what_was_left_behind(coalition: Coalition) -> None:
    """Sessions that nobody signed out of, lost passphrases, seeds of before, and sheets of a set that was replaced."""
    plain = coalition.plain
    for name, session in coalition.chance.sample(coalition.sessions, OLD_SESSIONS):
        is_same = session.coordinator_id == coalition.people[name].id and name in plain.roles
        still = plain.opens(name) if is_same else frozenset()
        assert opening.in_a_session(coalition, session) <= still, name
    for lost in coalition.lost:
        coalition.minute()
        with pytest.raises(NotSignedIn):
            signed_in(lost.what_they_knew)
        if lost.seed:
            assert opening.with_a_seed(coalition, lost.account, lost.seed) == frozenset()
    for burnt in coalition.burnt:
        for sheet in burnt.sheets:
            with pytest.raises(UnknownSheet):
                recovery_sheets.recognise(" ".join(sheet.words))


def test_after_a_year_exactly_what_should_open_opens(coalition: Coalition, tell: Tell) -> None:
    for quarter in (winter_and_spring, spring_and_summer, summer_and_autumn, autumn_and_winter):
        quarter(coalition)
        check(coalition)
    check_what_was_left_behind(coalition)
    assert audit.verify() > 0
    tell("a year of a coalition", *table(coalition))


def winter_and_spring(of: Coalition) -> None:
    """A call, an event, the first people; a forgotten passphrase, and new keys of one call."""
    of.found("Ana")
    of.open_call("spring", date(2027, 3, 28))
    of.turn_to(date(2027, 1, 11))
    holder = of.session("Ana")
    for name in ("Harbour", "Lantern"):
        of.organisation_ids[name] = organisation_changes.add(holder.coordinator_id, name)
    of.invite("Ana", "Ben", "host", COORDINATOR)
    of.invite("Ana", "Cy", "Harbour", ANALYST)
    of.invite("Ana", "Dee", "Lantern", Has("registrar"))
    send(of, "spring", 4)
    assert of.hand_on("Ana", "Ben") == 3
    assert of.hand_on("Ben", "Cy") == 2
    assert of.hand_on("Ben", "Dee") == 0
    of.turn_to(date(2027, 2, 8))
    of.open_event("circle", date(2027, 5, 20))
    book(of, "circle", 4)
    of.invite("Ana", "Eve", "Harbour", OWNER)
    of.invite("Eve", "Fay", "Lantern", Has("arranger", "circle"))
    of.forgets("Cy")
    someone_erases(of, "spring")
    of.hand_on("Ana", "Fay")
    of.turn_to(date(2027, 3, 8))
    assert of.renew("Eve", "spring", "A laptop was left on a train") == 1
    send(of, "spring", 3)
    participants.correct(of, of.chance.choice(told_in(of, "spring")))


def spring_and_summer(of: Coalition) -> None:
    """Two of three sheets let Ben back in; Dee leaves; Cy's roles change; Fay begins anew, through a second holder."""
    of.turn_to(date(2027, 4, 12))
    of.loses_everything("Ben", 1, 3)
    of.open_call("summer", date(2027, 9, 20))
    send(of, "summer", 4)
    someone_erases(of, "circle")
    of.turn_to(date(2027, 5, 10))
    assert of.leave("Eve", "Dee") == ["circle"]
    book(of, "circle", 2)
    of.give("Ana", "Cy", Has("coordinator", "summer"))
    assert of.hand_on("Ben", "Cy") == 1
    assert of.take_back("Eve", "Cy", ANALYST) == ["spring"]
    of.turn_to(date(2027, 5, 17))
    of.begins_anew("Eve", "Fay", "Lantern", giver="Ben")
    someone_erases(of, "spring")
    send(of, "summer", 2)


def summer_and_autumn(of: Coalition) -> None:
    """What is over goes; new sheets; new keys of all; and the last ones are asked to stay."""
    of.turn_to(date(2027, 7, 5))
    of.renew_sheets(2, 3)
    of.open_event("evening", date(2028, 1, 20))
    book(of, "evening", 3)
    assert of.renew("Ana", None, "A stolen laptop") == 3
    send(of, "summer", 2)
    of.turn_to(date(2027, 8, 16))
    with pytest.raises(NotAnOwner):
        of.leave("Ben", "Ana")
    organisation_changes.hand_over(
        of.people["Ana"].id, Standing.CHAIR, of.organisation_ids["Harbour"], seen=None
    )
    of.leave("Eve", "Ana")
    with pytest.raises(LastOwner):
        of.leave("Eve", "Eve")
    assert of.plain.left_alone("Ben", (), clock.today())
    with pytest.raises(LastToOpen):
        of.leave("Eve", "Ben")
    of.turn_to(date(2027, 9, 13))
    someone_erases(of, "evening")
    participants.correct(of, of.chance.choice(told_in(of, "summer")))


def autumn_and_winter(of: Coalition) -> None:
    """Contact details are due; Dee comes back, a member leaves; one more way back in of each kind."""
    of.turn_to(date(2027, 10, 4))
    of.invite("Eve", "Dee", "Harbour", COORDINATOR)
    of.hand_on("Ben", "Dee")
    of.loses_everything("Ben", 2, 1)
    with pytest.raises(StillHasPeople):
        end_membership(of, "Lantern")
    of.leave("Eve", "Fay")
    end_membership(of, "Lantern")
    of.invite("Eve", "Ana", "Harbour", Has("arranger", "evening"))
    of.hand_on("Ben", "Ana")
    of.open_call("winter", date(2028, 1, 24))
    send(of, "winter", 3)
    of.turn_to(date(2027, 11, 22))
    of.begins_anew("Eve", "Cy", "Harbour", giver="Dee")
    assert of.renew("Eve", "winter", "Once a year") == 1
    send(of, "winter", 2)
    of.take_back("Eve", "Dee", COORDINATOR)
    of.give("Eve", "Dee", Has("analyst", "winter"))
    assert of.hand_on("Ben", "Dee") == 6
    someone_erases(of, "winter")
    of.forgets("Dee")
    of.turn_to(date(2028, 1, 3))


def send(of: Coalition, slug: str, how_many: int) -> None:
    for _ in range(how_many):
        participants.answer(of, f"{slug}-{len(of.told)}", slug)


def book(of: Coalition, slug: str, how_many: int) -> None:
    for _ in range(how_many):
        participants.book(of, f"{slug}-{len(of.told)}", slug)


def told_in(of: Coalition, where: str) -> list[str]:
    """The participants of a call or event of whom something is kept."""
    return sorted({record.whose for record, key in of.plain.kept.items() if key.where == where})


def someone_erases(of: Coalition, where: str) -> None:
    participants.erase(of, of.chance.choice(told_in(of, where)))


def end_membership(of: Coalition, name: str) -> None:
    known = next(one for one in organisations.coalition().members if one.name == name)
    term = known.going_on(Standing.MEMBER)
    assert term
    by = of.people["Eve"].id
    organisation_changes.end_membership(by, known.id, clock.today(), seen=term.id)


def table(of: Coalition) -> list[str]:
    gone = Counter(key for record, _, key in of.ever.values() if of.plain.kept.get(record) != key)
    people = [*sorted(of.people), SHEETS]
    return [
        *of.plain.lines(people, gone),
        "A number: so many records opened, each tried. A dash: not one of that line did.",
    ]
