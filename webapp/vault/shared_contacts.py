"""Contact details that are shared with a member organisation, sealed to its key: a PART under two erasure secrets.

One secret is the share's own: deleting it ends the sharing for good (crypto-shredding). The other is that of the
participant's own part, which the details were taken from: what erases or corrects the part also makes every copy of it
unreadable, wherever the copy is. Both are mixed into the salt of the content key, so neither alone opens anything, and
a copy that is put beside another part does not open.
"""

from dataclasses import dataclass, field

from webapp.vault.contexts import SHARED_CONTACT, Context
from webapp.vault.envelope import KEY_SIZE, DoesNotOpen
from webapp.vault.labels import Label
from webapp.vault.sealing import seal_for_purpose
from webapp.vault.symmetric import derive, require_key


@dataclass(frozen=True, slots=True)
class BothSecrets:
    """The erasure secret of a share, and that of the participant's part; None for one that was shredded."""

    of_share: bytes | None = field(repr=False)
    of_part: bytes | None = field(repr=False)


def seal_shared(data: bytes, *, public_key: bytes, secrets: BothSecrets, context: Context) -> bytes:
    """Seal to the key of an organisation: a PART. `data` up to 32,764 bytes, `public_key` 1,216 bytes.

    Raises TooLong, NotAKey; ValueError for another field, or a secret of wrong size.
    """
    _require_shared(context)
    for secret in (secrets.of_share, secrets.of_part):
        require_key(secret or b"")
    return seal_for_purpose(data, public_key=public_key, secret=mixed(secrets), context=context)


def mixed(secrets: BothSecrets) -> bytes:
    """Both secrets as one, 32 bytes: HKDF-SHA256(ikm = the share's, salt = the part's, info = label).

    Raises DoesNotOpen while one of them is missing or not of 32 bytes.
    """
    share, part = secrets.of_share or b"", secrets.of_part or b""
    if len(share) != KEY_SIZE or len(part) != KEY_SIZE:
        raise DoesNotOpen
    return derive(share, salt=part, label=Label.SHARED_SECRETS)


def _require_shared(context: Context) -> None:
    if context.field != SHARED_CONTACT:
        raise ValueError("not the context of a shared contact")
