"""Lockout as denial of service: strangers use up what a participant or a coordinator needs.

At commit c7b8640 there were limits "for all together" on handing in a code and on sending: a program with some hundred
networks, none over its own share, kept 24 of 37 others from handing in a code, and so from withdrawing and erasing. In
a shared network one request in twelve seconds did it. A flood of sign-ins kept a coordinator out. An attacker with the
right passphrase learnt that it is right (the answer became 429), and locked its owner out; 300 wrong names and
passphrases left no trace anywhere.

Now only new storage has a limit that strangers can use up (decision 52), and it is taken at Begin: what was begun can
be sent. A browser that has signed in before has a lane of its own. Failed sign-ins are counted, and the right
passphrase with wrong six digits is an alarm.
"""

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from http import HTTPStatus
from ipaddress import IPv6Address
from secrets import token_hex

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import code_for
from tests.integration.desk.worker import Worker
from tests.integration.tables import everything
from tests.people import answer_everything, begin, come_back, shown_code
from tests.visitor import Visitor
from webapp.rules import clock
from webapp.services.desk_home import overview
from webapp.services.desk_home.concern_kinds import Kind
from webapp.services.infrastructure import failed_sign_ins, limits
from webapp.services.keys import passphrase_reset
from webapp.services.keys.bootstrap import Founded
from webapp.vault import stretching

HERE = "203.0.113.7"
NEIGHBOUR = "203.0.113.250"
DEVICE = "hearth-device"
A_CODE = "K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQ"


@pytest.fixture(autouse=True)
def still() -> Iterator[time_machine.Traveller]:
    """A clock that stands still: what was used up stays used up."""
    with time_machine.travel(clock.now(), tick=False) as turned:
        yield turned


