"""A new version of a published call: begun once, checked, published under the next number; on both databases."""

import csv
import io
from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import DEMO_CALL, TO_CALL, signed_in, submit_one
from tests.integration.at_once import at_once
from tests.second_version import TITLE, publish_second_version
from webapp.models import ConsentStatement, PurposeKey
from webapp.rules.audit_details import OfVersion
from webapp.rules.forms.draft_languages import draft_texts
from webapp.rules.forms.draft_translation import (
    begin_language,
    mark_reviewed,
    offered_form,
    translate,
)
from webapp.rules.forms.edited_words import with_words
from webapp.rules.forms.form_difference import ChangeKind
from webapp.rules.forms.form_editing import edited, remove_section, replace_page
from webapp.rules.reasons import Reason
from webapp.rules.references import reference
from webapp.rules.retention import due_on
from webapp.services.answers import desk_submissions, submission_filters
from webapp.services.calls import closing, form_versions, published_calls
from webapp.services.forms import call_drafts, call_versions, publishing, version_history
from webapp.services.forms.call_drafts import AlreadyPublished, Edit, FixedInVersion
from webapp.services.forms.draft_publishing import NotReady, Obstacle
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import contact_exports

ANA = UUID("5eed0000-0000-4000-8000-000000000001")


def change(draft_id: UUID, edit: Edit) -> None:
    version = call_drafts.find(draft_id).version
    call_drafts.change(draft_id, version, edit, what="Changed it", actor=ANA)


def titled(title: str) -> Edit:
    return lambda content: content.with_form(
        edited(content.form, title=with_words(content.form.title, title))
    )


def consents_worded(purpose: str, words: str) -> Edit:
    """Other words of one consent, in English."""
    return lambda content: content.with_form(
        edited(
            content.form,
            consents=tuple(
                one.model_copy(update={"text": with_words(one.text, words)})
                if one.purpose == purpose
                else one
                for one in content.form.consents
            ),
        )
    )


def publish(draft_id: UUID, reason: str = "Plainer words", actor: UUID = ANA) -> int:
    return call_versions.publish(call_drafts.find(draft_id), actor=actor, reason=reason)


def statements() -> set[tuple[str, int, str, str]]:
    with stores.reading() as main:
        return {
            (one.purpose, one.version, one.language, one.wording)
            for one in main.scalars(select(ConsentStatement))
        }


def test_a_published_call_gets_a_new_version_and_everything_else_of_it_stays(app: Flask) -> None:
    with app.app_context():
        before, words_before = published_calls.find_call(DEMO_CALL), statements()
        # Given a draft of a new version, which pressing twice does not make two of
        draft_id = call_versions.begin(DEMO_CALL, actor=ANA)
        assert call_versions.begin(DEMO_CALL, actor=ANA) == draft_id
        assert call_versions.open_draft(before) == draft_id
        draft = call_drafts.find(draft_id)
        assert draft.of is not None
        assert draft.content.form == before.form
        # Translations that nobody has reviewed are left out, as in a first version, and that is all that differs
        found = call_versions.check(draft.of, draft.content)
        lines = call_versions.difference_to(draft.of, draft.content)
        assert {one.path[0].words for one in lines} == {one.language.code for one in found.left_out}
        # When the title and a consent get other words, and it is published
        change(draft_id, titled("How help is decided"))
        change(draft_id, consents_worded("quote", "You may print my words."))
        lines = call_versions.difference_to(draft.of, call_drafts.find(draft_id).content)
        assert {(one.kind, one.field) for one in lines if one.field} == {
            (ChangeKind.REWORDED, "title"),
            (ChangeKind.REWORDED, "text"),
            (ChangeKind.SET, "version"),
        }
        assert publish(draft_id) == 2
        # Then the call asks it from now on, at its address, with its keys and its days
        call = published_calls.find_call(DEMO_CALL)
        assert (call.id, call.closes_on, call.form_version) == (before.id, before.closes_on, 2)
        assert call.form.title["en"] == "How help is decided"
        # And the new words of the consent are a new version of it beside the old ones
        assert words_before < statements()
        assert {one[:2] for one in statements() - words_before} == {("quote", 2)}
        # And the record and the list of versions say who did it, and why
        (line,) = [one for one in audit.recent() if one.tag == "new version of a call"]
        assert (line.actor, line.reason, line.detail) == (str(ANA), "Plainer words", OfVersion(2))
        first, second = version_history.all_of(call.id)
        assert (first.form, second.form) == (before.form, call.form)
        assert second.reason == "Plainer words"
        # And the draft says so, and does not change any more
        assert call_drafts.find(draft_id).address == DEMO_CALL
        with pytest.raises(AlreadyPublished):
            change(draft_id, titled("Too late"))
        with pytest.raises(AlreadyPublished):
            publish(draft_id)
        # And the next version is another draft, which begins with this one
        another = call_versions.begin(DEMO_CALL, actor=ANA)
        assert another != draft_id
        draft = call_drafts.find(another)
        assert draft.of is not None
        assert offered_form(draft.content) == call.form
        # In which nothing has changed yet
        found = call_versions.check(draft.of, draft.content)
        assert found.obstacles == (Obstacle.NOTHING_CHANGED,)


