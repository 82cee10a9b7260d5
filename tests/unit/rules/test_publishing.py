from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import (
    choice,
    consent_data,
    demo,
    form,
    form_data,
    page_data,
    question_data,
    text,
)
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.messages import PUBLISH_MESSAGES
from webapp.rules.publishing.call_checks import START, publish_problems
from webapp.rules.publishing.form_checks import LARGEST_ANSWERS, worst_bytes
from webapp.rules.publishing.problems import Override, Problem
from webapp.rules.publishing.topics import TOPICS, topics_in

DEMO = demo()


def keys(problems: tuple[Problem, ...]) -> set[str]:
    return {problem.key for problem in problems}


def demo_without(*question_keys: str, **changes: Any) -> FormDefinition:
    data = DEMO.model_dump() | changes
    for page in data["pages"]:
        page["questions"] = [one for one in page["questions"] if one["key"] not in question_keys]
    data["pages"] = [page for page in data["pages"] if page["questions"]]
    return FormDefinition.model_validate(data)


WITHOUT_APP = [choice("email"), choice("text"), choice("call")]
WITH_WHATSAPP = [*WITHOUT_APP, choice("app"), choice("whatsapp")]
WITH_SOMETIMES = [choice("no"), choice("yes"), choice("unsure"), choice("sometimes")]


def only_equality() -> FormDefinition:
    asked = question_data("age_band", "age_band", part="equality")
    return form(page_data("a", asked, section="equality"))


def demo_with(question_key: str, **changes: Any) -> FormDefinition:
    data = DEMO.model_dump()
    for page in data["pages"]:
        for one in page["questions"]:
            one |= changes if one["key"] == question_key else {}
    return FormDefinition.model_validate(data)


def demo_helper_page(**changes: Any) -> FormDefinition:
    data = DEMO.model_dump()
    for page in data["pages"]:
        page |= changes if page["key"] == "helper" else {}
    return FormDefinition.model_validate(data)


def test_the_coalitions_own_call_can_be_published_without_an_override() -> None:
    assert publish_problems(DEMO) == ()
    assert worst_bytes(DEMO) <= LARGEST_ANSWERS


CHOOSE = question_data("pick", "choice")
RULES = {"reader": text(), "keep_months": 1, "why": text()}
YES_STOP = {"is_any": ["yes"], "title": text(), "text": text()}


