"""Limits are counted in letters, in every script; what a participant pastes is kept, or they learn that it is not."""

from urllib.parse import quote_plus

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from tests.conftest import MakeApp
from tests.factories import demo_form
from tests.integration.public.booker import Booker, publish
from tests.integration.public.steps import (
    CALL,
    begin_helped,
    errors,
    page_address,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.pages import words
from tests.people import begin, come_back, shown_code
from tests.visitor import Value, Visitor
from webapp.models import PublicVisit, RateBucket
from webapp.rules.forms.size_limits import LARGEST_BODY, SPARE_LETTERS, body_of, letters_carried
from webapp.services.infrastructure import disk_space, limits, stores, visit_rows
from webapp.sessions import USUAL
from webapp.vault.envelope import LARGEST_WAITING, pad
from webapp.vault.visits import Door

#: A letter of three bytes, one of four (twelve in a form), and one that is two code points in any order of them.
SCRIPTS = {"Ethiopic": "\u1230", "astral": "\U0001e900", "marks": "\u0995\u09bf"}
CHANGE = demo_form().page("change")
ROOM = next(one.max_length or 0 for one in CHANGE.questions if one.key == "change_words")


def filled(letter: str, letters: int) -> str:
    """So many code points of a script."""
    return (letter * letters)[:letters]


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_box_can_be_filled_to_its_limit_in_any_script(visitor: Visitor, script: str) -> None:
    # Given a participant with a helper who uses every letter there is room for
    full: dict[str, Value] = {
        one.key: filled(SCRIPTS[script], one.max_length or 40)
        for one in demo_form().questions
        if one.kind in ("text", "long_text") and one.key != "without_words"
    }
    begin_helped(visitor)
    # When they send it
    code = send_answers(
        visitor, had_assessment="yes", contact_wanted="yes", safe_ways=["email", "app"],
        email="robin@example.org", **full,
    )  # fmt: skip
    # Then it is all there, letter by letter
    come_back(visitor, code)
    answers = visitor.download("/en/choices/copy").get_json()["answers"]
    assert {key: answers[key] for key in full} == full


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("letters", [8_000, 14_001, 40_000])
def test_a_statement_comes_back_whole_with_the_right_number(
    visitor: Visitor, script: str, letters: int
) -> None:
    # Given a participant who pastes a statement into a box for less
    statement = filled(SCRIPTS[script], letters)
    walk_to(visitor, "change")
    # When it is sent
    visitor.press("Continue", change_words=statement)
    # Then it is all in the box, and the page says how many letters are too many
    assert value_of(visitor, "change_words") == statement
    (said,) = errors(visitor)
    assert said.startswith(f"Make this {letters - ROOM:,} letters shorter: “If you could change")
    # And stopping, which keeps all of it under a code, loses none of it
    visitor.press("Stop for now")
    visitor.press("Give me a return code")
    other = Visitor(visitor.client.application.test_client())
    come_back(other, shown_code(visitor))
    other.get(page_address("change"))
    assert value_of(other, "change_words") == statement


def test_one_letter_too_many_is_one_letter(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="w" * (ROOM + 1))
    assert errors(page_visitor)[0].startswith("Make this 1 letter shorter: “")


def test_what_a_page_cannot_carry_is_counted_and_said(page_visitor: Visitor) -> None:
    # Given a book in one box
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="w" * 300_000)
    # Then as much is there as a page carries, and the page says how much is not
    there = letters_carried(CHANGE)
    assert there == SPARE_LETTERS + ROOM
    assert value_of(page_visitor, "change_words") == "w" * there
    assert errors(page_visitor)[0].startswith(
        f"Make this {SPARE_LETTERS:,} letters shorter. "
        f"We could not keep the last {300_000 - there:,} letters: “"
    )


