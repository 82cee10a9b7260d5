"""Where a coordinator is signed in: their sessions, the kinds of device, and ending one or all others."""

import pytest

from tests.integration.desk.worker import Worker
from tests.pages import words
from webapp.desk.shared.device_kinds import device_kind, device_words

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0"


def on(worker: Worker, user_agent: str, steps: int = 0) -> Worker:
    """Another browser of the same coordinator, signed in."""
    other = Worker(worker.app, worker.founded)
    other.client.environ_base["HTTP_USER_AGENT"] = user_agent
    other.sign_in(steps=steps)
    assert other.path == "/desk/"
    return other


def listed(worker: Worker) -> list[str]:
    """The lines of the list, each with what can be pressed."""
    worker.get("/desk/me")
    (found,) = [one for one in worker.page.all("ul") if one.get("class") == "todo"]
    return [words(line) for line in found.iter("li")]


def end(worker: Worker, device: str) -> None:
    """Press the button beside this device."""
    (line,) = [one for one in worker.page.all("li") if words(one).startswith(device)]
    (form,) = line.iter("form")
    fields = {one.get("name", ""): one.get("value", "") for one in form.iter("input")}
    worker.post(form.get("action", ""), dict(fields))


def is_in(worker: Worker) -> bool:
    return worker.get("/desk/me").h1 == "Your settings"


def test_sessions_are_listed_by_device_and_hour(worker: Worker) -> None:
    # Given a coordinator at the desk, who signs in on a phone as well
    phone = on(worker, PHONE)
    # Then each sees both, their own first
    mine, other = listed(phone)
    assert mine.startswith("Chrome on an Android phone or tablet, since ")
    assert mine.endswith("today This one")
    assert other.startswith("a device that we cannot tell, since ")
    assert other.endswith("End this session")
    assert listed(worker)[0].endswith("This one")


def test_one_is_ended_and_is_over_at_its_next_request(worker: Worker) -> None:
    phone, laptop = on(worker, PHONE), on(worker, LAPTOP, steps=1)
    # When the phone is ended on the laptop
    assert {line.split(",")[0] for line in listed(laptop)[1:]} == {
        "Chrome on an Android phone or tablet",
        "a device that we cannot tell",
    }
    end(laptop, "Chrome on an Android phone or tablet")
    # Then it is signed out, the others are not, and the record says so
    assert "Ended. That device is signed out." in laptop.page.text
    assert not is_in(phone)
    assert is_in(worker) and is_in(laptop)
    assert len(listed(laptop)) == 2
    assert worker.tags()[0] == "session ended"


def test_all_others_are_ended(worker: Worker) -> None:
    phone, laptop = on(worker, PHONE), on(worker, LAPTOP, steps=1)
    laptop.get("/desk/me")
    laptop.press("End all other sessions")
    assert "You are signed in here alone." in laptop.page.text
    assert not is_in(phone)
    assert not is_in(worker)
    assert len(listed(laptop)) == 1
    # The button stays: a row of this same session, which a repeated step-up made, is no line of the list
    assert "End all other sessions" in laptop.buttons()
    assert laptop.tags()[:2] == ["session ended"] * 2


def test_a_session_stays_one_when_its_secret_is_rotated(worker: Worker) -> None:
    # Given a step-up on a phone, which rotates the secret and leaves a copy for a while
    phone = on(worker, PHONE)
    with worker.later(minutes=6):
        phone.get("/desk/confirm?to=/desk/me")
        phone.confirm()
        # Then it is one session in the list, of the same device and hour
        mine, _ = listed(phone)
        assert mine.startswith("Chrome on an Android phone or tablet, since ")
        # And ending it from elsewhere ends all of it
        worker.get("/desk/confirm?to=/desk/me")
        worker.confirm(steps=1)
        worker.press("End this session")
        assert not is_in(phone)
        assert len(listed(worker)) == 1


def test_one_that_was_idle_too_long_is_not_listed(worker: Worker) -> None:
    on(worker, PHONE)
    with worker.later(minutes=10):
        worker.get("/desk/me")
    with worker.later(minutes=17):
        assert len(listed(worker)) == 1


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (LAPTOP, "Firefox on a Windows computer"),
        (PHONE, "Chrome on an Android phone or tablet"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
            "Safari on a Mac",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on a Linux computer",
        ),
        ("", "a device that we cannot tell"),
        ("<script>alert(1)</script>" * 500, "a device that we cannot tell"),
    ],
)
def test_a_device_is_said_in_plain_words(page_worker: Worker, user_agent: str, said: str) -> None:
    with page_worker.app.test_request_context("/desk/"):
        assert device_words(device_kind(user_agent)) == said
