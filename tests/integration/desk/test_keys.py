"""The page of keys: who can open what, keys given with one press, new keys, and what Today says of it."""

import pytest

from tests.factories import DEMO_CALL, publish_demo_event, register_one
from tests.integration.desk.test_person import (
    at_desk,
    colleague,
    elsewhere,
    exchange_recovery_key,
    token,
)
from tests.integration.desk.worker import Worker
from tests.integration.services.test_role_changes import PowerGone, power_goes_at
from tests.pages import Page, words
from webapp.rules.roles import Grant, Role
from webapp.services.calls import published_calls
from webapp.services.keys import key_overview, key_rotations
from webapp.services.opening import resealing

TOO_FEW = "Too few can open some of this"


def rows(worker: Worker) -> dict[str, str]:
    """What each purpose's row says."""
    found = worker.page.all("tr")
    return {words(next(row.iter("th"))): words(row) for row in found if list(row.iter("td"))}


def test_one_holder_is_too_few_and_two_are_enough(worker: Worker) -> None:
    # Given Ana, who alone holds keys
    page = worker.get("/desk/keys")
    assert TOO_FEW in page.text
    assert rows(worker)["Answers Too few"] == "Answers Too few Ana Yes, two of three"
    # When Cy has her role, too
    cy = colleague(worker, "Cy", Role.COORDINATOR)
    assert "One person waits for keys that belong to their roles" in "".join(worker.lines())
    page = worker.follow_line("One person waits for keys")
    assert "Waiting for keys: Cy" in rows(worker)["Answers Too few"]
    # And she gives him the keys with one press
    page = worker.press("Give the keys")
    assert "Given. They can open it from the next time" in page.text
    # Then nothing is thin any more
    assert TOO_FEW not in page.text
    assert rows(worker)["Answers"] == "Answers Ana, Cy Yes, two of three"
    assert not [line for line in worker.lines() if "keys" in line or "Fewer than two" in line]
    # And he reads what people told us before he came
    told = worker.answered_by("quote")
    cys = at_desk(worker, cy)
    assert "Opened answers" in cys.open_answers(told).title


def test_today_says_where_too_few_can_open_one_of_several(worker: Worker) -> None:
    # Given two who can open the call, and an event that Ana alone can open
    with worker.app.app_context():
        call_id = published_calls.find_call(DEMO_CALL).id
        publish_demo_event(slug="evening")
    colleague(worker, "Cy", Grant(Role.COORDINATOR, call_id))
    worker.get("/desk/keys")
    worker.press("Give the keys")
    line = next(line for line in worker.lines() if "Too few people" in line)
    assert "something of one call or event" in line
    # And the line leads to the page
    assert worker.follow_line("Too few people").path == "/desk/keys"


def test_who_cannot_give_is_told_who_can(worker: Worker) -> None:
    # Given an owner without keys, and a person who waits
    dee = colleague(worker, "Dee", Role.OWNER)
    cy = colleague(worker, "Cy", Role.ANALYST)
    dees, cys = at_desk(worker, dee), at_desk(worker, cy)
    page = dees.get("/desk/keys")
    # Then each is told who has them, and there is no button that does nothing
    assert "These people can give them: Ana." in page.text
    assert "Give the keys" not in dees.buttons()
    page = cys.get("/desk/keys")
    assert "These people can give them: Ana." in page.text
    assert "Give the keys" not in cys.buttons()
    # And a press all the same gives nothing
    page = dees.post(f"/desk/keys/give/{cy.id}", {"csrf_token": token(dees)})
    assert "Nothing was given" in page.text
    page = cys.post(f"/desk/keys/give/{cy.id}", {"csrf_token": token(cys)})
    assert "Nothing was given" in page.text
    dees.post(f"/desk/keys/give/{Role.OWNER}", {"csrf_token": token(dees)})
    assert dees.status == 404
    dees.get("/desk/keys")
    dees.post("/desk/keys/give/00000000-0000-4000-8000-000000000000", {"csrf_token": token(dees)})
    assert dees.status == 404


