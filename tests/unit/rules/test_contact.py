import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import demo
from tests.unit.rules.strategies import answers_to
from webapp.rules.contact.safe_channels import (
    GAPS_OF,
    SafeApp,
    SafeContact,
    SafeEmail,
    SafePhone,
    ThroughHelper,
    contact_gaps,
    only_safe,
    safe_contact,
)
from webapp.rules.forms.kinds import Answer

DEMO = demo()
EVERYTHING: dict[str, Answer] = {
    "contact_wanted": "yes",
    "name_to_use": "Ana",
    "safe_ways": ["email", "text", "call", "app"],
    "email": "ana@example.org",
    "email_shared": "no",
    "email_say_who": "yes",
    "phone": "07700 900123",
    "phone_shared": "yes",
    "voicemail": "yes",
    "phone_say_who": "yes",
    "app": "signal",
    "app_name": "ana.42",
    "app_shared": "no",
    "app_say_who": "no",
    "contact_times": ["weekday_mornings", "weekends"],
    "contact_notes": "Text first",
}


def without(*keys: str, **changed: Answer) -> dict[str, Answer]:
    return {key: value for key, value in EVERYTHING.items() if key not in keys} | changed


def test_a_contact_holds_what_was_said() -> None:
    assert safe_contact(EVERYTHING) == SafeContact(
        name_to_use="Ana",
        email=SafeEmail("ana@example.org", others_see="no", say_who=True),
        phone=SafePhone(
            "07700 900123",
            text_ok=True,
            call_ok=True,
            voicemail_ok=True,
            others_see="yes",
            say_who=True,
        ),
        times=("weekday_mornings", "weekends"),
        notes="Text first",
        app=SafeApp("signal", "ana.42", others_see="no", say_who=False),
    )


@pytest.mark.parametrize(
    "answers",
    [
        {},
        without("contact_wanted"),
        without(contact_wanted="no"),
        without("safe_ways"),
        without(safe_ways=["none"]),
        without(safe_ways=["none", "email", "call"]),
        without("email", "phone", "app_name"),
        without(email="  ", phone="", app_name=" "),
        without("app_name", safe_ways=["app"]),
        # A way that no rule reads is no way.
        without(safe_ways=["whatsapp"]),
        without("phone", safe_ways=["call"]),
    ],
)
def test_without_a_safe_way_there_is_no_one_to_contact(answers: dict[str, Answer]) -> None:
    assert safe_contact(answers) is None


def test_an_address_whose_way_was_not_ticked_does_not_come_out() -> None:
    contact = safe_contact(without(safe_ways=["email"]))
    assert contact and contact.email and contact.phone is None
    contact = safe_contact(without(safe_ways=["text"]))
    assert contact and contact.email is None and contact.phone
    assert contact.phone.text_ok and not contact.phone.call_ok


def test_messages_by_app_come_out_only_where_that_way_was_ticked() -> None:
    contact = safe_contact(without(safe_ways=["app"]))
    assert contact and contact.app and contact.email is None and contact.phone is None
    contact = safe_contact(without(safe_ways=["email", "text", "call"]))
    assert contact and contact.app is None


def test_an_app_of_which_only_the_name_is_known_is_as_careful_as_can_be() -> None:
    contact = safe_contact(
        {"contact_wanted": "yes", "safe_ways": ["app"], "app_name": "07700 900789"}
    )
    assert contact and contact.app
    assert contact.app == SafeApp("", "07700 900789", others_see="unsaid", say_who=False)


def test_what_was_not_answered_is_not_allowed() -> None:
    contact = safe_contact(
        {
            "contact_wanted": "yes",
            "safe_ways": ["email", "call"],
            "email": "ana@example.org",
            "phone": "07700 900123",
        }
    )
    assert contact and contact.email and contact.phone
    assert (contact.name_to_use, contact.times, contact.notes) == ("", (), "")
    # (which is not "not sure": they told us nothing)
    assert (contact.email.others_see, contact.email.say_who) == ("unsaid", False)
    assert (contact.phone.others_see, contact.phone.say_who) == ("unsaid", False)
    assert not contact.phone.voicemail_ok


def test_no_voicemail_where_a_call_is_not_safe() -> None:
    contact = safe_contact(without(safe_ways=["text"]))
    assert contact and contact.phone and not contact.phone.voicemail_ok


def test_an_unsafe_phone_cannot_even_be_made() -> None:
    with pytest.raises(ValueError, match="safe way"):
        SafePhone(
            "1", text_ok=False, call_ok=False, voicemail_ok=False, others_see="no", say_who=True
        )
    with pytest.raises(ValueError, match="safe way"):
        SafePhone(
            "1", text_ok=True, call_ok=False, voicemail_ok=True, others_see="no", say_who=True
        )
    with pytest.raises(ValueError, match="anybody to write to"):
        SafeApp("signal", "", others_see="no", say_who=True)
    with pytest.raises(ValueError, match="safe channel"):
        SafeContact("Ana", email=None, phone=None, times=(), notes="")