def test_two_who_publish_at_once_make_one_version_and_the_other_is_told(
    app: Flask, founded: Founded
) -> None:
    with app.app_context():
        draft_id = call_versions.begin(DEMO_CALL, actor=ANA)
        change(draft_id, titled("How help is decided"))
        shown = call_drafts.find(draft_id)

    def press() -> int:
        return call_versions.publish(shown, actor=ANA, reason="Plainer words")

    results = at_once(app, press, press)
    assert 2 in results
    assert [type(one) for one in results if one != 2] == [AlreadyPublished]
    with app.app_context():
        assert published_calls.find_call(DEMO_CALL).form_version == 2
        assert len([one for one in audit.recent() if one.tag == "new version of a call"]) == 1


def test_two_who_begin_at_once_are_led_to_one_draft(app: Flask) -> None:
    with app.app_context():
        submit_one()

    def press() -> UUID:
        return call_versions.begin(DEMO_CALL, actor=ANA)

    one, other = at_once(app, press, press)
    assert isinstance(one, UUID)
    assert one == other


def test_a_draft_of_a_version_that_was_just_replaced_is_not_begun(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given somebody who presses "Change this call"
    read = published_calls.find_call

    def overtaken(slug: str) -> published_calls.Call:
        # When another person publishes a version between reading the call and locking it
        found = read(slug)
        monkeypatch.setattr(published_calls, "find_call", read)
        publish_second_version(slug)
        return found

    with app.app_context():
        monkeypatch.setattr(published_calls, "find_call", overtaken)
        # Then no draft is made that would take that version back
        with pytest.raises(EditConflict):
            call_versions.begin(DEMO_CALL, actor=ANA)
        assert call_versions.open_draft(published_calls.find_call(DEMO_CALL)) is None
        # And the next press begins from what is published
        draft = call_drafts.find(call_versions.begin(DEMO_CALL, actor=ANA))
        assert draft.content.form.title["en"] == TITLE


def test_what_was_checked_is_what_is_published(app: Flask) -> None:
    with app.app_context():
        draft_id = call_versions.begin(DEMO_CALL, actor=ANA)
        change(draft_id, titled("How help is decided"))
        shown = call_drafts.find(draft_id)
        # When a colleague saves between the check and the button
        change(draft_id, titled("Something else"))
        # Then nothing is published
        with pytest.raises(NotReady):
            call_versions.publish(shown, actor=ANA, reason="Plainer words")
        assert published_calls.find_call(DEMO_CALL).form_version == 1


@pytest.mark.parametrize(
    "update",
    [
        {"slug": "another"},
        {"slug": ""},
        {"closes_on": date(2031, 1, 1)},
        {"tell_back_by": "2031-03"},
    ],
)
def test_address_and_days_are_no_part_of_a_version(
    page_app: Flask, update: dict[str, object]
) -> None:
    with page_app.app_context():
        draft_id = call_versions.begin(DEMO_CALL, actor=ANA)
        with pytest.raises(FixedInVersion):
            change(draft_id, lambda content: content.model_copy(update=update))
        assert call_drafts.find(draft_id).content.slug == DEMO_CALL


def test_a_question_that_changed_its_kind_and_a_consent_that_widened_are_refused(
    page_app: Flask,
) -> None:
    with page_app.app_context():
        draft_id = call_versions.begin(DEMO_CALL, actor=ANA)
        form = call_drafts.find(draft_id).content.form
        page = next(one for one in form.pages if one.section == "call" and not one.stop)
        first, *rest = page.questions
        other = first.model_copy(
            update={"kind": "long_text", "choices": (), "none": None, "max_length": None}
        )
        assert other.kind != first.kind
        mixed = page.model_copy(update={"questions": (other, *rest)})
        change(draft_id, lambda content: content.with_form(replace_page(content.form, mixed)))
        widened = tuple(
            one.model_copy(update={"uses_contact": True}) if one.purpose == "quote" else one
            for one in form.consents
        )
        change(
            draft_id,
            lambda content: content.with_form(edited(content.form, consents=widened)),
        )
        draft = call_drafts.find(draft_id)
        assert draft.of is not None
        found = {
            (one.key, one.params.get("where"))
            for one in call_versions.check(draft.of, draft.content).problems
        }
        assert ("publish-version-other-kind", first.key) in found
        assert ("publish-version-other-use", "quote") in found
        with pytest.raises(NotReady):
            publish(draft_id)


def test_a_part_that_no_version_had_gets_keys_and_the_others_keep_theirs(
    app: Flask, founded: Founded
) -> None:
    with app.app_context():
        # Given a call without questions about equality
        form = remove_section(published_calls.find_call(DEMO_CALL).form, "equality")
        form = edited(form, title={"en": "Another call"})
        closes_on = published_calls.find_call(DEMO_CALL).closes_on
        month = call_drafts.find(call_versions.begin(DEMO_CALL, actor=ANA)).content.month
        assert month is not None
        publishing.publish_call(
            form, slug="spring", closes_on=closes_on, tell_back_by=month, actor=audit.OPERATOR
        )
        with stores.reading() as main:
            keys = set(main.scalars(select(PurposeKey.id)))
        # When its next version asks about equality
        draft_id = call_versions.begin("spring", actor=ANA)
        asked = published_calls.find_call(DEMO_CALL).form
        change(
            draft_id,
            lambda content: content.with_form(
                edited(content.form, pages=asked.pages, parts=asked.parts)
            ),
        )
        publish(draft_id)
        # Then one key came
        call = published_calls.find_call("spring")
        with stores.reading() as main:
            new = main.scalars(select(PurposeKey).where(PurposeKey.id.not_in(keys))).all()
        assert [(one.owner_id, one.purpose) for one in new] == [(call.id, "equality")]
        assert published_calls.can_be_sent(call)


def test_translations_and_their_reviews_come_along(app: Flask, founded: Founded) -> None:
    with app.app_context():
        actor = signed_in(founded).coordinator_id
        draft_id = call_versions.begin(DEMO_CALL, actor=actor)
        # Given a version in Vietnamese that was read, and one Somali text that was not
        change(draft_id, lambda content: begin_language(content, "vi", {}))
        change(
            draft_id,
            lambda content: translate(
                content, "vi", {path: f"chữ {path}" for path in draft_texts(content.form)}
            ),
        )
        change(
            draft_id,
            lambda content: mark_reviewed(content, "vi", "Interpreter", date(2026, 11, 1)),
        )
        change(draft_id, lambda content: translate(content, "so", {"title": "Cinwaan"}))
        publish(draft_id, actor=actor)
        form = published_calls.find_call(DEMO_CALL).form
        assert form.title["vi"] == "chữ title"
        # When the next version is begun
        content = call_drafts.find(call_versions.begin(DEMO_CALL, actor=actor)).content
        # Then the review is there, and so are the words that were not ready
        review = content.languages["vi"].review
        assert review is not None
        assert (review.by, review.on) == ("Interpreter", date(2026, 11, 1))
        assert "Cinwaan" in content.form.title.values()


def test_a_list_of_contacts_covers_every_version_and_says_who_agreed_to_other_words(
    app: Flask, founded: Founded
) -> None:
    with app.app_context():
        # Given a person who said yes to the first version, and one who said yes to the second
        first = submit_one(published_calls.find_call(DEMO_CALL))
        publish_second_version()
        call = published_calls.find_call(DEMO_CALL)
        second = submit_one(call)
        holder = signed_in(founded)
        old = form_versions.at_or_newest(call, 1).form.consent("contact_me")
        assert old is not None

        def listed(purpose: str, reason: Reason) -> dict[str, str]:
            file = contact_exports.export_consented(
                holder,
                call,
                purpose=purpose,
                reason=reason,
                file_format="csv",
                password="",
            )
            rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
            return {row["Reference"]: row["They agreed to other words"] for row in rows}

        # Then both are in the list, and it says which words the first one agreed to
        assert listed("contact_me", TO_CALL) == {
            reference(first.submission_id): old.text["en"],
            reference(second.submission_id): "",
        }
        # And a permission that only the first version asked for is still of use, and can be filtered by
        assert call.form.consent("invite") is None
        assert listed("invite", Reason("invite")).keys() == {reference(first.submission_id)}
        assert submission_filters.facets(call).consent["invite"] == 1
        # And each page of the desk knows the version that its person answered
        for sent, number in ((first, 1), (second, 2)):
            assert desk_submissions.find_row(sent.submission_id)[1].form_version == number


def test_a_call_is_not_opened_again_when_an_older_versions_answers_are_due(
    page_app: Flask, page_founded: Founded
) -> None:
    with page_app.app_context():
        # Given a second version whose answers are kept for longer
        draft_id = call_versions.begin(DEMO_CALL, actor=ANA)
        before = published_calls.find_call(DEMO_CALL)
        shortest = min(rules.keep_months for rules in before.form.parts.values())
        longer = {
            name: rules.model_copy(update={"keep_months": 36})
            for name, rules in before.form.parts.items()
        }
        change(draft_id, lambda content: content.with_form(edited(content.form, parts=longer)))
        publish(draft_id)
        # And whoever answers now is kept as long as their own version said
        call = published_calls.find_call(DEMO_CALL)
        assert call.form.parts["testimony"].keep_months == 36
        older = form_versions.at_or_newest(call, 1)
        assert min(rules.keep_months for rules in older.form.parts.values()) == shortest
        # When the answers to the first version were due
        due = due_on(call.closes_on, shortest)
        with time_machine.travel(due + timedelta(days=1)), pytest.raises(closing.AnswersDue):
            closing.check_reopening(call)