@pytest.mark.parametrize(
    ("key", "made"),
    [
        ("publish-duplicate-page", form(page_data("a"), page_data("a", question_data("b")))),
        ("publish-duplicate-question", form(page_data("a"), page_data("b", question_data("a")))),
        ("publish-duplicate-consent", form(consents=[consent_data(), consent_data()])),
        (
            "publish-duplicate-choice",
            form(page_data("a", question_data("q", "choice", choices=[choice("x"), choice("x")]))),
        ),
        (
            "publish-duplicate-choice",
            form(page_data("a", question_data("q", "choices", none=choice("one")))),
        ),
        (
            "publish-section-order",
            form(
                page_data("a", question_data(part="equality"), section="equality"), page_data("b")
            ),
        ),
        ("publish-part-in-wrong-section", form(page_data("a", question_data(part="equality")))),
        ("publish-part-without-rules", form(parts={})),
        ("publish-only-for-events", form(page_data("a", section="registration"))),
        ("publish-only-for-events", form(parts={"needs": RULES})),
        ("publish-part-in-wrong-section", form(page_data("a", question_data(part="registrant")))),
        (
            "publish-part-in-wrong-section",
            form(page_data("a", question_data(part="needs"), section="registration")),
        ),
        ("publish-part-without-rules", form(page_data("a", question_data(part="room")))),
        ("publish-language-unknown", form(title={"en": "A title", "tlh": "pong"})),
        ("publish-title-too-long", form(title=text("T" * 121))),
        ("publish-title-too-long", form(title=text("Short", ar="ط" * 121))),
        ("publish-title-too-long", form(page_data("a", question_data("q"), title=text("T" * 121)))),
        ("publish-not-neutral", form(title=text("A form for survivors of trafficking"))),
        ("publish-not-neutral", form(page_data("slavery", question_data("asked")))),
        ("publish-reserved-key", form(page_data("a", question_data("csrf_token")))),
        ("publish-reserved-key", form(page_data("a", question_data("validate_me")))),
        ("publish-required-needs-reason", form(page_data("a", question_data(required=True)))),
        (
            "publish-choice-kind-needs-choices",
            form(page_data("a", question_data("q", "choice", choices=[]))),
        ),
        (
            "publish-choices-not-used",
            form(page_data("a", question_data("q", "text", choices=[choice("x")]))),
        ),
        (
            "publish-none-only-with-choices",
            form(page_data("a", question_data("q", "choice", none=choice("none")))),
        ),
        ("publish-max-length", form(page_data("a", question_data("q", "text", max_length=301)))),
        ("publish-max-length", form(page_data("a", question_data("q", "yes_no", max_length=2)))),
        ("publish-max-length", form(page_data("a", question_data("q", "phone", max_length=9)))),
        ("publish-max-length", form(page_data("a", question_data("q", "date", max_length=9)))),
        (
            "publish-choices-not-used",
            form(page_data("a", question_data("q", "age_band", choices=[choice("x")]))),
        ),
        (
            "publish-choices-not-used",
            form(page_data("a", question_data("q", "date", choices=[choice("x")]))),
        ),
        (
            "publish-scale-points",
            form(page_data("a", question_data("q", "scale", choices=[choice("x"), choice("y")]))),
        ),
        (
            "publish-scale-points",
            form(
                page_data(
                    "a", question_data("q", "scale", choices=[choice(one) for one in "uvwxyz"])
                )
            ),
        ),
        ("publish-page-asks-nothing", form(page_data("a", question_data("q", "statement")))),
        (
            "publish-statement-only-says",
            form(page_data("a", question_data("q", "statement", required=True), CHOOSE)),
        ),
        (
            "publish-statement-only-says",
            form(page_data("a", question_data("q", "statement", choices=[choice("x")]), CHOOSE)),
        ),
        (
            "publish-duplicate-question",
            form(page_data("a", question_data("pick", "statement"), CHOOSE)),
        ),
        (
            "publish-part-in-wrong-section",
            form(page_data("a", question_data("q", "statement", part="contact"), CHOOSE)),
        ),
        (
            "publish-condition-not-a-choice",
            form(
                page_data("a", question_data("day", "date")),
                page_data("b", when={"question": "day", "is_any": ["one"]}),
            ),
        ),
        (
            "publish-condition-not-a-choice",
            form(
                page_data("a", question_data("said", "statement"), CHOOSE),
                page_data("b", when={"question": "said", "is_any": ["one"]}),
            ),
        ),
        (
            "publish-condition-unknown",
            form(page_data("a", when={"question": "nobody", "is_any": ["yes"]})),
        ),
        (
            "publish-condition-not-earlier",
            form(
                page_data("a", when={"question": "pick", "is_any": ["one"]}), page_data("b", CHOOSE)
            ),
        ),
        (
            "publish-condition-not-earlier",
            form(page_data("a", CHOOSE, when={"question": "pick", "is_any": ["one"]})),
        ),
        (
            "publish-condition-not-a-choice",
            form(page_data("a"), page_data("b", when={"question": "a", "is_any": ["one"]})),
        ),
        (
            "publish-condition-never-true",
            form(
                page_data("a", CHOOSE), page_data("b", when={"question": "pick", "is_any": ["no"]})
            ),
        ),
        (
            "publish-stop-not-on-page",
            form(page_data("a", CHOOSE), page_data("b", stop={"question": "pick"} | YES_STOP)),
        ),
        (
            "publish-condition-never-true",
            form(page_data("a", CHOOSE, stop={"question": "pick"} | YES_STOP)),
        ),
        ("publish-contact-missing", demo_without("voicemail")),
        ("publish-contact-kind", demo_with("email", kind="text")),
        ("publish-contact-required", demo_with("email", required=True, reason=text())),
        ("publish-contact-choice-missing", demo_with("safe_ways", none=None)),
        ("publish-contact-choice-missing", demo_with("phone_shared", choices=[choice("no")])),
        ("publish-contact-choice-unknown", demo_with("safe_ways", choices=WITH_WHATSAPP)),
        ("publish-contact-choice-unknown", demo_with("email_shared", choices=WITH_SOMETIMES)),
        ("publish-contact-choice-unknown", demo_with("phone_shared", choices=WITH_SOMETIMES)),
        ("publish-contact-choice-unknown", demo_with("app_shared", choices=WITH_SOMETIMES)),
        # Messages by app: all of it is asked, or none.
        ("publish-contact-missing", demo_without("app_shared")),
        ("publish-contact-missing", demo_without("app_name")),
        ("publish-contact-kind", demo_with("app_name", kind="phone", max_length=None)),
        ("publish-contact-required", demo_with("app", required=True, reason=text())),
        ("publish-contact-choice-missing", demo_with("safe_ways", choices=WITHOUT_APP)),
        ("publish-asks-nothing-before-sending", only_equality()),
        (
            "publish-contact-unknown",
            form(page_data("a", question_data("fax", part="contact"), section="contact")),
        ),
        ("publish-consent-without-contact", form(consents=[consent_data(uses_contact=True)])),
        (
            "publish-consent-not-translated",
            form(title=text("A title", ar="عنوان"), consents=[consent_data()]),
        ),
        ("publish-helper-page", demo_helper_page(only=None)),
        (
            "publish-helper-page",
            form(page_data("a", question_data("fax"), only="helped")),
        ),
        ("publish-helper-consent", demo_without("helper_name", "helper_email", "helper_phone")),
        ("publish-helper-consent", form(consents=[consent_data("through_helper")])),
        ("publish-contact-kind", demo_with("helper_phone", kind="text")),
        (
            "publish-answers-too-large",
            form(page_data("a", *(question_data(f"q{n}", "long_text") for n in range(6)))),
        ),
    ],
)
def test_what_would_not_work_must_be_fixed(key: str, made: FormDefinition) -> None:
    problems = publish_problems(made)
    assert key in keys(problems)
    assert all(one.severity == "must_fix" for one in problems if one.key == key)


