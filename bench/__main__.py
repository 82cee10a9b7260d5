"""`python -m bench`: measure everything, print a table, keep it as JSON."""

import argparse
import tempfile
from pathlib import Path

from bench import backstage, bookings, desk, house, pages, paths, report, restoring, rows
from bench.pages import CALL, Measured, Pace

CASES = ("paths", "pages", "desk", "worker", "bookings", "export", "mail")
#: What is measured only where it is asked for.
ON_DEMAND = ("restore",)
#: Held against the last run in a minute and a half: what each path costs the processor, and nothing else.
QUICK = ("paths",)


def main() -> None:
    """Build a Hearth, fill it, load it, tear it down."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="hearth-bench-", dir=options.folder) as folder:
        measured = _measure(house.build(Path(folder) / "sqlite" / "instance", {}), options, {})
        if options.stores:
            other = house.build(Path(folder) / "postgresql" / "instance", _stores(options.stores))
            measured += [
                Measured(f"{row.name}, on PostgreSQL", row.figures)
                for row in _measure(other, options, _stores(options.into) if options.into else {})
            ]
    report.compare_with_last(measured, report.last(options.results))
    path = report.write(
        options.results, measured, {name: str(value) for name, value in vars(options).items()}
    )
    print(f"\n{report.table(measured)}\n\n{path}")


def _measure(
    built: house.House, options: argparse.Namespace, into: dict[str, str]
) -> list[Measured]:
    app = built.app()
    rows.consented(app, CALL, min(options.rows, options.contacts))
    rows.more(app, CALL, options.rows - options.contacts)
    pace = Pace(options.clients, options.seconds, options.people)
    measured = [backstage.fsync_cost(built.folder)]
    if "paths" in options.cases:
        measured += paths.shares(built, options.rounds)
    if "pages" in options.cases:
        measured += pages.hearth(built, app, pace, options.server)
    if "desk" in options.cases:
        measured += desk.pages(built)
    if "worker" in options.cases:
        measured += desk.worker(built)
    if "bookings" in options.cases:
        measured += bookings.registrations_by_number(built)
    if "mail" in options.cases:
        measured.append(backstage.mail(built))
    if "export" in options.cases:
        measured += backstage.exports(built, options.contacts)
    if "restore" in options.cases:
        measured += restoring.cases(built, into)
    return measured


def _stores(addresses: list[str]) -> dict[str, str]:
    names = ("DATABASE_URL", "ERASURE_DATABASE_URL", "VOLATILE_DATABASE_URL")
    return dict(zip(names, addresses, strict=True))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    add = parser.add_argument
    add("--rows", type=int, default=1000, help="submissions in the stores before it starts")
    add("--contacts", type=int, default=1000, help="of these, people whose contacts are exported")
    add("--seconds", type=float, default=10.0, help="for each page")
    add("--rounds", type=int, default=40, help="of the case paths")
    add("--quick", action="store_true", help="the case paths alone, on few rows")
    add("--clients", type=int, default=16)
    add("--people", type=int, default=600, help="who send answers, and who register")
    add("--server", choices=house.SERVERS, default="gunicorn")
    add("--cases", nargs="+", choices=(*CASES, *ON_DEMAND), default=CASES)
    add("--results", type=Path, default=report.RESULTS, help="where the figures are kept")
    add("--folder", help="where the stores are made; the disk matters")
    add(
        "--stores",
        nargs=3,
        metavar="URL",
        help="all of it on PostgreSQL, too: three empty databases",
    )
    add(
        "--into",
        nargs=3,
        metavar="URL",
        help="for the case restore on PostgreSQL: three more empty databases",
    )
    options = parser.parse_args()
    if options.stores and "restore" in options.cases and not options.into:
        parser.error("the case restore with --stores needs --into")
    if options.quick:
        options.cases, options.rows, options.contacts = QUICK, 10, 10
    return options


if __name__ == "__main__":
    main()
