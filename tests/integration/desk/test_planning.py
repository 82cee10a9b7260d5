"""Planning an event at the desk: nothing typed is lost, the preview is the visitor's page, publishing is real."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus

import pytest

from tests.colleagues import join
from tests.conftest import MakeApp
from tests.integration.desk.test_contacts import error_words
from tests.integration.desk.worker import Worker
from tests.integration.public.booker import Booker
from tests.pages import Page, words
from tests.visitor import Value
from webapp.rules import clock
from webapp.rules.roles import Role
from webapp.services.events import published_events
from webapp.services.events.published_events import Event, NoSuchEvent
from webapp.services.keys.bootstrap import Founded

NEW = "/desk/events/new"
#: Ethiopic and Arabic: what was typed in any script is kept as it was.
TIGRINYA = "ናይ ርክብ ዕላማ"
ARABIC = "لقاء حول الدعم في أيلول"


def plan(**changes: Value) -> dict[str, Value]:
    """Every field that starts empty, all right unless a change says otherwise."""
    day = clock.today() + timedelta(days=40)
    # Far from any night on which the clocks change.
    right: dict[str, Value] = {
        "title": "An evening about housing",
        "summary": "We talk about housing.",
        "audience": "Anyone who works in housing.",
        "day": str(day.day),
        "month": str(day.month),
        "year": str(day.year),
        "starts": "2.30 pm",
        "ends": "4 pm",
        "address": "evening-housing",
    }
    return {**right, **changes}


def begin(worker: Worker, kind: str = "a round table") -> Page:
    worker.get("/desk/events")
    worker.follow("Plan an event")
    return worker.follow(f"Plan {kind}")


def preview(worker: Worker, **changes: Value) -> Page:
    begin(worker)
    return worker.press("See how it looks", **plan(**changes))


def there_is(worker: Worker, slug: str = "evening-housing") -> Event | None:
    with worker.app.app_context():
        try:
            return published_events.find(slug)
        except NoSuchEvent:
            return None


def typed(page: Page) -> list[str]:
    return [
        *(box.get("value", "") for box in page.all("input")),
        *(words(box) for box in page.all("textarea")),
    ]


def test_an_event_is_planned_looked_at_and_published(worker: Worker) -> None:
    # Given a filled form, then its preview is the visitor's page, marked, and nothing is stored
    page = preview(worker)
    assert worker.status == HTTPStatus.OK
    for told in (
        "This is a preview.",
        "An evening about housing",
        "2.30 pm to 4 pm",
        "Who runs it",
    ):
        assert told in page.text
    assert there_is(worker) is None
    # When it is published
    page = worker.press("Publish the event")
    # Then it is at the desk and on the first page, and a visitor can book
    assert page.path == "/desk/events/evening-housing"
    assert "The event is published, and people can register." in page.text
    event = there_is(worker)
    assert event is not None
    assert (event.seats, event.definition.kind) == (30, "round_table")
    visitor = Worker(worker.app, worker.founded)
    assert "An evening about housing" in visitor.get("/en/").text
    assert "Book a seat" in visitor.get("/en/events/evening-housing/").text
    # And the record says who published it
    assert worker.record()[0].tag == "event published"


def test_a_plan_says_where_people_meet_and_until_when_they_can_register(
    page_worker: Worker,
) -> None:
    # Given a plan for a building, with the words about a call left as they were
    worker = page_worker
    page = preview(worker, held="place", last_day="7")
    # Then it asks for other words, and keeps the choices
    assert error_words(worker) == [
        "These words are from an event that was held in another way. Say how this one is held"
    ]
    # When they are written, then the preview names the last day, and the event is as it was planned
    page = worker.press("See how it looks", how="In a hall near the station. It has no steps.")
    last = clock.today() + timedelta(days=33)
    assert f"You can book until the end of {last.day} {last:%B %Y}." in page.text
    # And says what is still to be done for a building, where there is no link
    assert "before you set the address" in page.text
    worker.press("Publish the event")
    assert "joining link" not in page.text + worker.page.text
    event = there_is(worker)
    assert event is not None
    assert (event.definition.held, event.definition.last_day_before) == ("place", 7)
    assert "The address is not set yet. Nobody can come without it." in worker.page.text


def test_a_plan_asks_no_more_than_fits_on_a_page(page_worker: Worker) -> None:
    begin(page_worker)
    asked = ["adult", "registrant_name", "organisation", "on_the_list", "food", "travel_help"]
    page = page_worker.press("See how it looks", **plan(questions=asked))
    assert error_words(page_worker) == [
        "Leave out one of these: a form may ask at most 10 questions"
    ]
    # Then what was chosen is still chosen
    chosen = {one.get("value") for one in page.all("input") if "checked" in one.attrib}
    assert chosen >= set(asked)


def test_food_and_travel_are_asked_and_reach_who_arranges_them(page_worker: Worker) -> None:
    # Given a plan for a building that asks for both
    worker = page_worker
    begin(worker, "a focus group")
    asked = ["adult", "food", "travel_help"]
    hall = {"held": "place", "how": "In a hall near the station.", "questions": asked}
    worker.press("See how it looks", **plan(**hall, without_email="yes"))
    assert "Is there anything that you do not eat?" in worker.page.text
    worker.press("Publish the event")
    # (and in a building nobody is asked whether they join by phone)
    event = there_is(worker)
    assert event is not None
    needs = event.definition.form.question("access_needs")
    assert "phone_in" not in {choice.key for choice in needs.choices}
    worker.sign_in_anew()
    # When two people register in two languages
    for language, answer in (("en", "Pork"), ("ar", "الفول السوداني")):
        booker = Booker(worker.app)
        booker.begin("evening-housing", language)
        assert not booker.page.all("div[@class='untranslated']")
        booker.press_first(adult="yes", food=answer, travel_help="yes")
        assert booker.path.endswith("/registered"), booker.page.text
    # Then whoever arranges it reads what they do not eat, and how many need their way paid
    worker.get("/desk/events/evening-housing")
    page = worker.press("Open names and needs")
    assert "2 × Wants us to pay for the way there and back" in page.text
    assert "Does not eat: Pork" in page.text
    assert "الفول السوداني" in page.text


@pytest.mark.parametrize(
    ("last_day", "said"),
    [
        ("0", "Enter a number from 1 to 60"),
        ("61", "Enter a number from 1 to 60"),
        ("a week", "Enter a number from 1 to 60"),
        ("41", "So many days before the event is a day that has passed."),
    ],
)
def test_a_last_day_to_register_is_still_to_come(
    page_worker: Worker, last_day: str, said: str
) -> None:
    preview(page_worker, last_day=last_day)
    (words,) = error_words(page_worker)
    assert words.startswith(said)
    assert last_day in typed(page_worker.page)


def test_publishing_asks_for_a_fresh_second_factor_and_keeps_the_plan(page_worker: Worker) -> None:
    worker = page_worker
    preview(worker, summary=TIGRINYA)
    with worker.later(minutes=6):
        page = worker.press("Publish the event")
        assert "Confirm that it is you" in page.text
        assert there_is(worker) is None
        worker.confirm()
    event = there_is(worker)
    assert event is not None
    assert event.definition.summary == {"en": TIGRINYA}


def test_errors_name_the_field_and_keep_everything_typed(page_worker: Worker) -> None:
    worker = page_worker
    # Given a form with words in two scripts, and slips
    page = preview(
        worker,
        title=ARABIC,
        summary=TIGRINYA,
        audience="",
        day="31",
        month="2",
        ends="1 pm",
        seats="many",
        address="Not An Address",
        questions=["organisation"],
        without_email=True,
    )
    # Then each slip is named, and everything is there
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert error_words(worker) == [
        "Say who the event is for",
        "Enter a day that is in the calendar, like 20 7 2027",
        "Enter a number from 1 to 1000",
    ]
    for kept in (ARABIC, TIGRINYA, "31", "1 pm", "many", "Not An Address"):
        assert any(kept in one for one in typed(page)), kept
    ticked = [box.get("value") for box in page.all("input") if "checked" in box.attrib]
    assert sorted(filter(None, ticked)) == ["call", "organisation", "yes"]


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ({"ends": "1 pm"}, "Choose an end that is"),
        ({"ends": "later"}, "Enter when it ends"),
        ({"year": "2001"}, "This day has passed"),
        ({"title": "An evening for survivors"}, "Leave out “survivors”"),
        ({"keep_days": "5"}, "Name the 5 days"),
        ({"address": "new"}, "Choose another word"),
        ({"address": "for-victims"}, "Choose another word"),
        ({"summary": "a" * 2001}, "Make this 1 letter shorter"),
        ({"summary": "\u200b\u200d"}, "Say what the event is about"),
    ],
)
def test_what_cannot_be_published_is_said_beside_its_field(
    slip: dict[str, str], said: str, page_worker: Worker
) -> None:
    page = preview(page_worker, **slip)
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert [one for one in error_words(page_worker) if said in one], page.text
    assert there_is(page_worker) is None


def test_something_is_changed_after_looking(page_worker: Worker) -> None:
    preview(page_worker)
    page = page_worker.press("Change something")
    assert "An evening about housing" in typed(page)
    page = page_worker.press("See how it looks", title=ARABIC)
    assert ARABIC in page.text


def test_a_second_press_publishes_nothing_more(page_worker: Worker) -> None:
    worker = page_worker
    preview(worker)
    form = worker.page
    for _ in range(2):
        worker.page = form
        page = worker.press("Publish the event")
        assert page.path == "/desk/events/evening-housing"
    assert worker.tags().count("event published") == 1
    # And another event of that title at that time is told from it
    preview(worker, address="evening-two")
    assert [one for one in error_words(worker) if "at that time already" in one]


def test_presses_at_once_publish_one_event_and_all_lead_to_it(worker: Worker) -> None:
    # Given the button, pressed again before the first press was answered
    preview(worker)
    cookie = worker.client.get_cookie("hearth-desk")
    assert cookie is not None

    def press(_: int) -> str:
        tab = Worker(worker.app, worker.founded)
        tab.client.set_cookie("hearth-desk", cookie.value)
        tab.page, tab.address = worker.page, worker.address
        return tab.press("Publish the event").path

    # When all of them arrive at once
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(press, range(4)))
    # Then each leads to the one event
    assert found == {"/desk/events/evening-housing"}
    assert worker.tags().count("event published") == 1


def test_a_copy_keeps_translations_of_words_that_stay(page_worker: Worker) -> None:
    worker = page_worker
    begin(worker, "a focus group")
    worker.press("See how it looks", **plan(how="We meet by video."))
    worker.press("Publish the event")
    first = there_is(worker)
    assert first is not None
    # Given an event from blank: what was left has its translations, what was written is in English
    assert "ar" in first.definition.readers
    assert first.definition.how == {"en": "We meet by video."}
    assert first.definition.form.only_page.stop is not None
    # When it is copied with another title and without the question about age
    worker.get("/desk/events/evening-housing")
    worker.follow("Plan another event like this one")
    worker.press(
        "See how it looks", **plan(title="Again", address="again", questions=["needs_notes"])
    )
    worker.press("Publish the event")
    copy = there_is(worker, "again")
    assert copy is not None
    assert (copy.definition.kind, copy.definition.readers) == (
        "focus_group",
        first.definition.readers,
    )
    assert [one.key for one in copy.definition.form.questions][-1] == "needs_notes"
    assert copy.definition.form.only_page.stop is None
    assert copy.definition.room_code


def test_a_registrar_runs_events_and_plans_none(page_stranger: Worker) -> None:
    with page_stranger.app.app_context():
        registrar = Worker(page_stranger.app, join("Cy", Role.REGISTRAR))
    registrar.sign_in()
    assert "Plan an event" not in registrar.get("/desk/events").text
    registrar.get(NEW)
    assert registrar.status == HTTPStatus.FORBIDDEN


def test_a_desk_without_the_public_door_shows_the_preview(
    make_page_app: MakeApp, page_founded: Founded
) -> None:
    # Given the desk as a process of its own, which knows no address of the public door
    worker = Worker(make_page_app(DOORS="desk"), page_founded)
    worker.sign_in()
    page = preview(worker)
    assert "This is a preview." in page.text


def test_an_event_that_is_over_can_be_copied(page_worker: Worker) -> None:
    worker = page_worker
    preview(worker)
    worker.press("Publish the event")
    with worker.later(days=60):
        worker.sign_in_anew()
        worker.get("/desk/events/evening-housing")
        page = worker.follow("Plan another event like this one")
        assert "An evening about housing" in typed(page)
        # Its day is over, and its address is taken: both are asked for anew
        worker.press("See how it looks")
        assert len(error_words(worker)) == 4
