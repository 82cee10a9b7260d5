"""The pages about passkeys: adding one in two steps, signing in with it, removing it; the six digits stay a way in."""

import json
from http import HTTPStatus
from typing import Any

import pytest
from flask import Flask

from tests import passkeys
from tests.authenticator import Device
from tests.conftest import MakeApp
from tests.factories import signed_in
from tests.integration.desk.worker import Worker
from tests.pages import Page, words
from webapp.services.keys import own_passkeys
from webapp.services.keys.bootstrap import Founded

REFUSED = "That did not work. Check your name and passphrase"


def challenge(worker: Worker, **form: str) -> dict[str, Any]:
    """What the script is given for a passkey."""
    answer = worker.client.post("/desk/passkey-challenge", data=form, base_url=worker.base)
    assert answer.status_code == HTTPStatus.OK
    assert answer.mimetype == "application/json"
    found: dict[str, Any] = json.loads(answer.get_data())
    return found


def options_on(page: Page) -> dict[str, Any]:
    """What the page has for the script that makes a passkey."""
    (form,) = [one for one in page.all("form") if one.get("data-options")]
    found: dict[str, Any] = json.loads(form.get("data-options", ""))
    return found


def add(
    worker: Worker, device: Device | None = None, *, name: str = "my phone", steps: int = 0
) -> Device:
    """Add a passkey, as the pages and the script do it together."""
    device = device or Device()
    worker.get("/desk/me/passkeys")
    page = worker.press("Continue", name=name, code=worker.code(steps))
    assert worker.path == "/desk/me/passkeys/new"
    fields = {
        one.get("name", ""): one.get("value", "")
        for form in page.all("form")
        if form.get("data-options")
        for one in form.iter("input")
    }
    worker.post("/desk/me/passkeys/new", {**fields, "passkey": device.make(options_on(page))})
    return device


def sign_in(worker: Worker, device: Device, **changes: str) -> Page:
    """Sign in with a passkey, as the page and the script do it together."""
    worker.get("/desk/sign-in")
    answer = device.answer(challenge(worker))
    owner = worker.founded.owner
    right = {"sign_in_name": "ana", "passphrase": owner.passphrase, "code": "", "passkey": answer}
    return worker.press("Sign in", **{**right, **changes})


def listed(page: Page) -> list[str]:
    return [words(line) for one in page.all("ul") if "todo" in one.get("class", "") for line in one]


def test_a_passkey_is_added_used_and_removed(worker: Worker) -> None:
    # Given a coordinator who finds the page from her settings
    worker.get("/desk/me")
    page = worker.follow("Your passkeys")
    assert "You have none yet." in page.text
    # When she adds one
    device = add(worker)
    # Then it is listed with its day
    assert "You can use this passkey the next time you sign in." in worker.page.text
    (line,) = listed(worker.page)
    assert line.startswith("my phone added on ")
    assert worker.tags()[0] == "passkey added"
    # And signing in takes it in place of the six digits
    worker.press("Sign out")
    page = sign_in(worker, device)
    assert worker.path == "/desk/"
    assert page.h1.endswith(", Ana")
    # When she removes it, with itself
    worker.get("/desk/me/passkeys")
    page = worker.follow("Remove my phone")
    assert "The six digits from your app go on working." in page.text
    page = worker.press("Remove it", code="", passkey=device.answer(challenge(worker)))
    # Then it is gone
    assert "It does not let you in any more." in page.text
    assert listed(page) == []
    worker.press("Sign out")
    sign_in(worker, device)
    assert worker.status == HTTPStatus.BAD_REQUEST
    # And the six digits let her in
    worker.sign_in(steps=1)
    assert worker.path == "/desk/"


@pytest.mark.parametrize("wrong", ["name", "passphrase", "passkey", "unknown", "no challenge"])
def test_whatever_is_wrong_the_answer_is_the_same(page_worker: Worker, wrong: str) -> None:
    # Given a coordinator with a passkey, who has signed out
    device = add(page_worker)
    page_worker.press("Sign out")
    # When one thing is wrong
    changes = {
        "name": {"sign_in_name": "nobody"},
        "passphrase": {"passphrase": "not the six words at all"},
        "passkey": {"passkey": "{}"},
        "unknown": {},
        "no challenge": {},
    }[wrong]
    other = Device() if wrong == "unknown" else device
    if wrong == "no challenge":
        page_worker.get("/desk/sign-in")
        answer = device.answer({"challenge": "AAAA", "rpId": "localhost"})
        page = page_worker.press(
            "Sign in",
            sign_in_name="ana",
            passphrase=page_worker.founded.owner.passphrase,
            passkey=answer,
        )
    else:
        page = sign_in(page_worker, other, **changes)
    # Then one sentence answers, and nothing of the answer comes back
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert REFUSED in page.text
    assert "public-key" not in page.html
    assert page_worker.get("/desk/").h1 == "Sign in"