def test_what_was_cut_on_the_way_back_is_said_as_well(page_visitor: Visitor) -> None:
    # Given a book in one box, on a page that is left by "Back"
    walk_to(page_visitor, "change")
    page_visitor.press("Back", change_words="w" * 300_000)
    # When they come to that page again, then it says how much is not there
    page_visitor.get(page_address("change"))
    assert "We could not keep the last" in errors(page_visitor)[0]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_form_that_is_too_large_says_so_and_leads_back_to_the_question(
    page_visitor: Visitor, language: str
) -> None:
    # Given a participant at a question, who came from "check your answers"
    walk_to(page_visitor, "change", change_words="Before.")
    page_visitor.get(f"{page_address('change', language)}?from=check")
    sent: dict[str, Value] = {
        "csrf_token": str(value_of(page_visitor, "csrf_token")), "change_words": "w" * LARGEST_BODY
    }  # fmt: skip
    # When more comes than any page takes
    page_visitor.post(
        f"{page_address('change', language)}?from=check", sent, Referer="https://elsewhere.example/"
    )
    # Then the page says that it is not kept, and leads to that question alone
    assert page_visitor.status == 413
    if language == "en":
        assert "What you pasted was too long for us and is not kept." in page_visitor.page.text
        assert "Paste a shorter part." in page_visitor.page.text
    (main,) = page_visitor.page.all("main")
    links = [one.get("href", "") for one in main.iter("a")]
    assert links[0] == f"{page_address('change', language)}?from=check"
    assert all(link.startswith(("/", "tel:")) for link in links)
    # And what was kept before is there
    page_visitor.get(links[0])
    assert value_of(page_visitor, "change_words") == "Before."


def test_other_routes_take_no_more_than_a_small_form(page_visitor: Visitor) -> None:
    # Given the box for a code
    page_visitor.post("/en/choices", {"code": "w" * 70_000})
    # Then the page promises nothing that is not so
    assert page_visitor.status == 413
    assert "nothing is kept of it" in page_visitor.page.text