@pytest.fixture
def house(make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An instance with the limits of production; but that for all networks is lower, to be used up sooner."""
    for name, (here, everywhere) in limits.LIMITS.items():
        if everywhere is not None:
            monkeypatch.setitem(limits.LIMITS, name, (here, limits.Limit(60, 1)))
    return make_page_app(LIMIT_FACTOR="1")


def at(app: Flask, address: str) -> Visitor:
    visitor = Visitor(app.test_client())
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return visitor


def sites(how_many: int) -> list[str]:
    """Addresses in so many IPv6 sites of one attacker."""
    first = int(IPv6Address("2001:db8::"))
    return [str(IPv6Address(first + (number << 80))) for number in range(how_many)]


def tries_codes(app: Flask, address: str, times: int) -> None:
    client = app.test_client()
    for _ in range(times):
        client.post("/en/choices", data={"code": A_CODE}, environ_base={"REMOTE_ADDR": address})


def use_up_everything(app: Flask) -> None:
    """Strangers: neighbours on the same network, then many other networks, take all there is of every limit."""
    networks = [NEIGHBOUR, *(f"10.0.{number}.1" for number in range(10))]
    with app.app_context():
        for name in limits.LIMITS:
            for address in networks:
                with suppress(limits.TooMany):
                    for _ in range(100):
                        limits.take(name, address)


def written_for_an_hour(app: Flask, still: time_machine.Traveller) -> Visitor:
    """A participant on the last page before Send."""
    writer = at(app, HERE)
    begin(writer)
    answer_everything(writer)
    writer.press_first()
    still.shift(timedelta(hours=1))
    return writer


def sent(app: Flask, still: time_machine.Traveller) -> str:
    writer = written_for_an_hour(app, still)
    writer.press("Send", consent=["contact_me"])
    return shown_code(writer)


# Participants


def test_codes_are_handed_in_while_a_hundred_networks_try_theirs(
    house: Flask, still: time_machine.Traveller
) -> None:
    # Given a participant's code, and a program that tries codes from many sites, each within the old share of one
    code = sent(house, still)
    for address in sites(101):
        tries_codes(house, address, 15)
    # When people on 37 fresh networks hand in a code
    refused = 0
    for network in range(37):
        visitor = at(house, f"198.51.{network}.7")
        come_back(visitor, code if network < 10 else A_CODE)
        refused += visitor.status == HTTPStatus.TOO_MANY_REQUESTS
    # Then none is refused for what strangers did
    assert refused == 0


def test_a_neighbour_keeps_nobody_in_a_shelter_from_withdrawing_and_erasing(
    house: Flask, still: time_machine.Traveller
) -> None:
    # Given a participant's code, and a stranger on the same network who tries codes all the time
    code = sent(house, still)
    tries_codes(house, NEIGHBOUR, 40)
    use_up_everything(house)
    # When the participant hands theirs in
    participant = at(house, HERE)
    come_back(participant, code)
    assert participant.path.endswith("/choices/held")
    # Then they can take back what they agreed to, and erase everything
    participant.get("/en/choices/agreed")
    participant.press_first()
    assert participant.status == HTTPStatus.OK
    participant.get("/en/choices/erase")
    participant.press_first()
    assert participant.path.endswith("/choices/erased")
    with house.app_context():
        assert everything()["submissions"] == []


def test_answers_that_were_begun_are_sent_whatever_strangers_do(
    house: Flask, still: time_machine.Traveller
) -> None:
    # Given a participant who has written for an hour, and strangers who have used up every limit
    writer = written_for_an_hour(house, still)
    use_up_everything(house)
    # When they send
    writer.press("Send", consent=["contact_me"])
    # Then it is sent
    assert shown_code(writer)


def test_answers_under_a_return_code_are_opened_and_sent_whatever_strangers_do(
    house: Flask, still: time_machine.Traveller
) -> None:
    # Given answers that wait under a return code, and a stranger's tries
    writer = written_for_an_hour(house, still)
    writer.press("Stop for now")
    writer.press_first()
    code = shown_code(writer)
    tries_codes(house, NEIGHBOUR, 40)
    use_up_everything(house)
    # When their writer comes back in another browser, and sends
    again = at(house, HERE)
    come_back(again, code)
    again.press("Continue")
    still.shift(timedelta(minutes=1))
    again.press("Send", consent=["contact_me"])
    # Then it is sent
    assert shown_code(again)


def test_a_wrong_code_stores_nothing(house: Flask) -> None:
    # Given an attacker who tries codes as fast as they can
    with house.app_context():
        before = everything()
    tries_codes(house, HERE, 30)
    # Then no row of any store is there for it
    with house.app_context():
        assert everything() == before


# Coordinators


@contextmanager
def both_places_taken() -> Iterator[None]:
    """Strangers whose passphrases are being stretched for ever."""
    with ExitStack() as taken:
        for _ in range(stretching.AT_ONCE):
            taken.enter_context(stretching._turnstile)
        yield


def coordinator(app: Flask, founded: Founded) -> Worker:
    """A coordinator in a browser in which they have signed in before."""
    worker = Worker(app, founded)
    worker.client.environ_base["REMOTE_ADDR"] = HERE
    worker.sign_in()
    worker.press("Sign out")
    return worker


def flood(app: Flask, founded: Founded) -> None:
    """What a flood of sign-ins uses up: the network's limit, and the name's within the network."""
    use_up_everything(app)
    with app.app_context(), suppress(limits.TooMany):
        for _ in range(100):
            limits.take_here("sign-in-name", founded.owner.sign_in_name, NEIGHBOUR)


def signs_in(worker: Worker, steps: int = 1) -> bool:
    worker.sign_in(steps=steps)
    return worker.path == "/desk/"


def test_a_flood_of_sign_ins_does_not_keep_a_known_browser_out(
    house: Flask, page_founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretching, "LONGEST_WAIT_SECONDS", 0.1)
    # Given a coordinator who has signed in before, and a flood from everywhere, the same office included
    worker = coordinator(house, page_founded)
    flood(house, page_founded)
    with both_places_taken():
        # Then a browser that is new here has to wait, and theirs has not
        stranger = Worker(house, page_founded)
        stranger.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
        assert not signs_in(stranger)
        assert signs_in(worker)


def cookie_of(worker: Worker) -> str:
    cookie = worker.client.get_cookie(DEVICE)
    assert cookie is not None
    return cookie.value


def test_the_cookie_of_a_known_browser_signs_nobody_in_and_names_nobody(
    house: Flask, page_founded: Founded
) -> None:
    value = cookie_of(coordinator(house, page_founded))
    # Given a thief of the cookie, without the passphrase
    thief = Worker(house, page_founded)
    thief.client.set_cookie(DEVICE, value)
    thief.get("/desk/")
    assert thief.page.h1 == "Sign in"
    # Then they can guess as slowly as any stranger
    statuses = []
    for _ in range(11):
        thief.sign_in(passphrase="a guess", steps=1)
        statuses.append(thief.status)
    assert statuses == [HTTPStatus.BAD_REQUEST] * 10 + [HTTPStatus.TOO_MANY_REQUESTS]
    # And nothing in it says whose it is, nor can it be found in any store
    plain = base64.urlsafe_b64decode(value + "==")
    with house.app_context():
        rows = everything()
        owner = rows["coordinators"][0]
        assert owner[0].bytes not in plain
        assert b"ana" not in plain.lower()
        assert plain[:16].hex() not in repr(rows)


def test_false_and_old_cookies_give_no_lane(
    house: Flask,
    make_page_app: MakeApp,
    page_founded: Founded,
    still: time_machine.Traveller,
) -> None:
    worker = coordinator(house, page_founded)
    value = cookie_of(worker)
    flood(house, page_founded)
    other_key = make_page_app(LIMIT_FACTOR="1", DESK_VISIT_KEY=token_hex(32))
    changed = value[:-1] + ("A" if value[-1] != "A" else "B")
    for app, cookie in (
        (house, ""),
        (house, "A" * 70),
        (house, changed[:10] + "x" + changed[11:]),
        # All sessions were ended by a new key
        (other_key, value),
    ):
        intruder = Worker(app, page_founded)
        intruder.client.environ_base["REMOTE_ADDR"] = HERE
        intruder.client.set_cookie(DEVICE, cookie)
        assert not signs_in(intruder)
        assert intruder.status == HTTPStatus.TOO_MANY_REQUESTS
    # And it ends: by itself, and with a new passphrase
    assert signs_in(worker)
    worker.press("Sign out")
    with house.app_context():
        fresh = passphrase_reset.new_passphrase("ana", page_founded.owner.recovery_code)
    assert fresh.passphrase
    assert not signs_in(worker, steps=2)
    assert worker.status == HTTPStatus.TOO_MANY_REQUESTS


def test_a_browser_that_was_not_used_for_ninety_days_is_a_stranger(
    house: Flask, page_founded: Founded, still: time_machine.Traveller
) -> None:
    worker = coordinator(house, page_founded)
    still.shift(timedelta(days=91))
    flood(house, page_founded)
    assert not signs_in(worker)


def wrong_digits(founded: Founded) -> str:
    right = {code_for(founded, steps) for steps in range(-3, 4)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


def test_who_has_the_passphrase_does_not_learn_it_and_does_not_lock_its_owner_out(
    house: Flask, page_founded: Founded
) -> None:
    # Given an attacker with the right passphrase, who tries more six digits than are looked at
    worker = coordinator(house, page_founded)
    answers = {"right": set[tuple[int, str]](), "wrong": set[tuple[int, str]]()}
    for network in range(25):
        for name, changes in (("right", {}), ("wrong", {"passphrase": "a guess"})):
            guesser = Worker(house, page_founded)
            guesser.client.environ_base["REMOTE_ADDR"] = f"198.{name == 'right':d}.{network}.7"
            guesser.sign_in(code=wrong_digits(page_founded), **changes)
            answers[name].add((guesser.status, guesser.page.text))
    # Then the answers to a right and to a wrong passphrase are the same, to the letter
    assert answers["right"] == answers["wrong"]
    assert len(answers["right"]) == 1
    # And the owner's own browser opens the desk
    assert signs_in(worker)
    # And the first thing that Today says is that someone may know the passphrase
    (line,) = [line for line in worker.lines() if "Someone may know the passphrase of" in line]
    assert "25 times" in line
    # Until there is a new one
    with house.app_context():
        passphrase_reset.new_passphrase("ana", page_founded.owner.recovery_code)
        assert Kind.PASSPHRASE_KNOWN not in {one.kind for one in overview.today().concerns}


def test_one_or_two_wrong_digits_on_a_new_phone_are_no_alarm(
    house: Flask, page_founded: Founded
) -> None:
    for _ in range(2):
        Worker(house, page_founded).sign_in(code=wrong_digits(page_founded))
    worker = coordinator(house, page_founded)
    for _ in range(5):
        worker.sign_in(code=wrong_digits(page_founded))
    assert signs_in(worker)
    assert not [line for line in worker.lines() if "may know" in line]


def test_failed_sign_ins_are_counted_and_told_without_an_address(
    make_app: MakeApp, founded: Founded, still: time_machine.Traveller
) -> None:
    app = make_app()
    # Given a day on which an attacker tried names and passphrases
    for number in range(41):
        guesser = Worker(app, founded)
        guesser.client.environ_base["REMOTE_ADDR"] = HERE
        names = {"sign_in_name": "ana" if number < 9 else f"name-{number}"}
        guesser.sign_in(**names, passphrase="a guess")
    with app.app_context():
        rows = everything()["failed_sign_ins"]
    # Then two rows say how many, and nothing says who, from where or at which minute
    assert sorted(row[2] for row in rows) == [9, 32]
    assert {type(value).__name__ for row in rows for value in row} == {"date", "UUID", "int"}
    # And the next day, Today and the coordinator's own page say so
    still.shift(timedelta(days=1))
    worker = Worker(app, founded)
    worker.sign_in()
    assert [line for line in worker.lines() if "41 failed sign-ins yesterday" in line]
    page = worker.get("/desk/me")
    assert ": 9" in page.text
    assert ": 32" in page.text
    # And after five weeks they are gone
    with app.app_context():
        for _ in range(failed_sign_ins.KEPT_DAYS - 1):
            failed_sign_ins.forget_old()
            assert everything()["failed_sign_ins"]
            still.shift(timedelta(days=1))
        failed_sign_ins.forget_old()
        assert everything()["failed_sign_ins"] == []
