"""Autosave while a participant writes: the script changes only those words, and late ones reach no other person."""

import pytest
from flask import Flask

from tests.factories import register_one
from tests.integration.public.booker import Booker, publish
from tests.integration.public.steps import (
    correction_page,
    correction_step,
    errors,
    later,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.pages import words
from tests.people import begin, come_back
from tests.visitor import Visitor

TOPIC = "What should change"
ASKED = "If you could change one or two things, what would they be?"
EVENT = "round-table"
TOO_LONG = "Too long. " * 200


def keep(visitor: Visitor, words: str, *, at: int, address: str = "", **more: str) -> int:
    """What the script does when a participant pauses. Returns the status."""
    data = {"csrf_token": str(value_of(visitor, "csrf_token")), "change_words": words, **more}
    return write(visitor, address or page_address("change"), {**data, "at": str(at)})


def write(visitor: Visitor, address: str, data: dict[str, str]) -> int:
    answer = visitor.client.post(f"{address}/words", data=data)
    assert answer.get_data() == b"" or answer.status_code != 204
    return answer.status_code


def shown(visitor: Visitor, address: str = "") -> str:
    visitor.get(address or page_address("change"))
    return str(value_of(visitor, "change_words"))


def test_it_is_there_when_the_page_is_loaded_again(page_visitor: Visitor) -> None:
    # Given a participant who writes more than there is room for, and pauses
    walk_to(page_visitor, "change")
    assert keep(page_visitor, TOO_LONG, at=1) == 204
    # Then it is there, nothing is said to be wrong, and nothing is sent without it
    assert shown(page_visitor) == TOO_LONG
    assert errors(page_visitor) == []
    page_visitor.get(step_address("check"))
    page_visitor.press("Continue")
    assert page_visitor.path == page_address("change")


def test_older_words_never_take_the_place_of_newer_ones(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    keep(page_visitor, "Newer.", at=2)
    keep(page_visitor, "Older.", at=1)
    assert shown(page_visitor) == "Newer."


@pytest.mark.parametrize("button", ["Continue", "Back"])
@pytest.mark.parametrize("words", ["Sent.", TOO_LONG], ids=["taken", "refused"])
def test_what_was_sent_is_newer_than_what_was_kept_before(
    page_visitor: Visitor, button: str, words: str
) -> None:
    # Given words that were kept, and a page that was sent after them
    walk_to(page_visitor, "change")
    keep(page_visitor, "Kept.", at=1)
    page_visitor.press(button, change_words=words, at="3")
    # When something from between arrives late
    keep(page_visitor, "Late.", at=2)
    # Then what was sent stands
    assert shown(page_visitor) == words
    assert bool(errors(page_visitor)) == (button == "Continue" and words == TOO_LONG)
    # And newer words are kept again
    keep(page_visitor, "Newest.", at=4)
    assert shown(page_visitor) == "Newest."


def test_a_page_that_says_what_is_wrong_goes_on_saying_it(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words=TOO_LONG, at="1")
    keep(page_visitor, f"{TOO_LONG}.", at=2)
    assert shown(page_visitor) == f"{TOO_LONG}."
    assert len(errors(page_visitor)) == 1


def test_words_like_the_answer_are_nothing_new(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="Mine.", at="1")
    page_visitor.get(page_address("change"))
    keep(page_visitor, "Mine, and", at=2)
    keep(page_visitor, "Mine.", at=3)
    page_visitor.get(step_address("check"))
    page_visitor.press("Continue")
    assert page_visitor.path == step_address("agree")


def test_it_opens_no_visit(page_app: Flask, page_visitor: Visitor) -> None:
    # Given pages of a Visit that is over
    walk_to(page_visitor, "change")
    token = str(value_of(page_visitor, "csrf_token"))
    with later(hours=3):
        # When the script keeps something
        assert keep(page_visitor, "Late.", at=1) == 204
        # Then there is none
        page_visitor.get("/en/")
        assert rows_in(page_app, "public_visits") == 0
    # And without a cookie it does nothing
    stranger = Visitor(page_app.test_client())
    assert (
        write(stranger, page_address("change"), {"csrf_token": token, "change_words": "x"}) == 204
    )
    assert stranger.client.get_cookie("hearth") is None


@pytest.mark.parametrize("offline", [False, True])
def test_after_leaving_it_does_nothing(
    page_app: Flask, page_visitor: Visitor, offline: bool
) -> None:
    # Given a participant who left, with a network or without one
    walk_to(page_visitor, "change")
    if offline:
        page_visitor.client.set_cookie("page", "closed")
    else:
        page_visitor.client.get("/leave")
    # When a request of before arrives
    assert keep(page_visitor, "Late.", at=1) == 204
    # Then nothing is there
    assert rows_in(page_app, "public_visits") == 0
    cookie = page_visitor.client.get_cookie("hearth")
    assert cookie is not None and cookie.value == "left"


def test_what_was_sent_does_not_come_back(page_app: Flask, page_visitor: Visitor) -> None:
    # Given an old tab, and a participant who sent everything
    walk_to(page_visitor, "change")
    token = str(value_of(page_visitor, "csrf_token"))
    send_answers(page_visitor, change_words="Sent.")
    # When the old tab keeps something, before and after their code is kept
    old = {"csrf_token": token, "change_words": "Late.", "at": "9"}
    assert write(page_visitor, page_address("change"), old) == 204
    page_visitor.press("I have kept my code")
    assert write(page_visitor, page_address("change"), old) == 204
    assert rows_in(page_app, "public_visits") == 0
    # And for the participant who begins next, it is not theirs
    begin(page_visitor)
    assert write(page_visitor, page_address("change"), old) == 403
    assert shown(page_visitor) == ""


def test_words_of_a_participant_who_answers_are_not_put_into_a_correction(
    page_visitor: Visitor,
) -> None:
    # Given a participant who corrects what they sent
    come_back(page_visitor, send_answers(page_visitor, change_words="Sent."))
    token = str(value_of(page_visitor, "csrf_token"))
    page_visitor.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    belongs_to = str(value_of(page_visitor, "belongs-to"))
    words = {"csrf_token": token, "change_words": "Mine.", "at": "5"}
    # When words come that belong to no code, or to another's
    write(page_visitor, page_address("change"), words)
    corrected = f"{correction_page('change')}/words"
    page_visitor.client.post(corrected, data={**words, "belongs-to": "another"})
    # Then they are not kept there, and their own are
    assert shown(page_visitor, correction_page("change")) == "Sent."
    page_visitor.client.post(corrected, data={**words, "belongs-to": belongs_to})
    assert shown(page_visitor, correction_page("change")) == "Mine."


def test_it_counts_for_no_limit_and_is_no_answer(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    for at in range(1, 80):
        assert keep(page_visitor, "Writing.", at=at) == 204
    page_visitor.get(step_address("check"))
    (topic,) = [words(one) for one in page_visitor.page.all("section") if TOPIC in words(one)]
    assert topic.endswith("You left this out")


def test_a_booking_and_needs_are_kept(page_app: Flask, booker: Booker) -> None:
    # Given a registrant who books
    event = publish(page_app)
    booker.begin(EVENT)
    token = str(value_of(booker, "csrf_token"))
    words = {"csrf_token": token, "at": "1", "registrant_email": "not yet"}
    assert write(booker, f"/en/events/{EVENT}/register", words) == 204
    booker.get(f"/en/events/{EVENT}/register")
    assert value_of(booker, "registrant_email") == "not yet"
    assert errors(booker) == []
    # And a registrant who says anew what they need
    with page_app.app_context():
        ticket = register_one(event).ticket
    words = {"csrf_token": token, "at": "1", "needs_notes": "A quiet room"}
    assert write(booker, f"/en/r/{ticket}/needs", words) == 204
    booker.get(f"/en/r/{ticket}/needs")
    assert value_of(booker, "needs_notes") == "A quiet room"


def test_words_of_a_booking_that_was_made_are_not_put_into_the_next(
    page_app: Flask, booker: Booker
) -> None:
    # Given an old tab of a booking, after which another registrant began one
    publish(page_app)
    booker.begin(EVENT)
    token, old = (str(value_of(booker, name)) for name in ("csrf_token", "booking"))
    booker.press_first(registrant_email="first@example.org")
    booker.post(f"/en/events/{EVENT}/begin")
    # When that tab sends what stands in it
    words = {
        "csrf_token": token,
        "booking": old,
        "at": "9",
        "registrant_email": "first@example.org",
    }
    assert write(booker, f"/en/events/{EVENT}/register", words) == 204
    # Then the registrant who books now does not find it
    booker.get(f"/en/events/{EVENT}/register")
    assert value_of(booker, "registrant_email") == ""


def test_an_old_cookie_gets_no_new_one_by_what_a_page_sends_on_its_way_out(
    page_visitor: Visitor,
) -> None:
    # Given a page that was written on when Begin was pressed in another tab
    walk_to(page_visitor, "change")
    before = page_visitor.client.get_cookie("hearth")
    assert before is not None
    token = str(value_of(page_visitor, "csrf_token"))
    page_visitor.post("/en/calls/support-needs/begin")
    page_visitor.client.set_cookie("hearth", before.value)
    # When its words come with the cookie of before
    words = {"csrf_token": token, "change_words": "Mine.", "at": "5"}
    answer = page_visitor.client.post(f"{page_address('change')}/words", data=words)
    # Then the browser keeps the cookie that it has by then
    assert answer.status_code == 204
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("at", ["", "x", "-1", "٣", "9" * 40])
def test_a_strange_time_is_none(page_visitor: Visitor, at: str) -> None:
    walk_to(page_visitor, "change")
    token = str(value_of(page_visitor, "csrf_token"))
    words = {"csrf_token": token, "change_words": "Mine.", "at": at}
    assert write(page_visitor, page_address("change"), words) == 204
    page_visitor.press("Continue", change_words="Sent.", at=at)
    assert shown(page_visitor) == "Sent."


def test_words_on_a_page_that_is_not_asked_any_more_hold_no_correction_back(
    page_visitor: Visitor,
) -> None:
    # Given a participant who corrects, and writes on a page that comes only after one answer
    said = {"had_assessment": "yes", "done_words": "Sent."}
    come_back(page_visitor, send_answers(page_visitor, **said))
    token = str(value_of(page_visitor, "csrf_token"))
    page_visitor.post("/en/choices/correct", {"csrf_token": token, "page": "how-it-was-done"})
    page_visitor.press("Back", done_words="Mine.")
    # When they take that answer back
    page_visitor.get(f"{correction_page('assessment')}?from=check")
    page_visitor.press("Continue", had_assessment="no")
    page_visitor.get(correction_step("check"))
    page_visitor.press_first()
    # Then they can save
    assert page_visitor.path == "/en/choices/held"
