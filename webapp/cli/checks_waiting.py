"""Health check of what waits: mails, erasures, deletions, new keys; each with its age where it has one."""

from collections.abc import Iterator

from webapp.cli.finding import Finding, State
from webapp.services.worker import figures
from webapp.settings import Settings

#: The worker tries again after a quarter of an hour, so one that is this late was refused more than once.
LATE_MINUTES = 60


def waiting(chosen: Settings) -> Iterator[Finding]:
    """What waits longer than it should, for the worker or for a person."""
    found = figures.waiting()
    problems = [*_for_the_worker(found), *_for_a_person(found)]
    yield from problems
    if not problems:
        mails = found.mails.waiting
        words = f"{mails} mails wait for the next round" if mails else "no mail waits"
        yield Finding("waiting", State.WELL, f"{words}, no erasure, no deletion, no new key")


def _for_the_worker(found: figures.Waiting) -> Iterator[Finding]:
    if found.mails.oldest_minutes >= LATE_MINUTES:
        hours = found.mails.oldest_minutes // 60
        yield _of(
            State.BROKEN,
            f"{found.mails.waiting} mails wait, the oldest for {hours} h: look at the line about mail below, and at "
            "the worker's log",
        )
    if found.erasures:
        yield _of(
            State.BROKEN,
            f"{found.erasures} rows that people deleted before today are not erased yet: look at the worker's log, and "
            "whether it may write to tombstones.txt",
        )
    if found.deletions:
        yield _of(
            State.BROKEN,
            f"{found.deletions} things were due to be deleted before today and are still there: give erase-due, which "
            "says why",
        )


def _for_a_person(found: figures.Waiting) -> Iterator[Finding]:
    if found.refused:
        yield _of(
            State.LOOK,
            f"{found.refused} mails of the last two weeks were refused for good: Today says whose, at the desk",
        )
    if found.rotations:
        yield _of(
            State.LOOK,
            f"{found.rotations} calls or events wait for new keys: an owner opens Keys at the desk, and goes on",
        )
    if found.resealings:
        yield _of(
            State.LOOK,
            f"{found.resealings} purposes are being sealed anew and are not done: a holder opens Keys at the desk, and "
            "goes on",
        )

    for slug, month in found.promises:
        yield _of(
            State.LOOK,
            f"the month passed by which people were to be told what became of the call {slug}, "
            f"{month.first_day:%B %Y}: a coordinator writes the page at the desk, on the call's page, or moves the "
            "month with a reason",
        )


def _of(state: State, words: str) -> Finding:
    return Finding("waiting", state, words)
