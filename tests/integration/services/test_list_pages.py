"""A list of thousands is shown a page at a time, and nobody who must be crossed out is missed for it.

Pages hold two people here, so that a list of five is a long one.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from sqlalchemy import delete, select, update

from tests.factories import Sent, submit_one
from tests.integration.services.test_contacts import corrected, export, holder
from tests.integration.services.test_crossing_out import takes_back
from tests.sharing import end_membership, new_member, says_yes
from tests.turned import the_worker_kept_running
from webapp.models import Consent, ListFinding, ListRound, Submission
from webapp.rules import clock
from webapp.rules.bounded_counts import AtLeast
from webapp.rules.references import reference
from webapp.services.answers import erasing, own_copies
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import row_verification, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import (
    export_purposes,
    exported_lists,
    lists_in_turn,
    withdrawals_after_export,
)
from webapp.services.opening.withdrawals_after_export import Change, Place, Span
from webapp.services.phone_requests import caller_acts

__all__ = ["holder"]
pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (withdrawals_after_export, exported_lists):
        monkeypatch.setattr(module, "PER_PAGE", 2)


@pytest.fixture
def people(call: Call) -> list[Sent]:
    return sorted(
        (submit_one(call, given={"contact_me": True}) for _ in range(5)),
        key=lambda one: one.submission_id,
    )


@pytest.fixture
def made(people: list[Sent], holder: Holder, founded: Founded, call: Call) -> UUID:
    """A list of these people."""
    return export(holder, founded, call).export_id


def pages(export_id: UUID) -> Iterator[exported_lists.ExportPage]:
    place: Place | None = Place()
    while place is not None:
        view = exported_lists.find_export(export_id, place)
        yield view
        place = Place(after=view.page.older) if view.page.older else None


def named(export_id: UUID) -> list[UUID]:
    """Everyone whom the pages of a list say to cross out."""
    return [one.submission_id for view in pages(export_id) for one in view.page.changes]


def gone_through() -> None:
    """The worker has looked at every line, some in each round."""
    rounds = lists_in_turn.Rounds(2)
    for _ in range(100):
        if rounds.look_at_next():
            return
    pytest.fail("the round has no end")


def noted() -> set[UUID]:
    with stores.reading() as main:
        return set(main.scalars(select(ListFinding.submission_id)))


def test_all_who_withdrew_are_on_one_of_the_pages(people: list[Sent], made: UUID) -> None:
    # Given a list in which everyone takes the permission back
    for one in people:
        takes_back(one.receipt)
    # Then each is on exactly one page, and each page says how many there are in all
    shown = list(pages(made))
    assert [len(view.page.changes) for view in shown] == [2, 2, 1]
    assert named(made) == [one.submission_id for one in people]
    assert {view.concerned for view in shown} == {5}
    # And the pages lead back: what is before a page is a whole one
    last = shown[-1].page
    back = exported_lists.find_export(made, Place(before=last.newer))
    assert back.page.changes == shown[1].page.changes
    first = exported_lists.find_export(made, Place(before=back.page.newer))
    assert (first.page.changes, first.page.older) == (
        shown[0].page.changes,
        shown[0].page.older,
    )
    # And beyond the end is the beginning
    beyond = exported_lists.find_export(made, Place(after=people[-1].submission_id))
    assert beyond.page == shown[0].page


def test_a_tick_is_for_the_people_of_its_page(
    people: list[Sent], made: UUID, holder: Holder
) -> None:
    # Given three pages of people, and the second one open
    for one in people:
        takes_back(one.receipt)
    second = list(pages(made))[1]
    # When a coordinator says that these are crossed out, and presses twice
    for _ in range(2):
        withdrawals_after_export.tick_off(made, second.seen, holder=holder, span=second.page.span)
    # Then they alone are
    first, second_one, third, _, fifth = (one.submission_id for one in people)
    left = [one.submission_id for one in people if one not in people[2:4]]
    assert named(made) == left == [first, second_one, fifth]
    assert third not in left
    assert {one.reference for one in second_crossed(made)} == {
        reference(one.submission_id) for one in people[2:4]
    }
    # And with what another page showed, or for everyone, nothing is ticked off
    for span in (Span(), Span(last=first)):
        with pytest.raises(EditConflict):
            withdrawals_after_export.tick_off(made, second.seen, holder=holder, span=span)
    assert named(made) == left


def second_crossed(export_id: UUID) -> tuple[exported_lists.Crossed, ...]:
    return exported_lists.find_export(export_id).crossed_out


def test_who_withdraws_on_the_page_that_was_shown_must_be_seen_first(
    people: list[Sent], made: UUID, holder: Holder
) -> None:
    # Given two pages: the second, fourth and fifth of five people
    for one in (people[1], people[3], people[4]):
        takes_back(one.receipt)
    view = exported_lists.find_export(made)
    # When the third, whose place is on the page that is open, withdraws before the button is pressed
    takes_back(people[2].receipt)
    # Then nothing is ticked off
    with pytest.raises(EditConflict):
        withdrawals_after_export.tick_off(made, view.seen, holder=holder, span=view.page.span)
    assert second_crossed(made) == ()
    # And a withdrawal on another page is no reason to look at this one again
    view = exported_lists.find_export(made)
    takes_back(people[0].receipt, granted=True)
    withdrawals_after_export.tick_off(made, view.seen, holder=holder, span=view.page.span)
    assert named(made) == [one.submission_id for one in people[3:]]


def test_those_who_were_crossed_out_have_pages_too(
    people: list[Sent], made: UUID, holder: Holder
) -> None:
    # Given a list in which all were crossed out
    for one in people:
        takes_back(one.receipt)
    for view in list(pages(made)):
        withdrawals_after_export.tick_off(made, view.seen, holder=holder, span=view.page.span)
    # When a coordinator goes through the pages and back
    view = exported_lists.find_export(made)
    seen = [view.crossed]
    while seen[-1].older:
        seen.append(exported_lists.find_export(made, crossed=seen[-1].older).crossed)
    # Then each person is there once
    assert [one.reference for page in seen for one in page.rows] == [
        reference(one.submission_id) for one in people
    ]
    back = exported_lists.find_export(made, crossed=seen[-1].newer).crossed
    assert back.rows == seen[1].rows
    assert exported_lists.find_export(made, crossed=back.newer).crossed == seen[0]


def erases(sent: Sent) -> None:
    erasing.erase_held(own_copies.find_held(sent.receipt))


ACTS: dict[str, Callable[[Sent, Holder], None]] = {
    "withdraws": lambda sent, _: takes_back(sent.receipt),
    "corrects": lambda sent, _: corrected(sent, phone="07700 900999"),
    "erases": lambda sent, _: erases(sent),
    "asks us not to call": lambda sent, holder: caller_acts.do_not_contact(
        holder, sent.submission_id, "asked by phone"
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_is_new_is_seen_at_once_and_never_forgotten(
    people: list[Sent], made: UUID, holder: Holder, act: str
) -> None:
    # Given a list that the worker has gone through
    gone_through()
    assert withdrawals_after_export.lists_to_cross_out() == ()
    # When one of its people changes something
    ACTS[act](people[2], holder)
    # Then Today and the page say so, before the worker has looked
    mine = [people[2].submission_id]
    assert noted() == set()
    assert [one.people for one in withdrawals_after_export.lists_to_cross_out()] == [1]
    assert named(made) == mine
    # And days later, when the worker has gone through it again, from what it noted
    with time_machine.travel(clock.now() + timedelta(days=5), tick=False):
        the_worker_kept_running()
        gone_through()
        assert noted() == set(mine)
        assert [one.people for one in withdrawals_after_export.lists_to_cross_out()] == [1]
        assert named(made) == mine
        # Until it is ticked off
        view = exported_lists.find_export(made)
        withdrawals_after_export.tick_off(made, view.seen, holder=holder, span=view.page.span)
        assert withdrawals_after_export.lists_to_cross_out() == ()
        gone_through()
        assert noted() == set()


def test_no_whole_list_is_read_after_a_round(people: list[Sent], made: UUID) -> None:
    # Given a withdrawal whose day is long past, of which the worker's note was taken out by hand
    takes_back(people[0].receipt)
    with time_machine.travel(clock.now() + timedelta(days=5), tick=False):
        the_worker_kept_running()
        gone_through()
        with stores.writing() as main:
            main.execute(delete(ListFinding))
        # Then pages do not find it, and the next round does (this is how the test knows that pages read no whole list)
        assert named(made) == []
        gone_through()
        assert named(made) == [people[0].submission_id]


@pytest.mark.parametrize("how", ["removed", "put in", "from the future"])
def test_where_no_round_can_be_believed_whole_lists_are_read(
    people: list[Sent], made: UUID, how: str
) -> None:
    # Given a withdrawal in a list that was gone through, whose note is gone, and a round that is not to be believed
    takes_back(people[0].receipt)
    with time_machine.travel(clock.now() + timedelta(days=5), tick=False):
        the_worker_kept_running()
        if how == "from the future":
            with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
                the_worker_kept_running()
                gone_through()
        else:
            gone_through()
        with stores.writing() as main:
            main.execute(delete(ListFinding))
            if how == "removed":
                main.execute(delete(ListRound))
            if how == "put in":
                later = clock.today() - timedelta(days=1)
                main.execute(update(ListRound.__table__).values(whole_since=later))  # type: ignore[arg-type]
        # Then it is found all the same
        assert [one.people for one in withdrawals_after_export.lists_to_cross_out()] == [1]
        assert named(made) == [people[0].submission_id]


def test_in_a_long_list_the_worker_finds_whose_rows_were_changed_by_hand(
    people: list[Sent], made: UUID, call: Call
) -> None:
    # Given a participant who withdraws, and an attacker who takes the row out again
    sent = people[1]
    takes_back(sent.receipt)
    with stores.writing() as main:
        mine = Consent.submission_id == sent.submission_id
        main.execute(delete(Consent).where(mine, Consent.n == 2))
    # When the worker has gone through the list
    gone_through()
    # Then the line is to be crossed out, and the page says that no list has this person
    assert named(made) == [sent.submission_id]
    view = exported_lists.find_export(made)
    assert view.withdrawn_since == view.left_out == (reference(sent.submission_id),)
    assert [one.people for one in withdrawals_after_export.lists_to_cross_out()] == [1]
    # And of one who is in no line, it says so from the daily check on
    other = submit_one(call, given={"contact_me": True})
    with stores.writing() as main:
        theirs = update(Submission.__table__).where(Submission.id == other.submission_id)  # type: ignore[arg-type]
        main.execute(theirs.values(row_mac=bytes(32)))
    row_verification.check_daily()
    assert set(exported_lists.find_export(made).left_out) == {
        reference(one.submission_id) for one in (sent, other)
    }


def test_false_rows_of_those_who_are_shown_are_seen_at_once(people: list[Sent], made: UUID) -> None:
    # Given someone who gave another number, and whose rows an attacker then changed
    gone_through()
    corrected(people[0], phone="07700 900999")
    with stores.writing() as main:
        mine = update(Submission.__table__).where(Submission.id == people[0].submission_id)  # type: ignore[arg-type]
        main.execute(mine.values(row_mac=bytes(32)))
    # Then not their ways alone are crossed out
    (change,) = exported_lists.find_export(made).page.changes
    assert change == Change(people[0].submission_id, "line", None)


def test_numbers_end_at_a_bound(
    people: list[Sent], made: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawals_after_export, "MOST", 3)
    for one in people[:3]:
        takes_back(one.receipt)
    (found,) = withdrawals_after_export.lists_to_cross_out()
    assert (found.people, isinstance(found.people, AtLeast)) == (3, False)

    takes_back(people[3].receipt)
    (found,) = withdrawals_after_export.lists_to_cross_out()
    assert str(found.people) == str(exported_lists.find_export(made).concerned) == "more than 3"
    (recent,) = exported_lists.recent_exports()
    assert str(recent.concerned) == "more than 3"


def test_a_long_list_of_a_member_that_leaves_is_crossed_out_whole(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a list for a member, gone through
    harbour = new_member("Harbour House", "Hana")
    people = sorted(says_yes(call=call, given={"share": True}).submission_id for _ in range(3))
    (offer,) = [one for one in export_purposes.purposes_for(call) if one.purpose == "share"]
    made = export(holder, founded, call, "share", recipient=offer.recipient).export_id
    gone_through()
    assert named(made) == []
    # When the member leaves
    end_membership(harbour)
    # Then everyone is to be crossed out, at once and days later
    assert named(made) == people
    with time_machine.travel(clock.now() + timedelta(days=9), tick=False):
        the_worker_kept_running()
        gone_through()
        assert named(made) == people
        assert [one.people for one in withdrawals_after_export.lists_to_cross_out()] == [3]


def test_a_list_that_there_is_not() -> None:
    with pytest.raises(LookupError):
        exported_lists.find_export(uuid4())
