"""The key of a new authenticator app (TOTP), as a QR code and in letters, and what may be wrong with the first code."""

from dataclasses import dataclass, field

from flask_babel import gettext

from webapp.desk.shared.second_factor import WRONG_CODE
from webapp.services.keys import key_slots, second_factor
from webapp.ui.qr_code import Square, square

#: What groups of letters a key is written in.
GROUP = 4


@dataclass(frozen=True)
class AuthenticatorKey:
    """What the page shows, for an app that scans and for one that is typed into."""

    sign_in_name: str
    square: Square = field(repr=False)
    letters: str = field(repr=False)


def shown(sign_in_name: str, secret: str) -> AuthenticatorKey:
    """The secret under the name that the person signs in with."""
    groups = [secret[at : at + GROUP] for at in range(0, len(secret), GROUP)]
    drawn = square(key_slots.totp_uri(sign_in_name, secret))
    return AuthenticatorKey(sign_in_name, drawn, " ".join(groups))


def why_wrong(secret: str, code: str) -> str:
    """Words for a code that this key does not make now: perhaps the clock of the phone is wrong."""
    if minutes := second_factor.minutes_off(secret, code):
        return gettext(
            "Your phone’s clock is about %(num)s minutes wrong. In its settings, let it set the time automatically. "
            "Then enter the new code",
            num=abs(minutes),
        )
    return str(WRONG_CODE)
