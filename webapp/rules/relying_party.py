"""The relying party of passkeys (WebAuthn Level 3, section 5.1.2): which host name they are bound to (RP ID)."""

from ipaddress import ip_address
from urllib.parse import urlsplit

#: The one name of this machine for which browsers take passkeys without TLS.
LOCALHOST = "localhost"
USUAL_PORT = {"https": 443, "http": 80}


def origin_of(address: str) -> str:
    """The origin of an address as browsers write it (RFC 6454): in small letters, without the usual port."""
    parts = urlsplit(address.lower())
    if parts.port == USUAL_PORT.get(parts.scheme):
        return f"{parts.scheme}://{parts.netloc.rpartition(':')[0] if parts.port else parts.netloc}"
    return f"{parts.scheme}://{parts.netloc}"


def rp_id_of(origin: str, *, is_configured: bool) -> str | None:
    """The host name of this origin, if passkeys can be bound to it: no address in numbers, and the operator's choice.

    A host that only the request names counts where it is this machine: an attacker may name any other (host header
    injection).
    """
    host = urlsplit(origin).hostname or ""
    if not host or _is_number(host) or not (is_configured or host == LOCALHOST):
        return None
    return host


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
