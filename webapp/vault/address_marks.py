"""Keyed hashes of e-mail addresses (blind index): whether two registrations for one event have the same address.

Nothing is decrypted to compare them. A mark is a MAC under a key that is derived from a secret of that event alone (in
the erasure store) and a config key. So marks of two events cannot be linked, the databases alone cannot be searched for
an address, and when the event's secret is deleted its marks are random bytes.
"""

from uuid import UUID

from webapp.vault.labels import Label
from webapp.vault.macs import mark
from webapp.vault.symmetric import derive, require_key


def address_mark(address: str, *, event_id: UUID, secret: bytes, salt: bytes) -> bytes:
    """The blind index of an address: 32 bytes, equal for equal addresses at one event.

    HMAC-SHA256 under HKDF-SHA256(event's secret, salt = config key), over event id and address. The caller has
    normalised the address. Raises ValueError for a secret or salt that has not 32 bytes.
    """
    require_key(secret)
    require_key(salt)
    key = derive(secret, salt=salt, label=Label.ADDRESS_MARK_KEY, bound_to=event_id.bytes)
    return mark(key, Label.MAC_ADDRESS, event_id.bytes, address.encode())
