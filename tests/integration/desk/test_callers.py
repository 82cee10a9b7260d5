"""Data-subject requests by phone at the pages of the desk: search, identity verification, and each act."""

import re
from http import HTTPStatus

import pytest

from tests.integration.desk.worker import Participant, Worker
from tests.people import come_back
from tests.visitor import Visitor
from webapp.desk.phone_requests.caller_forms import ASKED, LOOKING, SURE
from webapp.rules.contact.questions import HELPER_KINDS
from webapp.rules.reasons import LONGEST_WORDS
from webapp.services.answers import data_portability, own_copies
from webapp.services.answers.own_copies import NothingHeld

NEW_NUMBER = "07700 900555"
RECEIPT = re.compile(r"(?:[0-9A-Z]{4}-){5}[0-9A-Z]{4}")
ACTS = ("take-back", "no-contact", "correct", "new-code", "delete")


def page(participant: Participant, act: str = "") -> str:
    return f"/desk/submissions/{participant.id}/caller{act}"


def made_sure(worker: Worker, participant: Participant, sure: str = "rang-back") -> None:
    worker.get(page(participant))
    worker.press("Continue", sure=sure)
    assert worker.page.h1 == "The person who rang"


def held(worker: Worker, participant: Participant) -> own_copies.Held:
    with worker.app.app_context():
        return own_copies.find_held(participant.receipt)


def phone(worker: Worker, participant: Participant) -> object:
    return held(worker, participant).answers["phone"]


# Finding them


def test_the_guidance_is_short_and_stands_before_the_search(page_worker: Worker) -> None:
    page = page_worker.get("/desk/callers")
    (told,) = [one for one in page.all("div") if one.get("id") == "guidance"]
    words = " ".join("".join(told.itertext()).split()).split()
    assert 40 <= len(words) <= 60
    assert "Never say whether anyone is in here" in page.text


def test_a_caller_is_found_by_what_they_say_and_nothing_of_it_stays(worker: Worker) -> None:
    # Given two people who answered
    mine = worker.answered_by("contact_me", name_to_use="Robin", phone="07700 900321")
    other = worker.answered_by("contact_me", name_to_use="Sam", phone="07700 900654")
    # When one of them rings
    worker.get("/desk/callers")
    found = worker.press("Find them", name="robin", phone="+44 7700 900321", why="caller")
    # Then the desk shows them alone, and not the number that we hold
    assert found.h1 == "One person matches"
    assert mine.reference in found.text and other.reference not in found.text
    assert "Robin" in found.text and "900321" not in found.html
    # And the record has what was done, never what was looked for
    record = worker.get("/desk/record")
    assert "Looked for a person who rang" in record.text
    assert "robin" not in record.text.lower() and "900321" not in record.text
    worker.get("/desk/callers")
    worker.press("Find them", name="Nobody", why="caller")
    assert worker.page.h1 == "Nobody matches"
    assert "Do not say whether anyone else is here" in worker.page.text


