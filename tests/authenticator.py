"""A WebAuthn authenticator in software, with the browser around it: it makes passkeys, and answers challenges.

What it sends can be bent in each way that an attacker would try. Journeys use Chromium's own virtual authenticator.
"""

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, WITH_CREDENTIAL = 0x01, 0x04, 0x40
Options = dict[str, Any]


def b64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One authenticator with one passkey. `origin` is the page that the browser shows; `step`: 0 counts nothing."""

    origin: str = "http://localhost"
    step: int = 1
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    handle: bytes = b""

    def make(self, options: Options, **wrong: Any) -> str:
        """Answer `navigator.credentials.create`, with the handle that the site gave."""
        self.handle = unb64(options["user"]["id"])
        client = self._client("webauthn.create", options["challenge"], wrong)
        made = self._data(options["rp"]["id"], wrong, credential=True)
        statement = {"fmt": "none", "attStmt": {}, "authData": made}
        return self._json(client, attestationObject=b64(cbor2.dumps(statement)))

    def answer(self, options: Options, **wrong: Any) -> str:
        """Answer `navigator.credentials.get`. `wrong` says what to change."""
        client = self._client("webauthn.get", options["challenge"], wrong)
        data = self._data(options["rpId"], wrong)
        signed = data + hashlib.sha256(client).digest()
        signature = wrong.get("signature") or self.key.sign(signed, ec.ECDSA(SHA256()))
        handle = wrong.get("handle", self.handle)
        return self._json(
            client,
            authenticatorData=b64(data),
            signature=b64(signature),
            userHandle=b64(handle) if handle else None,
        )

    def public_key(self) -> bytes:
        """The public half as a COSE key."""
        numbers = self.key.public_key().public_numbers()
        halves = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return cbor2.dumps({1: 2, 3: -7, -1: 1, **halves})

    def _client(self, kind: str, challenge: str, wrong: Options) -> bytes:
        said = {
            "type": wrong.get("type", kind),
            "challenge": wrong.get("challenge", challenge),
            "origin": wrong.get("origin", self.origin),
            "crossOrigin": wrong.get("cross_origin", False),
        }
        return json.dumps(said).encode()

    def _data(self, rp_id: str, wrong: Options, *, credential: bool = False) -> bytes:
        self.count += self.step
        flags = wrong.get("flags", PRESENT | VERIFIED)
        count = wrong.get("count", self.count)
        hashed = hashlib.sha256(wrong.get("rp_id", rp_id).encode()).digest()
        head = hashed + struct.pack(">BI", flags | (WITH_CREDENTIAL if credential else 0), count)
        if not credential:
            return head
        length = struct.pack(">H", len(self.credential_id))
        return head + bytes(16) + length + self.credential_id + self.public_key()

    def _json(self, client: bytes, **response: str | None) -> str:
        name = b64(self.credential_id)
        parts = {"clientDataJSON": b64(client), **{k: v for k, v in response.items() if v}}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts})
