"""False answers by the hundred are put aside together, and put back; a real person among them notices nothing."""

from urllib.parse import urlencode

from tests.integration.desk.test_calls import CALL, shown
from tests.integration.desk.worker import Worker
from webapp.rules import clock
from webapp.services.answers import own_copies

ASIDE = f"{CALL}/aside"
PUT_THREE = "Put these 3 aside"


def count(worker: Worker, **days: str) -> None:
    """Look at how many came on these days: today, unless it is said otherwise."""
    today = f"{clock.today():%d/%m/%Y}"
    worker.get(f"{ASIDE}?{urlencode({'since': today, 'until': today, **days})}")


def put_aside(worker: Worker, button: str = PUT_THREE) -> None:
    count(worker)
    worker.press(button, why="flood")


def test_a_flood_is_put_aside_and_put_back(worker: Worker) -> None:
    # Given one that a coordinator has read, and three of a flood
    read = worker.answered_by("contact_me")
    worker.look_at(read)
    worker.press("Open the answers", **{"answers-why": "report"})
    flood = [worker.answered_by("contact_me") for _ in range(3)]
    # When they count what came today and nobody has read, and put it aside
    count(worker)
    assert "3 sets of answers came then that nobody has read" in worker.page.text
    with worker.later(minutes=1):
        put_aside(worker)
    # Then the lists, the counts and the contacts have the other one alone
    assert "They are put aside." in worker.page.text
    worker.get(CALL)
    assert shown(worker) == {read.reference}
    assert "One person has answered." in worker.page.text
    assert "Next unread answers" not in worker.page.text
    # And the record says who did it, why, and how many
    worker.get("/desk/record")
    assert "Put answers aside as not real: 3" in worker.page.text
    assert "Very many came at once" in worker.page.text
    # And they can still be looked at
    worker.get(f"{CALL}?state=aside")
    assert "that are put aside as not real. They are not counted" in worker.page.text
    assert shown(worker) == {one.reference for one in flood}
    # When they are put back, twice
    for _ in range(2):
        worker.get(ASIDE)
        if "Put them back" in worker.page.text:
            worker.press("Put them back")
    # Then everything is as before, and the record has it once
    worker.get(CALL)
    assert shown(worker) == {one.reference for one in (read, *flood)}
    assert worker.tags().count("answers put back") == 1


def test_a_real_person_among_them_notices_nothing(worker: Worker) -> None:
    person = worker.answered_by("contact_me")
    with worker.later(minutes=1):
        put_aside(worker, "Put it aside")
    # Their code shows what it showed, with their permission as they gave it
    with worker.app.app_context():
        held = own_copies.find_held(person.receipt)
        assert held.submission_id == person.id
    # And their page at the desk says what was done, and takes them out again
    worker.look_at(person)
    assert "Put aside as not real" in worker.page.text
    worker.press("Put these answers back")
    assert "These answers are in the lists again." in worker.page.text
    worker.get(CALL)
    assert shown(worker) == {person.reference}


def test_those_put_aside_are_in_no_list_of_contacts(worker: Worker) -> None:
    for _ in range(3):
        worker.answered_by("contact_me")
    with worker.later(minutes=1):
        put_aside(worker)
        worker.get("/desk/contacts")
    assert "Nobody" in worker.page.text
    assert "contact_me" not in worker.page.html


def test_nothing_is_put_aside_that_the_page_did_not_show(worker: Worker) -> None:
    for _ in range(3):
        worker.answered_by("contact_me")
    count(worker)
    # When another one comes before the button is pressed
    worker.answered_by("contact_me")
    with worker.later(minutes=1):
        worker.press(PUT_THREE, why="flood")
    # Then nothing was put aside, and the new number is shown
    assert "Nothing was put aside, because the number has changed" in worker.page.text
    assert "4 sets of answers came then" in worker.page.text
    worker.get(CALL)
    assert len(shown(worker)) == 4


def test_a_day_that_is_none_is_asked_for_again(worker: Worker) -> None:
    count(worker, since="yesterday")
    assert worker.status == 400
    assert "Enter the day like 28/11/2026" in worker.page.text
    count(worker, since="02/01/2026", until="01/01/2026")
    assert "The last day must not be before the first" in worker.page.text


def test_other_languages_and_other_days_stay(worker: Worker) -> None:
    worker.answered_by("contact_me")
    count(worker, language="vi")
    assert "No unread answers came then" in worker.page.text
    count(worker, since="01/01/2020", until="02/01/2020")
    assert "No unread answers came then" in worker.page.text