def test_a_consent_in_the_language_it_will_be_asked_in_is_complete() -> None:
    both = consent_data(text=text("You may.", ar="يمكنكم."))
    assert publish_problems(form(title=text("A title", ar="عنوان"), consents=[both])) == ()


def test_every_problem_carries_what_its_message_needs() -> None:
    made = form(
        page_data(
            "slavery", question_data("csrf_token", required=True, label=text("Your passport?"))
        )
    )
    problems = publish_problems(made)
    assert len(problems) >= 4
    for problem in problems:
        assert set(problem.params) == set(PUBLISH_MESSAGES[problem.key])


def test_a_page_may_depend_on_a_scale_an_age_band_and_what_stands_beside_a_scale() -> None:
    scale = question_data("felt", "scale", none=choice("unsure"))
    made = form(
        page_data("a", scale, question_data("age", "age_band")),
        page_data("b", when={"question": "felt", "is_any": ["three", "unsure"]}),
        page_data("c", when={"question": "age", "is_any": ["75_up", "prefer_not_to_say"]}),
    )
    assert publish_problems(made) == ()


# Topics that no participant should be asked about


@pytest.mark.parametrize(
    ("topic", "asked"),
    [
        ("exploitation", "Tell us what happened to you."),
        ("exploitation", "What were you forced to do?"),
        ("exploitation", "Please write your full story here"),
        ("exploitation", "How were you exploited?"),
        ("names_of_traffickers", "Who did this to you?"),
        ("names_of_traffickers", "Name of the people who held you"),
        ("immigration_status", "What is your immigration status?"),
        ("immigration_status", "Have you claimed asylum?"),
        ("case_numbers", "What is your Home Office reference number?"),
        ("case_numbers", "Your case number"),
        ("addresses", "What is your address?"),
        ("addresses", "Your postcode"),
        ("addresses", "Where do you live now?"),
        ("dates_of_birth", "What is your date of birth?"),
        ("identity_papers", "Your passport number"),
        ("bank_details", "Which bank account should we pay into?"),
        ("medical_or_criminal_records", "Which medicines do you take?"),
        ("medical_or_criminal_records", "Have you ever been arrested?"),
        ("file_uploads", "Upload your letter"),
        ("file_uploads", "Please send us a photo"),
    ],
)
def test_a_question_about_a_forbidden_topic_needs_a_reason(topic: str, asked: str) -> None:
    made = form(page_data("a", question_data("asked", label=text(asked))))
    problems = publish_problems(made)
    assert [one.key for one in problems] == ["publish-asks-for"] * len(problems)
    assert topic in {one.params["topic"] for one in problems}
    assert {one.severity for one in problems} == {"needs_reason"}


