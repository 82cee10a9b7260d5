"""A file that has left cannot be called back: who changed their mind comes up list by list, until it is ticked off."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from tests.factories import submit_one
from tests.integration.services.test_contacts import (
    corrected,
    export,
    helped,
    holder,
)
from tests.integration.test_statements import statements
from webapp.rules import clock
from webapp.rules.references import reference
from webapp.rules.retention import due_on
from webapp.services.answers import consents, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import exported_lists, withdrawals_after_export

__all__ = ["holder"]
pytestmark = pytest.mark.usefixtures("inside")


def takes_back(receipt: str, purpose: str = "contact_me", granted: bool = False) -> None:
    held = own_copies.find_held(receipt)
    subject = Subject(held.submission_id, held.call_id, held.form, held.language)
    consents.change(subject, purpose, granted)


def tick(export_id: object, holder: Holder) -> None:
    view = exported_lists.find_export(export_id)  # type: ignore[arg-type]
    withdrawals_after_export.tick_off(view.id, view.seen, holder=holder)


def test_lists_come_up_until_they_are_ticked_off(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given two lists with the same three people, and a third without them
    withdraws, moves, stays = (submit_one(call, given={"contact_me": True}) for _ in range(3))
    first, second = (export(holder, founded, call).export_id for _ in range(2))
    export(holder, founded, call, "invite")
    assert withdrawals_after_export.lists_to_cross_out() == ()
    # When one takes the permission back, and one gives another number
    takes_back(withdraws.receipt)
    corrected(moves, phone="07700 900999")
    # Then both lists come up, and how many people in each
    found = withdrawals_after_export.lists_to_cross_out()
    assert {one.export_id: one.people for one in found} == {first: 2, second: 2}
    assert {one.reference for one in found} == {reference(first), reference(second)}
    assert all(one.made_by == "Ana" and one.made_on == clock.today() for one in found)
    assert found[0].title == call.form.title
    # When a coordinator says of one list that it is done
    tick(first, holder)
    # Then only the other one comes up, and the page of the first says who was crossed out, when and by whom
    assert [one.export_id for one in withdrawals_after_export.lists_to_cross_out()] == [second]
    view = exported_lists.find_export(first)
    assert view.concerned == 0
    assert {one.reference for one in view.crossed_out} == {
        reference(withdraws.submission_id),
        reference(moves.submission_id),
    }
    assert all((one.on, one.by) == (clock.today(), "Ana") for one in view.crossed_out)
    assert reference(stays.submission_id) not in repr(view)
    # And it is in the record
    assert (audit.recent(1)[0].tag, audit.recent(1)[0].subject_id) == (
        "crossed out in a list",
        first,
    )
    # And pressing again changes nothing
    lines = len(audit.recent())
    tick(first, holder)
    assert len(audit.recent()) == lines


def test_what_is_new_after_a_tick_comes_up_again(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a list in which a participant who gave another number is crossed out
    sent = submit_one(call)
    made = export(holder, founded, call).export_id
    corrected(sent, phone="07700 900999")
    tick(made, holder)
    # When they change it once more, on the same day
    corrected(sent, phone="07700 900998")
    # Then they come up again, and once more when they take the permission back
    assert exported_lists.find_export(made).ways_changed_since == (sent.submission_id,)
    tick(made, holder)
    takes_back(sent.receipt)
    assert exported_lists.find_export(made).withdrawn_since == (reference(sent.submission_id),)
    tick(made, holder)
    # And a line that is crossed out stays so, whatever they say later: they are in newer lists
    takes_back(sent.receipt, granted=True)
    corrected(sent, phone="07700 900997")
    takes_back(sent.receipt)
    assert withdrawals_after_export.lists_to_cross_out() == ()


def test_a_helper_who_is_crossed_out_comes_up_once(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a list with a participant's helper in it, which they take back
    sent = helped(call, "contact_me", "through_helper", safe_ways=["email"])
    made = export(holder, founded, call).export_id
    takes_back(sent.receipt, "through_helper")
    assert exported_lists.find_export(made).helper_withdrawn_since == (
        reference(sent.submission_id),
    )
    # When the helper is crossed out, and the whole permission is taken back later
    tick(made, holder)
    assert exported_lists.find_export(made).concerned == 0
    takes_back(sent.receipt)
    # Then the line comes up
    assert exported_lists.find_export(made).withdrawn_since == (reference(sent.submission_id),)


def test_nothing_is_ticked_off_that_the_page_did_not_show(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given the page of a list with one participant to cross out
    one, other = submit_one(call), submit_one(call)
    made = export(holder, founded, call).export_id
    takes_back(one.receipt)
    seen = exported_lists.find_export(made).seen
    # When another one takes the permission back before the button is pressed
    takes_back(other.receipt)
    with pytest.raises(EditConflict):
        withdrawals_after_export.tick_off(made, seen, holder=holder)
    # Then both still come up
    assert exported_lists.find_export(made).concerned == 2
    assert audit.recent(1)[0].tag != "crossed out in a list"


def test_who_changed_before_the_list_on_the_same_day_is_not_named(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a participant who gave another number this morning
    sent = submit_one(call)
    corrected(sent, phone="07700 900999")
    # When a list is made in the afternoon: it has that number
    made = export(holder, founded, call).export_id
    # Then no one has to be crossed out
    assert exported_lists.find_export(made).concerned == 0


def test_the_first_line_of_today_is_a_fixed_number_of_queries(
    app: Flask, call: Call, holder: Holder, founded: Founded
) -> None:
    # Given five lists, each with two people to cross out
    people = [submit_one(call) for _ in range(2)]
    for _ in range(5):
        export(holder, founded, call)
    for one in people:
        takes_back(one.receipt)
    # Then all of them are found with one statement, after two that say which lists and lines to look at
    with statements(app) as seen:
        assert [one.people for one in withdrawals_after_export.lists_to_cross_out()] == [2] * 5
    assert len(seen) == 3
    # And a page of lists takes as many statements as a page with one
    with statements(app) as seen:
        assert len(exported_lists.recent_exports()) == 5
    assert len(seen) == 4


def test_a_list_says_until_when_it_may_be_kept(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given people who answered on different days, and were promised one day
    submit_one(call, given={"contact_me": True})
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        submit_one(call, given={"contact_me": True})
        view = exported_lists.find_export(export(holder, founded, call).export_id)
    # Then the list has that day, and none where no one is in it
    assert view.delete_by == due_on(call.closes_on, call.form.parts["contact"].keep_months)
    # (from that day on, its page says that no copy may be left)
    assert not view.is_over
    with time_machine.travel(view.delete_by, tick=False):
        assert exported_lists.find_export(view.id).is_over
    empty = export(holder, founded, call, "invite").export_id
    assert exported_lists.find_export(empty).delete_by is None