def test_a_passkey_does_not_stand_in_for_what_is_empty(page_worker: Worker) -> None:
    device = add(page_worker)
    page_worker.press("Sign out")
    page = sign_in(page_worker, device, passphrase="")
    assert "Enter your passphrase" in page.text
    assert "Enter the six digits" not in page.text


def test_the_name_is_asked_for_and_is_the_only_one(page_worker: Worker) -> None:
    add(page_worker, name="My  phone")
    for name, said in (
        ("", "Enter a name for the passkey"),
        ("my phone", "You have a passkey with this name. Choose another one"),
        ("07700 900123", "Use plain words, not an e-mail address or a phone number"),
        ("x" * 41, "Use at most 40 letters"),
    ):
        page_worker.get("/desk/me/passkeys")
        page = page_worker.press("Continue", name=name, code=page_worker.code(1))
        assert page_worker.status == HTTPStatus.BAD_REQUEST
        assert said in page.text


def test_without_a_second_factor_nothing_is_added(page_worker: Worker) -> None:
    # When a person who sits down at an open desk tries
    page_worker.get("/desk/me/passkeys")
    page = page_worker.press("Continue", name="mine", code="000000")
    assert "That code is wrong or has already been used" in page.text
    # And a clock that is wrong is one of the things to look at
    assert "let your phone set its time automatically" in page.text
    # Then the next page is not there, and its address adds nothing
    assert "No passkey was added" in page_worker.get("/desk/me/passkeys/new").text
    token = next(
        one.get("value", "")
        for one in page_worker.page.all("input")
        if one.get("name") == "csrf_token"
    )
    answer = Device().make({"user": {"id": ""}, "challenge": "", "rp": {"id": "localhost"}})
    page_worker.post("/desk/me/passkeys/new", {"csrf_token": token, "passkey": answer})
    assert "No passkey was added" in page_worker.page.text
    assert listed(page_worker.get("/desk/me/passkeys")) == []


def test_an_answer_counts_once_and_a_second_post_says_so(page_worker: Worker) -> None:
    page_worker.get("/desk/me/passkeys")
    page = page_worker.press("Continue", name="phone", code=page_worker.code())
    made = Device().make(options_on(page))
    token = next(
        one.get("value", "") for one in page.all("input") if one.get("name") == "csrf_token"
    )
    sent = {"csrf_token": token, "passkey": made}
    page_worker.post("/desk/me/passkeys/new", sent)
    assert "Added." in page_worker.page.text
    page_worker.post("/desk/me/passkeys/new", sent)
    assert "No passkey was added" in page_worker.page.text
    assert len(listed(page_worker.page)) == 1


def test_a_passkey_that_is_gone_is_no_error(page_worker: Worker) -> None:
    device = add(page_worker)
    page_worker.follow("Remove my phone")
    where = page_worker.path
    answer = device.answer(challenge(page_worker))
    page_worker.press("Remove it", passkey=answer)
    assert page_worker.get(where).h1 == "This is no longer here"
    assert page_worker.status == HTTPStatus.NOT_FOUND


def test_asking_for_a_challenge_lists_nothing(page_worker: Worker, page_stranger: Worker) -> None:
    # Given a coordinator with a passkey
    add(page_worker)
    # When a stranger and the coordinator ask for a challenge
    page_worker.press("Sign out")
    asked = challenge(page_stranger)
    # Then it says nothing about any account
    assert asked["allowCredentials"] == []
    assert set(asked) <= {"challenge", "rpId", "timeout", "allowCredentials", "userVerification"}
    # And another one takes its place
    assert challenge(page_stranger)["challenge"] != asked["challenge"]


def test_a_challenge_is_256_bits_and_strangers_do_not_fill_the_store(
    make_page_app: MakeApp, page_founded: Founded
) -> None:
    stranger = Worker(make_page_app(LIMIT_FACTOR="1"), page_founded)
    assert len(challenge(stranger)["challenge"]) == 43
    answers = [
        stranger.client.post("/desk/passkey-challenge", base_url=stranger.base).status_code
        for _ in range(60)
    ]
    assert HTTPStatus.TOO_MANY_REQUESTS in answers
    # And the six digits are still a way in
    stranger.sign_in()
    assert stranger.path == "/desk/"


