"""What each page of the desk and each chore of the worker costs, by how many rows there are: one process, no server.

Both must be bounded by what they show or do, not by how many people there are (docs/benchmarks.md, "What grows").
"""

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any, cast
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.test import run_wsgi_app

from bench import backstage, visitors
from bench.hello import app as hello
from bench.house import House
from bench.pages import CALL, EVENT, Measured
from bench.rows import EXPORTED
from bench.visitors import NotAsExpected, Person, in_process
from webapp.models import Coordinator, Export
from webapp.rules import clock
from webapp.rules.reasons import OTHER
from webapp.rules.roles import Grant, Grants, Role
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import export_selection, lists_in_turn, looks
from webapp.services.opening.looks import Why
from webapp.services.worker import chores, delivery

#: Each is asked so often; the first answers fill caches and are not counted.
TIMES, WARM = 9, 2
PAGES = {
    "Today": "/desk/",
    "Calls": "/desk/calls",
    "a call's list": f"/desk/calls/{CALL}",
    "put aside": f"/desk/calls/{CALL}/aside",
    "Events": "/desk/events",
    "an event": f"/desk/events/{EVENT}",
    "Contacts": "/desk/contacts",
    "People": "/desk/people",
    "Keys": "/desk/keys",
    "the record": "/desk/record",
}


def pages(house: House) -> list[Measured]:
    """Milliseconds that each page of the desk took, and of these the processor's, beside hello's."""
    return backstage._apart(_pages, house)


def worker(house: House) -> list[Measured]:
    """The same for each chore, with nothing to do that was not there before."""
    return backstage._apart(_chores, house)


def _pages(house: House) -> list[Measured]:
    app = house.app()
    person = Person(in_process(app), "hearth-desk")
    known = backstage._known(house)
    with app.app_context():
        listed = _list_everyone()
        # Last: it is good for a minute, and the list of a big store takes longer.
        code = backstage._code(house)
    typed = [(name, known[name]) for name in ("sign_in_name", "passphrase")]
    leads = person.post("/desk/sign-in", [*typed, ("code", code)])
    if leads.partition("?")[0] != "/desk/":
        raise NotAsExpected(f"signing in leads to {leads}")
    bare = _time(partial(_ask, hello, "/", person))
    return [
        _row(f"desk: {name}", _time(partial(_ask, app, path, person)), bare)
        for name, path in {**PAGES, "one list": f"/desk/exports/{listed}"}.items()
    ]


def _list_everyone() -> UUID:
    """A list of everyone who agrees, without its file, that the worker has gone through once. Returns its id."""
    call = published_calls.find_call(CALL)
    with stores.reading() as main:
        # Nothing is opened, so that no session's keys are needed.
        who = main.scalars(select(Coordinator)).first()
        assert who is not None
        holder = Holder(who.id, who.name, Grants.of([Grant(Role.COORDINATOR)]), cast(Any, None))
        made = Export(
            id=uuid4(),
            call_id=call.id,
            coordinator_id=holder.coordinator_id,
            purpose=EXPORTED,
            reason="bench",
            file_format="csv",
            made_on=clock.today(),
            outside_permission=False,
        )
        chosen = export_selection.choose(main, made)
    with stores.writing() as main:
        listed = export_selection.store_chosen(main, made, chosen)
        # As an export enters it: a list that the record does not know is a forged one.
        why = Why(made.reason, OTHER.key)
        looks.enter_export(main, holder, made, why, [one.submission_id for one in listed])
    rounds = lists_in_turn.Rounds()
    while not rounds.look_at_next():
        pass
    return made.id


def _ask(app: Flask, path: str, person: Person) -> None:
    _, status, _ = run_wsgi_app(app, visitors.environ_of("GET", path, person.headers, []))
    if not status.startswith("200"):
        raise NotAsExpected(f"{path}: {status}")


def _chores(house: House) -> list[Measured]:
    app = house.app()
    bare = _time(partial(_ask, hello, "/", Person(in_process(hello))))
    with app.app_context():
        # Mail has a case of its own.
        quiet = [chore for chore in chores.CHORES if chore is not delivery.send_waiting]
        return [_row(f"worker: {chore.__name__}", _time(chore), bare) for chore in quiet]


Taken = tuple[float, float]


def _time(work: Callable[[], Any]) -> Taken:
    """Milliseconds by the clock and of the processor: medians."""
    clock, processor = [], []
    for number in range(WARM + TIMES):
        started = time.perf_counter(), time.process_time()
        work()
        if number >= WARM:
            clock.append(1000 * (time.perf_counter() - started[0]))
            processor.append(1000 * (time.process_time() - started[1]))
    return median(clock), median(processor)


def _row(name: str, taken: Taken, bare: Taken) -> Measured:
    return Measured(
        name, {"took ms": taken[0], "cpu ms": taken[1], "hello/path": bare[1] / taken[1]}
    )
