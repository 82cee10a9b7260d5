"""WebAuthn ceremonies (Level 3, section 7): options for a browser, and verifying what an authenticator answered.

The only module that imports `webauthn`. No attestation is asked for and none is kept (data minimisation): which make of
key a coordinator carries is nobody's business, and a list of trusted makes would be one more thing to keep.

User verification is required: the device asks for its PIN, a fingerprint or a face each time. A security key that stays
plugged in at a desk that was left open would else confirm a download with a touch.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Final

import webauthn
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

CHALLENGE_BYTES: Final = 32
ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
#: The authenticator finds the passkey itself (a discoverable credential), so that no page lists whose keys there are.
SELECTION: Final = AuthenticatorSelectionCriteria(
    resident_key=ResidentKeyRequirement.REQUIRED,
    user_verification=UserVerificationRequirement.REQUIRED,
)
#: P-256's generator as a COSE key: what an answer of an unknown passkey is checked with, so that it takes as long as a
#: wrong one. Its private half is 1; nothing is believed that it verifies.
DECOY_KEY: Final = bytes.fromhex(
    "a5010203262001"
    "2158206b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "2258204fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


class NotVerified(Exception):
    """The answer is not this site's, not to this challenge, not signed by this passkey, or no answer at all."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey is for: the RP ID (the desk's host name), its one origin, and the name that a browser shows."""

    rp_id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class Account:
    """What an authenticator stores beside a passkey: a random id (the user handle), and the sign-in name."""

    handle: bytes
    sign_in_name: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A credential that was verified at registration."""

    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    sign_count: int


@dataclass(frozen=True, slots=True)
class Named:
    """Which passkey an answer says it is of, before anything is verified. The user handle may be missing."""

    credential_id: bytes = field(repr=False)
    user_handle: bytes | None = field(repr=False)


def registration_options(
    party: RelyingParty, account: Account, *, challenge: bytes, known: list[bytes], seconds: int
) -> dict[str, Any]:
    """What `navigator.credentials.create` takes, as JSON. `known`: ids of passkeys that the account has already."""
    options = webauthn.generate_registration_options(
        rp_id=party.rp_id,
        rp_name=party.name,
        user_id=account.handle,
        user_name=account.sign_in_name,
        challenge=challenge,
        timeout=seconds * 1000,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=SELECTION,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json_dict(options)


def assertion_options(party: RelyingParty, *, challenge: bytes, seconds: int) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, as JSON: the same for everyone (no user enumeration)."""
    options = webauthn.generate_authentication_options(
        rp_id=party.rp_id,
        challenge=challenge,
        timeout=seconds * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def verify_registration(answer: str, *, party: RelyingParty, challenge: bytes) -> Registered:
    """Verify a registration: type, challenge, origin, RP ID, user verification, algorithm. Raises `NotVerified`."""
    try:
        parsed = parse_registration_credential_json(answer)
        _require_top_frame(parsed.response.client_data_json)
        verified = webauthn.verify_registration_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            supported_pub_key_algs=ALGORITHMS,
            require_user_verification=True,
        )
    # What a stranger sends goes through JSON, CBOR and X.509: each raises errors of its own, and all mean the same.
    except Exception:
        raise NotVerified from None
    return Registered(verified.credential_id, verified.credential_public_key, verified.sign_count)


def named_in(answer: str) -> Named:
    """Which passkey an answer claims to be of. Raises `NotVerified`."""
    try:
        parsed = parse_authentication_credential_json(answer)
    except Exception:
        raise NotVerified from None
    return Named(parsed.raw_id, parsed.response.user_handle)


def verify_assertion(
    answer: str, *, party: RelyingParty, challenge: bytes, public_key: bytes
) -> int:
    """Verify an assertion: type, challenge, origin, RP ID, user verification, signature. The signature counter of now.

    Comparing the counter is left to the caller, who knows the last one. Raises `NotVerified`.
    """
    try:
        parsed = parse_authentication_credential_json(answer)
        _require_top_frame(parsed.response.client_data_json)
        verified = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:
        raise NotVerified from None
    return verified.new_sign_count


def _require_top_frame(client_data: bytes) -> None:
    """The desk is never in a frame of another site (7.1 step 10, 7.2 step 14); the library does not look."""
    if parse_client_data_json(client_data).cross_origin or "topOrigin" in json.loads(client_data):
        raise NotVerified
