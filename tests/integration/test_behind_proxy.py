"""Behind reverse proxies: an operator hears of it when all visitors count as one network, and no visitor is noted."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from tests import people
from tests.conftest import MakeApp
from tests.pages import words
from tests.visitor import Visitor
from webapp.cli import checks_deployment
from webapp.cli.finding import State
from webapp.rules import clock
from webapp.services.infrastructure import limits, shared_network, stores
from webapp.services.keys.bootstrap import Founded

OURS = "https://take-part.example.org"
BEGIN = "/en/calls/support-needs/begin"
#: What a proxy sends on: the settings, its address, its headers; and whether all visitors are then one network.
CASES = [
    ({}, "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, True),
    ({}, "172.17.0.2", {"Forwarded": "for=203.0.113.9"}, True),
    ({}, "172.17.0.2", {"Via": "1.1 proxy"}, True),
    # A visitor without a proxy, who may send what they like
    ({}, "93.184.216.34", {"X-Forwarded-For": "198.51.100.1"}, False),
    ({}, "127.0.0.1", {}, False),
    ({"PROXY_HOPS": "1"}, "127.0.0.1", {}, True),
    ({"PROXY_HOPS": "1"}, "127.0.0.1", {"X-Forwarded-For": "unknown"}, True),
    ({"PROXY_HOPS": "1"}, "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, False),
    ({"PROXY_HOPS": "1"}, "127.0.0.1", {"X-Forwarded-For": "[2001:db8::1]:443"}, False),
    ({"PROXY_HOPS": "2"}, "127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, True),
    ({"PROXY_HOPS": "2"}, "127.0.0.1", {"X-Forwarded-For": "203.0.113.9, 10.0.0.2"}, False),
    ({"PROXY_HOPS": "1", "DEMO": "yes"}, "127.0.0.1", {}, False),
]


def comes(app: Flask, peer: str, headers: dict[str, str]) -> None:
    """One visitor presses Begin."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = peer
    answer = client.post(BEGIN, base_url=OURS, headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize(("settings", "peer", "headers", "shared"), CASES)
def test_one_network_for_all_is_noticed_and_said(
    make_page_app: MakeApp,
    caplog: pytest.LogCaptureFixture,
    settings: dict[str, str],
    peer: str,
    headers: dict[str, str],
    shared: bool,
) -> None:
    app = make_page_app(BASE_URL=OURS, **settings)
    # When some visitors come that way
    for _ in range(3):
        comes(app, peer, headers)
    # Then the log says it once a day, without any address
    said = [one.getMessage() for one in caplog.records if "one network" in one.getMessage()]
    assert len(said) == shared
    assert not any(peer in one or "203.0.113" in one for one in said)
    # And so does `check`, which is another process
    with app.app_context():
        (found,) = checks_deployment.proxy(app.extensions["hearth_settings"])
    assert found.state is (State.BROKEN if shared else State.WELL)


def test_the_note_ends_after_a_day(make_page_app: MakeApp) -> None:
    app = make_page_app(BASE_URL=OURS, PROXY_HOPS="1")
    with app.app_context():
        shared_network.note()
        shared_network.note()
        assert shared_network.is_noted()
        with time_machine.travel(clock.now() + timedelta(days=1, minutes=2)):
            limits.forget_old()
        assert not shared_network.is_noted()


def test_it_is_noted_again_each_day_and_until_it_could_be(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_page_app(BASE_URL=OURS, PROXY_HOPS="1")

    def is_broken() -> bool:
        with app.app_context():
            (found,) = checks_deployment.proxy(app.extensions["hearth_settings"])
        return found.state is State.BROKEN

    # Given a store that does not take the note at first
    def lost() -> None:
        raise stores.StoreUnavailable("volatile")

    with monkeypatch.context() as patched:
        patched.setattr(shared_network, "note", lost)
        comes(app, "127.0.0.1", {})
    assert not is_broken()
    # Then the next visitor makes it, and the log does not repeat itself
    comes(app, "127.0.0.1", {})
    assert is_broken()
    # And a process that runs for days notes it again
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=2)):
        with app.app_context():
            limits.forget_old()
        assert not is_broken()
        comes(app, "127.0.0.1", {})
        assert is_broken()
    said = [one for one in caplog.records if "one network" in one.getMessage()]
    assert len(said) == 2


def test_a_coordinator_sees_it_on_the_first_page(
    make_page_app: MakeApp, page_founded: Founded
) -> None:
    app = make_page_app(BASE_URL=OURS, PROXY_HOPS="1")
    desk = Visitor(app.test_client(), OURS)
    # Given a proxy that does as it should
    desk.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
    people.sign_in(desk, page_founded.owner)
    assert "A few strangers could keep everyone out" not in notices(desk)
    # When it does not
    del desk.client.environ_base["HTTP_X_FORWARDED_FOR"]
    desk.get("/desk/")
    assert "A few strangers could keep everyone out" in notices(desk)
    assert "Nothing needs you today" not in desk.page.text
    assert "Nothing else needs you" in desk.page.text


def notices(desk: Visitor) -> list[str]:
    return [words(one) for one in desk.page.all("h2")]