def test_room_for_long_texts_cannot_be_used_up_for_usual_answers(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_app = make_page_app(LIMIT_FACTOR="1")
    page_visitor = Visitor(page_app.test_client())
    # Given that others pasted so many whole statements that there is room for no more
    monkeypatch.setitem(limits.LIMITS, "long-words", (limits.Limit(1, 0), limits.Limit(1, 0)))
    before = Visitor(page_app.test_client())
    walk_to(before, "change")
    before.press("Continue", change_words="w" * 40_000)
    assert before.status == 200
    walk_to(page_visitor, "change")
    # When another participant does the same
    page_visitor.press("Continue", change_words="w" * 40_000)
    # Then they are told that it is not kept
    assert page_visitor.status == 413
    assert "is not kept" in page_visitor.page.text
    # And usual answers have room
    page_visitor.follow("Back to the question")
    page_visitor.press("Continue", change_words="More time.")
    assert page_visitor.path == page_address("contact")


@pytest.mark.parametrize(("used_up", "status"), [("long-words", 413), ("begin", 429)])
def test_an_old_cookie_makes_no_more_visits_than_any_visitor_may_begin(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch, used_up: str, status: int
) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    visitor = Visitor(app.test_client())
    # Given a participant with a whole statement in their Visit, who presses Begin once more
    walk_to(visitor, "change")
    visitor.press("Continue", change_words="w" * 40_000)
    old = visitor.client.get_cookie("hearth")
    assert old is not None
    answer = {"csrf_token": value_of(visitor, "csrf_token"), "contact_wanted": "no"}
    begin(visitor)
    # When the old cookie is used again and again, while a press may come twice
    monkeypatch.setitem(limits.LIMITS, used_up, (limits.Limit(2, 0), None))
    with app.app_context(), stores.writing("volatile") as volatile:
        volatile.execute(delete(RateBucket))
    before = visits_in(app)
    for expected in (303, 303, status, status):
        visitor.client.set_cookie("hearth", old.value)
        sent = visitor.client.post(
            page_address("contact"), data=answer, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert sent.status_code == expected
    # Then it has made two, as any visitor may
    assert visits_in(app) == before + 2


def test_two_tabs_do_not_make_one_large_visit_past_the_limit(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    monkeypatch.setitem(limits.LIMITS, "long-words", (limits.Limit(1, 0), limits.Limit(1, 0)))
    others = Visitor(app.test_client())
    walk_to(others, "change")
    others.press("Continue", change_words="w" * 40_000)
    # Given two tabs whose words have usual room each, and not together
    visitor = Visitor(app.test_client())
    walk_to(visitor, "change")
    token, store = value_of(visitor, "csrf_token"), visit_rows.replace

    def sent(page: str, field: str) -> int:
        return visitor.client.post(
            page_address(page),
            data={"csrf_token": token, field: "w" * 25_000},
            headers={"Sec-Fetch-Site": "same-origin"},
        ).status_code

    def second(door: Door, change: visit_rows.Change) -> bool:
        # The other tab is stored just before this one
        monkeypatch.setattr(visit_rows, "replace", store)
        assert sent("later", "later_words") == 303
        return store(door, change)

    # When both are sent at once
    monkeypatch.setattr(visit_rows, "replace", second)
    # Then the later one is told that there is no room
    assert sent("change", "change_words") == 413
    visitor.get(page_address("later"))
    assert value_of(visitor, "later_words") == "w" * 25_000


def test_few_whole_statements_wait_for_fourteen_days(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    monkeypatch.setitem(limits.LIMITS, "long-drafts", (limits.Limit(1, 0), limits.Limit(1, 0)))
    # Given two people who pasted a whole statement, and stop for now
    for kept in (True, False):
        visitor = Visitor(app.test_client())
        walk_to(visitor, "change")
        visitor.press("Stop for now", change_words="w" * 40_000)
        # When each wants a code for it, then the second one reads that it is too much, and loses nothing
        visitor.press_first()
        assert visitor.path.endswith("/pause/code") == kept
        assert ("This is more than we can keep under a code." in visitor.page.text) != kept
    # And usual answers wait all the same
    visitor.get(page_address("change"))
    assert value_of(visitor, "change_words") == "w" * 40_000
    visitor.press("Stop for now", change_words="More time.")
    visitor.press_first()
    assert visitor.path.endswith("/pause/code")


def visits_in(app: Flask) -> int:
    with app.app_context(), stores.reading("volatile") as volatile:
        return volatile.scalar(select(func.count()).select_from(PublicVisit)) or 0


def test_room_for_usual_answers_ends_where_a_larger_row_begins() -> None:
    assert [len(pad(b"x" * size, LARGEST_WAITING)) for size in (USUAL, USUAL + 1)] == [
        32_768,
        131_072,
    ]


def test_who_comes_back_to_a_long_text_too_often_while_there_is_no_room_reads_what_is_so(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a statement that waits under a return code and was opened several times, and others who have used up the
    # room for such texts
    page_app = make_page_app(LIMIT_FACTOR="1")
    monkeypatch.setitem(limits.LIMITS, "long-words", (limits.Limit(1, 0), limits.Limit(1, 0)))
    before = Visitor(page_app.test_client())
    walk_to(before, "change")
    before.press("Stop for now", change_words="w" * 40_000)
    before.press("Give me a return code")
    code = shown_code(before)
    for _ in range(limits.LIMITS_FOR_ONE["long-words-of-code"].burst):
        opened = Visitor(page_app.test_client())
        come_back(opened, code)
        assert value_of(opened, "change_words") == "w" * 40_000
    # When its writer comes back in another browser
    page_visitor = Visitor(page_app.test_client())
    page_visitor.get("/en/choices")
    page_visitor.press_first(code=code)
    # Then they are asked to wait, and not told that their text is too long or gone
    assert page_visitor.status == 429
    assert page_visitor.page.h1 == "Please wait a few minutes"
    # And it is there when there is room again
    monkeypatch.setitem(limits.LIMITS, "long-words", (None, None))
    page_visitor.get("/en/choices")
    page_visitor.press_first(code=code)
    assert value_of(page_visitor, "change_words") == "w" * 40_000


def disk_with(monkeypatch: pytest.MonkeyPatch, megabytes: int) -> None:
    monkeypatch.setattr(
        disk_space, "free_bytes", lambda chosen=None: megabytes * disk_space.MEGABYTE
    )


def test_a_disk_with_little_room_takes_long_texts_that_were_begun_before(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a long text that waits under a return code, a participant who writes, and a disk on which nobody begins
    page_app = make_page_app(KEEP_FREE_MB="200")
    before, writer = Visitor(page_app.test_client()), Visitor(page_app.test_client())
    walk_to(before, "change")
    before.press("Stop for now", change_words="w" * 40_000)
    before.press("Give me a return code")
    code = shown_code(before)
    walk_to(writer, "change")
    disk_with(monkeypatch, 150)
    # Then both go on
    opened = Visitor(page_app.test_client())
    come_back(opened, code)
    assert value_of(opened, "change_words") == "w" * 40_000
    writer.press("Stop for now", change_words="w" * 40_000)
    writer.get(page_address("change"))
    assert value_of(writer, "change_words") == "w" * 40_000


def test_a_disk_without_room_is_said_and_loses_nothing(
    make_page_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_app = make_page_app(KEEP_FREE_MB="200")
    before, writer = Visitor(page_app.test_client()), Visitor(page_app.test_client())
    walk_to(before, "change")
    before.press("Stop for now", change_words="w" * 40_000)
    before.press("Give me a return code")
    code = shown_code(before)
    walk_to(writer, "change")
    writer.press("Stop for now", change_words="More time.")
    writer.get(page_address("change"))
    # When there is less room than what was begun needs
    disk_with(monkeypatch, 50)
    # Then a return code with a long text, and a text that becomes long, are refused for what is so
    opened = Visitor(page_app.test_client())
    opened.get("/en/choices")
    opened.press_first(code=code)
    writer.press("Stop for now", change_words="w" * 40_000)
    for one in (opened, writer):
        assert one.status == 503
        assert "too long" not in one.page.text
        assert "Nothing you sent before is lost" in one.page.text
    # And what was kept before is there, at once and when there is room
    writer.get(page_address("change"))
    assert value_of(writer, "change_words") == "More time."
    disk_with(monkeypatch, 500)
    come_back(opened, code)
    assert value_of(opened, "change_words") == "w" * 40_000


def test_a_page_without_a_box_to_write_in_takes_a_small_form() -> None:
    assert body_of([demo_form().page("first")]) == 65_536
    widest = len(quote_plus("\U0001e900" * letters_carried(CHANGE)))
    assert widest < body_of([CHANGE]) <= LARGEST_BODY


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_booking_and_what_a_registrant_needs_come_back_whole(
    page_app: Flask, booker: Booker, script: str
) -> None:
    # Given a registrant who books, and pastes a statement into the box for what they need
    event = publish(page_app)
    long = filled(SCRIPTS[script], 40_000)
    booker.begin(event.slug)
    booker.press_first(registrant_email="robin@example.org", needs_notes=long)
    # Then it is all there, to be made shorter
    assert value_of(booker, "needs_notes") == long
    assert any("letters shorter: “" in said for said in errors(booker))
    # And the same on the page of their needs
    booker.press_first(needs_notes="Breaks.")
    booker.get(f"/en/r/{booker.shown_ticket()}/needs")
    booker.press("Save", needs_notes=long)
    assert value_of(booker, "needs_notes") == long
    # And what is too large for any page leads back to it
    token = value_of(booker, "csrf_token")
    booker.post(booker.path, {"csrf_token": token, "needs_notes": "w" * LARGEST_BODY})
    assert booker.status == 413
    (main,) = booker.page.all("main")
    assert next(main.iter("a")).get("href", "").endswith("/needs")


def test_words_on_the_way_say_how_much_may_be_written(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    room = words(page_visitor.page.by_id["change_words-room"])
    assert room == f"You can write up to {ROOM:,} letters (about 220 words)."
    form = page_visitor.page.by_id["asking"]
    assert form.get("data-most") == str(letters_carried(CHANGE))
    assert CALL in (form.get("action") or "") and step_address("check")
