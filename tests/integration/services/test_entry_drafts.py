"""Drafts that coordinators enter for people: whose they are, what lies in the row, and that nothing is left behind."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests.factories import holder_with
from tests.integration.at_once import at_once
from tests.integration.tables import counts
from tests.turned import the_worker_kept_running
from webapp.extensions import current_settings
from webapp.models import AuditEntry, EntryDraft, ErasureSecret, Tombstone
from webapp.rules import clock
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import on_behalf_drafts
from webapp.services.answers.on_behalf_drafts import (
    Draft,
    NoSuchDraft,
    TooManyDrafts,
    TooMuchToKeep,
)
from webapp.services.infrastructure import disk_space, stores
from webapp.services.keys.coordinators import Holder
from webapp.services.retention import expiry

pytestmark = pytest.mark.usefixtures("inside")

WORDS = "Somebody should say what comes next."
ANA = holder_with("Ana", b"a" * 32)
BEN = holder_with("Ben", b"b" * 32)


def a_draft(**changes: object) -> Draft:
    draft = on_behalf_drafts.new_draft(
        "support-needs", how="phone", told_on=clock.today(), spoken="Krio"
    )
    return replace(draft, **changes)  # type: ignore[arg-type]


def begun(holder: Holder = ANA, words: str = WORDS) -> UUID:
    draft = a_draft(typed={"change": [["change_words", words]]})
    return on_behalf_drafts.begin(holder, draft, uuid4())


def with_words(words: str, page: str = "change"):  # type: ignore[no-untyped-def]
    def changed(draft: Draft) -> Draft:
        return replace(draft, typed={**draft.typed, page: [["words", words]]})

    return changed


def left() -> dict[str, int]:
    found = counts()
    return {name: found.get(name, 0) for name in ("entry_drafts", "erasure_secrets")}


def on(day: date) -> time_machine.travel:
    return time_machine.travel(datetime.combine(day, time(12), UTC), tick=False)


def test_a_draft_comes_back_as_it_was_left_for_its_coordinator_alone() -> None:
    # Given what one coordinator entered
    draft_id = begun()
    # Then she finds it, with the day on which it goes, and a colleague does not
    waiting = on_behalf_drafts.find(ANA, draft_id)
    assert waiting.draft.typed == {"change": [["change_words", WORDS]]}
    assert waiting.draft.spoken == "Krio"
    assert waiting.until == clock.today() + timedelta(days=DRAFT_DAYS)
    with pytest.raises(NoSuchDraft):
        on_behalf_drafts.find(BEN, draft_id)
    assert [one.id for one in on_behalf_drafts.all_of(ANA)] == [draft_id]
    assert on_behalf_drafts.all_of(BEN) == ()


def test_the_row_says_neither_who_enters_it_nor_for_which_call() -> None:
    # Given a draft
    begun()
    # When an attacker steals its row
    with stores.reading() as main:
        row = main.scalars(select(EntryDraft)).one()
    # Then there is no coordinator in it, no call, no code and no word
    stolen = row.envelope + row.lookup + row.id.bytes + row.secret_id.bytes
    for known in (WORDS.encode(), b"support-needs", b"Krio", ANA.coordinator_id.bytes):
        assert known not in stolen


def test_a_row_of_a_colleague_put_under_ones_own_name_opens_nothing() -> None:
    # Given an attacker who can write to the database, and gives one coordinator's draft to another
    draft_id, own = begun(ANA), begun(BEN)
    with stores.writing() as main:
        row = main.get_one(EntryDraft, own)
        main.execute(update(EntryDraft).where(EntryDraft.id == draft_id).values(lookup=row.lookup))
    # Then it opens for neither coordinator, and keeps neither from their own
    with pytest.raises(NoSuchDraft):
        on_behalf_drafts.find(BEN, draft_id)
    assert [one.id for one in on_behalf_drafts.all_of(BEN)] == [own]


def test_an_older_version_put_back_does_not_open() -> None:
    # Given a draft of which an attacker kept an older envelope
    draft_id = begun()
    with stores.reading() as main:
        old = main.get_one(EntryDraft, draft_id).envelope
    on_behalf_drafts.change(ANA, draft_id, with_words("Newer"))
    # When they put it back
    with stores.writing() as main:
        main.execute(update(EntryDraft).where(EntryDraft.id == draft_id).values(envelope=old))
    # Then it is not taken for what was entered last
    with pytest.raises(NoSuchDraft):
        on_behalf_drafts.find(ANA, draft_id)


def test_two_tabs_at_once_lose_nothing_of_each_other(app: Flask) -> None:
    # Given two tabs that read the same version before either writes
    draft_id = begun()
    both_read = threading.Barrier(2)

    def write(page: str) -> None:
        first = True

        def changed(draft: Draft) -> Draft:
            nonlocal first
            if first:
                first = False
                both_read.wait(timeout=30)
            return with_words(page, page)(draft)

        with app.app_context():
            on_behalf_drafts.change(ANA, draft_id, changed)

    # When both write
    at_once(app, lambda: write("one"), lambda: write("two"))
    # Then both pages are there
    typed = on_behalf_drafts.find(ANA, draft_id).draft.typed
    assert {"one", "two"} <= set(typed)


def test_keeping_often_leaves_one_secret_and_no_tombstones() -> None:
    # When autosave keeps a draft many times
    draft_id = begun()
    for place in range(5):
        on_behalf_drafts.change(ANA, draft_id, with_words(str(place)))
    # Then there is one row, one secret, and nothing that tells how a coordinator types
    assert left() == {"entry_drafts": 1, "erasure_secrets": 1}
    assert counts().get("tombstones", 0) == 0


def test_once_it_is_sent_no_version_with_answers_opens_any_more() -> None:
    # Given a draft whose answers are stored
    draft_id = begun()
    with stores.reading() as main:
        old = main.get_one(EntryDraft, draft_id)
    on_behalf_drafts.keep_code_alone(ANA, draft_id)
    # Then the code is what is left of it
    draft = on_behalf_drafts.find(ANA, draft_id).draft
    assert draft.sent and draft.receipt and draft.typed == {} and draft.spoken == ""
    # And the secret of every older version is gone
    with stores.reading("erasure") as secrets:
        assert secrets.get(ErasureSecret, old.secret_id) is None
    assert left() == {"entry_drafts": 1, "erasure_secrets": 1}
    # And doing it again changes nothing
    on_behalf_drafts.keep_code_alone(ANA, draft_id)
    assert on_behalf_drafts.find(ANA, draft_id).draft == draft


def test_a_draft_that_is_thrown_away_leaves_nothing() -> None:
    # Given a draft
    draft_id = begun()
    # When it is thrown away, twice
    assert on_behalf_drafts.throw_away(ANA, draft_id).complete
    assert on_behalf_drafts.throw_away(ANA, draft_id).complete
    # Then its row and its secret are gone, and the record never heard of it
    assert left() == {"entry_drafts": 0, "erasure_secrets": 0}
    with stores.reading() as main:
        assert main.scalars(select(Tombstone.done)).all() == [True]
        assert "entry" not in "".join(main.scalars(select(AuditEntry.tag)).all())


def test_beginning_twice_is_beginning_once(app: Flask) -> None:
    # Given two presses of one page, at the same moment
    once = uuid4()

    def press() -> UUID:
        with app.app_context():
            return on_behalf_drafts.begin(ANA, a_draft(), once)

    # When both are sent, and one more later
    assert {*at_once(app, press, press), press()} == {once}
    # Then there is one draft
    assert [one.id for one in on_behalf_drafts.all_of(ANA)] == [once]
    # And a colleague, or who comes back to the page after throwing it away, begins another one
    assert on_behalf_drafts.begin(BEN, a_draft(), once) != once
    on_behalf_drafts.throw_away(ANA, once)
    assert on_behalf_drafts.begin(ANA, a_draft(), once) != once


def test_no_coordinator_throws_away_a_colleagues_draft() -> None:
    draft_id = begun(ANA)
    on_behalf_drafts.throw_away(BEN, draft_id)
    assert on_behalf_drafts.find(ANA, draft_id)


def test_an_abandoned_draft_goes_on_its_day() -> None:
    # Given a draft, and one that a coordinator went on with a week later
    forgotten, used = begun(), begun()
    today = clock.today()
    with on(today + timedelta(days=7)):
        on_behalf_drafts.change(ANA, used, with_words("More"))
    # When two weeks are over
    with on(today + timedelta(days=DRAFT_DAYS)):
        # Then it is not found any more, even before the worker comes
        with pytest.raises(NoSuchDraft):
            on_behalf_drafts.find(ANA, forgotten)
        the_worker_kept_running()
        expiry.erase_due()
        assert left() == {"entry_drafts": 1, "erasure_secrets": 1}
        assert on_behalf_drafts.find(ANA, used)


def test_one_person_has_so_many_drafts_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_behalf_drafts, "MOST", 2)
    begun(), begun()
    with pytest.raises(TooManyDrafts):
        begun()
    # A colleague's count for nothing
    begun(BEN)


def test_more_than_one_envelope_holds_is_refused_and_what_was_kept_stays() -> None:
    draft_id = begun()
    with pytest.raises(TooMuchToKeep):
        on_behalf_drafts.change(ANA, draft_id, with_words("x" * 600_000, "other"))
    assert on_behalf_drafts.find(ANA, draft_id).draft.typed == {"change": [["change_words", WORDS]]}


# A disk that is nearly full


def free_is(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """So much of what is kept free is left."""
    kept = current_settings().keep_free_mb * disk_space.MEGABYTE
    monkeypatch.setattr(disk_space, "free_bytes", lambda chosen=None: int(kept * share))


def test_on_a_nearly_full_disk_none_begins_and_what_was_begun_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a draft, and less room than is kept free
    once = uuid4()
    draft = a_draft()
    draft_id = on_behalf_drafts.begin(ANA, draft, once)
    before = left()
    free_is(monkeypatch, 0.75)
    # Then none begins, and nothing is stored for it
    with pytest.raises(disk_space.LittleRoom):
        begun()
    assert left() == before
    # And pressing twice finds the one that was begun, which goes on
    assert on_behalf_drafts.begin(ANA, draft, once) == draft_id
    on_behalf_drafts.change(ANA, draft_id, with_words("Newer"))


def test_where_nothing_new_is_stored_a_draft_stays_as_it_was_and_can_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given two drafts, and less room than is needed to store anything new
    sent, thrown = begun(), begun()
    free_is(monkeypatch, 0.25)
    # Then nothing is added, and nothing that was kept is lost
    with pytest.raises(disk_space.LittleRoom):
        on_behalf_drafts.change(ANA, sent, with_words("Newer"))
    assert on_behalf_drafts.find(ANA, sent).draft.typed == {"change": [["change_words", WORDS]]}
    # And what makes room goes on: the answers go when the code stays alone, and a draft can be thrown away
    on_behalf_drafts.keep_code_alone(ANA, sent)
    assert on_behalf_drafts.find(ANA, sent).draft.sent
    assert on_behalf_drafts.throw_away(ANA, thrown).complete
    assert left() == {"entry_drafts": 1, "erasure_secrets": 1}