@pytest.mark.parametrize(
    "asked",
    [
        "What is your e-mail address?",
        "What is your email address?",
        "Please do not write your case number or your address.",
        "You do not need to tell us what happened to you.",
        "Please leave out names of people and places.",
        "How many people did you talk to?",
        "Did the support help you to feel well?",
        "What could the team learn?",
    ],
)
def test_harmless_words_and_warnings_are_no_finding(asked: str) -> None:
    assert list(topics_in(asked)) == []


def test_a_warning_does_not_cover_the_question_beside_it() -> None:
    words = "Do not write any names. What is your date of birth?"
    assert [topic for topic, _ in topics_in(words)] == ["dates_of_birth"]


@pytest.mark.parametrize(
    "place", ["label", "hint", "reason", "choices", "title", "intro", "why", "note"]
)
def test_a_topic_is_found_wherever_the_asking_is_done(place: str) -> None:
    words = text("Your passport number")
    asked = question_data("asked", "choice")
    page = page_data("a", asked)
    if place == "choices":
        asked["choices"][0]["label"] = words
    else:
        (page if place in ("title", "intro", "why", "note") else asked)[place] = words
    assert "publish-asks-for" in keys(publish_problems(form(page)))


def test_the_start_page_cannot_announce_what_no_question_may_ask() -> None:
    # Given a start page that says that the whole story is asked for
    announced = DEMO.start.model_copy(update={"asked": text("Tell us your whole story.")})
    made = DEMO.model_copy(update={"start": announced})
    # Then it is found there, and a reason for that place lets it pass
    (found,) = publish_problems(made)
    assert (found.key, found.params["where"]) == ("publish-asks-for", START)
    assert publish_problems(made, [Override(START, "Agreed by our survivor panel.")]) == ()


def test_a_page_may_say_what_to_leave_out() -> None:
    said = {
        "why": text("Please leave out names. You do not need to tell your story."),
        "note": text("Do not write your address."),
    }
    assert "publish-asks-for" not in keys(publish_problems(form(page_data("a", **said))))


@pytest.mark.parametrize("asked", ["Date of birth", "Your birthday", "When were you born?"])
def test_a_date_may_not_be_a_day_of_birth(asked: str) -> None:
    made = form(page_data("a", question_data("day", "date", label=text(asked))))
    problems = publish_problems(made)
    assert {one.params["topic"] for one in problems} == {"dates_of_birth"}


def test_a_statement_cannot_ask_what_no_question_may() -> None:
    said = question_data("said", "statement", label=text("Tell us your story in the next box."))
    made = form(page_data("a", said, question_data("box", "long_text")))
    assert [one.params["where"] for one in publish_problems(made)] == ["said"]


def test_a_reason_overrides_a_topic_for_that_question_only() -> None:
    made = form(
        page_data("a", question_data("born", label=text("When were you born?"))),
        page_data("b", question_data("home", label=text("Your postcode"))),
    )
    reason = Override("born", "The funder needs to know the year")
    left = publish_problems(made, [reason])
    assert [problem.params["where"] for problem in left] == ["home"]


@pytest.mark.parametrize("reason", ["", "      ", "because"])
def test_an_override_without_a_real_reason_is_none(reason: str) -> None:
    made = form(page_data("born", question_data("born", label=text("When were you born?"))))
    problems = publish_problems(made, [Override("born", reason)])
    assert keys(problems) == {"publish-override-needs-reason"}
    assert problems[0].severity == "must_fix"


def test_an_override_does_not_repair_what_is_broken() -> None:
    made = form(page_data("a", question_data("a", required=True)))
    assert publish_problems(made, [Override("a", "We would really like to know")])


def test_every_forbidden_topic_has_a_name() -> None:
    assert len(TOPICS) == len(set(TOPICS)) == 10


# Whatever the form


_PAGES = st.lists(
    st.sampled_from(DEMO.model_dump()["pages"]), min_size=1, max_size=20
)  # shuffled, doubled and left out


@given(_PAGES, st.sets(st.sampled_from(["contact", "testimony", "equality"])))
def test_problems_are_the_same_every_time(pages: list[dict[str, Any]], parts: set[str]) -> None:
    rules = DEMO.model_dump()["parts"]
    data = form_data(*pages, parts={name: rules[name] for name in sorted(parts)})
    first = publish_problems(FormDefinition.model_validate(data))
    again = publish_problems(FormDefinition.model_validate(data))
    assert first == again
    for problem in first:
        assert set(problem.params) == set(PUBLISH_MESSAGES[problem.key])
