"""Passkeys (WebAuthn) at the desk: for which site they are, and the challenge that waits in the Visit.

A challenge is given out to one session, taken out of it by the next form that brings an answer, right or wrong, and
over after five minutes.
"""

from typing import Any

from flask import request
from flask_wtf import FlaskForm

from webapp import sessions
from webapp.desk.shared.second_factor import answer_in
from webapp.extensions import current_settings
from webapp.rules.relying_party import origin_of, rp_id_of
from webapp.services.keys import passkeys
from webapp.services.keys.passkeys import Challenge, RelyingParty
from webapp.services.keys.second_factor import PasskeyAnswer, Proof

WAITING, ADDING = "passkey-challenge", "passkey-adding"


def relying_party() -> RelyingParty | None:
    """The site that passkeys are for: the desk's configured address. None where its host is a bare number.

    Without a configured address Hearth serves this machine alone, and is asked as localhost.
    """
    settings = current_settings()
    origin = origin_of(settings.base_url or request.host_url)
    rp_id = rp_id_of(origin, is_configured=bool(settings.base_url))
    return RelyingParty(rp_id, origin, settings.site_name) if rp_id else None


def give_out(party: RelyingParty) -> dict[str, Any]:
    """A new challenge for this Visit, in place of one that waits: the options for the browser."""
    challenge = passkeys.new_challenge(party)
    sessions.current()[WAITING] = _kept(challenge)
    return passkeys.options_to_answer(challenge)


def proof_in(form: FlaskForm, digits: str | None) -> Proof:
    """The second factor that was entered: six digits, or a passkey's answer, which takes the challenge with it."""
    if answer := answer_in(form):
        return PasskeyAnswer(answer, _read(sessions.current().pop(WAITING, None)))
    return digits or ""


def begin_adding(name: str, party: RelyingParty) -> None:
    """Note that this session may add a passkey with this name, for as long as its challenge lasts."""
    sessions.current()[ADDING] = [name, *_kept(passkeys.new_challenge(party))]


def adding() -> tuple[str, Challenge] | None:
    """The name and the challenge of a passkey that is being added; None where there is none, or it is over."""
    name, *kept = sessions.current().get(ADDING) or [""]
    challenge = _read(kept)
    return (name, challenge) if challenge and not challenge.is_over else None


def end_adding() -> None:
    """The challenge was answered, rightly or wrongly."""
    sessions.current().pop(ADDING, None)


def _kept(challenge: Challenge) -> list[Any]:
    return [challenge.nonce.hex(), challenge.ends_at]


def _read(kept: list[Any] | None) -> Challenge | None:
    party = relying_party()
    if not kept or party is None:
        return None
    nonce, ends_at = kept
    return Challenge(bytes.fromhex(nonce), ends_at, party)
