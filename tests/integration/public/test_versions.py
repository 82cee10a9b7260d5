"""Who has begun a version of a call finishes it after a newer one was published: pages, consents, receipt, later on."""

from flask import Flask

from tests.factories import DEMO_CALL, demo_form
from tests.integration.public.steps import (
    CALL,
    correction_page,
    correction_step,
    page_address,
    step_address,
    value_of,
)
from tests.people import begin, come_back, send, shown_code, tell_more
from tests.second_version import GONE, NEW, NEW_LABEL, NEW_WORDS, TITLE, publish_second_version
from tests.visitor import Visitor
from webapp.services.answers import own_copies
from webapp.services.calls import published_calls

OLD_TITLE = demo_form().title["en"]
OLD_WORDS = next(one.text["en"] for one in demo_form().consents if one.purpose == "quote")
WORDS = "Tell us the day before."


def publish(app: Flask) -> None:
    with app.app_context():
        publish_second_version()


def another(app: Flask) -> Visitor:
    return Visitor(app.test_client())


def go_to(visitor: Visitor, key: str) -> None:
    """From the first page to this one, skipping what may be skipped."""
    if visitor.path.endswith("/page/first"):
        visitor.press("Continue", adult="yes")
    while not visitor.path.endswith((f"/page/{key}", "/check")):
        visitor.press("Skip this page")
    assert visitor.path.endswith(f"/{key}"), visitor.path


def version_of(app: Flask, code: str) -> int:
    with app.app_context():
        return own_copies.find_held(code).form_version


def test_who_has_begun_finishes_on_the_version_they_read_and_others_begin_the_new_one(
    app: Flask,
) -> None:
    # Given a participant in the middle of the first version
    visitor = another(app)
    begin(visitor)
    go_to(visitor, "health")
    # When a second version is published: this one has a page less, a question more, other permissions
    publish(app)
    # Then they go on through the pages of the first one, also the one that is gone
    visitor.press("Skip this page")
    assert visitor.path == page_address(GONE)
    visitor.press("Continue", later_words="It came late.")
    assert NEW_LABEL not in visitor.page.text
    go_to(visitor, "check")
    assert "It came late." in visitor.page.text
    # And are told on the start page what they were told when they began
    assert OLD_TITLE in visitor.get(f"/en/calls/{CALL}/").text
    # And agree to the words of the first version, and to what only that one asks
    visitor.get(step_address("check"))
    visitor.press("Continue")
    assert OLD_WORDS in visitor.page.text
    assert NEW_WORDS not in visitor.page.text
    visitor.get(step_address("check"))
    code = send(visitor, ("quote",))
    assert version_of(app, code) == 1
    # And their receipt, their questions about equality and their choices are those of the first version
    tell_more(visitor, age_band="25-34")
    come_back(visitor, code)
    visitor.follow("What you told us")
    assert "It came late." in visitor.page.text
    # Another who begins now answers the second
    other = another(app)
    assert TITLE in other.get(f"/en/calls/{CALL}/").text
    begin(other)
    go_to(other, "change")
    assert NEW_LABEL in other.page.text
    other.press("Continue", **{NEW: WORDS})
    go_to(other, "check")
    assert WORDS in other.page.text
    other.press("Continue")
    assert NEW_WORDS in other.page.text
    other.get(step_address("check"))
    second = send(other, ("quote",))
    assert version_of(app, second) == 2
    # And each consent stands in the words that its person has read
    with app.app_context():
        for one in (code, second):
            held = own_copies.find_held(one)
            (consent,) = [each for each in held.consents if each.purpose == "quote"]
            assert consent.granted
            assert consent.text == (OLD_WORDS if one == code else NEW_WORDS)


def test_nobody_begins_a_version_whose_start_page_they_have_not_read(page_app: Flask) -> None:
    # Given somebody who reads the start page of the first version
    visitor = another(page_app)
    visitor.get(f"/en/calls/{CALL}/")
    # When the second one is published before they press Begin
    publish(page_app)
    visitor.press_first()
    # Then they read the new start page, and why; nothing has begun
    assert visitor.path == f"/en/calls/{CALL}/"
    assert "This page has changed since you opened it." in visitor.page.text
    assert TITLE in visitor.page.text
    assert not visitor.page.html.count('form-version" value="1')
    # And begin when they have
    visitor.press_first()
    assert visitor.path.endswith("/leaving") or "/page/" in visitor.path


def test_a_return_code_leads_to_the_version_that_it_was_stopped_on(app: Flask) -> None:
    # Given unfinished answers to the first version, under a return code
    visitor = another(app)
    begin(visitor)
    go_to(visitor, GONE)
    visitor.press("Stop for now", later_words="It came late.")
    visitor.press("Give me a return code")
    code = shown_code(visitor)
    # When they come back in another browser, after the second version
    publish(app)
    back = another(app)
    come_back(back, code)
    # Then they are on the page that only the first one has, and finish it
    assert back.path == page_address(GONE)
    assert "It came late." in back.page.text
    back.press("Continue")
    go_to(back, "check")
    assert version_of(app, send(back)) == 1


def test_a_first_version_is_corrected_as_it_was_asked_after_the_second(app: Flask) -> None:
    # Given answers to the first version
    visitor = another(app)
    begin(visitor)
    go_to(visitor, GONE)
    visitor.press("Continue", later_words="It came late.")
    go_to(visitor, "check")
    code = send(visitor, ("quote", "invite"))
    publish(app)
    # When they are corrected, after the second version
    come_back(visitor, code)
    visitor.follow("What you told us")
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": str(token), "page": GONE})
    assert visitor.path == correction_page(GONE)
    assert "It came late." in visitor.page.text
    visitor.press("Continue", later_words="It came in time.")
    visitor.get(correction_step("check"))
    visitor.press("Save my changes")
    # Then the answers are the new ones, to the questions of the first version
    with app.app_context():
        held = own_copies.find_held(code)
    assert held.answers["later_words"] == "It came in time."
    assert held.form_version == 1
    # And a permission that the second version does not ask for is still theirs to take back
    come_back(visitor, code)
    assert "invite" in {one.purpose for one in held.consents}


def test_words_that_come_after_the_visit_ended_begin_on_the_version_of_their_page(
    page_app: Flask,
) -> None:
    app = page_app
    # Given a page of the first version and one of the second, left open until their Visits were over
    first, second = another(app), another(app)
    begin(first)
    go_to(first, GONE)
    publish(app)
    begin(second)
    go_to(second, "change")
    for visitor in (first, second):
        visitor.client.delete_cookie("hearth")
    # When they are sent
    first.press("Continue", later_words="It came late.")
    second.press("Continue", **{NEW: WORDS})
    # Then each began on its own version, and nothing that was typed is lost
    first.get(page_address(GONE))
    assert "It came late." in first.page.text
    second.get(page_address("change"))
    assert WORDS in second.page.text


def test_a_made_up_version_in_a_late_form_is_the_newest(page_app: Flask) -> None:
    publish(page_app)
    for made_up in ("0", "-1", "7", "99999999999999999999", "x"):
        visitor = another(page_app)
        begin(visitor)
        token = next(
            one.get("value", "")
            for one in visitor.page.all("input")
            if one.get("name") == "csrf_token"
        )
        visitor.client.delete_cookie("hearth")
        data = {"csrf_token": token, "adult": "yes", "form-version": made_up}
        visitor.post(page_address("first"), data)
        assert visitor.status < 500
    with page_app.app_context():
        assert published_calls.find_call(DEMO_CALL).form_version == 2
