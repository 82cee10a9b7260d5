"""Device cookies: a browser in which a coordinator has signed in has a lane of its own, which no flood can fill.

As in OWASP's "device cookies", against lockout as denial of service. The token is random bytes, a day and a MAC with
the key of the desk's sessions; it names nobody. It belongs to the passphrase's key slot, so that it is worth nothing
after a new passphrase, nor after a new `DESK_VISIT_KEY`. Nothing is stored here.

It signs nobody in. Who steals one can guess, in its lane, as slowly as anybody can from one network.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import timedelta
from hmac import compare_digest
from secrets import token_bytes

from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.services.keys import key_slots
from webapp.services.keys.coordinators import find_slot
from webapp.vault.macs import device_mac

#: After so many days without signing in, a browser is a stranger again.
DAYS = 90
NONCE_BYTES = 16
DAY_BYTES = 4
MAC_BYTES = 32


@dataclass(frozen=True)
class Device:
    """A browser that has signed in before. `nonce` names its rate limits, and is stored nowhere."""

    nonce: str = field(repr=False)


def new_token(sign_in_name: str) -> str:
    """The cookie's value for a browser in which the coordinator of this name has just signed in; else empty."""
    _, slot = find_slot(sign_in_name, key_slots.PASSPHRASE)
    if slot is None:
        return ""
    nonce, day = token_bytes(NONCE_BYTES), clock.today().toordinal()
    mac = device_mac(current_settings().desk_visit_key, slot.id, day, nonce)
    token = nonce + day.to_bytes(DAY_BYTES, "big") + mac
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def recognise(sign_in_name: str, token: str) -> Device | None:
    """The browser that this token was given to, if it signed in under this name and the passphrase is still that one.

    Raises `StoreUnavailable`.
    """
    nonce, day, mac = _read(token)
    if not mac or not 0 <= clock.today().toordinal() - day <= DAYS:
        return None
    _, slot = find_slot(sign_in_name, key_slots.PASSPHRASE)
    if slot is None:
        return None
    ours = device_mac(current_settings().desk_visit_key, slot.id, day, nonce)
    return Device(nonce.hex()) if compare_digest(ours, mac) else None


def _read(token: str) -> tuple[bytes, int, bytes]:
    """Nonce, day and MAC; an empty MAC for what is no token."""
    try:
        found = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (ValueError, binascii.Error):
        found = b""
    if len(found) != NONCE_BYTES + DAY_BYTES + MAC_BYTES:
        return b"", 0, b""
    day = int.from_bytes(found[NONCE_BYTES : NONCE_BYTES + DAY_BYTES], "big")
    return found[:NONCE_BYTES], day, found[-MAC_BYTES:]


def seconds_kept() -> int:
    """How long a browser keeps the cookie."""
    return int(timedelta(days=DAYS).total_seconds())
