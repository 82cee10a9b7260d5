"""Health check of the recovery sheets (key escrow): whether every pair is stored, and was rehearsed, and when."""

from collections.abc import Iterator
from datetime import timedelta

from webapp.cli.finding import Finding, State
from webapp.cli.recovery import pairs_words
from webapp.rules import clock
from webapp.services.keys import recovery_state
from webapp.settings import Settings

#: Paper is lost, moved and thrown away: it is tried once a year.
REHEARSED_WITHIN = timedelta(days=400)


def sheets(chosen: Settings) -> Iterator[Finding]:
    """The standing of the newest recovery key's sheets."""
    now = recovery_state.standing()
    if not now.has_sheets:
        yield _broken(
            "there are none: give renew-recovery with the 24 words, or bring main back from a backup"
        )
        return
    if now.missing:
        yield _broken(
            f"{pairs_words(now.missing)} cannot open the recovery key, because a row is gone or false: give "
            "renew-recovery with two others"
        )
    if now.unproved:
        yield _look(f"{pairs_words(now.unproved)} were never rehearsed: give rehearse-recovery")
    if now.keys > 1:
        yield _look("those of the set before are still good until all of the new set are rehearsed")
    if now.proved_on and clock.today() - now.proved_on > REHEARSED_WITHIN:
        yield _look(f"last rehearsed on {now.proved_on}: give rehearse-recovery once a year")
    elif now.is_ready and now.keys == 1:
        yield Finding("sheets", State.WELL, f"every two of three were rehearsed ({now.proved_on})")


def _broken(words: str) -> Finding:
    return Finding("sheets", State.BROKEN, words)


def _look(words: str) -> Finding:
    return Finding("sheets", State.LOOK, words)
