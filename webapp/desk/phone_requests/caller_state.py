"""What a coordinator's Visit holds about the caller they are with: who, how they made sure, and a code to pass on.

It holds for one person at a time and for half an hour: how somebody made sure this morning says nothing about who
rings in the afternoon.
"""

from dataclasses import dataclass
from hmac import compare_digest
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
    """One caller whom a coordinator is with. `once` and `receipt` are made with it: two presses are one act."""

    submission_id: UUID
    sure: str
    once: UUID
    receipt: str

    @property
    def is_sure(self) -> bool:
        """Whether acts are open that a stranger could do harm with."""
        return self.sure != UNSURE

    @property
    def known(self) -> str:
        """How they made sure, for the record."""
        return SURE[self.sure][1]


def begin(submission_id: UUID, sure: str) -> None:
    """They made sure, or said that they cannot."""
    sessions.current()[CALLER] = {
        "submission": submission_id.hex,
        "sure": sure,
        "since": int(clock.now_minute().timestamp()),
        "once": uuid4().hex,
        "receipt": own_copies.new_receipt(),
    }


def now_with(submission_id: UUID) -> WithCaller | None:
    """The caller that this Visit is with, if it is this one and not too long ago."""
    held = sessions.current().get(CALLER)
    if not held or held["submission"] != submission_id.hex:
        return None
    if clock.now_minute().timestamp() - held["since"] > HALF_AN_HOUR:
        return None
    return WithCaller(submission_id, held["sure"], UUID(hex=held["once"]), held["receipt"])


def next_act() -> None:
    """An act is done: the next one is another."""
    visit = sessions.current()
    visit[CALLER] = {**visit[CALLER], "once": uuid4().hex}


def finish() -> None:
    """The call is over."""
    sessions.current().pop(CALLER, None)


def note_code(submission_id: UUID, receipt: str, *, digits: str) -> None:
    """A new code is stored: it is shown until it was passed on, and the next one would be another.

    `digits` are the second factor that it was made with: by them a button that was pressed twice is known.
    """
    visit = sessions.current()
    visit[CODE] = {"submission": submission_id.hex, "code": receipt, "digits": _bare(digits)}
    visit[CALLER] = {**visit[CALLER], "receipt": own_copies.new_receipt()}


def code_for(submission_id: UUID) -> str | None:
    """The code to pass on to this person, if there is one."""
    held = sessions.current().get(CODE)
    return held["code"] if held and held["submission"] == submission_id.hex else None


def made_with(submission_id: UUID, digits: str) -> bool:
    """Whether the code that waits for this person was made with these six digits."""
    held = sessions.current().get(CODE)
    if not held or held["submission"] != submission_id.hex:
        return False
    return compare_digest(held["digits"].encode(), _bare(digits).encode())


def _bare(digits: str) -> str:
    return digits.replace(" ", "")


def forget_code(submission_id: UUID) -> None:
    """It was passed on. The code of another person still waits."""
    if code_for(submission_id) is not None:
        del sessions.current()[CODE]
