"""Pages that are the same for everybody are rendered once: what one participant said is never on another's page."""

from flask import Flask

from tests.integration.public.booker import Booker, publish
from tests.integration.public.steps import begin, page_address, step_address, value_of, walk_to
from tests.visitor import Visitor

SECRET = "Only I know this."


def kept_pieces(app: Flask) -> str:
    """All that the process keeps of pages."""
    kept = app.extensions["hearth_prepared_pages"]
    return "\n".join(str(piece) for pieces in kept.values() for piece in pieces)


def test_what_one_said_is_not_on_the_page_of_the_next(page_app: Flask) -> None:
    # Given a participant who looked at a page, answered it, and looked again
    one, two = Visitor(page_app.test_client()), Visitor(page_app.test_client())
    walk_to(one, "change")
    one.press("Continue", change_words=SECRET)
    one.get(page_address("change"))
    assert value_of(one, "change_words") == SECRET
    # When the next one comes to it
    walk_to(two, "change")
    # Then it is empty, and stays the first one's own
    assert value_of(two, "change_words") == ""
    one.get(page_address("change"))
    assert value_of(one, "change_words") == SECRET
    # And nothing about any participant is kept for all: no words, no token
    assert SECRET not in kept_pieces(page_app)
    for person in (one, two):
        assert value_of(person, "csrf_token") not in kept_pieces(page_app)


def test_everybody_sends_with_a_token_of_their_own(page_app: Flask) -> None:
    # Given two people on the same page, which was rendered once
    people = [Visitor(page_app.test_client()) for _ in range(2)]
    for person in people:
        begin(person)
    tokens = [value_of(person, "csrf_token") for person in people]
    assert tokens[0] != tokens[1]
    # Then each can send it
    for person in people:
        person.press("Continue", adult="yes")
        assert person.path == page_address("assessment")
    # And only the participant who sent it is told what was refused
    late = Visitor(page_app.test_client())
    begin(late)
    late.press("Continue")
    assert late.page.title.startswith("Please look again")
    next_one = Visitor(page_app.test_client())
    begin(next_one)
    assert not next_one.page.title.startswith("Please look again")


def test_the_way_back_is_ones_own(page_app: Flask) -> None:
    # Given a participant who came to a page on their way, and another who changes it from the end
    one, two = Visitor(page_app.test_client()), Visitor(page_app.test_client())
    walk_to(one, "health")
    one.get(page_address("health"))
    walk_to(two, "health")
    two.get(f"{page_address('health')}?from=check")
    # Then each goes back to where they came from
    one.get(page_address("health"))
    one.back()
    assert "/page/" in one.path
    two.get(f"{page_address('health')}?from=check")
    two.back()
    assert two.path == step_address("check")


def test_the_first_page_shows_what_is_open_now(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a first page that was rendered
    page_visitor.get("/en/")
    assert "Thank you for being here" not in page_visitor.page.text
    # Then it is thanked on, in the language and for the moment that it is asked for
    page_visitor.get("/en/?finished=")
    assert "Thank you for being here" in page_visitor.page.text
    page_visitor.get("/en/")
    assert "Thank you for being here" not in page_visitor.page.text


def test_a_booking_is_on_no_other_persons_page(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    # Given a registrant whose words were refused, on a page that was rendered for them before
    slug = publish(page_app).slug
    booker.begin(slug)
    booker.press_first(display_name=SECRET, registrant_email="robin at example")
    assert value_of(booker, "display_name") == SECRET
    # When the next one comes to it, then it is empty and reports no error
    other.begin(slug)
    assert value_of(other, "display_name") == ""
    assert not other.page.title.startswith("Please look again")
    # And each has hidden fields of their own, which are kept for nobody
    for field in ("csrf_token", "booking"):
        assert value_of(other, field) != value_of(booker, field)
        for person in (booker, other):
            assert value_of(person, field) not in kept_pieces(page_app)
    assert SECRET not in kept_pieces(page_app)
    # And each can book
    booker.press_first(display_name="Robin", registrant_email="robin@example.org")
    other.press_first(display_name="Kim", registrant_email="kim@example.org")
    assert booker.path.endswith("/registered")
    assert other.path.endswith("/registered")


def test_the_form_says_at_once_that_the_seats_are_gone(
    page_app: Flask, booker: Booker, other: Booker, read_anew: None
) -> None:
    # Given a form that was rendered while there were seats
    event = publish(page_app, seats=1)
    other.begin(event.slug)
    assert "Book a seat" in other.page.text
    # When the last one is taken, then it says so
    booker.book(event.slug)
    other.get(other.path)
    assert "All seats are taken" in other.page.text


def test_the_address_of_a_ticket_is_not_kept(page_app: Flask, booker: Booker) -> None:
    # Given a registrant who looks at their own page, which has a dozen links with their ticket
    ticket = booker.book(publish(page_app).slug)
    booker.own(ticket)
    # Then URLs are kept in memory, and none of them is theirs
    kept = page_app.extensions["hearth_urls"]
    assert any("/events/" in url for url in kept.values())
    assert ticket not in repr(kept)
