"""A coordinator acts for a caller while the caller does something with their code: nothing of that is undone."""

from functools import partial
from uuid import UUID, uuid4

import pytest
from flask import Flask

from tests.factories import Sent, signed_in, submit_one
from tests.integration.at_once import at_once
from tests.integration.rounds import rounds
from tests.integration.tables import counts
from webapp.rules.reasons import Reason
from webapp.services.answers import consents, corrections, data_portability, erasing, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.corrections import Correction
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import AskedNotTo, Erased
from webapp.services.phone_requests import caller_acts, caller_corrections, receipt_reissue
from webapp.services.phone_requests.caller_corrections import CallerCorrection

pytestmark = pytest.mark.usefixtures("inside")

PEOPLE = {"submissions", "own_copies", "consents"}
ROUNDS = rounds(8)
WHY, THEIRS, OURS = "rang back", "07700 900777", "07700 900555"


@pytest.fixture
def holder(founded: Founded) -> Holder:
    return signed_in(founded)


def gone(sent: Sent) -> bool:
    """Whether nothing names this person."""
    with pytest.raises(NothingHeld):
        own_copies.find_held(sent.receipt)
    return not erasing.is_there(sent.submission_id)


def standing(submission_id: UUID) -> frozenset[str]:
    with stores.reading() as main:
        return consents.standing_purposes(main, [submission_id])[submission_id]


def correct_theirs(sent: Sent, **changes: str) -> bool:
    held = own_copies.find_held(sent.receipt)
    wanted = {**held.answers, **changes}
    correction = Correction(uuid4(), held.copies, wanted, frozenset(), "en")
    return corrections.correct(sent.receipt, correction)


def ours(holder: Holder, sent: Sent) -> CallerCorrection:
    held = caller_corrections.open_contact(holder, sent.submission_id, WHY)
    return CallerCorrection(uuid4(), held.seen, {**held.answers, "phone": OURS})


