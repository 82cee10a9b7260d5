"""Invitations to the desk: a bearer capability in a link (a capability URL) that works once.

The secret has 260 bits of entropy. We store neither it nor a key derived from it: only the lookup label, one way. No
salt is needed against guessing, and the row that a label leads to is authenticated under a configuration key: a label
that was written into the database alone invites nobody. Domain separation keeps it apart from every other label.
"""

from webapp.vault.crockford import MistypedCode, new_characters, read_characters
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive

__all__ = ["MistypedCode", "lookup_of", "new_invitation", "read_invitation"]

LENGTH = 52


def new_invitation() -> str:
    """A fresh secret: 52 lowercase letters and digits that need no escaping in a URL."""
    return new_characters(LENGTH).lower()


def read_invitation(text: str) -> str:
    """The canonical form of a secret in a link. Raises MistypedCode.

    Forgives what messengers and hands add: capitals, a broken line, a full stop at the end.
    """
    return read_characters(text, LENGTH).lower()


def lookup_of(secret: str) -> bytes:
    """Derive the label by which the row is found: HKDF-SHA256 over the 52 ASCII characters, in lowercase, 32 bytes.

    Raises MistypedCode.
    """
    key_material = read_invitation(secret).encode("ascii")
    return derive(key_material, salt=b"", label=Label.INVITATION_LOOKUP)
