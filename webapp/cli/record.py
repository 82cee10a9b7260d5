"""Commands of the record (the audit log): verify it, note its head outside of the server, print it."""

import csv
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import click

from webapp.cli.instance import application
from webapp.rules import clock
from webapp.rules.audit_events import RecordFilter, Source
from webapp.rules.csv_safety import safe_cell
from webapp.rules.references import ids_with, reference
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.infrastructure import audit, audit_reading, record_check
from webapp.services.infrastructure.audit import AuditLine
from webapp.services.infrastructure.audit_reading import Wanted
from webapp.services.infrastructure.head_file import NotedHead
from webapp.services.keys import coordinators, organisations

COLUMNS = (
    "number",
    "when",
    "who",
    "what",
    "about",
    "reason",
    "detail",
    "roles",
    "organisation",
    "state",
)
DAY = click.DateTime(formats=["%Y-%m-%d"])
WHOLE, ALTERED = "", "ALTERED"


@click.command("verify-record")
@click.option(
    "--noted",
    "codes",
    multiple=True,
    metavar="CODE",
    help="A code of the record that was noted: is it still in it?",
)
def verify_record(codes: tuple[str, ...]) -> None:
    """Check the chain of the record, and heads that were noted; fail if anything was changed or removed."""
    with application().app_context():
        lost = [*_broken(), *_lost_codes(codes), *_lost_in_the_file()]
    if lost:
        raise click.ClickException("\n".join(lost))


def _broken() -> Iterable[str]:
    try:
        click.echo(f"The record holds: {audit.verify()} entries.")
    except audit.ChainBroken as broken:
        yield f"The record was changed: {broken}."


def _lost_codes(codes: Iterable[str]) -> Iterable[str]:
    """What is said of codes that the record does not lead to."""
    for typed in codes:
        code = record_check.read_code(typed)
        if not code:
            yield f"{typed} is no code of the record: compare it with your note."
        elif (after := record_check.look(code).noted_after) is None:
            yield (
                f"{code} is not in the record any more: entries that were there when it was noted were removed or "
                "changed, unless a backup was put back since."
            )
        else:
            click.echo(f"{code} is in the record, after entry {after}.")


def _lost_in_the_file() -> Iterable[str]:
    """The same for the file that the worker writes, where this process may read it."""
    try:
        missing = record_check.missing_heads()
    except OSError as error:
        click.echo(f"The file of noted heads was not read: {error.strerror}.", err=True)
        return
    if missing:
        yield (
            f"The record lacks {_heads(missing)} of record-heads.txt, the first of {missing[0].day}: entries were "
            "removed or changed, unless a backup was put back since. The desk's page Record says what to do."
        )


def _heads(missing: list[NotedHead]) -> str:
    return "one head" if len(missing) == 1 else f"{len(missing)} heads"


@click.command("record-code")
def record_code() -> None:
    """Print the record's code of today in one line, to be noted outside: the day, the number of entries, the code."""
    with application().app_context():
        looked = record_check.look()
    if not looked.vouches or looked.head is None:
        raise click.ClickException(
            "The record is not as Hearth wrote it, so no code would vouch for it. Give verify-record."
        )
    click.echo(looked.head.line())


@click.command("record")
@click.option(
    "--kind", type=click.Choice([one.value for one in RecordFilter]), help="What was done."
)
@click.option("--who", help="A coordinator's name, or: public, worker, operator.")
@click.option(
    "--where", metavar="SLUG", help="A call or an event, with everything that belongs to it."
)
@click.option("--reference", "about", metavar="REFERENCE", help="A person, like K7Q-M2X-HB4.")
@click.option("--since", type=DAY, help="From this day on, like 2026-11-28.")
@click.option("--until", type=DAY, help="Until the end of this day.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, for a spreadsheet.")
def record(
    kind: str | None,
    who: str | None,
    where: str | None,
    about: str | None,
    since: datetime | None,
    until: datetime | None,
    as_csv: bool,
) -> None:
    """Print the record, the oldest entry first, each verified; fail if one of them was altered."""
    with application().app_context():
        names = coordinators.names()
        wanted = Wanted(
            RecordFilter(kind) if kind else None,
            _actor(who, names) if who else None,
            _owner(where) if where else None,
            _ids(about) if about else None,
            _day(since),
            _day(until),
        )
        known = Names(names, organisations.names())
        altered = _print(audit_reading.every(wanted), known, as_csv=as_csv)
    if altered:
        raise click.ClickException(
            f"Not as Hearth wrote it, or behind a gap: entry {', '.join(altered)}. Give verify-record."
        )


@dataclass(frozen=True)
class Names:
    """The names behind the ids in entries."""

    coordinators: Mapping[str, str]
    organisations: Mapping[str, str]


def _print(lines: Iterable[AuditLine], names: Names, *, as_csv: bool) -> list[str]:
    """Print them. Returns the numbers of those that do not hold."""
    writer, altered = csv.writer(sys.stdout), []
    if as_csv:
        writer.writerow(COLUMNS)
    for line in lines:
        cells = _cells(line, names)
        if as_csv:
            writer.writerow(safe_cell(cell) for cell in cells)
        else:
            click.echo(_printable("  ".join(cell for cell in cells if cell)))
        if not line.holds:
            altered.append(str(line.n))
    return altered


def _printable(text: str) -> str:
    """Without control characters: a terminal would obey those that an attacker wrote into an entry."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _cells(line: AuditLine, names: Names) -> tuple[str, ...]:
    """The fields of an entry in the order of the columns. Of what people did themselves only the day is kept."""
    when = line.at.astimezone(clock.COALITION_ZONE)
    organisation = line.capacity.organisation if line.capacity else ""
    return (
        str(line.n),
        f"{line.at:%Y-%m-%d}" if line.source is Source.PUBLIC else f"{when:%Y-%m-%d %H:%M}",
        names.coordinators.get(line.actor, line.actor),
        line.tag,
        reference(line.subject_id) if line.subject_id else "",
        line.reason,
        line.detail.as_text() if line.detail else "",
        ", ".join(line.capacity.role_names) if line.capacity else "",
        names.organisations.get(organisation, organisation),
        WHOLE if line.holds else ALTERED,
    )


def _actor(who: str, names: Mapping[str, str]) -> str:
    found = [actor for actor, name in names.items() if name.casefold() == who.casefold()]
    if len(found) > 1:
        raise click.BadParameter("more than one coordinator has this name", param_hint="--who")
    if found:
        return found[0]
    if Source.of(who) is None:
        known = ", ".join((*names.values(), "public", "worker", "operator"))
        raise click.BadParameter(f"it must be one of: {known}", param_hint="--who")
    return who


def _owner(slug: str) -> UUID:
    owners = {one.slug: one.id for one in published_calls.all_calls()}
    owners |= {one.slug: one.id for one in published_events.all_events()}
    if slug not in owners:
        raise click.BadParameter("there is no such call or event", param_hint="--where")
    return owners[slug]


def _ids(typed: str) -> tuple[UUID, UUID]:
    found = ids_with(typed)
    if found is None:
        raise click.BadParameter("it is no reference", param_hint="--reference")
    return found


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


COMMANDS = (verify_record, record_code, record)
