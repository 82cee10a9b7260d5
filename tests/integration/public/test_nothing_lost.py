"""No words are ever lost: not on several pages, not in two tabs, not on the way to Send."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask

from tests.factories import demo_form, publish_demo_call
from tests.integration.public.booker import ADDRESS, Booker, publish
from tests.integration.public.steps import (
    CALL,
    answer,
    answer_to,
    bring_back,
    correction_step,
    errors,
    go_to_check,
    kept,
    later,
    lose,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back, shown_code
from tests.visitor import Visitor
from webapp.services.infrastructure import disk_space, limits
from webapp.vault import visits
from webapp.vault.envelope import LARGEST

OutOfOrder = Callable[[], AbstractContextManager[None]]

TOO_LONG = {"health": "health_words", "later": "later_words", "change": "change_words"}


def refuse(visitor: Visitor, key: str, **typed: str) -> None:
    """Write something on a page that cannot be taken."""
    visitor.get(page_address(key))
    visitor.press("Continue", **typed)
    assert visitor.path == page_address(key) and errors(visitor)


def too_long(key: str) -> str:
    """A letter more than there is room for on any page, and different for each."""
    return (f"About {key}. " * 200)[:1_201]


def test_what_was_refused_on_several_pages_waits_on_each(page_visitor: Visitor) -> None:
    # Given a participant who wrote too much on one page after the other
    answer(page_visitor, had_assessment="yes")
    for key, field in TOO_LONG.items():
        refuse(page_visitor, key, **{field: too_long(key)})
    # When they look at the pages again, in any order
    for key, field in reversed(TOO_LONG.items()):
        page_visitor.get(page_address(key))
        # Then every word is there, with what to do
        assert value_of(page_visitor, field) == too_long(key)
        assert len(errors(page_visitor)) == 1


def test_nothing_is_sent_while_words_wait(page_visitor: Visitor) -> None:
    # Given a participant whose words on two pages were refused, and who goes to the end all the same
    answer(page_visitor, had_assessment="yes")
    refuse(page_visitor, "health", health_words=too_long("health"))
    refuse(page_visitor, "change", change_words=too_long("change"))
    page_visitor.get(step_address("check"))
    # When they go on
    page_visitor.press("Continue")
    # Then they are at the first page that waits, then at the second, and then at the end
    assert page_visitor.path == page_address("health")
    page_visitor.press("Continue", health_words="Short.")
    page_visitor.press("Continue")
    assert page_visitor.path == page_address("change")
    page_visitor.press("Delete my answers on this page")
    page_visitor.press("Continue")
    page_visitor.get(step_address("check"))
    page_visitor.press("Continue")
    assert page_visitor.path == step_address("agree")


def test_words_refused_in_another_tab_hold_back_send(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant at the last button
    go_to_check(page_visitor)
    page_visitor.press("Continue")
    send = page_visitor.address
    token = value_of(page_visitor, "csrf_token")
    # When words are refused in another tab, and Send is pressed in this one
    refuse(page_visitor, "change", change_words=too_long("change"))
    page_visitor.post(send, {"csrf_token": token})
    # Then nothing was sent, and the words are there to be looked at
    assert page_visitor.path == page_address("change")
    assert value_of(page_visitor, "change_words") == too_long("change")
    assert kept(page_app) == {}


def test_refused_words_do_not_hide_that_an_answer_is_missing(page_visitor: Visitor) -> None:
    # Given a participant who jumped over the one question that is needed
    begin(page_visitor)
    refuse(page_visitor, "change", change_words=too_long("change"))
    page_visitor.get(step_address("check"))
    # When they mend what waits and go on
    page_visitor.press("Continue")
    page_visitor.press("Continue", change_words="Short.")
    page_visitor.press("Continue")
    # Then they are asked for it, and what they wrote is kept
    assert page_visitor.path == page_address("first")
    page_visitor.press("Continue", adult="yes")
    asked = "If you could change one or two things, what would they be?"
    assert answer_to(page_visitor, asked) == "Short."


def test_words_that_wait_on_one_page_never_give_way_to_those_of_another(
    page_visitor: Visitor,
) -> None:
    # Given a participant who pasted a book on one page and another on the next
    answer(page_visitor, had_assessment="yes")
    refuse(page_visitor, "health", health_words="h" * 40_000)
    refuse(page_visitor, "later", later_words="l" * 40_000)
    # Then both are there whole, and all works on
    assert value_of(page_visitor, "later_words") == "l" * 40_000
    page_visitor.get(page_address("health"))
    assert value_of(page_visitor, "health_words") == "h" * 40_000
    page_visitor.get(page_address("later"))
    page_visitor.press("Continue", later_words="Short.")
    assert page_visitor.path == page_address("change")


def test_going_back_and_loading_again_lose_nothing(page_visitor: Visitor) -> None:
    # Given a participant who answered a page twice, as a double click does
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    for _ in range(2):
        page_visitor.post(page_address("change"), {"csrf_token": token, "change_words": "More."})
        assert page_visitor.path == page_address("contact")
    # When they go back, and load the page again
    for _ in range(2):
        page_visitor.get(page_address("change"))
        # Then it is there
        assert value_of(page_visitor, "change_words") == "More."


def test_leaving_the_equality_questions_does_not_leave_refused_ones_waiting(
    page_visitor: Visitor,
) -> None:
    # Given a participant who corrects what they sent, with an answer there that cannot be taken
    come_back(page_visitor, send_answers(page_visitor))
    page_visitor.follow("What you told us")
    page_visitor.press("Look at them")
    page_visitor.press("Answer these questions")
    token, tag = value_of(page_visitor, "csrf_token"), value_of(page_visitor, "belongs-to")
    sent = {"csrf_token": token, "belongs-to": tag, "age_band": "17"}
    page_visitor.post(page_visitor.path, sent)
    assert errors(page_visitor)
    # When they delete what stands there, which is the only way to leave it
    page_visitor.get(correction_step("more"))
    page_visitor.press("Delete these answers")
    page_visitor.press("Save my changes")
    # Then nothing holds them back
    assert page_visitor.path == "/en/choices/held"


# A last button that does not work just now


@pytest.fixture(params=["a lost store", "too many"])
def out_of_order(
    request: pytest.FixtureRequest, page_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> OutOfOrder:
    """Inside, nothing can be sent: a store is away, or a limit is reached."""

    @contextmanager
    def lost() -> Iterator[None]:
        lose(page_app, "erasure")
        yield
        bring_back(page_app, "erasure")

    @contextmanager
    def too_many() -> Iterator[None]:
        with monkeypatch.context() as patch:
            # No stranger can use up a limit on sending: the visitor's own are, and the disk has little room.
            patch.setattr(disk_space, "may_store", lambda: False)
            for name in ("send", "send-from-code"):
                patch.setitem(limits.LIMITS_FOR_ONE, name, limits.Limit(0, 0))
            yield

    return lost if request.param == "a lost store" else too_many


def test_boxes_that_were_ticked_are_ticked_when_send_did_not_work(
    page_visitor: Visitor, out_of_order: OutOfOrder
) -> None:
    # Given a participant who ticks a box and presses Send, which does not work
    go_to_check(page_visitor, contact_wanted="yes", safe_ways=["email"], email="robin@example.org")
    page_visitor.press("Continue")
    with out_of_order():
        page_visitor.press("Send", consent=["contact_me"])
        assert page_visitor.status in (429, 503)
    # When they go back to it
    page_visitor.get(step_address("agree"))
    # Then it is ticked: pressing Send again says yes to the same
    assert value_of(page_visitor, "consent") == ["contact_me"]
    page_visitor.press("Send")
    assert "We only get in touch for what you agreed to" in page_visitor.page.text


def test_boxes_that_were_ticked_are_ticked_when_a_correction_could_not_be_saved(
    page_visitor: Visitor, out_of_order: OutOfOrder
) -> None:
    # Given a participant who gives a safe way later, and ticks what makes sense only now
    come_back(page_visitor, send_answers(page_visitor))
    page_visitor.get("/en/choices/reach")
    page_visitor.press("Add a safe way to reach you")
    page_visitor.press("Continue", contact_wanted="yes")
    page_visitor.press("Continue", safe_ways=["text"])
    page_visitor.press("Continue", phone="07700 900123")
    page_visitor.get(correction_step("check"))
    page_visitor.press_first()
    # When it cannot be saved just now
    with out_of_order():
        page_visitor.press("Save my changes", consent=["contact_me"])
        assert page_visitor.status in (429, 503)
    # Then it is still ticked, and saved when they press again
    page_visitor.get(correction_step("agree"))
    assert value_of(page_visitor, "consent") == ["contact_me"]
    page_visitor.press("Save my changes")
    page_visitor.get("/en/choices/agreed")
    assert "You gave permission" in page_visitor.page.text


def test_a_booking_that_did_not_work_is_there_to_be_pressed_again(
    booker: Booker, out_of_order: OutOfOrder
) -> None:
    # Given a registrant who filled in a whole booking, and a button that does not work
    booker.begin(publish(booker.app).slug)
    form = booker.path
    with out_of_order():
        booker.press_first(registrant_email=ADDRESS)
        assert booker.status in (429, 503)
    # When they go back to it
    booker.get(form)
    # Then what they wrote is there, and can be sent
    assert value_of(booker, "registrant_email") == ADDRESS
    booker.press_first()
    assert booker.shown_ticket()


@pytest.mark.parametrize("in_visit", [False, True])
def test_needs_that_could_not_be_stored_are_there_to_be_pressed_again(
    booker: Booker, out_of_order: OutOfOrder, in_visit: bool
) -> None:
    # Given a registrant on their own page, in the browser in which they booked or in another
    ticket = booker.book(publish(booker.app).slug)
    registrant = booker if in_visit else Booker(booker.app)
    registrant.get(f"/en/r/{ticket}/needs")
    # When they write what they need, and it cannot be stored just now
    with out_of_order():
        registrant.press("Save", needs_notes="A quiet corner.")
        # Then what they wrote is on the page, with what to do
        assert registrant.status in (429, 503)
        assert value_of(registrant, "needs_notes") == "A quiet corner."
        assert "Please press the button once more." in registrant.page.text
    # And pressing once more stores it
    registrant.press("Save")
    assert "Thank you for telling us what you need." in registrant.page.text


# A return code where there is no room

#: As many bytes as fit on a page, in letters that take three each.
LONG = "ሀሁ" * 590


def write_a_lot(visitor: Visitor, call: str) -> None:
    """Begin this call and answer every question in one's own words, at length."""
    begin(visitor, call=call)
    visitor.press("Continue", adult="yes")
    for page in demo_form().pages:
        long = {q.key: LONG[: q.max_length] for q in page.questions if q.kind == "long_text"}
        visitor.get(f"/en/calls/{call}/page/{page.key}")
        if page.section == "call" and long and visitor.path.endswith(f"/page/{page.key}"):
            visitor.press("Continue", **long)
            assert visitor.status == 200