def test_a_session_from_before_the_keys_signs_in_again(worker: Worker) -> None:
    # Given an event that was published after Ana had signed in
    with worker.app.app_context():
        event = publish_demo_event(slug="evening")
    colleague(worker, "Cy", Grant(Role.ARRANGER, event.id))
    page = worker.get("/desk/keys")
    assert "You can give them after you have signed in again" in page.text
    assert "Give the keys" not in worker.buttons()


def test_a_role_for_one_call_sees_that_call_alone(worker: Worker) -> None:
    with worker.app.app_context():
        event = publish_demo_event(slug="evening")
    cy = colleague(worker, "Cy", Grant(Role.REGISTRAR, event.id))
    colleague(worker, "Dee", Role.ANALYST)
    cys = at_desk(worker, cy)
    page = cys.get("/desk/keys")
    assert set(rows(cys)) == {
        "Registrations Too few",
        "What people need Too few",
        "Names in the room Too few",
    }
    assert "Dee" not in page.text
    assert "New keys" not in page.text


def test_new_keys_for_all_go_on_after_the_power_failed(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a call and an event
    with worker.app.app_context():
        publish_demo_event(slug="evening")
    worker.get("/desk/keys")
    # When new keys are asked for, and the power goes after the first
    monkeypatch.setattr(key_rotations, "SECONDS", 0.0)
    with worker.app.app_context():
        key_rotations.begin(elsewhere(worker), None, "A laptop was stolen")
        with pytest.raises(PowerGone), power_goes_at(2, monkeypatch):
            key_rotations.go_on()
    # Then Today and the page say how far it is, and go on at a press
    line = next(line for line in worker.lines() if "new keys" in line)
    assert "still waits for its new keys" in line or "still wait for their new keys" in line
    page = worker.follow_line("new keys")
    assert "of 2 calls, events and members have them" in page.text
    page = worker.press("Go on")
    assert "The new keys are made." in page.text
    assert "for 2 calls, events and members. All have them." in page.text
    with worker.app.app_context():
        assert {one.epochs for one in key_overview.overview()} == {2}
    # And a second press of the button before has nothing left to do, and says nothing else
    assert "Go on" not in worker.buttons()


def test_new_keys_for_one_call_with_a_reason(worker: Worker) -> None:
    page = worker.get("/desk/keys")
    # (all there are is more than calls and events: members have keys, too)
    assert next(words(one) for one in page.all("option")) == "Everything"
    page = worker.press("Make new keys", what="everything", why="")
    assert worker.status == 400
    assert "Choose why you are doing this" in page.text
    with worker.app.app_context():
        call_id = published_calls.find_call(DEMO_CALL).id
    page = worker.press("Make new keys", what=call_id.hex, why="lost", words="the old laptop")
    assert "The new keys are made." in page.text
    # Then the record says why, and nothing that came before is lost
    reasons = {line.tag: line.reason for line in worker.record()}
    assert reasons["new keys asked for"] == "A phone or computer was lost or stolen: the old laptop"
    assert "new keys for a call" in reasons
    # And who works there signs in again for what comes from now on
    told = worker.answered_by("quote")
    assert "Sign in again" in worker.open_answers(told).text
    worker.sign_in_anew()
    assert "Opened answers" in worker.open_answers(told).title


def test_with_an_exchanged_recovery_key_the_page_says_stop(page_worker: Worker) -> None:
    exchange_recovery_key(page_worker)
    page = page_worker.get("/desk/keys")
    assert page_worker.status == 500
    assert "Go to Today" in page.text
    assert page_worker.get("/desk/").path == "/desk/"


# What came before is sealed anew


def new_keys(worker: Worker) -> None:
    """New keys of the demo's call."""
    with worker.app.app_context():
        call_id = published_calls.find_call(DEMO_CALL).id
        key_rotations.begin(elsewhere(worker), call_id, "A person left")
        key_rotations.go_on()


def to_resealing(worker: Worker) -> Page:
    """The link on the page of keys."""
    (link,) = [one for one in worker.page.all("a") if "came before anew" in words(one)]
    return worker.get(link.get("href", ""))


def test_what_came_before_is_sealed_anew_a_press_at_a_time(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given answers under the keys of before
    told = worker.answered_by("quote")
    assert "Sealed to older keys" not in worker.get("/desk/keys").text
    new_keys(worker)
    worker.sign_in_anew()
    page = worker.get("/desk/keys")
    assert "2 records" in page.text
    # When Ana reads what it does and does not do, gives a reason, and presses, and there is only time for one part
    page = to_resealing(worker)
    assert "It does not help against a copy that was made before" in page.text
    assert not [line for line in worker.lines() if "Sealing anew" in line]
    worker.get(page.path)
    page = worker.press("Seal it anew", why="")
    assert worker.status == 400
    monkeypatch.setattr(resealing, "SECONDS", 0.0)
    page = worker.press("Seal it anew", why="left")
    # Then the page and Today say how far it is
    assert "Some of it is sealed anew" in page.text
    assert "0 of 1 records are sealed anew" in page.text
    assert "begun for one call or event" in next(
        line for line in worker.lines() if "Sealing anew" in line
    )
    worker.follow_line("Sealing anew")
    to_resealing(worker)
    page = worker.press("Go on")
    assert "Done. What was sealed anew opens with the newest keys alone." in page.text
    assert "Nothing here is sealed to older keys." in page.text
    # And it opens as before; the record says who, why and how much, and that nobody read it
    assert not [line for line in worker.lines() if "Sealing anew" in line]
    assert "Opened answers" in worker.open_answers(told).title
    lines = [line for line in worker.record() if line.tag == "answers sealed anew"]
    assert {line.reason for line in lines} == {"A person left and may have kept a key"}
    page = worker.get("/desk/record?show=opened")
    assert "Sealed records of a call anew with its newest keys, read by nobody: 1" in page.text


def test_people_who_booked_have_no_page_that_tells_of_it(worker: Worker) -> None:
    # Given bookings under the keys of before, and answers
    worker.answered_by("quote")
    with worker.app.app_context():
        register_one(publish_demo_event(slug="evening"))
        key_rotations.begin(elsewhere(worker), None, "A person left")
        key_rotations.go_on()
    worker.sign_in_anew()
    told = []
    for link in [a.get("href", "") for a in worker.get("/desk/keys").all("a")]:
        if "/desk/keys/anew/" in link:
            told.append("My choices" in worker.get(link).text)
            assert "The record says that you did it and why." in worker.page.text
    # Then only the page about the call promises that each person can see it
    assert sorted(told) == [False, True]


def test_who_lacks_a_key_gets_no_button_and_is_refused(worker: Worker) -> None:
    # Given answers under the keys of before, and Cy, who came after and has the newest alone
    worker.answered_by("quote")
    worker.get("/desk/keys")
    with worker.app.app_context():
        call_id = published_calls.find_call(DEMO_CALL).id
    cy = colleague(worker, "Cy", Grant(Role.COORDINATOR, call_id))
    new_keys(worker)
    cys = at_desk(worker, cy)
    page = cys.get("/desk/keys")
    assert "These people can seal them anew: Ana." in page.text
    assert "Seal what came before anew" not in page.text
    address = f"/desk/keys/anew/{call_id}"
    page = cys.get(address)
    assert "These people can seal them anew: Ana." in page.text
    assert "Seal it anew" not in cys.buttons()
    cys.post(address, {"csrf_token": token(cys), "why": "left", "words": ""})
    assert cys.status == 403
    # And what is no call or event is nowhere
    cys.get("/desk/keys/anew/00000000-0000-4000-8000-000000000000")
    assert cys.status == 404
    assert "answers sealed anew" not in {line.tag for line in worker.record()}
