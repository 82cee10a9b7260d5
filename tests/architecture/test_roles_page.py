"""The page of roles says what the code does."""

from tests import role_matrices


def test_the_page_of_roles_is_up_to_date() -> None:
    # `python -m tests.role_matrices` writes it anew
    assert role_matrices.PAGE.read_text(encoding="utf-8") == role_matrices.page()
