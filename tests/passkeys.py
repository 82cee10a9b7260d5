"""Passkeys of coordinators who do not exist: made and used past the pages, in an application's context."""

from tests.authenticator import Device
from webapp.services.keys import own_passkeys, passkeys
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.own_passkeys import NewPasskey
from webapp.services.keys.passkeys import PasskeyAnswer, RelyingParty

SITE = RelyingParty("localhost", "http://localhost", "Hearth")


def add(holder: Holder, device: Device | None = None, *, name: str = "my phone") -> Device:
    """A passkey of this coordinator on this device."""
    device, challenge = device or Device(), passkeys.new_challenge(SITE)
    made = device.make(own_passkeys.options_to_add(holder, challenge))
    own_passkeys.add(holder, NewPasskey(name, made, challenge))
    return device


def answered(device: Device, **wrong: object) -> PasskeyAnswer:
    """What the device answers to a fresh challenge; bent, where a test says so."""
    challenge = passkeys.new_challenge(SITE)
    return PasskeyAnswer(device.answer(passkeys.options_to_answer(challenge), **wrong), challenge)
