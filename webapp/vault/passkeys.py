"""Passkeys (WebAuthn credentials) at rest: everything that is kept of one, sealed under its coordinator's own key.

An authenticated encryption, and symmetric: an attacker who can write to the database can neither add a passkey of their
own, nor put another public key in its place, nor set its counter back to a number that they choose.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from webapp.vault.contexts import PASSKEY, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.labels import Label
from webapp.vault.symmetric import open_keyed, seal_keyed


@dataclass(frozen=True, slots=True)
class Credential:
    """A WebAuthn credential record (WebAuthn Level 3, section 4), with the name that its owner gave it.

    `public_key` is a COSE key as bytes. `sign_count` is the signature counter at the last use, 0 where there is none.
    `spent` has the challenges that it answered, until the second (since 1970) in which each ends by itself.
    """

    name: str
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int
    spent: Mapping[bytes, int] = field(default_factory=dict, repr=False)


def seal_credential(credential: Credential, *, key: bytes, context: Context) -> bytes:
    """Seal under the subkey of a coordinator's key for second factors (`keyring.totp_key`): KEYED.

    The data is JSON, with bytes in Base64. Raises TooLong; ValueError for a wrong field.
    """
    _require_passkey(context)
    data = {
        "name": credential.name,
        "id": _text(credential.credential_id),
        "public_key": _text(credential.public_key),
        "sign_count": credential.sign_count,
        "spent": {_text(challenge): end for challenge, end in credential.spent.items()},
    }
    written = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return seal_keyed(written.encode(), key=key, label=Label.PASSKEY_CONTENT, context=context)


def open_credential(envelope: bytes, *, key: bytes, context: Context) -> Credential:
    """Open what `seal_credential` sealed. Raises DoesNotOpen: another coordinator's, another row's, forged."""
    _require_passkey(context)
    written = open_keyed(envelope, key=key, label=Label.PASSKEY_CONTENT, context=context)
    try:
        return _read(json.loads(written))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DoesNotOpen from None


def _read(data: Any) -> Credential:
    return Credential(
        name=str(data["name"]),
        credential_id=_bytes(data["id"]),
        public_key=_bytes(data["public_key"]),
        sign_count=int(data["sign_count"]),
        spent={_bytes(challenge): int(end) for challenge, end in data["spent"].items()},
    )


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)


def _require_passkey(context: Context) -> None:
    if context.field != PASSKEY:
        raise ValueError("not the context of a passkey")
