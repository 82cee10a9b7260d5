import pytest

from tests.unit.rules.factories import demo
from webapp.rules.consent import lets_reach, offered, offered_later
from webapp.rules.form_definition import Answer

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


def test_nobody_is_asked_about_a_way_that_is_not_there() -> None:
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


def test_saying_yes_to_a_helper_lets_nobody_reach_anybody_by_itself() -> None:
    reaching = {wording.purpose for wording in FORM.consents if lets_reach(wording)}
    assert reaching == {"contact_me", "invite", "share"}