def test_a_name_that_did_not_match_is_not_shown(page_worker: Worker) -> None:
    # Given a participant who is found by the end of their number
    page_worker.answered_by("contact_me", name_to_use="Robin", phone="07700 900321")
    page_worker.get("/desk/callers")
    found = page_worker.press("Find them", phone="0321", why="caller")
    # Then a coordinator has to ask for the name
    assert found.h1 == "One person matches"
    assert "Robin" not in found.html


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Enter at least one thing that they told you"),
        ({"phone": "12"}, "Enter at least the last four digits of the number"),
        ({"answered": "a b"}, "Enter a word with at least three letters"),
        ({"name": "a" * 201}, "Enter only a few words in each box"),
        ({"name": "Robin", "why": ""}, "Choose why you are doing this"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_opened(
    page_worker: Worker, typed: dict[str, str], words: str
) -> None:
    page_worker.get("/desk/callers")
    page_worker.press("Find them", **{"why": "caller", **typed})
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert words in page_worker.page.text
    assert "searched for a caller" not in page_worker.tags()


# Making sure


@pytest.mark.parametrize("act", ACTS)
def test_no_act_before_it_was_said_how_they_know(page_worker: Worker, act: str) -> None:
    participant = page_worker.answered_by("contact_me")
    page_worker.get(page(participant, f"/{act}"))
    assert page_worker.path.startswith(page(participant))
    assert "First say how you know that it is them" in page_worker.page.text


def test_who_cannot_be_sure_can_only_protect(page_worker: Worker) -> None:
    # Given a coordinator who cannot be sure who rings
    participant = page_worker.answered_by("contact_me")
    made_sure(page_worker, participant, "unsure")
    offered = page_worker.page.text
    # Then they are offered what protects the participant, and nothing else, by no way
    assert "Take back a permission" in offered and "Do not contact them" in offered
    for words in ("Correct how to contact", "Give them a new code", "Delete everything"):
        assert words not in offered
    for act in ("correct", "new-code", "delete"):
        page_worker.get(page(participant, f"/{act}"))
        assert "Make sure first" in page_worker.page.text
    for act in ("take-back", "no-contact"):
        page_worker.get(page(participant, f"/{act}"))
        assert page_worker.path == page(participant, f"/{act}")


def test_having_made_sure_counts_for_one_person_and_half_an_hour(page_worker: Worker) -> None:
    one, other = (page_worker.answered_by("contact_me") for _ in range(2))
    made_sure(page_worker, one)
    page_worker.get(page(other, "/delete"))
    assert "First say how you know" in page_worker.page.text
    for minutes in (10, 20, 30):
        with page_worker.later(minutes=minutes):
            page_worker.get(page(one, "/delete"))
            assert page_worker.path == page(one, "/delete")
    with page_worker.later(minutes=31):
        page_worker.get(page(one, "/delete"))
        assert "First say how you know" in page_worker.page.text
    # And the next caller is verified anew
    page_worker.get(page(one))
    page_worker.press("Finish with this caller")
    page_worker.get(page(one, "/delete"))
    assert "First say how you know" in page_worker.page.text


def test_every_reason_has_room_in_the_record() -> None:
    for _, known in SURE.values():
        for _, usual in ASKED:
            assert len(f"{known}. {usual}: ") + LONGEST_WORDS <= 200
    for _, usual in LOOKING:
        assert len(f"{usual}:  (100000 opened)") + LONGEST_WORDS <= 200


# The acts


def test_a_permission_is_taken_back_for_them(worker: Worker) -> None:
    # Given a participant who said yes to two things
    participant = worker.answered_by("contact_me", "quote")
    made_sure(worker, participant, "unsure")
    # When they take one back by phone; first nothing is ticked
    worker.follow("Take back a permission")
    worker.press("Take them back", why="phone")
    assert (worker.status, "Tick at least one permission" in worker.page.text) == (400, True)
    worker.press("Take them back", why="phone", purposes=["quote"])
    # Then it is taken back, and the record says how sure they were
    assert "The permissions are taken back" in worker.page.text
    assert [one.purpose for one in held(worker, participant).consents if one.granted] == [
        "contact_me"
    ]
    newest, *_ = worker.record()
    assert newest.reason == "Not sure who it was. They asked us by phone"
    assert "Took back a permission for a person who rang" in worker.get("/desk/record").text


def test_do_not_contact_is_seen_everywhere_and_lifted_by_the_person_alone(worker: Worker) -> None:
    # Given a participant who asks to be left alone
    participant = worker.answered_by("contact_me")
    made_sure(worker, participant, "unsure")
    worker.follow("Do not contact them")
    worker.press("Mark “do not contact”", why="phone")
    # Then every page of the desk about them says so, and none offers to lift it
    for address in (
        page(participant),
        f"/desk/submissions/{participant.id}",
        "/desk/calls/support-needs",
    ):
        assert "Do not contact" in worker.get(address).text
    worker.look_at(participant)
    worker.press("Open the contact details", **{"contact-why": "ask"})
    assert worker.status == HTTPStatus.FORBIDDEN
    assert "They asked us not to contact them" in worker.page.text
    # And danger alone opens how, and says so
    opened = worker.press("Open the contact details", **{"contact-why": "danger"})
    assert "They asked us not to contact them" in opened.text
    # And the participant reads it at "My choices", and may change it
    person = Visitor(worker.app.test_client())
    come_back(person, participant.receipt)
    assert "We were asked not to contact you, so we will not." in person.page.text
    assert "because someone asked us to. If it was not you, please tell us." in person.page.text
    with worker.app.app_context():
        copy = data_portability.machine_readable(own_copies.find_held(participant.receipt))
    assert b'"not_to_be_contacted_since": "' in copy and b'"changed_for_you_on": "' in copy
    person.follow("How we may reach you")
    assert "We were asked not to contact you, so we will not." in person.page.text
    person.press("You may contact me again")
    assert "We can contact you again now, in the way you said is safe." in person.page.text
    assert "We were asked not to contact you" not in person.page.text
    assert "do not contact this person" not in worker.look_at(participant).text.lower()


def open_details(worker: Worker, participant: Participant) -> None:
    made_sure(worker, participant)
    worker.follow("Correct how to contact them")
    worker.press("Open the contact details", why="phone")
    assert worker.page.h1 == "Correct how to contact them"


def test_a_number_is_corrected_and_the_person_sees_it(worker: Worker) -> None:
    # Given a participant with a new number
    participant = worker.answered_by("contact_me", phone="07700 900321")
    # When a coordinator opens the details and changes it
    open_details(worker, participant)
    assert "07700 900321" in worker.page.html
    worker.press("Save the details", phone=NEW_NUMBER)
    if "Save as it is" in worker.page.text:
        worker.press("Save as it is")
    # Then it is kept, and they see it with the code that they have
    assert "Saved. The person sees the new details" in worker.page.text
    assert phone(worker, participant) == NEW_NUMBER
    person = Visitor(worker.app.test_client())
    come_back(person, participant.receipt)
    person.follow("How we may reach you")
    assert NEW_NUMBER in person.page.text
    # And the record has the openings with how they made sure
    reasons = [
        line.reason for line in worker.record() if line.tag == "contact corrected for a caller"
    ]
    assert reasons == ["Rang back. They asked us by phone"]


def test_a_slip_keeps_what_was_typed(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    open_details(worker, participant)
    worker.press("Save the details", phone="12", name_to_use="Robin the second")
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert 'value="12"' in worker.page.html and "Robin the second" in worker.page.html
    worker.press("Save the details", phone=NEW_NUMBER)
    if "Save as it is" in worker.page.text:
        worker.press("Save as it is")
    assert phone(worker, participant) == NEW_NUMBER
    assert held(worker, participant).answers["name_to_use"] == "Robin the second"


def test_a_way_without_its_number_is_asked_about_once(worker: Worker) -> None:
    participant = worker.answered_by("contact_me", **dict.fromkeys(HELPER_KINDS))
    open_details(worker, participant)
    worker.press("Save the details", phone="", safe_ways=["call"])
    assert "number" in worker.page.text and "Save as it is" in worker.page.html
    worker.press("Save as it is")
    # Then without a safe way the permission is gone
    assert not [one for one in held(worker, participant).consents if one.granted]


def test_what_they_change_meanwhile_wins(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    open_details(worker, participant)
    worker.corrects(participant, phone="07700 900777")
    worker.press("Save the details", phone=NEW_NUMBER)
    if "Save as it is" in worker.page.text:
        worker.press("Save as it is")
    assert "The person changed something themselves a moment ago" in worker.page.text
    assert phone(worker, participant) == "07700 900777"


def test_a_new_code_is_shown_until_it_was_passed_on(worker: Worker) -> None:
    # Given a participant whose paper was found
    participant = worker.answered_by("contact_me")
    made_sure(worker, participant)
    worker.follow("Give them a new code")
    # When a coordinator makes a new code
    worker.press("Make the new code", why="phone")
    (code,) = RECEIPT.findall(worker.page.text)
    # Then it stays on its page, and on a sheet that says nothing about what it is for
    worker.get(page(participant))
    worker.follow("Show the code")
    worker.follow("A sheet to print")
    assert code in worker.page.text
    (main,) = worker.page.all("main")
    told = "".join(main.itertext()).lower()
    for word in ("answers", "hearth", "survivor", "traffick", "coalition", "http"):
        assert word not in told
    worker.get(page(participant, "/code"))
    worker.press("I have passed it on")
    assert code not in worker.get(page(participant, "/code")).html
    # And the new one opens everything, the old one nothing
    with worker.app.app_context():
        assert own_copies.find_held(code).answers["phone"]
        with pytest.raises(NothingHeld):
            own_copies.find_held(participant.receipt)


def test_making_a_new_code_pressed_twice_is_one_code_and_it_is_shown(worker: Worker) -> None:
    # Given the form, filled in
    participant = worker.answered_by("contact_me")
    made_sure(worker, participant)
    worker.follow("Give them a new code")
    form = worker.page
    worker.press("Make the new code", why="phone")
    (code,) = RECEIPT.findall(worker.page.text)
    # When the button is pressed again, the same code is shown
    worker.page = form
    worker.press("Make the new code", why="phone")
    assert RECEIPT.findall(worker.page.text) == [code]
    assert worker.tags().count("new code for a caller") == 1
    with worker.app.app_context():
        assert own_copies.find_held(code).answers["phone"]


def test_who_has_an_old_code_open_is_not_told_that_it_is_deleted(worker: Worker) -> None:
    # Given a participant at "My choices" when their code is replaced
    participant = worker.answered_by("contact_me")
    person = Visitor(worker.app.test_client())
    come_back(person, participant.receipt)
    person.follow("Delete everything")
    made_sure(worker, participant)
    worker.follow("Give them a new code")
    worker.press("Make the new code", why="phone")
    # When they press the button
    person.press("Yes, delete everything")
    # Then the page says what is so
    assert person.page.h1 == "Your code was replaced"
    assert "We still have your answers" in person.page.text
    assert worker.look_at(participant).h1 == "One person’s answers"


def test_deleting_says_so_once_it_is_done_and_twice_the_same(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    made_sure(worker, participant)
    worker.follow("Delete everything they told us")
    assert "stay until their day" in worker.page.text
    first = worker.page
    worker.press("Yes, delete everything", why="phone")
    assert "Everything that names this person is deleted." in worker.page.text
    with pytest.raises(NothingHeld):
        held(worker, participant)
    assert worker.get(page(participant)).h1 == worker.look_at(participant).h1
    assert worker.status == HTTPStatus.NOT_FOUND
    assert worker.tags()[0] == "deleted for a caller"
    # And a second press of the button says the same
    worker.page = first
    worker.press("Yes, delete everything", why="phone")
    assert "Everything that names this person is deleted." in worker.page.text
    assert worker.tags().count("deleted for a caller") == 1


def test_deleting_one_person_keeps_the_code_of_another(worker: Worker) -> None:
    # Given a new code that was not passed on yet
    one, other = worker.answered_by("contact_me"), worker.answered_by("contact_me")
    made_sure(worker, one)
    worker.follow("Give them a new code")
    worker.press("Make the new code", why="phone")
    (code,) = RECEIPT.findall(worker.page.text)
    # When another participant is deleted
    made_sure(worker, other)
    worker.follow("Delete everything they told us")
    worker.press("Yes, delete everything", why="phone")
    assert "Everything that names this person is deleted." in worker.page.text
    # Then the code is still there to be passed on
    assert code in worker.get(page(one, "/code")).text


def test_a_new_code_is_not_lost_by_a_double_click(worker: Worker) -> None:
    # Given a step-up before a new code, whose button was pressed twice: the browser threw the first answer away, and
    # its cookie with it
    participant = worker.answered_by("contact_me")
    with worker.later(minutes=6):
        made_sure(worker, participant)
        worker.follow("Give them a new code")
        worker.press("Make the new code", why="phone")
        asked, cookie = worker.page, worker.client.get_cookie("hearth-desk")
        assert cookie is not None
        digits = worker.code()
        worker.confirm(second_factor=digits)
        (code,) = RECEIPT.findall(worker.page.text)
        worker.client.set_cookie("hearth-desk", cookie.value)
        worker.page = asked
        # Then the same code is shown, and the coordinator goes on working
        worker.confirm(second_factor=digits)
        assert code in worker.page.text
        assert worker.tags().count("new code for a caller") == 1
        assert worker.get("/desk/").h1.endswith("Ana")


def test_the_cookie_of_before_a_new_code_opens_nothing_without_its_digits(worker: Worker) -> None:
    # Given an attacker who copied cookie and page before a coordinator confirmed a new code
    participant = worker.answered_by("contact_me")
    with worker.later(minutes=6):
        made_sure(worker, participant)
        worker.follow("Give them a new code")
        form = worker.page
        worker.press("Make the new code", why="phone")
        asked, cookie = worker.page, worker.client.get_cookie("hearth-desk")
        assert cookie is not None
        worker.confirm()
        # When they press without the digits, or with others
        for page_then, press in (
            (form, lambda: worker.press("Make the new code", why="phone")),
            (asked, lambda: worker.confirm(second_factor="000000")),
        ):
            worker.client.set_cookie("hearth-desk", cookie.value)
            worker.page = page_then
            press()
            # Then they are outside, with nothing but what they sent
            assert worker.page.h1 == "Sign in and go on"
            assert not RECEIPT.findall(worker.page.text)
            assert worker.get(page(participant, "/code")).h1 == "Sign in"


def test_the_submissions_page_leads_to_it(page_worker: Worker) -> None:
    participant = page_worker.answered_by("contact_me")
    page_worker.look_at(participant)
    page_worker.follow("This person is the caller")
    assert page_worker.path == page(participant)


def test_what_is_missing_is_listed_in_the_order_of_the_page(page_worker: Worker) -> None:
    def listed() -> list[str]:
        (summary,) = [one for one in page_worker.page.all("div") if one.get("class") == "problem"]
        return ["".join(link.itertext()) for link in summary.iter("a")]

    page_worker.get("/desk/callers")
    page_worker.press("Find them")
    assert listed() == [
        "Enter at least one thing that they told you",
        "Choose why you are doing this",
    ]
    participant = page_worker.answered_by("contact_me")
    made_sure(page_worker, participant)
    page_worker.get(page(participant, "/take-back"))
    page_worker.press("Take them back", why="")
    assert listed() == ["Tick at least one permission", "Choose why you are doing this"]


@pytest.mark.parametrize(
    ("sure", "why"), [("rang-back", "phone"), ("in-person", "person"), ("named", None)]
)
def test_why_is_not_asked_twice(page_worker: Worker, sure: str, why: str | None) -> None:
    # Given a coordinator who said how they know who it is
    participant = page_worker.answered_by("contact_me")
    made_sure(page_worker, participant, sure)
    # When that says why, too, then the page has it chosen
    shown = page_worker.get(page(participant, "/no-contact"))
    picked = [one.get("value") for one in shown.all("input") if one.get("checked") is not None]
    assert picked == ([why] if why else [])
    # And nothing is done without a reason that was sent
    page_worker.press("Mark “do not contact”", why="")
    assert "Choose why you are doing this" in page_worker.page.text