def test_deleted_at_the_desk_and_by_the_person_at_once_is_deleted(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent = submit_one(call)
        held = own_copies.find_held(sent.receipt)
        results = at_once(
            inside,
            partial(caller_acts.delete, holder, sent.submission_id, WHY),
            partial(erasing.erase_held, held),
        )
        # Then both are told so, and nothing names them
        assert [getattr(result, "complete", result) for result in results] == [True, True]
        assert gone(sent)
        assert not PEOPLE & set(counts())


def test_a_correction_of_their_own_at_the_same_moment_wins(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent = submit_one(call)
        correction = ours(holder, sent)
        theirs, desk = at_once(
            inside,
            partial(correct_theirs, sent, phone=THEIRS),
            partial(caller_corrections.correct, holder, sent.submission_id, correction, WHY),
        )
        held = own_copies.find_held(sent.receipt).answers["phone"]
        # Then one of them changed it, and the other one was told
        if theirs is True:
            assert isinstance(desk, EditConflict) or desk is True, repr(desk)
            # The desk may have been first, and the person's page then began with that.
            assert held == THEIRS
        else:
            assert isinstance(theirs, EditConflict), repr(theirs)
            assert (desk, held) == (True, OURS)
        opened = disclosure.open_contact(holder, sent.submission_id, Reason("ask")).contact
        assert opened is not None and opened.phone is not None
        assert opened.phone.number == held
        erasing.erase_held(own_copies.find_held(sent.receipt))


def test_two_coordinators_who_press_at_once_change_it_once(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent = submit_one(call)
        correction = ours(holder, sent)
        results = at_once(
            inside,
            *[partial(caller_corrections.correct, holder, sent.submission_id, correction, WHY)] * 2,
        )
        assert results == [True, True]
        mine = [line.tag for line in audit.recent() if line.subject_id == sent.submission_id]
        assert mine.count("contact corrected for a caller") == 1
        assert own_copies.find_held(sent.receipt).answers["phone"] == OURS


def test_everything_deleted_while_it_is_corrected_stays_deleted(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent = submit_one(call)
        correction, held = ours(holder, sent), own_copies.find_held(sent.receipt)
        erased, desk = at_once(
            inside,
            partial(erasing.erase_held, held),
            partial(caller_corrections.correct, holder, sent.submission_id, correction, WHY),
        )
        assert getattr(erased, "complete", erased) is True
        assert desk is True or isinstance(desk, Erased | EditConflict), repr(desk)
        assert gone(sent)
        assert not PEOPLE & set(counts())


def test_everything_deleted_with_the_old_code_while_a_new_one_is_made_stays_deleted(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent, receipt = submit_one(call), own_copies.new_receipt()
        held = own_copies.find_held(sent.receipt)
        erased, made = at_once(
            inside,
            partial(erasing.erase_held, held),
            partial(receipt_reissue.new_code, holder, sent.submission_id, receipt, reason=WHY),
        )
        # Then the caller who was told that it is deleted was told the truth
        assert getattr(erased, "complete", erased) is True
        assert made is True or isinstance(made, Erased | EditConflict), repr(made)
        assert gone(sent)
        with pytest.raises(NothingHeld):
            own_copies.find_held(receipt)
        assert not PEOPLE & set(counts())


def test_a_correction_with_the_old_code_while_a_new_one_is_made_is_kept_or_refused(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent, receipt = submit_one(call), own_copies.new_receipt()
        theirs, made = at_once(
            inside,
            partial(correct_theirs, sent, phone=THEIRS),
            partial(receipt_reissue.new_code, holder, sent.submission_id, receipt, reason=WHY),
        )
        assert made is True, repr(made)
        phone = own_copies.find_held(receipt).answers["phone"]
        if theirs is True:
            assert phone == THEIRS
        else:
            assert isinstance(theirs, NothingHeld | EditConflict), repr(theirs)
            assert phone == sent.answers["phone"]
        with pytest.raises(NothingHeld):
            own_copies.find_held(sent.receipt)


def test_one_code_however_often_it_is_pressed(inside: Flask, call: Call, holder: Holder) -> None:
    for _ in range(ROUNDS):
        sent, receipt = submit_one(call), own_copies.new_receipt()
        make = partial(receipt_reissue.new_code, holder, sent.submission_id, receipt, reason=WHY)
        assert at_once(inside, make, make) == [True, True]
        held = own_copies.find_held(receipt)
        assert set(held.by_part) == {"contact", "testimony"}
        assert not held.unreadable


def test_a_permission_taken_back_on_both_sides_is_taken_back_once(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent = submit_one(call)
        held = own_copies.find_held(sent.receipt)
        subject = Subject(held.submission_id, held.call_id, held.form, "en")
        desk, person = at_once(
            inside,
            partial(caller_acts.take_back, holder, sent.submission_id, ["contact_me"], WHY),
            partial(consents.change, subject, "contact_me", False),
        )
        assert desk in ({"contact_me"}, set()), repr(desk)
        assert person is None
        mine = data_portability.history(own_copies.find_held(sent.receipt))
        assert [one.granted for one in mine if one.purpose == "contact_me"] == [True, False]


def test_who_allows_contact_at_the_moment_of_the_mark_ends_in_one_state(
    inside: Flask, call: Call, holder: Holder
) -> None:
    for _ in range(ROUNDS):
        sent = submit_one(call)
        caller_acts.do_not_contact(holder, sent.submission_id, WHY)
        results = at_once(
            inside,
            partial(caller_acts.do_not_contact, holder, sent.submission_id, WHY),
            partial(consents.contact_again, sent.submission_id),
            partial(disclosure.open_contact, holder, sent.submission_id, Reason("ask")),
        )
        assert results[:2] == [None, None]
        assert isinstance(results[2], disclosure.OpenedContact | AskedNotTo), repr(results[2])
