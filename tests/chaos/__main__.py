"""One chaos run: `python -m tests.chaos --seed 7 --seconds 600`. It prints counts, and fails if a promise was broken.

`--postgresql` starts a PostgreSQL of its own, which is stopped and comes back, too. Wants root, to mount a small disk.
"""

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests import postgres, small_disk
from tests.chaos import disturbances, people, verdict
from tests.chaos.disturbances import DatabaseGone
from tests.chaos.ledger import Ledger
from tests.chaos.service import DISK_MB, Service
from tests.journeys.conftest import codes
from tests.stores import STORES

NAMES = ("DATABASE_URL", "ERASURE_DATABASE_URL", "VOLATILE_DATABASE_URL")


@dataclass
class Outcome:
    """What a run was, in numbers, and all that was not as promised."""

    counts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    met: list[str] = field(default_factory=list)


def main() -> None:
    """Run once, print, and end with status 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides what happens, and when")
    parser.add_argument("--seconds", type=float, default=600.0, help="of disturbances")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own")
    parser.add_argument("--folder", help="where the logs of a run that failed are kept")
    options = parser.parse_args()
    folder = Path(options.folder or tempfile.mkdtemp(prefix="hearth-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    outcome = run(folder, options.seed, options.seconds, postgresql=options.postgresql)
    print(f"seed {options.seed}, {options.seconds:.0f} seconds, logs in {folder}\n")
    print("\n".join(f"{count:>7}  {name}" for name, count in outcome.counts.items()))
    print("", *outcome.met, "", sep="\n")
    print(*(outcome.problems or ["Every promise was kept."]), sep="\n")
    sys.exit(bool(outcome.problems))


def run(folder: Path, seed: int, seconds: float, *, postgresql: bool = False) -> Outcome:
    """A service in this folder, people, disturbances, and the verdict once all of them are over."""
    instance = folder / "instance"
    instance.mkdir()
    with small_disk.mounted(instance, DISK_MB), _cluster(postgresql) as cluster:
        service = Service(folder, _stores(cluster))
        try:
            verdict.prepare(service)
            service.start()
            return _disturbed(service, Random(seed), seconds, cluster)
        finally:
            service.kill()


def _disturbed(
    service: Service, chance: Random, seconds: float, cluster: postgres.Postgres | None
) -> Outcome:
    kinds = [
        kind(service, chance)
        for kind in (disturbances.ON_POSTGRESQL if cluster else disturbances.ON_SQLITE)
    ]
    for kind in kinds:
        if isinstance(kind, DatabaseGone) and cluster:
            kind.cluster = cluster
    planned = disturbances.plan(kinds, chance, seconds)
    over, ledger = threading.Event(), Ledger()
    desk = type("Coordinator", (people.Coordinator,), {})
    desk.sign_in, desk.next_code = service.sign_in, staticmethod(codes(service))
    crowd = people.a_crowd(service.url, ledger, over, chance, desk)
    for person in crowd:
        person.start()
    disturbances.disturb(planned, ledger)
    # Whoever was held up by the last one goes on.
    over.wait(max(5.0, seconds - ledger.second()))
    over.set()
    for person in crowd:
        person.join()
    service.stop()
    outcome = Outcome()
    outcome.problems = verdict.problems(service, ledger, kinds, outcome.counts)
    outcome.counts = {**_counts(service, ledger), **outcome.counts}
    outcome.met = list(_met(ledger, kinds))
    return outcome


def _counts(service: Service, ledger: Ledger) -> dict[str, int]:
    statuses = Counter(one.status // 100 for one in ledger.seen)
    return {
        "pages (2xx)": statuses[2],
        "led on (3xx)": statuses[3],
        "refused (4xx)": statuses[4],
        "the kind page (503)": statuses[5],
        "connections broken": statuses[0],
        "people who had to begin anew": len(ledger.turned_away),
        "codes shown": len(ledger.sent),
        "told that a permission is taken back": len(ledger.taken_back),
        "told that all is erased": len(ledger.erased),
        "bookings confirmed": len(ledger.booked),
        "told that a booking is cancelled": len(ledger.cancelled),
        "told that a booking is deleted": len(ledger.deleted),
        "answers read at the desk": ledger.opened,
        "workers that ended by themselves": sum(one.ended_by_itself for one in service.workers),
    }


def _met(ledger: Ledger, kinds: list[disturbances.Disturbance]) -> Iterator[str]:
    for kind in kinds:
        periods = [one for one in ledger.periods if one.name == kind.name]
        met = sum((ledger.during(one) for one in periods), Counter[str]())
        seconds = sum(one.ended - one.began for one in periods)
        yield (
            f"{kind.name}: {len(periods)} times, {seconds:.0f} s; {met['served']} served, "
            f"{met['unavailable']} the kind page, {met['broken']} broken"
        )
    reasons = Counter(how.partition(": ")[2] for _, how in ledger.turned_away)
    yield from (f"begun anew {times} times: {how}" for how, times in reasons.most_common())


@contextmanager
def _cluster(wanted: bool) -> Iterator[postgres.Postgres | None]:
    if not wanted:
        yield None
        return
    cluster = postgres.start()
    try:
        for store in STORES:
            cluster.create(f"chaos_{store}")
        yield cluster
    finally:
        cluster.stop()


def _stores(cluster: postgres.Postgres | None) -> dict[str, str]:
    if cluster is None:
        return {}
    return {name: cluster.url(f"chaos_{store}") for name, store in zip(NAMES, STORES, strict=True)}


if __name__ == "__main__":
    main()
