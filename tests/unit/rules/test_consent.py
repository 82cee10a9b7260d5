import pytest

from tests.unit.rules.factories import demo
from webapp.rules.consent import lets_reach, missing_for_contact, offered, offered_later
from webapp.rules.forms.kinds import Answer

FORM = demo()
BY_EMAIL: dict[str, Answer] = {
    "contact_wanted": "yes",
    "safe_ways": ["email"],
    "email": "ana@example.org",
    "email_shared": "no",
}
BY_PHONE: dict[str, Answer] = {
    "contact_wanted": "yes",
    "safe_ways": ["call"],
    "phone": "07700 900123",
}
BY_HELPER: dict[str, Answer] = {"contact_wanted": "yes", "helper_phone": "07700 900456"}


def offered_to(answers: dict[str, Answer]) -> set[str]:
    return {wording.purpose for wording in offered(FORM, answers)}


def test_no_participant_is_asked_about_a_way_that_is_not_there() -> None:
    assert offered_to({}) == {"quote"}
    reaching = {"quote", "contact_me", "invite", "share"}
    assert offered_to(BY_PHONE) == reaching
    assert offered_to(BY_EMAIL) == reaching | {"mail_confirmation"}
    assert offered_to(BY_HELPER) == reaching | {"through_helper"}


@pytest.mark.parametrize("shared", ["yes", "unsure", None])
def test_no_mail_is_offered_to_an_inbox_that_others_may_see(shared: str | None) -> None:
    answers = {key: said for key, said in BY_EMAIL.items() if key != "email_shared"}
    if shared:
        answers["email_shared"] = shared
    assert offered_to(answers) == {"quote", "contact_me", "invite", "share"}


def test_a_confirmation_is_for_the_moment_of_sending_alone() -> None:
    later = {wording.purpose for wording in offered_later(FORM, BY_EMAIL)}
    assert later == offered_to(BY_EMAIL) - {"mail_confirmation"}


def test_a_yes_to_a_helper_alone_lets_no_coordinator_reach_a_participant() -> None:
    reaching = {wording.purpose for wording in FORM.consents if lets_reach(wording)}
    assert reaching == {"contact_me", "invite", "share"}


@pytest.mark.parametrize(
    ("answers", "agreed", "missing"),
    [
        ({}, (), ()),
        ({"contact_wanted": "no"}, (), ()),
        ({"contact_wanted": "yes", "safe_ways": ["none"]}, (), ()),
        (BY_EMAIL, (), ("contact_me",)),
        (BY_EMAIL, ("quote", "mail_confirmation"), ("contact_me",)),
        (BY_EMAIL, ("contact_me",), ()),
        (BY_EMAIL, ("invite",), ()),
        (BY_HELPER, (), ("contact_me", "through_helper")),
        (BY_HELPER, ("through_helper",), ("contact_me",)),
        (BY_HELPER, ("contact_me",), ("through_helper",)),
        (BY_HELPER, ("contact_me", "through_helper"), ()),
        # With a way of their own, a participant is not asked about the helper.
        (BY_EMAIL | BY_HELPER, ("invite",), ()),
    ],
)
def test_what_is_missing_for_contact_that_was_wanted(
    answers: dict[str, Answer], agreed: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    found = missing_for_contact(FORM, answers, agreed)
    assert tuple(wording.purpose for wording in found) == missing
