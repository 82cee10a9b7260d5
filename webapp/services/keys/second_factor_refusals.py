"""Why a second factor was refused, and what the record says about each reason. The page says the same about all."""

from typing import ClassVar

from webapp.rules.audit_events import AuditEvent


class WrongCode(Exception):
    """The second factor is wrong, or was used before (replay)."""

    event: ClassVar[AuditEvent] = AuditEvent.SECOND_FACTOR_REFUSED


class WrongPasskey(WrongCode):
    """No passkey of this coordinator answered the challenge of this session, in time and for the first time."""

    event = AuditEvent.PASSKEY_REFUSED


class PasskeyWentBack(WrongPasskey):
    """The answer is right, but the signature counter is not higher than the last one: there may be a clone."""

    event = AuditEvent.PASSKEY_WENT_BACK
