"""How long a call takes is reckoned from what it says and asks, so that the promise grows with the form."""

from tests.unit.rules.factories import demo
from webapp.rules.forms import reading_time
from webapp.rules.forms.form_definition import FormDefinition

DEMO = demo()


def without(*keys: str) -> FormDefinition:
    pages = [page for page in DEMO.model_dump()["pages"] if page["key"] not in keys]
    return FormDefinition.model_validate({**DEMO.model_dump(), "pages": pages})


def test_a_form_that_asks_more_takes_longer() -> None:
    written = [
        page.key for page in DEMO.pages if any(q.kind == "long_text" for q in page.questions)
    ]
    assert reading_time.minutes(without(*written)) < reading_time.minutes(DEMO)


def test_what_is_asked_after_sending_or_only_of_a_helper_does_not_count() -> None:
    after = [page.key for page in DEMO.pages if page.section == "equality" or page.only]
    assert after
    assert reading_time.minutes(without(*after)) == reading_time.minutes(DEMO)


def test_the_minutes_are_computed_and_not_typed() -> None:
    told = DEMO.model_copy(update={"minutes": 1})
    assert DEMO.minutes is None
    assert reading_time.minutes(told) == reading_time.minutes(DEMO)


def test_it_is_said_in_fives_and_never_as_nothing() -> None:
    for language in ("en", "ar", "ti"):
        assert reading_time.minutes(DEMO, language) % reading_time.STEP == 0
        assert reading_time.minutes(DEMO, language) >= 10


def test_a_longer_language_takes_longer() -> None:
    # Given a form whose first page says much more in one language
    pages = DEMO.model_dump()["pages"]
    for page in pages:
        page["why"] = {"en": "A line.", "xx": "word " * 200}
    form = FormDefinition.model_validate({**DEMO.model_dump(), "pages": pages})
    assert reading_time.minutes(form, "xx") > reading_time.minutes(form, "en")
