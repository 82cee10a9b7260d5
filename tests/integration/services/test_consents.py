"""Consents: given and taken back as often as a participant likes, never overwritten."""

import pytest
from sqlalchemy import select

from tests.factories import submit_one
from tests.integration.tables import everything, written
from webapp.models import AuditNote, Consent, ConsentStatement
from webapp.rules import clock
from webapp.rules.forms.texts import text_in
from webapp.services.answers import consents, desk_submissions, erasing, own_copies
from webapp.services.answers.consents import NoSuchConsent, Subject
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores

pytestmark = pytest.mark.usefixtures("inside")


def subject_of(receipt: str, language: str = "en") -> Subject:
    """A participant who came back with their code."""
    held = own_copies.find_held(receipt)
    return Subject(held.submission_id, held.call_id, held.form, language)


def history(subject: Subject) -> list[tuple[str, int, bool]]:
    """All that was ever said, in order."""
    with stores.reading() as main:
        rows = main.execute(
            select(Consent.purpose, Consent.n, Consent.granted)
            .where(Consent.submission_id == subject.submission_id)
            .order_by(Consent.purpose, Consent.n)
        )
        return [(purpose, n, granted) for purpose, n, granted in rows]


def standing(subject: Subject) -> frozenset[str]:
    return desk_submissions.find_row(subject.submission_id)[0].purposes


def test_only_ticked_boxes_leave_a_row(call: Call) -> None:
    # Given a participant who ticked one box and left three empty
    sent = submit_one(call, given={"quote": True, "contact_me": False})
    # Then there is one grant: silence is no record
    assert history(subject_of(sent.receipt)) == [("quote", 1, True)]


def test_what_was_said_last_stands_and_nothing_is_overwritten(call: Call) -> None:
    # Given a participant who agreed to be contacted
    subject = subject_of(submit_one(call, given={"contact_me": True}).receipt)
    # When they take it back, give it again, and take it back
    for granted in (False, True, False):
        before = everything()["consents"]
        consents.change(subject, "contact_me", granted)
        # Then every row of before is still there, unchanged, and one is added
        assert set(before) < set(everything()["consents"])
        assert standing(subject) == (frozenset({"contact_me"}) if granted else frozenset())
    assert history(subject) == [
        ("contact_me", 1, True),
        ("contact_me", 2, False),
        ("contact_me", 3, True),
        ("contact_me", 4, False),
    ]


@pytest.mark.parametrize("granted", [True, False])
def test_saying_the_same_again_writes_nothing(call: Call, granted: bool) -> None:
    # Given a participant who said yes to one purpose and nothing to another
    subject = subject_of(submit_one(call, given={"contact_me": True}).receipt)
    before = everything()
    # When they say again what stands already
    consents.change(subject, "contact_me" if granted else "quote", granted)
    # Then no table has changed
    assert everything() == before


def test_a_consent_can_be_given_later(call: Call) -> None:
    # Given a participant who agreed to nothing
    subject = subject_of(submit_one(call, given={}).receipt)
    # When they come back and agree to be quoted
    consents.change(subject, "quote", True)
    # Then it stands
    assert history(subject) == [("quote", 1, True)]
    assert standing(subject) == {"quote"}


def test_one_purpose_says_nothing_about_another_nor_about_another_person(call: Call) -> None:
    # Given two people who agreed to everything
    mine, theirs = submit_one(call), submit_one(call)
    # When one of them takes one consent back
    consents.change(subject_of(mine.receipt), "share", False)
    # Then the others stand
    assert standing(subject_of(mine.receipt)) == {"contact_me", "quote", "invite"}
    assert standing(subject_of(theirs.receipt)) == {"contact_me", "quote", "invite", "share"}


def test_a_withdrawal_keeps_the_words_that_had_been_agreed_to(call: Call) -> None:
    # Given a participant who agreed in Arabic
    sent = submit_one(call, given={"quote": True}, language="ar")
    # When they take it back on the English pages, and later agree again in English
    subject = subject_of(sent.receipt, language="en")
    consents.change(subject, "quote", False)
    consents.change(subject, "quote", True)
    # Then each row names the exact words: what was taken back, and what was newly agreed to
    wording = next(one for one in call.form.consents if one.purpose == "quote")
    with stores.reading() as main:
        words = main.scalars(
            select(ConsentStatement.wording)
            .join(Consent, Consent.statement_id == ConsentStatement.id)
            .order_by(Consent.n)
        ).all()
    arabic, english = (text_in(wording.text, language)[0] for language in ("ar", "en"))
    assert words == [arabic, arabic, english]


def test_a_change_leaves_a_note_with_the_day_only(call: Call) -> None:
    # Given a participant who takes a consent back and gives it again
    subject = subject_of(submit_one(call).receipt)
    before = everything()
    consents.change(subject, "quote", False)
    consents.change(subject, "quote", True)
    # Then the record's inbox says what was done on which day, and not why, when or from where
    with stores.reading() as main:
        notes = {(note.tag, note.on, note.subject_id) for note in main.scalars(select(AuditNote))}
    today = clock.today()
    assert notes == {
        ("consent withdrawn", today, subject.submission_id),
        ("consent given", today, subject.submission_id),
    }
    # The submission says how many consents there are.
    assert set(written(before, everything())) == {"consents", "submissions", "audit_notes"}


def test_a_purpose_that_the_form_does_not_ask_for_is_refused(call: Call) -> None:
    # Given a participant who came back
    subject = subject_of(submit_one(call).receipt)
    before = everything()
    # When a made-up purpose is posted, or another's key
    for purpose in ("", "everything", "contact_me'; --", "CONTACT_ME"):
        with pytest.raises(NoSuchConsent):
            consents.change(subject, purpose, True)
    # Then nothing is written
    assert everything() == before


@pytest.mark.parametrize("granted", [True, False])
def test_a_change_after_everything_was_erased_is_harmless(call: Call, granted: bool) -> None:
    # Given a participant with two tabs, who erased everything in the other one
    sent = submit_one(call, given={"quote": not granted})
    subject = subject_of(sent.receipt)
    erasing.erase_held(own_copies.find_held(sent.receipt))
    before = everything()
    # When they press a button in this one
    consents.change(subject, "quote", granted)
    # Then nothing happens: no error, no row of a participant who is gone
    assert everything() == before
