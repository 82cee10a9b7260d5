from hypothesis import given
from hypothesis import strategies as st

from tests.unit.rules.factories import demo
from webapp.rules.consent import lets_reach, offered, standing
from webapp.rules.form_definition import Answer

FORM = demo()
BY_EMAIL: dict[str, Answer] = {
    "contact_wanted": "yes",
    "safe_ways": ["email"],
    "email": "ana@example.org",
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


def test_saying_yes_to_a_helper_lets_nobody_reach_anybody_by_itself() -> None:
    reaching = {wording.purpose for wording in FORM.consents if lets_reach(wording)}
    assert reaching == {"contact_me", "invite", "share"}


def test_nothing_stands_that_was_never_given() -> None:
    assert standing([]) == frozenset()
    assert standing([("quote", 1, False)]) == frozenset()


def test_the_highest_number_stands_in_whatever_order_it_is_read() -> None:
    history = [("quote", 3, True), ("quote", 1, True), ("quote", 2, False), ("invite", 1, True)]
    assert standing(history) == {"quote", "invite"}
    assert standing([*history, ("quote", 4, False)]) == {"invite"}


def test_when_two_claim_one_number_the_withdrawal_wins() -> None:
    assert standing([("quote", 1, False), ("quote", 1, True)]) == frozenset()
    assert standing([("quote", 1, True), ("quote", 1, False)]) == frozenset()


_HISTORY = st.lists(
    st.tuples(st.sampled_from(["quote", "invite"]), st.integers(1, 9), st.booleans()), max_size=12
)


@given(_HISTORY)
def test_the_order_of_reading_never_matters(history: list[tuple[str, int, bool]]) -> None:
    assert standing(history) == standing(sorted(history)) == standing(reversed(history))


@given(_HISTORY)
def test_a_last_withdrawal_always_withdraws(history: list[tuple[str, int, bool]]) -> None:
    assert "quote" not in standing([*history, ("quote", 10, False)])
