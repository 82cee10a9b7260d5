"""Unfinished answers under a return code: one code, one draft, fourteen days, and nothing left behind."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests.factories import YES_TO_ALL, answers_for, demo_form
from tests.integration.at_once import at_once
from tests.integration.tables import counts, everything
from tests.turned import the_worker_kept_running
from webapp.models import AuditEntry, AuditNote, ErasureSecret, ReturnDraft, Tombstone
from webapp.rules import clock
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import own_copies, return_drafts, submissions
from webapp.services.answers.return_drafts import Draft, TooMuchToKeep
from webapp.services.answers.submissions import CallClosed
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.retention import expiry, orphans
from webapp.services.sealed import shredding
from webapp.services.worker import chores
from webapp.vault.envelope import BUCKETS

pytestmark = pytest.mark.usefixtures("inside")

WORDS = "Somebody should say what comes next."
KEYED_OVERHEAD = 30


def a_draft(words: str = WORDS, **changes: object) -> Draft:
    """Two pages answered, one left with a typing mistake."""
    content: dict[str, object] = {
        "slug": "support-needs",
        "form_version": 1,
        "language": "ar",
        "answers": {"first": {"adult": "yes"}, "change": {"change_words": words}},
        "typed": {"email": [["email", "robin at example"]]},
        "marks": {"more": "skip"},
    }
    return Draft(**{**content, **changes})  # type: ignore[arg-type]


def kept_one(words: str = WORDS) -> str:
    """A participant stopped. Returns their code."""
    code = return_drafts.new_code()
    return_drafts.keep(code, a_draft(words))
    return code


def words_under(code: str) -> object:
    waiting = return_drafts.find(code)
    return waiting and waiting.draft.answers["change"]["change_words"]


def left() -> dict[str, int]:
    """How much there is of drafts, and how many secrets."""
    return {name: n for name, n in counts().items() if name in ("return_drafts", "erasure_secrets")}


def on(day: date) -> time_machine.travel:
    """Noon on that day."""
    return time_machine.travel(datetime.combine(day, time(12), UTC), tick=False)


def send(call: Call, code: str | None) -> str:
    """Send what an open Visit holds, with the return code that it came from. Returns the receipt."""
    receipt = own_copies.new_receipt()
    submissions.submit(
        call,
        submission_id=uuid4(),
        receipt=receipt,
        answers=AnswersOnForm(call.form, answers_for(demo_form())),
        given=YES_TO_ALL,
        language="en",
        return_code=code,
    )
    return receipt


# Keeping and finding


def test_everything_comes_back_as_it_was_left() -> None:
    # Given unfinished answers under a code
    code = return_drafts.new_code()
    until = return_drafts.keep(code, a_draft())
    # When the code is handed in
    waiting = return_drafts.find(code)
    # Then all of it is there, and the day on which it goes
    assert waiting is not None
    assert waiting.draft == a_draft()
    assert waiting.until == until == clock.today() + timedelta(days=DRAFT_DAYS)


def test_another_code_finds_nothing() -> None:
    kept_one()
    assert return_drafts.find(return_drafts.new_code()) is None


def test_the_row_says_nothing_but_its_day() -> None:
    # Given a draft
    kept_one()
    (row,) = everything()["return_drafts"]
    # Then there is a random id, a lookup value, a secret's id, sealed bytes and a day, and no word or call
    with stores.reading() as main:
        draft = main.scalars(select(ReturnDraft)).one()
    assert len(row) == 5
    assert len(draft.envelope) - KEYED_OVERHEAD in BUCKETS
    assert WORDS.encode() not in draft.envelope
    assert b"support-needs" not in draft.envelope
    assert draft.due_on == clock.today() + timedelta(days=DRAFT_DAYS)


def test_nothing_of_it_is_in_the_record() -> None:
    # Given a participant who stopped, stopped again, and threw it away; and another who never came back
    code = kept_one()
    return_drafts.keep(code, a_draft())
    return_drafts.throw_away(code)
    kept_one()
    before = counts().get("audit_entries", 0)
    with on(clock.today() + timedelta(days=DRAFT_DAYS)):
        the_worker_kept_running()
        assert chores.do_all()
    # Then no note and no entry says so: a draft is not a submission yet
    assert counts().get("audit_entries", 0) == before
    with stores.reading() as main:
        assert main.scalars(select(AuditNote)).all() == []
        tags = main.scalars(select(AuditEntry.tag)).all()
    assert not [tag for tag in tags if "draft" in tag]


def test_a_larger_draft_is_refused_and_the_older_one_stays() -> None:
    # Given a draft, and then more than an envelope holds
    code = kept_one()
    with pytest.raises(TooMuchToKeep):
        return_drafts.keep(code, a_draft("a" * 262_144))
    # Then what waited still does, and nothing else was left
    assert words_under(code) == WORDS
    assert left() == {"return_drafts": 1, "erasure_secrets": 1}


def test_the_largest_draft_fits() -> None:
    code = kept_one("a" * 261_500)
    assert words_under(code) == "a" * 261_500


def test_a_draft_that_was_moved_to_another_row_does_not_open() -> None:
    # Given two drafts, and an attacker who can write to the main store and gives one the other's bytes
    mine, theirs = kept_one("Mine."), kept_one("Theirs.")
    with stores.writing() as main:
        one, other = main.scalars(select(ReturnDraft)).all()
        envelope, secret_id = other.envelope, other.secret_id
        main.execute(
            update(ReturnDraft).where(ReturnDraft.id == other.id).values(secret_id=other.id)
        )
        main.execute(
            update(ReturnDraft)
            .where(ReturnDraft.id == one.id)
            .values(envelope=envelope, secret_id=secret_id)
        )
    # Then neither code opens what is not its own
    assert return_drafts.find(mine) is None
    assert return_drafts.find(theirs) is None


# Replacing


def test_stopping_again_replaces_the_draft_and_its_secret() -> None:
    # Given a draft with its secret
    code = kept_one("First.")
    with stores.reading("erasure") as erased:
        old = erased.scalars(select(ErasureSecret)).one()
    # When its writer stops again, ten days later
    with on(clock.today() + timedelta(days=10)):
        until = return_drafts.keep(code, a_draft("Second."))
        assert until == clock.today() + timedelta(days=DRAFT_DAYS)
    # Then there is one draft, under a new secret; the old one is gone, so no copy of the first opens any more
    assert words_under(code) == "Second."
    with stores.reading("erasure") as erased:
        new = erased.scalars(select(ErasureSecret)).one()
    assert new.id != old.id
    assert new.secret != old.secret
    assert left() == {"return_drafts": 1, "erasure_secrets": 1}


def test_two_devices_that_stop_at_once_leave_one_whole_draft(inside: Flask) -> None:
    for _ in range(10):
        code = return_drafts.new_code()
        # When two stop at the same moment, for the first time under this code and then again
        for _ in range(2):
            results = at_once(
                inside,
                lambda: return_drafts.keep(code, a_draft("One.")),  # noqa: B023
                lambda: return_drafts.keep(code, a_draft("Other.")),  # noqa: B023
            )
            # Then both were kept, and one of them is there
            assert [type(result) for result in results] == [date, date], results
            assert words_under(code) in ("One.", "Other.")
    assert left() == {"return_drafts": 10, "erasure_secrets": 10}


# Going


def test_it_goes_on_its_day_and_not_before() -> None:
    # Given a draft
    code = kept_one()
    due = clock.today() + timedelta(days=DRAFT_DAYS)
    # When the worker comes on the day before
    with on(due - timedelta(days=1)):
        the_worker_kept_running()
        assert expiry.erase_due() == 0
        assert words_under(code) == WORDS
    # And on the day itself, before the worker
    with on(due):
        the_worker_kept_running()
        # Then it opens no more, whether the worker came or not
        assert return_drafts.find(code) is None
        assert expiry.erase_due() == 1
        assert return_drafts.find(code) is None
    assert left() == {}


def test_more_than_one_batch_goes_in_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    for _ in range(5):
        kept_one()
    with on(clock.today() + timedelta(days=DRAFT_DAYS + 30)):
        the_worker_kept_running()
        assert expiry.erase_due() == 5
    assert left() == {}


def test_throwing_away_is_complete_and_others_stay() -> None:
    # Given two people's drafts
    mine, theirs = kept_one("Mine."), kept_one("Theirs.")
    # When one throws theirs away, twice
    for _ in range(2):
        assert return_drafts.throw_away(mine).complete
    # Then it is gone, its grave says a random id and a day, and the other is there
    assert return_drafts.find(mine) is None
    assert words_under(theirs) == "Theirs."
    assert left() == {"return_drafts": 1, "erasure_secrets": 1}
    with stores.reading() as main:
        (grave,) = main.scalars(select(Tombstone)).all()
    assert grave.done
    assert grave.secret_id is None


def test_the_worker_finishes_what_a_crash_left(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a participant whose draft was thrown away when the power went before the secret was deleted
    code = kept_one()

    def power_goes() -> int:
        raise OSError

    with monkeypatch.context() as crash:
        crash.setattr(shredding, "finish_all", power_goes)
        assert not return_drafts.throw_away(code).complete
    assert left() == {"erasure_secrets": 1}
    # When the worker comes round
    assert chores.do_all()
    # Then it is erased
    assert left() == {}


def test_a_crash_before_the_draft_was_stored_leaves_a_secret_that_is_swept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a crash between the two stores
    with monkeypatch.context() as crash:
        crash.setattr(return_drafts, "_replace", lambda code, row: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kept_one()
    assert left() == {"erasure_secrets": 1}
    # Then the worker sweeps it after two days, and leaves one that protects a draft
    kept_one()
    with on(clock.today() + timedelta(days=3)):
        the_worker_kept_running()
        assert orphans.sweep_orphans() == 1
    assert left() == {"return_drafts": 1, "erasure_secrets": 1}


# Sending


def test_sending_takes_the_draft_away_in_the_same_commit(call: Call) -> None:
    # Given a participant who came back with their code
    code, other = kept_one(), kept_one("Theirs.")
    # When they send
    receipt = send(call, code)
    # Then it is sent and their draft is gone; another's is not
    assert own_copies.find_held(receipt).answers
    assert return_drafts.find(code) is None
    assert words_under(other) == "Theirs."
    assert counts()["erasure_secrets"] == 6 + 1


def test_what_was_not_sent_still_waits(call: Call) -> None:
    # Given a call that has closed when they press Send
    code = kept_one()
    with on(call.closes_on + timedelta(days=1)):
        return_drafts.keep(code, a_draft())
        with pytest.raises(CallClosed):
            send(call, code)
        # Then nothing is lost
        assert words_under(code) == WORDS


def test_a_crash_right_after_sending_leaves_no_draft_that_opens(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a power cut after the commit
    code = kept_one()

    def power_goes() -> int:
        raise OSError

    with monkeypatch.context() as crash:
        crash.setattr(shredding, "finish_all", power_goes)
        send(call, code)
    # Then the code opens nothing already, and the worker deletes the secret
    assert return_drafts.find(code) is None
    assert counts()["erasure_secrets"] == 6 + 1
    assert chores.do_all()
    assert counts()["erasure_secrets"] == 6
