"""An attacker who reads the metrics, for as long as they like: whom do they find, and which act at which minute?

People answer, come back, erase, book and leave in several languages, a coordinator looks; then everything that is
exposed is read.
"""

import re
from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from tests import people
from tests.conftest import MakeApp
from tests.factories import publish_demo_event, register_one
from tests.integration.public.booker import Booker
from tests.integration.public.steps import lose
from tests.visitor import Visitor
from webapp import metrics
from webapp.metrics import exposition, meter, process
from webapp.metrics.layout import DAY, QUARTER, Kind, Method, Route, Status
from webapp.metrics.process import Measured
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.worker import chores, figures
from webapp.web import measuring
from webapp.web.guards import Guard

LANGUAGES = ("ar", "cy")
#: Every label that there is, and all that it may say.
ALLOWED = {
    "process": re.compile(r"public|desk|public,desk|worker"),
    "route": re.compile("|".join(Route)),
    "method": re.compile("|".join(Method)),
    "status": re.compile("|".join(Status)),
    "kind": re.compile("|".join(Kind)),
    "le": re.compile(r"[0-9.]+|\+Inf"),
    "worker": re.compile(r"\d"),
    "chore": re.compile(r"[a-z_]+\.\w+"),
}
LABEL = re.compile(r'(\w+)="([^"]*)"')
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? ([0-9.e+-]+)")
#: What a person, a call or an act would be recognised by.
TELLING = re.compile(
    r"support-needs|round-table|small-group|@|[0-9a-f]{8}-?[0-9a-f]{4}|/"
    r"|erase|leave|withdraw|consent|choices|\br/|check|caller|Robin",
    re.IGNORECASE,
)


@pytest.fixture
def measured() -> Iterator[Measured]:
    yield metrics.begin()
    metrics.end()


@pytest.fixture
def app(measured: Measured, make_page_app: MakeApp) -> Flask:
    return make_page_app(DRAFT_LANGUAGES="yes")


def samples(measured: Measured) -> dict[str, float]:
    """Each exposed line without its number, and the number."""
    found = {}
    for line in exposition.written(measured).splitlines():
        if not line.startswith("#"):
            name, _, number = line.rpartition(" ")
            found[name] = float(number)
    return found


def told_at(measured: Measured, seconds: float) -> dict[str, float]:
    """What is exposed so much later; the memory of this process aside, which the tests themselves use."""
    with time_machine.travel(clock.now().timestamp() + seconds):
        measured.meter.tell()
    return {name: value for name, value in samples(measured).items() if "_memory_" not in name}


def answer(app: Flask, language: str = "en") -> tuple[Visitor, str]:
    visitor = Visitor(app.test_client())
    people.begin(visitor, language)
    people.answer_everything(visitor)
    return visitor, people.send(visitor, ("contact_me",))


def erase(app: Flask, code: str, language: str = "en") -> None:
    visitor = Visitor(app.test_client())
    people.come_back(visitor, code, language)
    visitor.get(f"/{language}/choices/erase")
    visitor.press_first()
    visitor.client.get("/leave")