_ANYTHING = st.one_of(
    st.sampled_from(["yes", "no", "email", "text", "call", "app", "none", ""]),
    st.lists(st.sampled_from(["email", "text", "call", "app", "pigeon", "none"]), max_size=4),
)
_CONTACT_ANSWERS = st.one_of(
    answers_to(DEMO), st.dictionaries(st.sampled_from(sorted(EVERYTHING)), _ANYTHING)
)


@given(_CONTACT_ANSWERS)
def test_a_channel_that_was_not_ticked_never_comes_out(answers: dict[str, Answer]) -> None:
    contact = safe_contact(answers)
    if contact is None:
        return
    ticked = answers["safe_ways"]
    assert isinstance(ticked, list)
    assert answers["contact_wanted"] == "yes" and "none" not in ticked
    if contact.email:
        assert "email" in ticked
    if contact.app:
        assert "app" in ticked
    if contact.phone:
        assert not contact.phone.text_ok or "text" in ticked
        assert not contact.phone.call_ok or "call" in ticked
        assert not contact.phone.voicemail_ok or answers.get("voicemail") == "yes"


@pytest.mark.parametrize(
    ("answers", "gaps"),
    [
        ({}, ()),
        (without(phone_shared="no"), ()),
        (without(phone_shared="unsure", email_shared="unsure"), ()),
        (EVERYTHING, ("contact-phone-shared",)),
        (
            without(email_shared="yes"),
            ("contact-email-shared", "contact-phone-shared"),
        ),
        (without(email_shared="yes", safe_ways=["none"]), ()),
        (without(email_shared="yes", safe_ways=["email"]), ("contact-email-shared",)),
        ({"contact_wanted": "no", "safe_ways": ["email"]}, ()),
        (without(safe_ways=["none"]), ()),
        ({"contact_wanted": "yes"}, ("contact-no-safe-way",)),
        # A way of an old form that no rule reads: they are told before they send.
        (without(safe_ways=["whatsapp"]), ("contact-no-safe-way",)),
        (without("app_name", "phone_shared"), ("contact-no-app",)),
        (without("phone_shared", app_shared="yes"), ("contact-app-shared",)),
        (without("phone_shared", safe_ways=["call"], app_shared="yes"), ()),
        (without("email", "phone_shared"), ("contact-no-email",)),
        (without("email", "phone"), ("contact-no-email", "contact-no-phone")),
        (without("email", "phone_shared", safe_ways=["text"]), ()),
    ],
)
def test_a_participant_we_could_not_reach_or_only_where_others_see_it_is_told(
    answers: dict[str, Answer], gaps: tuple[str, ...]
) -> None:
    assert contact_gaps(answers) == gaps


HELPER: dict[str, Answer] = {
    "helper_name": "Sam",
    "helper_email": "sam@example.org",
    "helper_phone": "07700 900456",
}


@given(_CONTACT_ANSWERS)
def test_a_helper_never_comes_out_without_a_consent_of_its_own(answers: dict[str, Answer]) -> None:
    contact = safe_contact({**answers, **HELPER})
    assert contact is None or contact.helper is None


def test_with_that_consent_the_helper_is_there_and_marked() -> None:
    # Given a participant with no safe way of their own
    answers = without(safe_ways=["none"], **HELPER)
    # Then a message can be sent through the helper, and in no other way
    contact = safe_contact(answers, through_helper=True)
    assert contact and contact.helper == ThroughHelper("Sam", "sam@example.org", "07700 900456")
    assert contact.email is None and contact.phone is None


def test_who_wants_no_contact_is_not_reached_through_a_helper_either() -> None:
    assert safe_contact(without(contact_wanted="no", **HELPER), through_helper=True) is None
    assert safe_contact(without("contact_wanted", **HELPER), through_helper=True) is None


def test_a_helper_who_cannot_be_reached_cannot_even_be_made() -> None:
    with pytest.raises(ValueError, match="reach"):
        ThroughHelper("Sam", email="", phone="")
    answers = without(safe_ways=["none"], helper_name="Sam")
    assert safe_contact(answers, through_helper=True) is None


def test_a_helper_is_a_way_so_a_participant_is_not_warned_that_there_is_none() -> None:
    wanted: dict[str, Answer] = {"contact_wanted": "yes"}
    assert contact_gaps(wanted) == ("contact-no-safe-way",)
    assert contact_gaps(wanted | HELPER) == ()


def test_each_gap_names_the_question_that_closes_it() -> None:
    asked = {question.key for question in DEMO.questions}
    assert set(GAPS_OF.values()) <= asked
    for answers in ({"contact_wanted": "yes"}, without("email", "phone", "app_name"), EVERYTHING):
        assert set(contact_gaps(answers)) <= set(GAPS_OF)


@given(answers_to(DEMO))
def test_what_is_passed_on_says_the_same_and_has_no_other_way_in_it(
    answers: dict[str, Answer],
) -> None:
    # Given any answers, what is passed on of them
    least = only_safe(answers)
    # Then it is as safe as they are, and nothing of it is about a way that is not safe, or about a helper
    assert safe_contact(least) == safe_contact(answers)
    assert least.items() <= answers.items()
    found = safe_contact(answers)
    for way, key in (("email", "email"), ("phone", "phone"), ("app", "app_name")):
        if found is None or getattr(found, way) is None:
            assert key not in least
    assert not any(key.startswith("helper") for key in least)
    assert only_safe(least) == least
