import re
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from webapp.rules import references
from webapp.rules.csv_safety import safe_cell
from webapp.rules.references import reference

IDS = st.uuids(version=4)
#: What no program takes for a number in any notation: decimal, with an exponent (E or D), hexadecimal; nor a sum of
#: money or a date, which have at least one group of digits alone.
GROUP = re.compile("[BCDFGHJKMNPQRSTVWXYZ][2-9BCDFGHJKMNPQRSTVWXYZ]{2}")


@given(IDS)
def test_no_reference_reads_as_a_number_a_date_or_a_word(row_id: UUID) -> None:
    groups = reference(row_id).split("-")
    assert len(groups) == 3
    assert all(GROUP.fullmatch(group) for group in groups)
    assert not set(reference(row_id)) & set("AEIOU01L")
    # With the hyphens left out, too: a letter in each third place, and no exponent.
    assert not re.fullmatch(r"[A-Z]{0,3}\d+([ED]\d+)?", "".join(groups))
    # And a file shows it as it is.
    assert safe_cell(reference(row_id)) == reference(row_id)


@given(IDS, IDS)
def test_references_sort_as_their_rows_do(one: UUID, other: UUID) -> None:
    assert (one < other) <= (reference(one) <= reference(other))


def test_the_first_and_the_last_id_have_references() -> None:
    assert reference(UUID(int=0)) == "B22-B22-B22"
    assert reference(UUID(int=2**128 - 1)) == "ZZZ-ZZZ-ZZZ"


def test_ten_thousand_references_do_not_collide() -> None:
    # Given as many ids as a large call has answers (the same ones each time, so that this never fails by chance)
    many, chance = 10_000, Random(2026)
    ids = [UUID(int=chance.getrandbits(128), version=4) for _ in range(many)]
    # Then no two share a reference
    assert len({reference(row_id) for row_id in ids}) == many
    # And with other ids that would happen less than twice in 100,000 times (the birthday bound)
    assert many**2 / (2 * references.ALL) < 2 / 100_000


@given(IDS)
def test_a_reference_that_is_typed_finds_its_rows(row_id: UUID) -> None:
    # Given a reference as people type it
    for typed in (reference(row_id), f" {reference(row_id).lower().replace('-', ' ')} "):
        found = references.ids_with(typed)
        # Then its rows are among the ids that it stands for, and the ids beside those have another
        assert found is not None
        first, last = found
        assert first <= row_id <= last
        assert reference(first) == reference(last) == reference(row_id)
        for beside in (first.int - 1, last.int + 1):
            if 0 <= beside < 2**128:
                assert reference(UUID(int=beside)) != reference(row_id)


def test_what_is_no_reference_finds_nothing() -> None:
    assert [references.ids_with(typed) for typed in ("", "Ana", "12345678", "K7Q-M2X")] == [
        None
    ] * 4