def test_no_line_names_a_call_a_language_an_id_or_an_act(
    app: Flask,
    measured: Measured,
    page_founded: Founded,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a process that would tell every single request
    monkeypatch.setattr(meter, "TOGETHER", 1)
    with app.app_context():
        event = publish_demo_event()
        register_one(event, "sam@example.org")
    # When people do everything in several languages
    for language in LANGUAGES:
        _, code = answer(app, language)
        erase(app, code, language)
        booker = Booker(app)
        booker.own(booker.book("round-table", language, registrant_name="Robin"), language)
    answer(app)
    # And a coordinator looks, opens, and asks for what is not there
    coordinator = Visitor(app.test_client())
    people.sign_in(coordinator, page_founded.owner)
    for address in (
        "/desk/",
        "/desk/calls/support-needs",
        "/desk/events/round-table",
        "/desk/callers",
    ):
        coordinator.get(address)
    submission = people.submissions_listed(coordinator_at_the_list(coordinator))[0]
    coordinator.get(f"/desk/submissions/{submission}")
    coordinator.client.get("/en/calls/not-there/")
    # And the worker does its chores and looks what waits
    with app.app_context():
        chores.do_all(more=(figures.HourlyFigures(measured),))
    lines = told_at(measured, 2 * DAY)
    # Then every label is one of a closed list, and says one of a few words
    assert len(lines) > 100
    for line in lines:
        name = line.partition("{")[0]
        assert re.sub("_(bucket|sum|count)$", "", name) in exposition.FAMILIES
        for label, said in LABEL.findall(line):
            assert ALLOWED[label].fullmatch(said), line
            assert said not in LANGUAGES
        if "chore=" not in line:
            assert not TELLING.search(line), line
    # And people did come by: their requests, seals and openings are among the numbers
    assert lines['hearth_sealed_total{process="public,desk",kind="contact"}'] >= len(LANGUAGES)
    assert any('route="public",method="POST",status="ok"' in line for line in lines)
    assert any('route="sign_in"' in line for line in lines)
    assert any('route="desk"' in line for line in lines)


def coordinator_at_the_list(coordinator: Visitor) -> Visitor:
    coordinator.get("/desk/calls/support-needs")
    return coordinator


def test_what_one_person_does_moves_nothing_at_its_minute(app: Flask, measured: Measured) -> None:
    # Given a quiet evening
    quarter = clock.now().timestamp() // QUARTER * QUARTER
    with time_machine.travel(quarter + 60):
        measured.meter.tell()
        before = told_at(measured, 0)
        # When one person answers, comes back, erases everything and leaves
        _, code = answer(app)
        erase(app, code)
        # Then an attacker who reads every few seconds sees nothing of it
        for seconds in range(0, 12 * 60, 5):
            assert told_at(measured, seconds) == before


def test_erasing_looks_like_answering(app: Flask, measured: Measured) -> None:
    # Given a person who only answers, and what is told of them at the end of the quarter
    codes = [answer(app)[1]]
    answering = {name for name, value in told_at(measured, QUARTER).items() if value}
    # When they come back, erase and leave, and so do others
    for code in codes:
        erase(app, code)
        for _ in range(10):
            app.test_client().get("/leave")
    erasing = {name for name, value in told_at(measured, 3 * QUARTER).items() if value}
    # Then no series is there that was not there before, buckets of durations aside
    assert {re.sub(',le="[^"]*"', "", one) for one in erasing} == {
        re.sub(',le="[^"]*"', "", one) for one in answering
    }


def test_every_page_of_the_public_door_is_in_one_group(app: Flask) -> None:
    groups = {
        name: measuring.route_of(app, name)
        for name in app.view_functions
        if not name.startswith("desk.")
    }
    machines = {
        name
        for name, view in app.view_functions.items()
        if getattr(view, "guard", None) is Guard.MACHINE
    }
    assert {groups[name] for name in groups if name not in machines} == {Route.PUBLIC}
    assert groups["public.leave"] is Route.PUBLIC
    assert {groups[name] for name in machines} == {Route.MACHINE, Route.STATIC}


def test_a_lost_store_is_seen_at_once(app: Flask, measured: Measured) -> None:
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    failures = 'hearth_http_failures_total{process="public,desk",route="public"}'
    assert samples(measured)[failures] == 0
    lose(app, "volatile")
    visitor.get("/en/calls/support-needs/page/first")
    assert visitor.status == 503
    assert samples(measured)[failures] == 1


def test_what_waits_is_told_in_hours_and_tens(app: Flask, measured: Measured) -> None:
    with app.app_context():
        chores.do_all()
        hourly = figures.HourlyFigures(measured)
        hourly()
        before = samples(measured)
        assert before["hearth_mails_late"] == 0
        # When one person books, then their mail, which waits, is nowhere: it is under way
        event = publish_demo_event()
        register_one(event, "sam@example.org")
        figures.HourlyFigures(measured)()
        assert samples(measured) == before
        # When no server has taken it for a day, then it is told as one of ten, with its age in hours
        with time_machine.travel(clock.now().timestamp() + DAY + 1800):
            hourly()
            now = samples(measured)
    assert now["hearth_mails_late"] == 10
    assert now["hearth_oldest_mail_age_seconds"] >= 3600
    assert now["hearth_oldest_mail_age_seconds"] % 3600 == 0
    assert now["hearth_disk_free_bytes"] % figures.DISK_STEP == 0


def test_figures_are_those_of_the_hour(app: Flask, measured: Measured) -> None:
    read = []
    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        truly = figures.waiting
        patch.setattr(figures, "waiting", lambda: read.append(1) or truly())
        hourly = figures.HourlyFigures(measured)
        with time_machine.travel(1_796_126_400) as moving:
            for _ in range(59):
                hourly()
                moving.shift(60)
            assert len(read) == 1
            moving.shift(60)
            hourly()
    assert len(read) == 2


def test_when_a_round_of_mail_was_is_told_to_a_quarter(app: Flask, measured: Measured) -> None:
    # An observer of mails would know between which two rounds an act was
    with app.app_context(), time_machine.travel(1_796_126_400 + 437, tick=False):
        chores.send_mail()
    sent = 'hearth_chore_last_success_timestamp_seconds{chore="delivery.send_waiting"}'
    assert samples(measured)[sent] == 1_796_126_400


def test_a_chore_that_fails_is_not_told_as_done(
    app: Flask, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise stores.StoreUnavailable("main")

    monkeypatch.setattr(chores, "CHORES", (away,))
    with app.app_context():
        assert not chores.do_all()
    assert not [name for name in samples(measured) if "chore" in name]


def test_nothing_is_measured_where_it_is_not_asked_for(make_page_app: MakeApp) -> None:
    # The default: no address
    assert process.current() is None
    app = make_page_app()
    assert not app.extensions["hearth_settings"].metrics_address
    assert not isinstance(app.wsgi_app, measuring.Measuring)