def test_a_return_code_that_brings_more_than_there_is_room_for_costs_nothing(
    page_app: Flask, page_visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given Visits that hold no more than usual answers
    monkeypatch.setattr(visits, "LARGEST_WAITING", LARGEST)
    # Given a code under which a lot waits, and a phone on which a lot was written that is not sent
    with page_app.app_context():
        publish_demo_call(f"{CALL}-two")
        publish_demo_call(f"{CALL}-three")
    stopped = Visitor(page_app.test_client())
    write_a_lot(stopped, CALL)
    stopped.get(page_address("change"))
    stopped.press("Stop for now")
    stopped.press("Give me a return code")
    code = shown_code(stopped)
    for call in (f"{CALL}-two", f"{CALL}-three"):
        write_a_lot(page_visitor, call)
    # When the code is handed in there
    come_back(page_visitor, code)
    # Then the page says what to do, and all that was written is still there
    assert page_visitor.path == "/en/choices"
    (told,) = errors(page_visitor)
    assert "there is no room for both" in told
    for call in (f"{CALL}-two", f"{CALL}-three"):
        page_visitor.get(f"/en/calls/{call}/check")
        assert LONG[:500] in page_visitor.page.text
    # And the code still works elsewhere
    other = Visitor(page_app.test_client())
    come_back(other, code)
    other.get(step_address("check"))
    assert LONG[:500] in other.page.text


# Two tabs, and a Visit that ended

WAITED = "More than 2 hours went by"


def test_words_in_a_second_tab_outlive_the_visit(page_app: Flask, page_visitor: Visitor) -> None:
    # Given two tabs with half a page written in each, for too long
    walk_to(page_visitor, "health", had_assessment="yes")
    first, second = page_visitor, Visitor(page_app.test_client())
    second.client = first.client
    second.get(page_address("change"))
    with later(hours=3):
        # When both are sent, one after the other
        first.press("Continue", health_words="In the first.")
        second.press("Continue", change_words="In the second.")
        # Then the second was not taken, and its page is there again with every word, and says why
        assert second.status == 403
        assert second.path == page_address("change")
        assert WAITED in second.page.text
        assert value_of(second, "change_words") == "In the second."
        first.get(page_address("change"))
        assert value_of(first, "change_words") == ""
        # And pressing the button once more keeps it, beside what the first tab sent
        second.press("Continue")
        assert second.status == 200
        second.get(page_address("change"))
        assert value_of(second, "change_words") == "In the second."
        second.get(page_address("health"))
        assert value_of(second, "health_words") == "In the first."


def test_a_tab_of_a_visit_that_was_ended_keeps_its_words_and_says_nothing_untrue(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a page in a second tab, and a Visit that was ended and begun anew, long before two hours
    walk_to(page_visitor, "change")
    second = Visitor(page_app.test_client())
    second.client = page_visitor.client
    second.get(page_address("change"))
    page_visitor.client.delete_cookie("hearth")
    begin(page_visitor)
    # When the page is sent
    second.press("Continue", change_words="In the second.")
    # Then the words are there, with what to do, and no page speaks of two hours
    assert second.status == 403
    assert value_of(second, "change_words") == "In the second."
    assert WAITED not in second.page.text
    assert "We could not take this page the first time" in second.page.text


@pytest.mark.parametrize("step", ["page/nonsense", "check", "more"])
def test_other_posts_of_an_old_tab_get_the_page_that_explains(
    page_visitor: Visitor, step: str
) -> None:
    walk_to(page_visitor, "change")
    page_visitor.post(step_address(step), {"csrf_token": "old", "change_words": "Mine."})
    assert page_visitor.status == 403
    assert page_visitor.page.h1 == "We could not take that"


def test_a_call_that_was_not_begun_shows_no_question(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a Visit that holds another call
    with page_app.app_context():
        publish_demo_call(f"{CALL}-two")
    begin(page_visitor, call=f"{CALL}-two")
    # When an old tab sends a page of this one
    page_visitor.post(page_address("change"), {"csrf_token": "old", "change_words": "Mine."})
    # Then it is refused as ever
    assert page_visitor.status == 403
    assert page_visitor.page.h1 == "We could not take that"


# Nothing is left of a participant whom the call is not for


@pytest.mark.parametrize("late", [False, True])
def test_after_the_stop_there_is_no_row_no_cookie_and_no_draft(
    page_app: Flask, page_visitor: Visitor, late: bool
) -> None:
    # Given a participant who says at once, or at the end, with words waiting, that they are not 18
    if late:
        go_to_check(page_visitor, change_words="More time.")
        refuse(page_visitor, "health", health_words=too_long("health"))
        page_visitor.get(page_address("first"))
    else:
        begin(page_visitor)
    page_visitor.press("Continue", adult="no")
    # Then they see where to find help, and nothing is left in any store, nor in their browser
    assert "0800 1111" in page_visitor.page.text
    assert kept(page_app) == {}
    assert rows_in(page_app, "public_visits") == 0
    assert page_visitor.client.get_cookie("hearth") is None
    # And the page still opens when it is loaded again
    page_visitor.get(page_visitor.address)
    assert page_visitor.status == 200


def test_the_stop_of_one_call_leaves_another_ones_code_alone(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant with two calls in two tabs, who has sent one and has its code on the screen
    with page_app.app_context():
        publish_demo_call(f"{CALL}-two")
    begin(page_visitor, call=f"{CALL}-two")
    walk_to(page_visitor, "change")
    code = send_answers(page_visitor)
    # When they are stopped in the other
    page_visitor.get(f"/en/calls/{CALL}-two/page/first")
    page_visitor.press("Continue", adult="no")
    # Then their code is still there
    page_visitor.get(step_address("done"))
    assert shown_code(page_visitor) == code
