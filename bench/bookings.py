"""What one registration costs the processor, by how many hold a seat and how many wait: one process, no server."""

import time
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from werkzeug.test import run_wsgi_app

from bench import backstage, rows, visitors
from bench.house import House
from bench.pages import Measured
from bench.visitors import SENDS_FORM, NotAsExpected, Person, fill_in, in_process
from webapp.models import Registration
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.forms.routing import parts_of
from webapp.rules.states import RegistrationState
from webapp.services.events import event_changes, published_events, registrations
from webapp.services.events.published_events import Event
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit, stores

LIKE = "round-table"
#: How many hold a seat and how many wait; where nobody waits, seats are left for those who are measured.
SITUATIONS = ((0, 0), (10, 400), (10, 1_800), (10_000, 0), (10_000, 1_800))
MEASURED, WARM = 60, 10
AT_ONCE = 2000


def registrations_by_number(house: House) -> list[Measured]:
    """One row for each situation."""
    costs = backstage._apart(_all, house)
    return [
        Measured(f"registration, {seated:,} in and {waiting:,} waiting", {"cpu ms": cost})
        for (seated, waiting), cost in zip(SITUATIONS, costs, strict=True)
    ]


def _all(house: House) -> list[float]:
    """In turn, a few at a time, so that what else this machine does meanwhile is shared by all."""
    app = house.app()
    with app.app_context():
        slugs = [_event(seated, waiting) for seated, waiting in SITUATIONS]
    taken: dict[str, list[float]] = {slug: [] for slug in slugs}
    for number in range(MEASURED + WARM):
        for slug in slugs:
            cost = _register(app, slug, number)
            if number >= WARM:
                taken[slug].append(cost)
    return [1000 * sorted(taken[slug])[MEASURED // 2] for slug in slugs]


def _event(seated: int, waiting: int) -> str:
    """An event with so many registrations: copies of a real one under other ids, which do not open."""
    slug = f"bench-{seated}-{waiting}"
    like = published_events.find(LIKE).definition
    room = seated if waiting else seated + MEASURED + WARM
    changes = {"seats": 1, "confirm_address": False}
    publishing.publish_event(like.model_copy(update=changes), slug=slug, actor=audit.OPERATOR)
    if room > 1:
        found = published_events.find(slug)
        event_changes.add_seats(found.id, room - 1, actor=audit.OPERATOR, reason="bench")
    if seated:
        _fill(published_events.find(slug), seated, waiting)
    return slug


def _fill(event: Event, seated: int, waiting: int) -> None:
    prepared = registrations.prepare(event)
    by_part = parts_of(event.definition.form, _answers(event.definition))
    registrations.register(event, prepared, by_part, "en")
    with stores.reading() as main:
        first = rows._values(main.get_one(Registration, prepared.registration_id))
    numbers = [*range(2, seated + 1), *range(-1, -1 - waiting, -1)]
    # In the order of random ids, as people's rows lie on the disk after the worker has rewritten them.
    ids = sorted(uuid4() for _ in numbers)
    for start in range(0, len(numbers), AT_ONCE):
        batch = list(zip(ids, numbers, strict=True))[start : start + AT_ONCE]
        with stores.writing() as main:
            rows._insert(main, Registration, (_copy(first, *one) for one in batch))


def _copy(first: dict[str, Any], row_id: UUID, number: int) -> dict[str, Any]:
    """With a seat above zero, a place below it."""
    state = RegistrationState.CONFIRMED if number > 0 else RegistrationState.WAITING
    fresh = {"id": row_id, "lookup": uuid4().bytes * 2, "mail_secret_id": uuid4(), "state": state}
    return {**first, **fresh, "seat": max(0, number) or None, "place": max(0, -number) or None}


def _answers(definition: EventDefinition) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for question in definition.form.only_page.asked:
        said = dict(fill_in(definition.form.only_page))[question.key]
        answers[question.key] = [said] if question.kind == "choices" else said
    return answers


def _register(app: Flask, slug: str, number: int) -> float:
    """Seconds of the processor for the last button alone."""
    person = Person(in_process(app))
    token = visitors.go_to_booking(person, slug).token
    path = f"/en/events/{slug}/register"
    with app.app_context():
        page = published_events.find(slug).definition.form.only_page
    fields = {**dict(fill_in(page)), "registrant_email": f"person-{number}@example.org"}
    sent = [("csrf_token", token), *fields.items()]
    environ = visitors.environ_of("POST", path, {**SENDS_FORM, **person.headers}, sent)
    started = time.process_time()
    _, status, answered = run_wsgi_app(app, environ)
    taken = time.process_time() - started
    if not answered.get("Location", "").endswith("/registered#content"):
        raise NotAsExpected(f"{path}: {status} {answered.get('Location')}")
    return taken
