"""`downgrade`: the tables and the configuration go back to the release of before, with what people sent since.

Given with the newer release, which knows both: an older one cannot read tables that it does not know.
"""

import click
from flask_migrate import downgrade as downgrade_tables

from webapp.cli import upgrade_plan
from webapp.cli.backup_errors import in_words
from webapp.cli.backup_settings import chosen_place
from webapp.cli.instance import config_folder
from webapp.cli.upgrade_plan import Plan
from webapp.cli.upgrading import step
from webapp.extensions import current_settings
from webapp.services.backup import making_backups
from webapp.services.infrastructure import (
    backup_marks,
    database_grants,
    schema_versions,
    stores,
    upgrade_notes,
)
from webapp.services.keys import bootstrap

AGAIN = "Put the cause right, and give downgrade again: it goes on from there. Do not start Hearth before."
LOST = (
    "What people sent since the upgrade stays, but for what the older tables have no room for. CHANGELOG.md says what "
    "that is. Go back?"
)
NEXT = """\
Now start the release of before:
  ln -sfn /opt/hearth-OLD /opt/hearth        (OLD is its number; or bring its checkout back)
  cd /opt/hearth && .venv/bin/python -m webapp.cli grants --apply        (PostgreSQL alone)
  systemctl start hearth-worker hearth-desk hearth-public
  .venv/bin/python -m webapp.cli check"""


@click.command()
@click.option(
    "--to",
    "revision",
    default="",
    help="Tables to go back to; without it, those of the last upgrade.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str, yes: bool) -> None:
    """Take tables and configuration back to the release of before the last upgrade, with what people sent since."""
    with upgrade_plan.completed() as here, here.app.app_context():
        plan = upgrade_plan.look(here)
        target = _target(plan, revision)
        if reasons := list(_refusals(plan)):
            raise upgrade_plan.refused(reasons)
        if not yes:
            click.confirm(LOST, abort=True)
        chosen = chosen_place()
        with step("Backup", "Nothing was changed."), in_words():
            making_backups.make(chosen.place, chosen.public_key)
        with step("Tables", AGAIN):
            _take_back(plan, target)
        with step("Configuration", AGAIN):
            _forget_settings(plan)
            upgrade_notes.forget(current_settings().instance)
        click.echo(f"  main, erasure and volatile are at {target}.")
        if database_grants.on_postgresql():
            click.echo(
                "  The roles have the rights of this release: the one of before gives its own."
            )
    click.echo(f"\n{NEXT}")


def _target(plan: Plan, revision: str) -> str:
    if not revision and plan.note is None:
        raise upgrade_plan.refused(
            ["There is no note of an upgrade here: say which tables to go back to, like --to 0041."]
        )
    target = revision or (plan.note.from_revision if plan.note else "")
    if target not in schema_versions.known():
        raise upgrade_plan.refused([f"This Hearth knows no tables {target}."])
    if target > max(plan.revisions.values()):
        raise upgrade_plan.refused(
            [f"The tables are at {max(plan.revisions.values())}, which is before {target} already."]
        )
    return target


def _refusals(plan: Plan) -> list[str]:
    reasons = [*upgrade_plan.in_the_way(plan.users)]
    if (current_settings().instance / backup_marks.RESTORE).exists():
        reasons.append("A restore broke off: give restore once more, to its end.")
    try:
        chosen_place()
    except click.ClickException as none:
        reasons.append(f"No backup can be made. {none.message}")
    return reasons


def _take_back(plan: Plan, target: str) -> None:
    """Each store in a transaction of its own. Where an upgrade broke off, one may be there already."""
    stores.check()
    if max(plan.revisions.values()) > target:
        downgrade_tables(revision=target)
        stores.overwrite_remains("erasure")


def _forget_settings(plan: Plan) -> None:
    if plan.note:
        bootstrap.remove_settings(config_folder(), plan.note.added)


COMMANDS = (downgrade,)
