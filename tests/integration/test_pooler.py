"""Several hosts at one PostgreSQL, through PgBouncer in transaction mode: nothing is lost, sold twice or sent twice."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import pooler
from tests.factories import (
    Booked,
    Sent,
    publish_demo_event,
    register_one,
    register_some,
    submit_one,
)
from tests.integration.house import BASE_URL, SENDER
from tests.integration.mail.postbox import Postbox
from tests.integration.wire import CALL, TOKEN
from tests.postgres import Postgres
from tests.stores import DEMO, PostgresShelf, Stores, application
from webapp.rules.states import RegistrationState
from webapp.services.answers import own_copies
from webapp.services.infrastructure import stores
from webapp.services.worker import delivery, equality_batches, smtp

PEOPLE = 12
SEATS = 2
STUCK_AFTER_SECONDS = 120


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with Postbox().open() as listening:
        yield listening


@pytest.fixture
def socket(cluster: Postgres) -> Iterator[Path]:
    with pooler.in_front_of(cluster) as folder:
        yield folder


@pytest.fixture
def databases(postgres_shelf: PostgresShelf, tmp_path: Path, socket: Path) -> Iterator[Stores]:
    with postgres_shelf.fresh(tmp_path, DEMO) as fresh:
        yield pooler.through(socket, fresh)


@pytest.fixture
def hosts(databases: Stores, tmp_path: Path, postbox: Postbox) -> Iterator[list[Flask]]:
    """Two processes with one configuration, as on two hosts: they share nothing but the databases."""
    settings = {
        "DOORS": "public,desk,worker",
        "DATABASE_POOLER": "yes",
        "BASE_URL": BASE_URL,
        "MAIL_FROM": SENDER,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(postbox.port),
    }
    with ExitStack() as stack:
        made = [stack.enter_context(application(databases, tmp_path, **settings)) for _ in range(2)]
        for app in made:
            smtp.init_app(app)
        yield made


def together(hosts: list[Flask], *acts: Callable[[], object]) -> list[object]:
    """Do these at the same moment, in turn on one host and the other. Returns what each came to."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int) -> None:
        with hosts[place % len(hosts)].app_context():
            gate.wait()
            try:
                results[place] = acts[place]()
            except Exception as error:
                results[place] = error

    threads = [threading.Thread(target=run, args=(at,), daemon=True) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STUCK_AFTER_SECONDS)
        assert not thread.is_alive(), "somebody still waits"
    return results


def test_many_people_share_few_sessions_of_the_database(hosts: list[Flask], socket: Path) -> None:
    # When more people send their answers at once, again and again, than PostgreSQL has sessions for
    sent: list[object] = []
    for _ in range(3):
        sent += together(hosts, *[lambda: submit_one(written=False)] * PEOPLE)
    # Then everyone who was told a code has what they said behind it, on whichever host
    receipts = [one.receipt for one in sent if isinstance(one, Sent)]
    assert len(receipts) == 3 * PEOPLE, sent
    for app in hosts:
        with app.app_context():
            assert all(own_copies.find_held(receipt).answers for receipt in receipts)
    # And two workers that come at once write what waits about equality once
    wrote = together(hosts, *[lambda: equality_batches.write_waiting(enough=1)] * 2)
    assert sum(one for one in wrote if isinstance(one, int)) == 3 * PEOPLE, wrote
    # And the pooler kept to its few sessions
    used = pooler.sessions(socket)
    assert max(used.values()) <= pooler.SESSIONS
    assert sum(used.values()) >= 2


def test_the_last_seats_are_sold_once_across_hosts(hosts: list[Flask]) -> None:
    with hosts[0].app_context():
        event = publish_demo_event(seats=SEATS)
    # When more people register at once, on both hosts, than there are seats
    came = together(hosts, *[lambda: register_one(event)] * PEOPLE)
    # Then the seats are taken once, and the others wait in line
    states = Counter(one.state for one in came if isinstance(one, Booked))
    assert states == {
        RegistrationState.CONFIRMED: SEATS,
        RegistrationState.WAITING: PEOPLE - SEATS,
    }, came


def test_workers_on_two_hosts_send_each_mail_once(hosts: list[Flask], postbox: Postbox) -> None:
    # Given mails that wait
    with hosts[0].app_context():
        people = register_some(publish_demo_event(seats=PEOPLE), PEOPLE)
    # When both workers come at the same moment
    sent = together(hosts, delivery.send_waiting, delivery.send_waiting)
    # Then each mail left once
    assert sum(one for one in sent if isinstance(one, int)) == PEOPLE, sent
    assert Counter(postbox.addresses) == Counter(one.address for one in people)


def test_whoever_begins_on_one_host_goes_on_at_the_other(hosts: list[Flask]) -> None:
    # Given a participant who began where the first host answered
    one, other = (FlaskClient(app) for app in hosts)
    for client in (one, other):
        client.environ_base = {"HTTP_SEC_FETCH_SITE": "same-origin", "REMOTE_ADDR": "127.0.0.1"}
    host = {"base_url": BASE_URL}
    assert one.post(f"{CALL}/begin", **host).status_code == 303
    cookie = one.get_cookie("__Host-hearth", domain="take-part.example")
    assert cookie is not None
    other.set_cookie("__Host-hearth", cookie.value, domain="take-part.example", secure=True)
    # When the next page comes from the other one, then their form holds there, too
    token = TOKEN.search(one.get(f"{CALL}/page/first", **host).get_data(as_text=True))
    assert token is not None
    data = {"csrf_token": token[1], "adult": "yes"}
    answered = other.post(f"{CALL}/page/first", data=data, **host)
    assert answered.status_code == 303
    assert "/page/" in answered.headers["Location"]
    # And what they said there is known to the first
    with hosts[0].app_context():
        assert stores.are_ready()
    assert one.get(answered.headers["Location"], **host).status_code == 200
