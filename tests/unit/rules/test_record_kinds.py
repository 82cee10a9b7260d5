"""Every act that the record can hold is found under at least one kind of entry."""

import pytest

from webapp.desk.shared.words import TAGS
from webapp.rules.record_kinds import KINDS
from webapp.services.infrastructure.audit import PUBLIC_TAGS


def kinds_of(tag: str) -> set[str]:
    """The kinds under which an entry with this tag is shown, whoever made it."""
    return {
        name
        for name, kind in KINDS.items()
        if tag.startswith(kind.begins) or any(words in tag for words in kind.contains)
    }


@pytest.mark.parametrize("tag", TAGS)
def test_every_act_is_found_under_a_kind(tag: str) -> None:
    # What people do themselves is found by who did it
    assert kinds_of(tag) or tag in PUBLIC_TAGS


def test_acts_for_a_caller_are_found_with_what_was_entered_for_someone() -> None:
    for tag in TAGS:
        if tag.endswith("for a caller") or tag == "do not contact":
            assert "entered" in kinds_of(tag)
