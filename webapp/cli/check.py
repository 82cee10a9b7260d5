"""`check`: health checks of everything that fails silently, as a table and an exit status for a monitor.

0: all is well. 1: look at something when there is time. 2: something is broken, or a promise is.
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from webapp.cli import (
    checks_backups,
    checks_deployment,
    checks_file_system,
    checks_outside,
    checks_recovery,
    checks_waiting,
    checks_within,
)
from webapp.cli.finding import Finding, State
from webapp.cli.instance import application, without_reminders
from webapp.cli.mailing import ADDRESS
from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.settings import Settings

Look = Callable[[Settings], Iterator[Finding]]
#: In the order in which an operator puts things right.
LOOKS: tuple[Look, ...] = (
    checks_deployment.release,
    checks_within.settings,
    checks_within.files,
    checks_deployment.tombstones,
    checks_deployment.heads,
    checks_within.disk,
    checks_file_system.overwriting,
    checks_within.clock_here,
    checks_within.databases,
    checks_deployment.stores,
    checks_within.worker,
    checks_waiting.waiting,
    checks_within.record,
    checks_within.deleting,
    checks_within.rows,
    checks_recovery.sheets,
    checks_backups.backup,
    checks_backups.place,
    checks_backups.packs,
    checks_deployment.proxy,
    checks_outside.addresses,
)


@click.command()
@click.option("--send-to", default="", help="Send a test mail to this address of yours.")
@click.option("--quiet", is_flag=True, help="Print only what is not well: for cron.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON: for a program.")
def check(send_to: str, quiet: bool, as_json: bool) -> None:
    """Look at settings, files, disk, clock, stores, worker, rows, sheets, backup, proxy and mail; status 0, 1 or 2."""
    if send_to and not ADDRESS.fullmatch(send_to):
        raise click.BadParameter("this is no e-mail address", param_hint="--send-to")
    # Each reminder is a finding of its own.
    with without_reminders():
        app = application()
    with app.app_context():
        found = list(findings(send_to))
    told = [one for one in found if not quiet or one.state is not State.WELL]
    worst = max(one.state for one in found)
    if as_json:
        click.echo(json.dumps(_as_json(told, worst), ensure_ascii=False, indent=2))
    else:
        for one in told:
            click.echo(one.line())
        if not quiet:
            click.echo(f"\n{_summary(found)}")
    sys.exit(int(worst))


def _as_json(told: list[Finding], worst: State) -> dict[str, Any]:
    """The table for a program: the status, the minute, and each finding with the words that a person reads."""
    findings = [
        {"about": one.about, "state": one.state.name.lower(), "words": one.words} for one in told
    ]
    return {
        "state": worst.name.lower(),
        "status": int(worst),
        "at": clock.now_minute().isoformat(),
        "findings": findings,
    }


def findings(send_to: str = "") -> Iterator[Finding]:
    """Run all health checks in order; one that raises is a finding too. Needs an application context."""
    chosen = current_settings()
    for look in (*LOOKS, lambda these: checks_outside.mail(these, send_to)):
        try:
            yield from look(chosen)
        except stores.StoreUnavailable as lost:
            words = f"the {lost} store does not answer: is its database up, and is there room on the disk?"
            yield Finding(_name(look), State.BROKEN, words)
        except Exception as error:
            name = _name(look)
            yield Finding(name, State.BROKEN, f"could not be looked at: {type(error).__name__}")


def _name(look: Look) -> str:
    return getattr(look, "__name__", "mail").removesuffix("_here").strip("<>")


def _summary(found: list[Finding]) -> str:
    broken = sum(one.state is State.BROKEN for one in found)
    look = sum(one.state is State.LOOK for one in found)
    if not broken and not look:
        return "All is well."
    return f"{broken} broken, {look} to look at."


COMMANDS = (check,)
