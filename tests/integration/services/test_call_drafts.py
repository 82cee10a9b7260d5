"""Drafts of calls: versions, undo, two coordinators at once, publishing once; on both databases."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.factories import signed_in, told_by
from webapp.models import CallDraftVersion
from webapp.rules import clock
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_languages import draft_texts
from webapp.rules.forms.draft_translation import begin_language, mark_reviewed, translate
from webapp.rules.forms.edited_words import with_words
from webapp.rules.forms.form_editing import add_pages, edited
from webapp.rules.tell_back import Month
from webapp.services.calls import published_calls
from webapp.services.forms import call_drafts, draft_publishing, question_bank
from webapp.services.forms.call_drafts import (
    KEPT_VERSIONS,
    AlreadyPublished,
    ChangedMeanwhile,
    DraftTooLarge,
    Edit,
    NoSuchDraft,
)
from webapp.services.forms.draft_publishing import NotReady, Obstacle
from webapp.services.forms.shipped_translations import shipped
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys.bootstrap import Founded
from webapp.services.languages import text_reviews

#: Too early for a call that is open for a month.
SOON = Month.of(clock.today())
ANA = UUID("5eed0000-0000-4000-8000-000000000001")


def titled(title: str) -> Edit:
    def edit(content: CallDraftContent) -> CallDraftContent:
        return content.with_form(edited(content.form, title=with_words(content.form.title, title)))

    return edit


def ready(slug: str = "spring", last_day: date | None = None, month: Month | None = None) -> Edit:
    closes_on = last_day or clock.today() + timedelta(days=30)
    told = {"closes_on": closes_on, "tell_back_by": str(month or told_by(closes_on))}

    def edit(content: CallDraftContent) -> CallDraftContent:
        return content.model_copy(update={"slug": slug, **told})

    return edit


def with_question(key: str) -> Edit:
    """A page of the question bank, as it is there."""
    entry = question_bank.entry(key)

    def edit(content: CallDraftContent) -> CallDraftContent:
        return content.with_form(add_pages(content.form, entry.pages, entry.parts))

    return edit


def begun(template: str = "feedback") -> UUID:
    form = question_bank.form_from(template, "Harbour House")
    return call_drafts.begin(CallDraftContent(form=form), what="Started", actor=ANA)


def change(draft_id: UUID, edit: Edit, what: str = "Changed it", actor: UUID = ANA) -> None:
    version = call_drafts.find(draft_id).version
    call_drafts.change(draft_id, version, edit, what=what, actor=actor)


def in_every_text(code: str) -> Edit:
    def edit(content: CallDraftContent) -> CallDraftContent:
        words = {path: f"عربي {path}" for path in draft_texts(content.form)}
        return translate(content, code, words)

    return edit


def codes_left_out(draft_id: UUID) -> list[str]:
    found = draft_publishing.check(call_drafts.find(draft_id).content)
    assert found.ready
    return [one.language.code for one in found.left_out]


def title_of(draft_id: UUID) -> str:
    return call_drafts.find(draft_id).title


def test_each_change_is_a_version_and_undo_goes_back_one_by_one(app: Flask) -> None:
    with app.app_context():
        # Given a draft that was changed twice
        draft_id = begun()
        first = title_of(draft_id)
        change(draft_id, titled("Second"))
        change(draft_id, titled("Third"))
        # When it is undone
        call_drafts.undo(draft_id, 3)
        assert (title_of(draft_id), call_drafts.find(draft_id).version) == ("Second", 2)
        # Then another change goes on from there, under a number that no version had
        change(draft_id, titled("Fourth"))
        assert call_drafts.find(draft_id).version == 4
        # And undoing leads past the change that was taken back, to the beginning
        call_drafts.undo(draft_id, 4)
        assert title_of(draft_id) == "Second"
        call_drafts.undo(draft_id, 2)
        assert title_of(draft_id) == first
        assert not call_drafts.find(draft_id).can_undo


def test_who_saves_an_older_state_is_told_who_changed_what_and_takes_nothing_back(
    app: Flask,
) -> None:
    with app.app_context():
        # Given two coordinators who opened the same version
        draft_id = begun()
        change(draft_id, ready(), "Changed the last day")
        # When the second saves
        with pytest.raises(ChangedMeanwhile) as told:
            call_drafts.change(draft_id, 1, titled("Mine"), what="Changed the title", actor=ANA)
        # Then nothing was changed, and the change of the first is named
        assert [one.what for one in told.value.changes] == ["Changed the last day"]
        assert told.value.newest == 2
        assert title_of(draft_id) != "Mine"
        # And saving on the newest version keeps both
        call_drafts.change(draft_id, 2, titled("Mine"), what="Changed the title", actor=ANA)
        both = call_drafts.find(draft_id)
        assert (both.title, both.content.slug) == ("Mine", "spring")


def test_an_edit_that_changes_nothing_makes_no_version(app: Flask) -> None:
    with app.app_context():
        draft_id = begun()
        change(draft_id, titled(title_of(draft_id)))
        assert call_drafts.find(draft_id).version == 1


def test_a_second_press_of_save_is_no_conflict_with_the_first(app: Flask) -> None:
    with app.app_context():
        draft_id = begun()
        for _ in range(2):
            call_drafts.change(draft_id, 1, titled("Mine"), what="Changed the title", actor=ANA)
        assert call_drafts.find(draft_id).version == 2


def test_old_versions_are_deleted_and_undo_ends_there(page_app: Flask) -> None:
    with page_app.app_context():
        draft_id = begun()
        for number in range(KEPT_VERSIONS + 1):
            change(draft_id, titled(f"Title {number}"))
        with stores.reading() as main:
            assert len(main.scalars(select(CallDraftVersion)).all()) == KEPT_VERSIONS
        while call_drafts.find(draft_id).can_undo:
            call_drafts.undo(draft_id, call_drafts.find(draft_id).version)
        assert title_of(draft_id) == "Title 1"


def test_a_draft_has_bounds(page_app: Flask) -> None:
    with page_app.app_context():
        draft_id = begun()
        long = {f"q{number}": "x" * 150 for number in range(4_000)}
        with pytest.raises(DraftTooLarge):
            change(draft_id, lambda content: content.model_copy(update={"reasons": long}))
        assert call_drafts.find(draft_id).version == 1


def test_a_draft_is_published_once_by_the_service_of_the_command(app: Flask) -> None:
    with app.app_context():
        # Given a draft that is not ready
        draft_id = begun()
        found = draft_publishing.check(call_drafts.find(draft_id).content)
        assert found.obstacles == (Obstacle.NO_ADDRESS, Obstacle.NO_LAST_DAY, Obstacle.NO_MONTH)
        with pytest.raises(NotReady):
            draft_publishing.publish(call_drafts.find(draft_id), actor=ANA)
        # When it is, and the button is pressed twice
        change(draft_id, ready())
        as_shown = call_drafts.find(draft_id)
        draft_publishing.publish(as_shown, actor=ANA)
        with pytest.raises(AlreadyPublished):
            # (a press that saw the draft before the first one was done)
            draft_publishing.publish(as_shown, actor=ANA)
        # Then there is one call, whose id is the draft's, and the record names the coordinator
        call = published_calls.find_call("spring")
        assert (call.id, call.form) == (draft_id, as_shown.content.form)
        (line,) = [one for one in audit.recent() if one.tag == "call published"][:1]
        assert line.actor == str(ANA)
        # And the draft says so, and does not change any more
        assert call_drafts.find(draft_id).address == "spring"
        with pytest.raises(AlreadyPublished):
            change(draft_id, titled("Too late"))
        # And throwing it away leaves the call
        call_drafts.throw_away(draft_id, actor=ANA)
        call_drafts.throw_away(draft_id, actor=ANA)
        with pytest.raises(NoSuchDraft):
            call_drafts.find(draft_id)
        assert published_calls.find_call("spring").id == draft_id
        # And the record says once who did it
        (line,) = [one for one in audit.recent() if one.tag == "draft of a call thrown away"]
        assert (line.actor, line.subject_id) == (str(ANA), draft_id)


@pytest.mark.parametrize(
    ("edit", "obstacle"),
    [
        (ready("support-needs"), Obstacle.ADDRESS_TAKEN),
        (ready("survivors"), Obstacle.ADDRESS_TELLS),
        (ready(last_day=date(2020, 1, 1), month=SOON), Obstacle.LAST_DAY_OVER),
        (
            lambda content: content.model_copy(update={"tell_back_by": None}),
            Obstacle.NO_MONTH,
        ),
        (ready(month=SOON), Obstacle.MONTH_TOO_EARLY),
        (ready(month=SOON.later(30)), Obstacle.MONTH_TOO_LATE),
        (titled("how support needs  are decided"), Obstacle.SAME_TITLE),
        (with_question("yes-no"), Obstacle.UNWRITTEN),
    ],
)
def test_what_stands_in_the_way_is_named(page_app: Flask, edit: Edit, obstacle: Obstacle) -> None:
    with page_app.app_context():
        draft_id = begun()
        change(draft_id, ready())
        assert draft_publishing.check(call_drafts.find(draft_id).content).ready
        change(draft_id, edit)
        assert draft_publishing.check(call_drafts.find(draft_id).content).obstacles == (obstacle,)


def test_a_version_that_was_changed_by_hand_is_not_shown(app: Flask) -> None:
    with app.app_context():
        forged, good = begun("evidence"), begun()
        with stores.writing() as main:
            main.execute(
                update(CallDraftVersion)
                .where(CallDraftVersion.draft_id == forged)
                .values(changed_by=uuid4())
            )
        with pytest.raises(RowForged):
            call_drafts.find(forged)
        drafts, left_out = call_drafts.listed()
        assert ([one.id for one in drafts], left_out) == ([good], 1)


def test_translations_are_versions_like_all_else_and_only_what_is_ready_is_published(
    app: Flask, founded: Founded
) -> None:
    with app.app_context():
        actor = signed_in(founded).coordinator_id
        # Given a draft in Arabic, reviewed, and one text in Somali
        draft_id = begun()
        change(draft_id, ready())
        change(draft_id, lambda content: begin_language(content, "ar", shipped("ar")))
        change(draft_id, in_every_text("ar"))
        change(
            draft_id, lambda content: mark_reviewed(content, "ar", "Interpreter", date(2026, 11, 1))
        )
        change(draft_id, lambda content: translate(content, "so", {"title": "Cinwaan"}))
        # When the English of the title changes, the Arabic is older, and both are left out
        change(draft_id, titled("How was it?"))
        changed = call_drafts.find(draft_id)
        (older,) = changed.content.languages["ar"].older
        assert (older.english, older.words) == ("How was it?", "عربي title")
        assert codes_left_out(draft_id) == ["ar", "so"]
        # When that is undone, Arabic is ready again
        call_drafts.undo(draft_id, changed.version)
        assert codes_left_out(draft_id) == ["so"]
        draft_publishing.publish(call_drafts.find(draft_id), actor=actor)
        # Then the call is in English and Arabic, and its words count as read
        form = published_calls.find_call("spring").form
        assert set(form.title) == {"en", "ar"}
        assert {one.by for one in text_reviews.reviews_of("ar").values()} == {"Interpreter"}