def test_only_our_own_pages_ask_for_one(page_stranger: Worker) -> None:
    answer = page_stranger.client.post(
        "/desk/passkey-challenge",
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        base_url=page_stranger.base,
    )
    assert answer.status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("base", ["https://192.0.2.7", "http://127.0.0.1:8000"])
def test_an_address_in_numbers_has_no_passkeys(
    make_page_app: MakeApp, page_founded: Founded, base: str
) -> None:
    # Given a desk that is open at a number
    worker = Worker(make_page_app(BASE_URL=base), page_founded)
    worker.base = base
    # Then signing in offers none, and the settings say why
    assert "Use a passkey instead" not in worker.get("/desk/sign-in").text
    worker.sign_in()
    assert "Passkeys need an address with a name." in worker.get("/desk/me/passkeys").text
    assert worker.post("/desk/passkey-challenge").h1 == "This is no longer here"


def test_a_desk_with_a_host_name_of_its_own(make_page_app: MakeApp, page_founded: Founded) -> None:
    # Given a desk at its own address over TLS
    base = "https://desk.example.org"
    worker = Worker(make_page_app(BASE_URL=base), page_founded)
    worker.base = base
    worker.get("/desk/sign-in")
    assert challenge(worker)["rpId"] == "desk.example.org"
    # Then a passkey for it works there
    worker.sign_in()
    device = add(worker, Device(origin=base), steps=1)
    worker.press("Sign out")
    sign_in(worker, device)
    assert worker.path == "/desk/"


def test_the_script_and_the_permission_are_where_they_are_needed(page_worker: Worker) -> None:
    for path, wanted in (("/desk/me/passkeys", True), ("/desk/me", False)):
        page_worker.get(path)
        scripts = [one.get("src", "") for one in page_worker.page.all("script")]
        assert any("passkeys" in script for script in scripts) is wanted
        policy = page_worker.response.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "'unsafe" not in policy
        permissions = page_worker.response.headers["Permissions-Policy"]
        assert (
            "publickey-credentials-get=(self), publickey-credentials-create=(self)" in permissions
        )
    page_worker.get("/en/")
    permissions = page_worker.response.headers["Permissions-Policy"]
    assert "publickey-credentials-get=(), publickey-credentials-create=()" in permissions


def test_signing_in_helps_password_managers(page_app: Flask, page_founded: Founded) -> None:
    # WCAG 3.3.8: nothing must be remembered or copied by hand
    page = Worker(page_app, page_founded).get("/desk/sign-in")
    fields = {one.get("name"): one for one in page.all("input")}
    assert fields["sign_in_name"].get("autocomplete") == "username"
    assert fields["passphrase"].get("autocomplete") == "current-password"
    assert fields["code"].get("autocomplete") == "one-time-code"
    # And what is pasted is cut off nowhere
    assert {fields[name].get("maxlength") for name in ("passphrase", "code")} == {None}


def test_with_as_many_as_there_may_be_no_device_is_asked(page_worker: Worker) -> None:
    # Given as many passkeys as there may be, and a page that was open before
    page_worker.get("/desk/me/passkeys")
    before = page_worker.page
    with page_worker.app.app_context():
        holder = signed_in(page_worker.founded)
        for number in range(own_passkeys.MOST):
            passkeys.add(holder, name=f"key {number}")
    # When it is sent
    page_worker.page = before
    page = page_worker.press("Continue", name="one more", code=page_worker.code(1))
    # Then the page says so, before a device has made anything
    assert "there is no room for more. Remove one first." in page.text
    assert "Continue" not in page_worker.buttons()


def test_a_passkey_that_was_asked_for_in_vain_signed_nobody_out(page_stranger: Worker) -> None:
    # Given a person who pressed the button and had no passkey at hand
    page_stranger.get("/desk/sign-in")
    challenge(page_stranger)
    # When they go to the desk
    page = page_stranger.get("/desk/")
    # Then the page does not say that they were signed out
    assert page.h1 == "Sign in"
    assert "You were away for a while" not in page.text


def test_a_session_is_rotated_with_each_step_up(page_worker: Worker) -> None:
    # Given the cookie of a session
    before = page_worker.client.get_cookie("hearth-desk")
    device = add(page_worker)
    between = page_worker.client.get_cookie("hearth-desk")
    page_worker.follow("Remove my phone")
    page_worker.press("Remove it", passkey=device.answer(challenge(page_worker)))
    after = page_worker.client.get_cookie("hearth-desk")
    # Then adding and removing each gave another one
    assert before and between and after
    assert len({before.value, between.value, after.value}) == 3
