"""The joining link: shown again by the public door, and not to an attacker who stole only the database."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault.contexts import EVENT_MESSAGE, JOINING_LINK, SLOT, VISIT_PUBLIC, Context
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.event_messages import open_event_message, seal_event_message
from webapp.vault.labels import Label
from webapp.vault.service_key import open_joining_link, seal_joining_link
from webapp.vault.symmetric import seal_keyed

KEY = b"k" * 32
CONTEXT = a_context(JOINING_LINK)
LINK = "https://meet.example/r/123?pwd=once"


def sealed(link: str = LINK) -> bytes:
    return seal_joining_link(link, key=KEY, context=CONTEXT)


def refuses(act: Callable[[], object]) -> bool:
    try:
        act()
    except DoesNotOpen as refusal:
        return refusal.args == ()
    return False


@given(some.text(max_size=600))
def test_a_link_comes_back(link: str) -> None:
    assert open_joining_link(sealed(link), key=KEY, context=CONTEXT) == link


def test_a_stored_length_does_not_tell_whose_rooms_are_used() -> None:
    assert len(sealed("https://a.example/1")) == len(sealed("https://a.example/" + "1" * 400))
    assert len(sealed()) == 512 + 30
    assert sealed() != sealed()


def test_a_link_opens_only_with_its_key_for_its_event() -> None:
    envelope = sealed()

    assert all(
        refuses(lambda key=key: open_joining_link(envelope, key=key, context=CONTEXT))  # type: ignore[misc]
        for key in (b"l" * 32, KEY[:31], b"")
    )
    for where in one_element_away(CONTEXT):
        if where.field == JOINING_LINK:
            assert refuses(
                lambda where=where: open_joining_link(envelope, key=KEY, context=where)  # type: ignore[misc]
            )


def test_an_attacker_without_the_key_cannot_put_in_a_link_of_their_own() -> None:
    envelope = sealed()
    changed = [flipped(envelope, at, bits) for at in sampled_places(envelope) for bits in (1, 128)]
    own = seal_joining_link("https://trap.example", key=b"t" * 32, context=CONTEXT)
    for wrong in [*changed, own, b"", envelope[:-1], envelope + b"\0", LINK.encode()]:
        assert refuses(
            lambda wrong=wrong: open_joining_link(wrong, key=KEY, context=CONTEXT)  # type: ignore[misc]
        )


def test_what_else_was_sealed_under_the_same_key_is_no_link() -> None:
    visit = Context(
        VISIT_PUBLIC, CONTEXT.owner_id, CONTEXT.row_id, CONTEXT.epoch, CONTEXT.form_version
    )
    other_label = seal_keyed(b"x", key=KEY, label=Label.VISIT_PUBLIC_CONTENT, context=CONTEXT)
    other_field = seal_keyed(b"x", key=KEY, label=Label.JOINING_LINK_CONTENT, context=visit)

    for envelope in (other_label, other_field):
        assert refuses(
            lambda wrong=envelope: open_joining_link(wrong, key=KEY, context=CONTEXT)  # type: ignore[misc]
        )


def test_mistakes_of_ours_are_loud() -> None:
    with pytest.raises(ValueError, match="joining link"):
        seal_joining_link(LINK, key=KEY, context=a_context(SLOT))
    with pytest.raises(ValueError, match="joining link"):
        open_joining_link(sealed(), key=KEY, context=a_context(SLOT))
    for key in (b"", KEY[:31], KEY + b"k"):
        with pytest.raises(ValueError, match="32 bytes"):
            seal_joining_link(LINK, key=key, context=CONTEXT)
    with pytest.raises(TooLong):
        sealed("x" * 32_765)


def test_a_message_opens_with_its_key_and_its_secret_alone() -> None:
    context, secret = a_context(EVENT_MESSAGE), b"e" * 32
    envelope = seal_event_message("The papers are here.", key=KEY, secret=secret, context=context)

    opened = open_event_message(envelope, key=KEY, secret=secret, context=context)

    assert opened == "The papers are here."
    # Once its secret is deleted, it cannot be opened
    for lost in (None, b"f" * 32):
        assert refuses(
            lambda lost=lost: open_event_message(envelope, key=KEY, secret=lost, context=context)  # type: ignore[misc]
        )
    with pytest.raises(ValueError, match="event message"):
        open_event_message(envelope, key=KEY, secret=secret, context=CONTEXT)
