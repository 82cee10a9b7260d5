from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.consent import standing


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
