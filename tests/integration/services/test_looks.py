"""Who has looked: each opening is told to the person whom it concerns, by day, role and reason, and to no one else."""

import ast
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, text

from tests.factories import Sent, answers_for, signed_in, submit_one
from tests.integration.services.test_callers import WHY, corrected
from tests.integration.services.test_contacts import export
from tests.integration.services.test_crossing_out import takes_back, tick
from tests.integration.services.test_role_changes import again
from tests.sharing import list_now, new_member, reads, share
from tests.turned import an_operator_confirmed
from webapp.models import AuditEntry, Look, SetAside, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent, RecordFilter
from webapp.rules.contact.caller_matching import Clues
from webapp.rules.looks import ABOUT_ONE, LOOK_OF, SEEN_BY_NO_ONE, LookKind
from webapp.rules.reasons import ASK, DANGER, OTHER, REPORT, Reason
from webapp.rules.references import reference
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.answers import consents, data_portability, erasing, looks, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.looks import Looked
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, look_check, row_verification, stores
from webapp.services.keys import key_rotations, session_keyrings
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import answer_exports, disclosure, resealing
from webapp.services.opening.answer_exports import Asked
from webapp.services.phone_requests import caller_acts, caller_search, receipt_reissue
from webapp.services.retention import expiry

pytestmark = pytest.mark.usefixtures("inside")

READ: Final = Reason(REPORT.key)
SERVICES = Path(__file__).parents[3] / "webapp" / "services"
#: Openings about registrants, who have no *My choices*. Before they book, the page says who will see what and why.
ABOUT_REGISTRANTS = {
    AuditEvent.ATTENDANCE_LIST_OPENED,
    AuditEvent.NEEDS_OPENED,
    AuditEvent.PARTICIPANTS_LISTED,
    AuditEvent.REGISTRATION_OPENED,
    AuditEvent.EVENT_RESEALED,
}


@pytest.fixture
def holder(founded: Founded) -> Holder:
    return signed_in(founded)


def told(sent: Sent, receipt: str | None = None) -> Looked:
    return looks.find(own_copies.find_held(receipt or sent.receipt))


def kinds(sent: Sent) -> list[LookKind]:
    return [one.kind for one in told(sent).looks]


def search(holder: Holder, call: Call, **clues: str) -> caller_search.Search:
    return caller_search.search(holder, [call], Clues(**clues), "They rang")


# No opening is forgotten


