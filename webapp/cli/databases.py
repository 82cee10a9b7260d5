"""Database administration: migrations of the three stores, and least-privilege grants in PostgreSQL."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from webapp.cli.instance import application, config_folder
from webapp.cli.migrating import migrate_stores
from webapp.services.infrastructure import database_grants, row_verification, stores
from webapp.services.infrastructure.stores import Store
from webapp.services.keys import bootstrap
from webapp.settings import FILES, SECRETS_OF

#: The consequence of losing each secret. Printed whenever one is generated anew.
WHAT_DIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AUDIT_KEY": "verify-record finds every entry written until now changed",
        "DESK_VISIT_KEY": "every coordinator must sign in again",
        "FORM_KEY": "every page that is open now must be opened again, and the limits on abuse begin anew",
        "KEY_MAC_KEY": "no key that was stored until now is trusted: nothing can be sent or read",
        "MAILER_KEY": (
            "no mail that waits, and none to those who booked until now, can be sent, and answers about equality that "
            "wait to be written are lost"
        ),
        "PEPPER": (
            "NO PASSPHRASE WORKS ANY MORE. Each coordinator needs a new one: new-passphrase, with their recovery code"
        ),
        "PUBLIC_VISIT_KEY": "participants who have not sent their answers yet must begin again",
        "RECEIPT_SALT": "no code that people were given until now opens anything",
        "ROW_KEY": "no row that was stored until now is believed: nothing can be read, sent or changed",
        "SERVICE_KEY": "the joining link of every event must be set again at the desk",
    }
)


@click.command()
def migrate() -> None:
    """Bring the configuration and the tables of all three stores up to date."""
    folder = config_folder()
    there = {process for process, name in FILES.items() if (folder / name).exists()}
    added = bootstrap.complete_config(folder) if there else {}
    _say_added(added, set(FILES) - there if there else set())
    app = application()
    with app.app_context():
        before = stores.revisions()
    if lost := [store for store in ("main", "erasure") if not before[store]]:
        # An empty store in the place of a lost one would be taken for it: nothing would be put back any more.
        raise click.ClickException(
            f"{' and '.join(lost)} has no tables: lost, or the wrong database. No table was made. Give restore "
            "(docs/operating.md, Restore); a new instance is made by init."
        )
    migrate_stores(app)
    with app.app_context():
        after = stores.revisions()
        click.echo(_tables_words(before, after))
        if database_grants.on_postgresql():
            grant_or_say_so()


def grant_or_say_so() -> None:
    """Give the roles their rights, or say that none were given.

    Roles with names of their own are known to the operator alone: until they have rights on new tables, a door that
    needs these refuses everything."""
    if missing := {role for _, role in database_grants.missing_roles()}:
        click.echo(
            f"NO RIGHTS WERE GIVEN on the tables: there is no role {', '.join(sorted(missing))}. Before you start the "
            "three processes: grants --apply, with --public, --desk and --worker where your roles have other names.",
            err=True,
        )
        return
    database_grants.apply()
    click.echo("The three roles have their rights on every table, the new ones included.")


def _say_added(added: Mapping[str, list[str]], made: set[str]) -> None:
    folder = config_folder()
    for process in sorted(made):
        click.echo(
            f"{folder / FILES[process]} was lost: it was made anew, with what another file says. "
            "Look through it: HOST, PORT and the addresses may have been others, and its owner is to be set again.",
            err=True,
        )
    for process, names in added.items():
        click.echo(
            f"{FILES[process]} has these secrets now, which it did not have: {', '.join(names)}"
        )
    lost = sorted({name for names in added.values() for name in names} & set(WHAT_DIES))
    # A secret that another file still had was copied from there: nothing of it is new.
    lost = [
        name for name in lost if all(name in _names(added, process) for process in _holders(name))
    ]
    if not lost:
        return
    click.echo(
        "\nNEW SECRETS WERE MADE. For a newer Hearth that is right. If this instance had them",
        err=True,
    )
    click.echo(
        "before, stop here and put them back from a copy of config/, because with new ones:",
        err=True,
    )
    for name in lost:
        click.echo(f"  {name}: {WHAT_DIES[name]}.", err=True)
    click.echo("", err=True)


def _names(added: Mapping[str, list[str]], process: str) -> list[str]:
    return added.get(process, [])


def _holders(name: str) -> list[str]:
    return [process for process, names in SECRETS_OF.items() if name in names]


def _tables_words(before: Mapping[Store, str], after: Mapping[Store, str]) -> str:
    if before == after:
        return f"The tables were up to date already ({after['main']})."
    from_where = before["main"] or "nothing"
    return f"The tables of all three stores are up to date: from {from_where} to {after['main']}."


@click.command("grants")
@click.option("--apply", "now", is_flag=True, help="Give them, instead of printing the SQL.")
@click.option(
    "--public",
    default=database_grants.ROLES["public"],
    show_default=True,
    help="The public door's role.",
)
@click.option(
    "--desk", default=database_grants.ROLES["desk"], show_default=True, help="The desk's role."
)
@click.option(
    "--worker",
    default=database_grants.ROLES["worker"],
    show_default=True,
    help="The worker's role.",
)
def grants_command(now: bool, public: str, desk: str, worker: str) -> None:
    """Print the SQL that gives each process's PostgreSQL role what its work needs and nothing else; or give it."""
    roles = {"public": public, "desk": desk, "worker": worker}
    if not now:
        for store in database_grants.RIGHTS:
            click.echo(f"-- In the database of the {store} store, as the owner of its tables:")
            click.echo("".join(f"{line};\n" for line in database_grants.statements(store, roles)))
        return
    with application().app_context():
        if not database_grants.on_postgresql():
            raise click.ClickException("The stores are SQLite files, which know no roles.")
        if missing := database_grants.missing_roles(roles):
            listed = ", ".join(f"{role} (for {store})" for store, role in missing)
            raise click.ClickException(
                f"There is no such role yet: {listed}. Make it first, in each cluster: createuser {missing[0][1]}"
            )
        database_grants.apply(roles)
        click.echo(f"{', '.join(roles.values())} have their rights on all three stores.")


@click.command("verify-rows")
def verify_rows() -> None:
    """Check that every row about people, forms and bookings is as Hearth wrote it; fail if one is not.

    The page Today says the same from then on.
    """
    with application().app_context():
        found = list(row_verification.find_false())
        row_verification.keep(found)
        for one in found:
            click.echo(str(one))
    if found:
        raise click.ClickException(
            f"{len(found)} rows are not as Hearth wrote them. docs/operating.md says what to do."
        )
    click.echo("All rows are as Hearth wrote them.")


COMMANDS = (migrate, grants_command, verify_rows)
