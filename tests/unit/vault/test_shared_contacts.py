"""What is shared with an organisation opens with its key and both secrets, in its place alone."""

import secrets
from collections.abc import Callable

import pytest

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault.contexts import CONTACT, SHARED_CONTACT, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.opening import PurposeReader
from webapp.vault.purpose_keys import make_purpose_key
from webapp.vault.sealing import seal_for_purpose
from webapp.vault.shared_contacts import BothSecrets, mixed, seal_shared

SEED, PUBLIC_KEY = make_purpose_key()
CONTEXT = a_context(SHARED_CONTACT)
BOTH = BothSecrets(b"s" * 32, b"p" * 32)
DATA = b'{"email": "someone@example.org"}'


def sealed(both: BothSecrets = BOTH) -> bytes:
    return seal_shared(DATA, public_key=PUBLIC_KEY, secrets=both, context=CONTEXT)


def opened(envelope: bytes, both: BothSecrets = BOTH, context: Context = CONTEXT) -> bytes:
    return PurposeReader(SEED).open_part(envelope, secret=mixed(both), context=context)


def refuses(act: Callable[[], object]) -> bool:
    try:
        act()
    except DoesNotOpen as refusal:
        return refusal.args == ()
    return False


def test_it_opens_with_the_key_and_both_secrets() -> None:
    assert opened(sealed()) == DATA
    assert sealed() != sealed()


@pytest.mark.parametrize("wrong", [None, b"", b"x" * 32, b"s" * 31])
def test_without_either_secret_it_is_gone(wrong: bytes | None) -> None:
    envelope = sealed()
    for both in (BothSecrets(wrong, BOTH.of_part), BothSecrets(BOTH.of_share, wrong)):
        assert refuses(lambda both=both: opened(envelope, both))  # type: ignore[misc]


def test_the_secrets_do_not_stand_for_each_other() -> None:
    assert mixed(BOTH) not in (BOTH.of_share, BOTH.of_part)
    swapped = BothSecrets(BOTH.of_part, BOTH.of_share)
    assert refuses(lambda: opened(sealed(), swapped))
    # Nor does one of them alone, used as a part's secret is
    for one in (BOTH.of_share, BOTH.of_part):
        assert refuses(
            lambda one=one: PurposeReader(SEED).open_part(sealed(), secret=one, context=CONTEXT)  # type: ignore[misc]
        )


def test_another_organisations_key_does_not_open_it() -> None:
    other = PurposeReader(make_purpose_key()[0])
    assert refuses(lambda: other.open_part(sealed(), secret=mixed(BOTH), context=CONTEXT))


def test_it_does_not_open_in_another_place() -> None:
    envelope = sealed()
    for where in one_element_away(CONTEXT):
        assert refuses(lambda where=where: opened(envelope, context=where))  # type: ignore[misc]


def test_no_byte_can_be_changed() -> None:
    envelope = sealed()
    changed = [flipped(envelope, at, bits) for at in sampled_places(envelope) for bits in (1, 128)]
    for wrong in [*changed, b"", envelope[:-1], envelope + b"\0"]:
        assert refuses(lambda wrong=wrong: opened(wrong))  # type: ignore[misc]


def test_a_part_is_no_shared_contact() -> None:
    part = seal_for_purpose(
        DATA, public_key=PUBLIC_KEY, secret=mixed(BOTH), context=a_context(CONTACT)
    )
    assert refuses(lambda: opened(part))


def test_mistakes_of_ours_are_loud() -> None:
    with pytest.raises(ValueError, match="shared"):
        seal_shared(DATA, public_key=PUBLIC_KEY, secrets=BOTH, context=a_context(CONTACT))
    for both in (BothSecrets(None, b"p" * 32), BothSecrets(b"s" * 32, b"p" * 31)):
        with pytest.raises(ValueError, match="32 bytes"):
            sealed(both)
    shown = repr(BothSecrets(secrets.token_bytes(32), b"p" * 32))
    assert "x" not in shown
    assert "b'" not in shown
