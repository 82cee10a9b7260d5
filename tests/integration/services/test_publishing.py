"""Publishing a call: only what may be asked, all of it or nothing, and every exception in the record."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.factories import (
    DEMO_CALL,
    TO_READ,
    demo_form,
    signed_in,
    submit_one,
    told_by,
)
from tests.integration.tables import everything, written
from webapp.models import ConsentStatement, FormVersion, PurposeKey, PurposeKeySeal
from webapp.rules import clock
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.publishing.problems import Override
from webapp.services.calls import published_calls
from webapp.services.forms import publishing
from webapp.services.forms.publishing import AddressRefused, NotPublishable
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import purpose_keys
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.purpose_keys import NoPurposeKey
from webapp.services.opening import disclosure

pytestmark = pytest.mark.usefixtures("inside")


def publish(form: FormDefinition, slug: str = "another", **more: object) -> object:
    closes_on = clock.today() + timedelta(days=30)
    told = {"closes_on": closes_on, "tell_back_by": told_by(closes_on), **more}
    return publishing.publish_call(
        form,
        slug=slug,
        actor=audit.OPERATOR,
        **told,  # type: ignore[arg-type]
    )


def form_asking(label: str) -> FormDefinition:
    """The demo's form, with the words of one question changed."""
    data = demo_form().model_dump()
    for page in data["pages"]:
        for question in page["questions"]:
            if question["key"] == "change_words":
                question["label"] = {"en": label}
    return FormDefinition.model_validate(data)


def test_a_published_call_can_be_answered_and_read(founded: Founded) -> None:
    # Given a second call with the coalition's form
    publish(demo_form(), "second")
    call = published_calls.find_call("second")
    # When a participant answers it
    sent = submit_one(call)
    # Then it opens at the desk, with keys of its own
    opened = disclosure.open_testimony(signed_in(founded), sent.submission_id, TO_READ)
    assert opened.answers["change_words"] == sent.answers["change_words"]
    with stores.reading() as main:
        keys = main.scalars(select(PurposeKey)).all()
    assert len(keys) == 6
    assert len({key.public_key for key in keys}) == 6
    assert {call.slug for call in published_calls.open_calls()} == {DEMO_CALL, "second"}


def test_each_purpose_key_is_sealed_to_the_coordinator_and_the_recovery_key() -> None:
    # Given the demo's call, with one coordinator
    with stores.reading() as main:
        keys = {key.id: key for key in purpose_keys.all_keys(main)}
    with stores.reading("erasure") as erased:
        seals = erased.scalars(select(PurposeKeySeal)).all()
    # Then each of its three keys has a seal for her and one for the safe, and says so
    assert {key.purpose for key in keys.values()} == {"testimony", "contact", "equality"}
    for key in keys.values():
        holders = {seal.holder_id for seal in seals if seal.purpose_key_id == key.id}
        assert holders == key.holder_ids
        assert len(holders) == 2


def test_a_form_that_asks_for_what_may_not_be_asked_is_refused_whole() -> None:
    # Given a form that asks for the date of birth
    form = form_asking("What is your date of birth?")
    before = everything()
    # When it is to be published
    with pytest.raises(NotPublishable) as refused:
        publish(form)
    # Then the problem names the question, and no store has changed, seals included
    assert [problem.params["where"] for problem in refused.value.problems] == ["change_words"]
    assert everything() == before


def test_an_override_needs_a_reason_and_leaves_it_in_the_record() -> None:
    # Given a form that asks for an age band in forbidden words, and a reason for it
    form = form_asking("What is your date of birth?")
    reason = "The funder only pays travel for people under 26."
    # When it is published with the reason
    with pytest.raises(NotPublishable):
        publish(form, overrides=(Override("change_words", "because"),))
    call_id = publish(form, overrides=(Override("change_words", reason),))
    # Then who, what and why are in the record, with the publishing itself
    overridden, published = sorted(audit.recent(2), key=lambda line: line.n)
    assert (overridden.actor, overridden.tag, overridden.subject_id) == (
        audit.OPERATOR,
        "publish check overridden",
        call_id,
    )
    assert overridden.reason == f"change_words: {reason}"
    assert (published.tag, published.subject_id) == ("call published", call_id)
    audit.verify()


def test_a_very_long_reason_is_cut_and_not_refused_by_the_database() -> None:
    # Given a reason longer than the record has room for
    publish(
        form_asking("What is your date of birth?"),
        overrides=(Override("change_words", "Because. " * 100),),
    )
    # Then it is in the record as far as there is room
    assert len(audit.recent(2)[1].reason) == 200


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "Upper-Case",
        "with space",
        "a/b",
        "../up",
        "-first",
        "ünicode",
        "a" * 61,
        "survivors-of-trafficking",
    ],
)
def test_an_address_that_is_no_neutral_word_is_refused(slug: str) -> None:
    # Given a slug that does not fit a URL, or would show in a browser's history what this is about
    before = everything()
    # When a call is to be published there
    with pytest.raises(AddressRefused):
        publish(demo_form(), slug)
    # Then nothing has changed
    assert everything() == before


def test_an_address_that_is_taken_is_refused_in_words() -> None:
    # Given the demo's call
    before = everything()
    # When another one is to have its address
    with pytest.raises(AddressRefused):
        publish(demo_form(), DEMO_CALL)
    # Then it stays as it is, and no key is left over
    assert everything() == before
    assert len(published_calls.all_calls()) == 1


def test_the_words_of_every_consent_are_stored_in_every_language() -> None:
    # Given the published demo
    form = published_calls.find_call(DEMO_CALL).form
    with stores.reading() as main:
        stored = {
            (row.purpose, row.version, row.language): row.wording
            for row in main.scalars(select(ConsentStatement))
        }
    # Then each wording is there exactly
    assert stored == {
        (consent.purpose, consent.version, language): words
        for consent in form.consents
        for language, words in consent.text.items()
    }


def test_the_form_that_people_answer_is_the_one_that_was_published() -> None:
    # Given a published form
    publish(demo_form(), "second")
    with stores.reading() as main:
        definitions = set(main.scalars(select(FormVersion.definition)))
    # Then its stored bytes read back as the same form
    assert [FormDefinition.model_validate_json(one) for one in definitions] == [demo_form()]


def test_nothing_is_published_when_the_main_store_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a main store that fails after the keys' seals were stored
    before = everything()

    def fail(*what: object) -> None:
        raise stores.StoreUnavailable("main")

    monkeypatch.setattr(publishing, "statements", fail)
    with pytest.raises(stores.StoreUnavailable):
        publish(demo_form(), "second")
    # Then there is no call; the seals that are left belong to a key that nothing is sealed to
    assert set(written(before, everything())) <= {"purpose_key_seals"}
    assert [call.slug for call in published_calls.all_calls()] == [DEMO_CALL]


def test_a_call_without_keys_takes_no_answers() -> None:
    # Given a call whose keys are gone
    call = published_calls.find_call(DEMO_CALL)
    with stores.writing() as main:
        for key in main.scalars(select(PurposeKey)):
            main.delete(key)
    before = everything()
    # When a participant sends
    with pytest.raises(NoPurposeKey):
        submit_one(call, submission_id=uuid4())
    # Then nothing is stored that could never be opened
    assert everything() == before