def read(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    disclosure.open_testimony(holder, sent.submission_id, READ)


def take_answers(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    """All answers in a file, while only this person's are there."""
    with stores.writing() as main:
        act = SetAside(
            id=uuid4(),
            call_id=call.id,
            coordinator_id=holder.coordinator_id,
            made_on=clock.today(),
            people=1,
        )
        main.add(act)
        main.flush()
        for one in main.scalars(select(Submission).where(Submission.id != sent.submission_id)):
            one.set_aside_id = act.id
    answer_exports.export_answers(holder, call, Asked(READ, "json"))


def reach(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    disclosure.open_contact(holder, sent.submission_id, Reason(ASK.key))


def correct(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    corrected(holder, sent.submission_id, phone="07700 900555")


def reissue(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    receipt_reissue.new_code(holder, sent.submission_id, own_copies.new_receipt(), reason=WHY)


def look_for(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    search(holder, call, name="No Such Name")


def take_list(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    export(holder, founded, call)


def cross_out(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    made = export(holder, founded, call)
    takes_back(sent.receipt)
    tick(made.export_id, holder)


def open_shared(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    """A person who has agreed to a member, with whom it is shared, and whose recipient opens it."""
    member = new_member("Harbour House", "Hana")
    held = own_copies.find_held(sent.receipt)
    person = Subject(held.submission_id, held.call_id, held.form, "en", list_now())
    for granted in (False, True):
        consents.change(person, "share", granted)
    share(founded, member)
    assert reads(member, sent)


def seal_anew(holder: Holder, founded: Founded, call: Call, sent: Sent) -> None:
    """After new keys, with a session that has both."""
    key_rotations.begin(holder, call.id, WHY)
    key_rotations.go_on()
    now = again(founded)
    resealing.begin(now, call.id, WHY)
    assert resealing.go_on(now, call.id).waiting == 0


Doing = Callable[[Holder, Founded, Call, Sent], None]
ACTS: Mapping[AuditEvent, Doing] = {
    AuditEvent.ANSWERS_OPENED: read,
    AuditEvent.ANSWERS_DOWNLOADED: take_answers,
    AuditEvent.CONTACT_OPENED: reach,
    AuditEvent.CONTACT_OPENED_FOR_CALLER: correct,
    AuditEvent.RECEIPT_REISSUED: reissue,
    AuditEvent.CALLER_SEARCHED: look_for,
    AuditEvent.CONTACTS_EXPORTED: take_list,
    AuditEvent.EXPORT_CROSSED_OUT: cross_out,
    AuditEvent.SHARED_CONTACT_OPENED: open_shared,
    AuditEvent.CALL_RESEALED: seal_anew,
}
#: Sharing opens in memory to seal for the member: the page tells with whom, and no person saw it.
NO_ONE_SEES = {"opening/sharing.py"}


def test_every_act_that_opens_something_about_a_person_leaves_a_look() -> None:
    opening = {
        event
        for event in AuditEvent
        if event.filters & {RecordFilter.OPENED, RecordFilter.LISTS}
        or event is AuditEvent.RECEIPT_REISSUED
    }
    tried = {AuditEvent.OPENING_TRIED, AuditEvent.LIST_TRIED, AuditEvent.ANSWERS_FILE_TRIED}
    assert opening == set(LOOK_OF) | ABOUT_REGISTRANTS | {AuditEvent.CONTACTS_SHARED} | tried
    assert set(ACTS) == set(LOOK_OF)


@pytest.mark.parametrize("event", LOOK_OF)
def test_the_person_concerned_is_told(
    event: AuditEvent, call: Call, holder: Holder, founded: Founded
) -> None:
    # Given two people, of whom nothing was opened
    sent, other = submit_one(call), submit_one(call, given={})
    # When a coordinator does what this entry of the record stands for
    ACTS[event](holder, founded, call, sent)
    # Then the record has it, and the person its look; the other is in no list, and in no look about this one
    assert event in {line.event for line in audit.recent()}
    with stores.reading() as main:
        rows = main.scalars(select(Look)).all()
    assert (sent.submission_id, LOOK_OF[event]) in {(row.submission_id, row.kind) for row in rows}
    about_other = {row.kind for row in rows if row.submission_id == other.submission_id}
    assert about_other <= SEEN_BY_NO_ONE
    assert {row.looked_on for row in rows} == {clock.today()}
    is_shared = event is AuditEvent.SHARED_CONTACT_OPENED
    assert {row.role for row in rows} == {Role.RECIPIENT if is_shared else Role.COORDINATOR}
    # And the daily check finds that both say the same
    assert look_check.wrong() == {}


@pytest.mark.parametrize(
    "event",
    # Crossing out opens nothing; a recipient's own session is in `test_sharing`; sealing anew is refused before it is
    # begun (`test_resealing`).
    [
        one
        for one in ACTS
        if one.name not in {"EXPORT_CROSSED_OUT", "SHARED_CONTACT_OPENED", "CALL_RESEALED"}
    ],
)
def test_nobody_is_told_of_a_look_where_the_session_has_no_key(
    event: AuditEvent, call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a session whose keyring is gone
    sent = submit_one(call)
    session_keyrings.throw_away(holder)
    # When something is tried
    with pytest.raises(disclosure.SignInAgainToOpen):
        ACTS[event](holder, founded, call, sent)
    # Then no look says that it was opened, nor does the list of answers
    assert told(sent) == Looked((), (), is_whole=True)
    with stores.reading() as main:
        assert main.get_one(Submission, sent.submission_id).first_opened_on is None
    # And the record has the attempt, as one
    (newest,) = audit.recent(1)
    searched = event is AuditEvent.CALLER_SEARCHED
    assert newest.reason.endswith("(0 opened)") if searched else newest.tag.endswith("tried")
    assert look_check.wrong() == {}


def test_every_module_that_opens_leaves_looks() -> None:
    # Given every service that decrypts with purpose keys, by its calls
    opening = {
        str(path.relative_to(SERVICES))
        for path in SERVICES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and getattr(node.func, "attr", getattr(node.func, "id", ""))
        in {"open_parts", "open_contents"}
    }
    leaving = {one for one in opening if "looks." in (SERVICES / one).read_text()} | NO_ONE_SEES
    # Then all leave looks, but those about registrants
    assert {one.split("/")[0] for one in opening - leaving} == {"events"}
    # And the entries of such acts are made with their look, in one function each
    for path in SERVICES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.enter":
                named = ast.unparse(node)
                assert not any(
                    f"AuditEvent.{event.name}" in named.split(", ") for event in ABOUT_ONE
                )


# What is told


def test_no_one_has_looked(call: Call) -> None:
    found = told(submit_one(call))
    assert (found.looks, found.compared_on, found.is_whole) == ((), (), True)
    assert found.is_empty


def test_days_roles_and_reasons_the_newest_first_and_each_once(call: Call, holder: Holder) -> None:
    # Given answers that were read twice on one day for one reason, and once later for another
    sent = submit_one(call)
    for _ in range(2):
        disclosure.open_testimony(holder, sent.submission_id, READ)
    first = clock.today()
    with time_machine.travel(clock.now() + timedelta(days=3)):
        disclosure.open_testimony(holder, sent.submission_id, Reason(DANGER.key))
        # Then the person reads both, the newest first
        assert [(one.on, one.kind, one.role, one.reason) for one in told(sent).looks] == [
            (first + timedelta(days=3), "answers", "coordinator", "danger"),
            (first, "answers", "coordinator", "report"),
        ]


def test_a_role_is_the_one_that_opens(call: Call, holder: Holder) -> None:
    # Given a coordinator who is an analyst of this call as well as an auditor
    grants = Grants.of([Grant(Role.ANALYST, call.id), Grant(Role.AUDITOR), Grant(Role.TAKER)])
    analyst = Holder(holder.coordinator_id, holder.name, grants, holder.keys)
    sent = submit_one(call)
    disclosure.open_testimony(analyst, sent.submission_id, READ)
    assert [one.role for one in told(sent).looks] == [Role.ANALYST]


def test_a_coordinators_own_words_are_told_to_no_person(call: Call, holder: Holder) -> None:
    # Given answers that were opened for a reason that a coordinator wrote
    sent = submit_one(call)
    words = "her brother Kreshnik rang us"
    disclosure.open_testimony(holder, sent.submission_id, Reason(OTHER.key, words))
    disclosure.open_testimony(holder, sent.submission_id, Reason(REPORT.key, words))
    # Then the record has the words, and what the person is told has the keys alone
    assert words in audit.recent(1)[0].reason
    held = own_copies.find_held(sent.receipt)
    assert {one.reason for one in looks.find(held).looks} == {"other", "report"}
    assert "Kreshnik" not in data_portability.machine_readable(held).decode()
    with stores.reading() as main:
        assert "Kreshnik" not in str(main.execute(text("SELECT * FROM looks")).all())


def test_a_search_says_whom_it_compared_and_whom_it_showed(call: Call, holder: Holder) -> None:
    # Given a caller whom a search finds, another person, and one whose details may not be used
    caller, other = (
        submit_one(call),
        submit_one(call, answers=answers_for(call.form, phone="07700 900999")),
    )
    private = submit_one(call, given={})
    # When a coordinator searches twice
    for _ in range(2):
        search(holder, call, phone="07700 900123")
    # Then the caller reads that a worker saw it; the other only that a computer compared, once a day
    assert kinds(caller) == [LookKind.MATCHED]
    assert told(caller).compared_on == told(other).compared_on == (clock.today(),)
    assert told(other).is_empty
    assert told(private) == Looked((), (), is_whole=True)


def test_a_reference_opens_nothing(call: Call, holder: Holder) -> None:
    sent = submit_one(call)
    assert search(holder, call, reference=reference(sent.submission_id)).found
    assert told(sent) == Looked((), (), is_whole=True)


def test_a_list_says_until_when_and_what_became_of_it(
    call: Call, holder: Holder, founded: Founded
) -> None:
    # Given a person in a list
    sent = submit_one(call, given={"contact_me": True})
    made = export(holder, founded, call)
    (one,) = told(sent).looks
    assert one.list_end is not None
    assert (one.kind, one.reason, one.list_end.purpose) == ("listed", "ask", "contact_me")
    due = own_copies.find_held(sent.receipt).due_on["contact"]
    assert (one.list_end.delete_by, one.list_end.line_on, one.list_end.waits) == (due, None, False)
    # When they take the permission back
    takes_back(sent.receipt)
    # Then they read that it waits to be crossed out, and afterwards on which day it was
    (waiting,) = told(sent).looks
    assert waiting.list_end is not None
    assert waiting.list_end.waits
    tick(made.export_id, holder)
    (ended,) = told(sent).looks
    assert ended.list_end is not None
    assert (ended.list_end.line_on, ended.list_end.waits) == (clock.today(), False)
    # And so does the copy for programs
    copied = json.loads(data_portability.machine_readable(own_copies.find_held(sent.receipt)))
    today = clock.today().isoformat()
    assert copied["looked"] == [
        {
            "on": today,
            "what": "listed",
            "role": "coordinator",
            "reason": "ask",
            "list": {
                "purpose": "contact_me",
                "made_for": None,
                "delete_by": due.isoformat(),
                "crossed_out_on": today,
                "partly_crossed_out_on": None,
                "waits_to_be_crossed_out": False,
            },
            "in_a_file_until": None,
        }
    ]


# It goes with the person


@pytest.mark.parametrize("how", ["self", "caller", "due"])
def test_looks_go_with_the_submission(how: str, call: Call, holder: Holder, app: Flask) -> None:
    sent, other = submit_one(call), submit_one(call)
    for one in (sent, other):
        disclosure.open_testimony(holder, one.submission_id, READ)
    held = own_copies.find_held(sent.receipt)
    if how == "self":
        erasing.erase_held(held)
    elif how == "caller":
        caller_acts.delete(holder, sent.submission_id, WHY)
    else:
        with time_machine.travel(clock.now() + timedelta(days=4000)):
            an_operator_confirmed()
            expiry.erase_due()
    with stores.reading() as main:
        left = set(main.scalars(select(Look.submission_id)))
    assert left == (set() if how == "due" else {other.submission_id})
    assert look_check.wrong() == {}


# What is missing, or too much, is found


def wrong_people() -> set[str]:
    return {one.key for one in row_verification.find_false() if one.table == "looks"}


@pytest.mark.parametrize(
    "event",
    # Of a file of answers the record has the number of people, and not who they were (docs/threat-model.md).
    [
        one
        for one, kind in LOOK_OF.items()
        if kind not in SEEN_BY_NO_ONE and one is not AuditEvent.ANSWERS_DOWNLOADED
    ],
)
def test_a_look_that_was_taken_out_is_missed(
    event: AuditEvent, call: Call, holder: Holder, founded: Founded
) -> None:
    sent, _ = submit_one(call), submit_one(call)
    ACTS[event](holder, founded, call, sent)
    with stores.writing() as main:
        main.execute(
            delete(Look).where(
                Look.submission_id == sent.submission_id, Look.kind == LOOK_OF[event]
            )
        )
    assert wrong_people() == {str(sent.submission_id)}


def test_a_look_of_which_the_record_says_nothing_is_found(call: Call, holder: Holder) -> None:
    # Given an opening whose entry was cut off the record
    sent = submit_one(call)
    disclosure.open_testimony(holder, sent.submission_id, READ)
    with stores.writing() as main:
        main.execute(delete(AuditEntry).where(AuditEntry.tag == AuditEvent.ANSWERS_OPENED.value))
    # Then the look tells of it still, to the person and to the check
    assert kinds(sent) == [LookKind.ANSWERS]
    assert wrong_people() == {str(sent.submission_id)}


def test_a_look_that_was_changed_is_not_shown_and_its_owner_is_told(
    call: Call, holder: Holder
) -> None:
    sent = submit_one(call)
    disclosure.open_testimony(holder, sent.submission_id, READ)
    with stores.writing() as main:
        main.execute(text("UPDATE looks SET reason = 'danger'"))
    assert (told(sent).looks, told(sent).is_whole) == ((), False)
    assert {one.table for one in row_verification.find_false()} == {"looks"}
