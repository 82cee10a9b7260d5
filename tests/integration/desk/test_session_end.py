"""The end of a session: every page says when, the time can be put off, and what comes too late is not lost."""

from http import HTTPStatus

import pytest

from tests.integration.desk.worker import Worker
from webapp.services.keys import organisations

NEW = "Harbour House"


def warning(worker: Worker) -> dict[str, str]:
    """What the warning of this page holds."""
    (form,) = [one for one in worker.page.all("form") if one.get("data-left")]
    return {
        # As pages are read: the hour and its "pm" are kept on one line by a space of their own.
        name: " ".join(value.split())
        for name, value in form.items()
        if name == "class" or "data-" in name
    }


def names(worker: Worker) -> set[str]:
    with worker.app.app_context():
        return {one.name for one in organisations.coalition().everyone}


def test_every_page_says_until_when_and_warns_three_minutes_before(page_worker: Worker) -> None:
    # Given a session that began a moment ago
    page_worker.get("/desk/me")
    held = warning(page_worker)
    # Then it lasts a quarter of an hour, at most a minute less, and the page says so
    left = int(held["data-left"])
    assert 14 * 60 <= left <= 15 * 60
    assert held["class"] == f"ending in-{left // 60 - 3}"
    assert f"You are signed in until {held['data-time']}" in page_worker.page.text
    assert f"At {held['data-time']} we sign you out" in page_worker.page.text
    # And a page that nobody is signed in on says nothing
    page_worker.press("Sign out")
    assert not [one for one in page_worker.page.all("form") if one.get("data-left")]
    scripts = [one.get("src", "") for one in page_worker.page.all("script")]
    assert not [one for one in scripts if "stay" in one]


@pytest.mark.parametrize("with_script", [True, False])
def test_staying_puts_the_end_off(page_worker: Worker, with_script: bool) -> None:
    page_worker.get("/desk/organisations")
    first = warning(page_worker)["data-time"]
    with page_worker.later(minutes=13):
        # When the button is pressed, thirteen minutes later
        if with_script:
            token = next(e for e in page_worker.page.all("input") if e.get("name") == "csrf_token")
            answer = page_worker.client.post(
                "/desk/stay",
                data={"csrf_token": token.get("value")},
                headers={"Accept": "application/json"},
            )
            assert answer.json is not None
            assert (answer.json["left"] > 14 * 60, answer.json["time"] != first) == (True, True)
        else:
            page_worker.press("Stay signed in")
            assert page_worker.page.h1 == "You stay signed in"
            assert f"Until {first}" not in page_worker.page.text
    # Then the session goes on where it would have been over
    with page_worker.later(minutes=27):
        page_worker.get("/desk/organisations")
        assert page_worker.path == "/desk/organisations"


def test_the_end_of_a_working_day_cannot_be_put_off_and_says_so(page_worker: Worker) -> None:
    # Given a session that is looked at every ten minutes, until just before its absolute end
    for minutes in range(10, 8 * 60, 10):
        with page_worker.later(minutes=minutes):
            page_worker.get("/desk/me")
    with page_worker.later(hours=7, minutes=50):
        page_worker.get("/desk/me")
        assert "Stay signed in" not in page_worker.buttons()
        assert "at the latest. Then you sign in again." in page_worker.page.text


def test_a_form_that_comes_too_late_is_not_lost(worker: Worker) -> None:
    # Given a name that was typed, and sent after the session had ended
    worker.get("/desk/organisations")
    with worker.later(minutes=20):
        worker.press(add_button(worker), name=NEW)
        assert (worker.status, worker.page.h1) == (HTTPStatus.FORBIDDEN, "Sign in and go on")
        # When the sign-in fails at first
        known = worker.founded.owner
        right = {"sign_in_name": known.sign_in_name, "passphrase": known.passphrase}
        worker.press("Sign in and go on", **right, code="000000")
        assert worker.status == HTTPStatus.BAD_REQUEST
        assert NEW not in names(worker)
        worker.press("Sign in and go on", **right, code=worker.code())
        # Then nothing is done before the button is pressed once more
        assert (worker.status, worker.page.h1) == (HTTPStatus.OK, "Press once more")
        assert NEW not in names(worker)
        worker.press("Go on with it")
        assert NEW in names(worker)
        assert worker.path == "/desk/organisations"


def test_the_form_of_an_older_session_is_pressed_once_more(worker: Worker) -> None:
    # Given a form that was open while its coordinator signed in anew
    worker.get("/desk/organisations")
    page = worker.page
    worker.sign_in_anew()
    worker.page = page
    worker.press(add_button(worker), name=NEW)
    # Then nothing was done, and one press does it
    assert (worker.status, worker.page.h1) == (HTTPStatus.FORBIDDEN, "Press once more")
    assert NEW not in names(worker)
    worker.press("Go on with it")
    assert NEW in names(worker)


def test_fields_that_signing_in_has_too_are_carried(page_worker: Worker) -> None:
    # Given a form with fields of the same names as signing in has, and as carrying has
    page_worker.get("/desk/me")
    with page_worker.later(minutes=20):
        page_worker.press("Save", often="1", code="daily", address="ana@example.org")
        known = page_worker.founded.owner
        right = {"sign_in_name": known.sign_in_name, "passphrase": known.passphrase}
        page_worker.press("Sign in and go on", **right, code=page_worker.code())
        page_worker.press("Go on with it")
        # Then both arrived as they were
        chosen = {
            one.get("name"): one.get("value")
            for one in page_worker.get("/desk/me").all("input")
            if one.get("checked") is not None
        }
        assert (chosen["often"], chosen["code"]) == ("1", "daily")


def test_a_passphrase_never_comes_back_in_a_page(page_worker: Worker) -> None:
    page_worker.get("/desk/me")
    with page_worker.later(minutes=20):
        secrets = {"passphrase": "first secret", "new_passphrase": "second secret"}
        page_worker.post("/desk/me", {"often": "1", **secrets})
        assert page_worker.page.h1 == "Sign in and go on"
        assert not [one for one in secrets.values() if one in page_worker.page.html]


@pytest.mark.parametrize(
    "to",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/desk/me",
        "/en/choices",
        "/desk/sign-out",
        "",
    ],
)
def test_words_go_to_a_form_of_the_desk_alone(page_worker: Worker, to: str) -> None:
    page_worker.press("Sign out")
    page_worker.post("/desk/sign-in/again", {"carried-to": to, "carried:name": NEW})
    assert (page_worker.path, page_worker.page.h1) == ("/desk/sign-in", "Sign in")
    assert NEW not in page_worker.page.html


def test_another_site_gets_nothing_carried(page_worker: Worker) -> None:
    page_worker.get("/desk/")
    with page_worker.later(minutes=20):
        for address in ("/desk/organisations", "/desk/sign-in/again"):
            data = {"carried-to": "/desk/organisations", "carried:name": NEW, "name": NEW}
            page_worker.post(address, data, **{"Sec-Fetch-Site": "cross-site"})
            assert page_worker.status == HTTPStatus.FORBIDDEN
            assert NEW not in page_worker.page.html


def add_button(worker: Worker) -> str:
    return next(one for one in worker.buttons() if one.startswith("Add"))
