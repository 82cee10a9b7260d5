"""State: what a coordinator's session (Visit) holds about a verified caller, and a new code to pass on.

Verification holds for one participant at a time and for half an hour: this morning's says nothing about who rings in
the afternoon.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from webapp import sessions
from webapp.desk.phone_requests.caller_forms import SURE, UNSURE
from webapp.rules import clock
from webapp.services.answers import own_copies

CALLER: Final = "caller"
CODE: Final = "caller-code"
HALF_AN_HOUR: Final = 30 * 60


@dataclass(frozen=True)
class WithCaller:
    """One verified caller. `once` and `receipt` are idempotency keys: two presses are one act."""

    submission_id: UUID
    sure: str
    once: UUID
    receipt: str

    @property
    def is_sure(self) -> bool:
        """Whether acts are open that an impostor could do harm with."""
        return self.sure != UNSURE

    @property
    def known(self) -> str:
        """How the coordinator verified the caller, for the audit log."""
        return SURE[self.sure][1]


def begin(submission_id: UUID, sure: str) -> None:
    """Begin with a caller, verified or not."""
    sessions.current()[CALLER] = {
        "submission": submission_id.hex,
        "sure": sure,
        "since": int(clock.now_minute().timestamp()),
        "once": uuid4().hex,
        "receipt": own_copies.new_receipt(),
    }


def now_with(submission_id: UUID) -> WithCaller | None:
    """The verified caller of this session, if it is this participant and not too long ago."""
    held = sessions.current().get(CALLER)
    if not held or held["submission"] != submission_id.hex:
        return None
    if clock.now_minute().timestamp() - held["since"] > HALF_AN_HOUR:
        return None
    return WithCaller(submission_id, held["sure"], UUID(hex=held["once"]), held["receipt"])


def next_act() -> None:
    """A new idempotency key for the next act."""
    visit = sessions.current()
    visit[CALLER] = {**visit[CALLER], "once": uuid4().hex}


def finish() -> None:
    """The phone call is over."""
    sessions.current().pop(CALLER, None)


def note_code(submission_id: UUID, receipt: str) -> None:
    """A new code is stored: it is shown until it is passed on, and the next one would be another."""
    visit = sessions.current()
    visit[CODE] = {"submission": submission_id.hex, "code": receipt}
    visit[CALLER] = {**visit[CALLER], "receipt": own_copies.new_receipt()}


def code_for(submission_id: UUID) -> str | None:
    """The code to pass on to this participant, if there is one."""
    held = sessions.current().get(CODE)
    return held["code"] if held and held["submission"] == submission_id.hex else None


def forget_code(submission_id: UUID) -> None:
    """It was passed on. The code of another participant still waits."""
    if code_for(submission_id) is not None:
        del sessions.current()[CODE]
