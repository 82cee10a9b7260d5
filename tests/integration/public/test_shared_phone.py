"""One phone, two people: the second neither sees nor changes what the first told us."""

import pytest
from flask import Flask

from tests.factories import publish_demo_call
from tests.integration.public.booker import Booker, publish
from tests.integration.public.steps import (
    CALL,
    START,
    answer_to,
    begin_helped,
    correction_page,
    errors,
    go_to_check,
    later,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back, send, shown_code
from tests.visitor import Visitor

MINE = "Only I may read this."
THEIRS = "Said by somebody else."
QUESTION = "If you could change one or two things, what would they be?"
ANOTHER = "Another way, or another day"
TWO = f"{CALL}-two"


def stop(visitor: Visitor) -> str:
    """Stop here, with a return code."""
    visitor.press("Stop for now")
    visitor.press("Give me a return code")
    return shown_code(visitor)


def begin_correcting(visitor: Visitor, code: str) -> None:
    """Hand in a code and go to the page about what to change."""
    come_back(visitor, code)
    visitor.follow("What you told us")
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    assert visitor.path == correction_page("change")


def also_open(app: Flask) -> None:
    """A second call with the same questions."""
    with app.app_context():
        publish_demo_call(TWO)


# A return code after another participant's receipt


@pytest.fixture
def correcting(page_app: Flask, page_visitor: Visitor) -> str:
    """A participant began to correct what they sent, and walked away from the phone. Their code."""
    code = send_answers(page_visitor, change_words=MINE)
    begin_correcting(page_visitor, code)
    return code


def test_a_return_code_does_not_open_another_participants_correction(
    page_app: Flask, page_visitor: Visitor, correcting: str
) -> None:
    # Given another participant, who had stopped half-way elsewhere
    elsewhere = Visitor(page_app.test_client())
    walk_to(elsewhere, "change")
    elsewhere.press("Continue", change_words=THEIRS)
    theirs = stop(elsewhere)
    # When they hand in their return code on that phone, and go on to the end
    come_back(page_visitor, theirs)
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == THEIRS
    page_visitor.get(step_address("check"))
    assert "Save my changes" not in page_visitor.buttons()
    receipt = send(page_visitor)
    # Then they sent their own answers, and what the first one told us is as it was
    assert receipt not in (correcting, theirs)
    for code, words in ((correcting, MINE), (receipt, THEIRS)):
        look = Visitor(page_app.test_client())
        come_back(look, code)
        look.follow("What you told us")
        assert answer_to(look, QUESTION) == words


@pytest.mark.parametrize("page", ["held", "answers", "erased", "copy"])
def test_a_return_code_closes_what_a_receipt_had_opened(
    page_app: Flask, page_visitor: Visitor, correcting: str, page: str
) -> None:
    elsewhere = Visitor(page_app.test_client())
    walk_to(elsewhere, "change")
    come_back(page_visitor, stop(elsewhere))
    page_visitor.get(f"/en/choices/{page}")
    assert page_visitor.path == "/en/choices"


def test_back_from_the_code_leads_to_the_code_also_after_a_correction(
    page_visitor: Visitor, correcting: str
) -> None:
    # Given a participant who answers after another had corrected on this phone
    begin(page_visitor)
    code = send_answers(page_visitor, change_words=THEIRS)
    # When they go back
    page_visitor.get(page_address("change"))
    # Then they see their code
    assert shown_code(page_visitor) == code


# Begin


@pytest.mark.parametrize("page", ["held", "answers", "reach", "agreed", "erase", "copy"])
@pytest.mark.parametrize("call", [CALL, TWO])
def test_begin_closes_what_a_code_had_opened(
    page_app: Flask, page_visitor: Visitor, page: str, call: str
) -> None:
    # Given a participant who looked at what is held, and walked away
    also_open(page_app)
    come_back(page_visitor, send_answers(page_visitor, change_words=MINE))
    # When another participant begins on that phone
    begin(page_visitor, call=call)
    # Then no page shows it without the code
    page_visitor.get(f"/en/choices/{page}")
    assert page_visitor.path == "/en/choices"


def test_begin_forgets_that_a_participant_erased(page_visitor: Visitor) -> None:
    come_back(page_visitor, send_answers(page_visitor))
    page_visitor.get("/en/choices/erase")
    page_visitor.press("Yes, delete everything")
    begin(page_visitor)
    page_visitor.get("/en/choices/erased")
    assert page_visitor.path == "/en/choices"


@pytest.mark.parametrize("call", [CALL, TWO])
def test_begin_closes_the_page_with_the_last_code(
    page_app: Flask, page_visitor: Visitor, call: str
) -> None:
    # Given a participant who sent, tried to type their code, and walked away
    also_open(page_app)
    code = send_answers(page_visitor)
    page_visitor.press("Try it", code=code)
    # When another participant begins on that phone
    begin(page_visitor, call=call)
    # Then the next person does not see the code there
    for step in ("done", "note"):
        response = page_visitor.client.get(step_address(step))
        assert response.status_code == 303
    page_visitor.get(step_address("done"))
    assert code not in page_visitor.page.text


def test_another_receipt_closes_the_page_with_the_last_code(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a code on the screen, and another participant who comes with theirs
    mine = send_answers(page_visitor)
    theirs = send_answers(Visitor(page_app.test_client()))
    come_back(page_visitor, theirs)
    # Then they do not get at the first one
    page_visitor.get(step_address("done"))
    assert mine not in page_visitor.page.text


def test_handing_in_the_code_that_was_just_given_keeps_its_page(page_visitor: Visitor) -> None:
    # Given a participant who tries their new code at once
    code = send_answers(page_visitor)
    come_back(page_visitor, code)
    # When they go back
    page_visitor.get(step_address("done"))
    # Then the code is still there to be kept
    assert shown_code(page_visitor) == code


def test_begin_keeps_what_was_not_sent_yet(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant in the middle of two calls, in two tabs
    also_open(page_app)
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words=MINE)
    begin(page_visitor, call=TWO)
    # Then the first is as it was
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == MINE


# Words that were typed too late


def type_too_late(visitor: Visitor, code: str) -> None:
    """In the middle of a correction, press Continue after the Visit has ended."""
    begin_correcting(visitor, code)
    with later(hours=3):
        visitor.press("Continue", change_words=MINE)
        assert visitor.path == "/en/choices"


def test_words_typed_too_late_are_shown_to_no_other_code(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given words that wait for their writer's code
    mine = send_answers(page_visitor)
    theirs = send_answers(Visitor(page_app.test_client()), change_words=THEIRS)
    type_too_late(page_visitor, mine)
    with later(hours=3):
        # When another participant hands in their code for the same call
        begin_correcting(page_visitor, theirs)
        # Then they see their own words
        assert value_of(page_visitor, "change_words") == THEIRS
        # And the writer finds theirs with their code
        begin_correcting(page_visitor, mine)
        assert value_of(page_visitor, "change_words") == MINE


def test_words_typed_too_late_are_dropped_by_begin(page_visitor: Visitor) -> None:
    mine = send_answers(page_visitor)
    type_too_late(page_visitor, mine)
    with later(hours=3):
        begin(page_visitor)
        begin_correcting(page_visitor, mine)
        assert value_of(page_visitor, "change_words") == ""


def test_the_form_of_a_correction_says_nothing_that_opens_anything(page_visitor: Visitor) -> None:
    # Given a form that carries whose correction it is
    code = send_answers(page_visitor)
    begin_correcting(page_visitor, code)
    tag = str(value_of(page_visitor, "belongs-to"))
    # Then that is neither the code nor anything that is handed in anywhere
    assert len(tag) == 32 and code.replace("-", "").lower() not in tag.lower()
    come_back(page_visitor, tag)
    assert errors(page_visitor)


# Erasing unfinished answers


def erase_unfinished(visitor: Visitor) -> None:
    visitor.get(step_address("unfinished"))
    visitor.press("Yes, delete them")
    assert visitor.page.h1 == "Your unfinished answers are deleted"


def test_a_second_draft_is_erased_as_well_as_the_first(app: Flask, visitor: Visitor) -> None:
    # Given a participant who erased their unfinished answers
    walk_to(visitor, "change")
    stop(visitor)
    erase_unfinished(visitor)
    # When they, or the next at this phone, begin again, stop again, and erase again
    walk_to(visitor, "change")
    visitor.press("Continue", change_words=MINE)
    code = stop(visitor)
    assert rows_in(app, "return_drafts") == 1
    erase_unfinished(visitor)
    # Then it is gone, as the page says
    assert rows_in(app, "return_drafts") == rows_in(app, "erasure_secrets") == 0
    come_back(visitor, code)
    assert errors(visitor)
    visitor.get(page_address("change"))
    assert visitor.path == START


def test_a_draft_that_was_brought_along_is_erased_too(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a phone on which unfinished answers were erased
    walk_to(page_visitor, "change")
    erase_unfinished(page_visitor)
    # When another participant comes there with a return code, and erases what waits under it
    elsewhere = Visitor(page_app.test_client())
    walk_to(elsewhere, "change")
    code = stop(elsewhere)
    come_back(page_visitor, code)
    erase_unfinished(page_visitor)
    # Then nothing waits
    assert rows_in(page_app, "return_drafts") == 0


def test_the_page_that_says_erased_is_not_shown_to_the_participant_who_begins(
    page_visitor: Visitor,
) -> None:
    walk_to(page_visitor, "change")
    erase_unfinished(page_visitor)
    begin(page_visitor)
    page_visitor.get(step_address("unfinished/erased"))
    assert page_visitor.path == START


def test_another_way_leaves_nothing_under_a_return_code(app: Flask, visitor: Visitor) -> None:
    # Given a participant with a return code
    walk_to(visitor, "change")
    visitor.press("Continue", change_words=MINE)
    code = stop(visitor)
    # When a helper comes, and the participant wants another way
    begin_helped(visitor, ANOTHER)
    assert "No answers are kept here now." in visitor.page.text
    # Then that is so
    assert rows_in(app, "return_drafts") == rows_in(app, "erasure_secrets") == 0
    come_back(visitor, code)
    assert errors(visitor)


# Consent


def test_a_box_ticked_in_one_call_is_not_ticked_in_another(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who ticked a box and stopped for now
    also_open(page_app)
    go_to_check(page_visitor)
    page_visitor.press_first()
    page_visitor.press("Stop for now", consent=["quote"])
    # When another call comes to its last page
    begin(page_visitor, call=TWO)
    page_visitor.press("Continue", adult="yes")
    page_visitor.get(f"/en/calls/{TWO}/check")
    page_visitor.press_first()
    # Then no box is ticked for them there
    assert value_of(page_visitor, "consent") == []
    # And what was ticked in the first is still ticked there
    page_visitor.get(step_address("agree"))
    assert value_of(page_visitor, "consent") == ["quote"]


def test_ticked_boxes_go_with_the_answers(page_visitor: Visitor) -> None:
    go_to_check(page_visitor)
    page_visitor.press_first()
    page_visitor.press("Stop for now", consent=["quote"])
    erase_unfinished(page_visitor)
    go_to_check(page_visitor)
    page_visitor.press_first()
    assert value_of(page_visitor, "consent") == []


# Booking


def test_a_cookie_left_in_the_phone_sees_no_booking(page_app: Flask, booker: Booker) -> None:
    # Given a participant who began something, kept a copy of the cookie, and passed the phone on
    event = publish(page_app, "small-group")
    begin(booker)
    planted = booker.client.get_cookie("hearth")
    assert planted is not None
    # When a registrant books a seat there
    ticket = booker.book(event.slug)
    code = booker.shown_room_code()
    # Then the copy shows neither their link nor the code of the room
    thief = Booker(page_app)
    thief.client.set_cookie("hearth", planted.value)
    thief.get(f"/en/events/{event.slug}/registered")
    assert thief.path == f"/en/events/{event.slug}/"
    assert ticket not in thief.page.html and code not in thief.page.html


def test_booking_in_a_second_tab_costs_nothing(page_app: Flask, booker: Booker) -> None:
    # Given a participant in the middle of answering, and of booking
    event = publish(page_app)
    walk_to(booker, "change")
    booker.press("Continue", change_words=MINE)
    booker.begin(event.slug)
    form, token = booker.address, str(value_of(booker, "csrf_token"))
    # When the button on the event's page is pressed again, and the first form is sent
    booker.begin(event.slug)
    booker.post(form, {"csrf_token": token, "registrant_email": "robin@example.org"})
    # Then it is booked, and the answers are still there
    assert booker.page.h1 == "You have a seat"
    booker.get(page_address("change"))
    assert value_of(booker, "change_words") == MINE


# After a booking


SMALL = "small-group"
THEIR_ADDRESS = "sam@example.org"


@pytest.fixture
def booked(page_app: Flask, booker: Booker) -> tuple[str, str]:
    """A registrant booked a seat in a room with a code, and walked away from the phone. Their ticket and their code."""
    publish(page_app, SMALL)
    publish(page_app)
    also_open(page_app)
    return booker.book(SMALL), booker.shown_room_code()


@pytest.mark.parametrize("address", [f"{START}begin", f"/en/calls/{TWO}/begin"])
def test_begin_closes_the_page_after_a_booking(
    booker: Booker, booked: tuple[str, str], address: str
) -> None:
    # When another participant begins to answer on that phone
    booker.post(address)
    # Then the next person gets neither the link nor the code of the room
    sees_no_booking(booker, booked)


def test_a_receipt_closes_the_page_after_a_booking(
    page_app: Flask, booker: Booker, booked: tuple[str, str]
) -> None:
    come_back(booker, send_answers(Visitor(page_app.test_client())))
    sees_no_booking(booker, booked)


def test_a_return_code_closes_the_page_after_a_booking(
    page_app: Flask, booker: Booker, booked: tuple[str, str]
) -> None:
    elsewhere = Visitor(page_app.test_client())
    walk_to(elsewhere, "change")
    come_back(booker, stop(elsewhere))
    sees_no_booking(booker, booked)


def test_beginning_another_booking_closes_the_page_after_one(
    booker: Booker, booked: tuple[str, str]
) -> None:
    booker.begin("round-table")
    sees_no_booking(booker, booked)


def sees_no_booking(booker: Booker, booked: tuple[str, str]) -> None:
    booker.get(f"/en/events/{SMALL}/registered")
    assert booker.path == f"/en/events/{SMALL}/"
    assert not [one for one in booked if one in booker.page.html]


def test_the_next_in_the_line_books_a_seat_of_their_own(
    page_app: Flask, booker: Booker, booked: tuple[str, str]
) -> None:
    # Given a line of people who book the same event on one phone
    # When the second one presses Begin and books
    theirs = booker.book(SMALL, registrant_email=THEIR_ADDRESS)
    # Then they have a link and a code of their own, and have seen neither of the first one
    assert theirs != booked[0] and booker.shown_room_code() != booked[1]
    assert not [one for one in booked if one in booker.page.html]
    assert rows_in(page_app, "registrations") == 2


def test_back_and_a_doubled_press_still_show_the_code_of_the_room(
    page_app: Flask, booker: Booker
) -> None:
    # Given a registrant who books, with the form open in another tab too
    publish(page_app, SMALL)
    booker.begin(SMALL)
    form = booker.path
    sent = {
        "csrf_token": value_of(booker, "csrf_token"),
        "adult": "yes",
        "registrant_email": "robin@example.org",
    }
    booker.press_first(registrant_email="robin@example.org", adult="yes")
    code = booker.shown_room_code()
    # When it is sent again, and when they go back
    for again in (lambda: booker.post(form, sent), lambda: booker.get(form)):
        again()
        # Then they see the same code, and hold one seat
        assert booker.shown_room_code() == code
    assert rows_in(page_app, "registrations") == 1


@pytest.mark.parametrize("page", ["held", "answers", "copy"])
def test_beginning_a_booking_closes_what_a_code_had_opened(
    page_app: Flask, booker: Booker, page: str
) -> None:
    # Given a participant who looked at what is held, and walked away
    publish(page_app)
    come_back(booker, send_answers(booker, change_words=MINE))
    # When a registrant begins to book
    booker.begin("round-table")
    # Then no page shows it without the code
    booker.get(f"/en/choices/{page}")
    assert booker.path == "/en/choices"
    booker.get(step_address("done"))
    assert booker.path == START
