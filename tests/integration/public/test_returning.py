"""Stopping for now, and coming back with a return code: from another browser, without losing a word."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import DEMO_CALL, demo_form
from tests.integration.public.steps import (
    KEPT,
    answer,
    answer_to,
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
from tests.pages import words as words_of
from tests.people import MORE, answer_everything, begin, come_back, send, shown_code
from tests.rows import change as change_rows
from tests.visitor import Visitor
from webapp.models import Call
from webapp.rules.retention import DRAFT_DAYS
from webapp.rules.states import CallState
from webapp.services.answers import own_copies, return_drafts
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores

PAUSE = step_address("pause")
CODE_PAGE = step_address("pause/code")
NOTHING = (
    "We hold nothing under this code. It may have been deleted, or this may be a different code"
)
WORDS = "Somebody should say what comes next."


def stop(visitor: Visitor, **typed: str) -> str:
    """Press "Stop for now" on the page one is on, and take a return code."""
    visitor.press("Stop for now", **typed)
    visitor.press("Give me a return code")
    return shown_code(visitor)


def in_another_browser(app: Flask, code: str, language: str = "en") -> Visitor:
    """The same person elsewhere, coming back with their code."""
    visitor = Visitor(app.test_client())
    come_back(visitor, code, language)
    return visitor


def close_the_call(app: Flask) -> None:
    with app.app_context(), stores.writing() as main:
        change_rows(main, select(Call).where(Call.slug == DEMO_CALL), {"state": CallState.CLOSED})
    app.extensions.pop("hearth_recent", None)


# Stopping


def test_stopping_leads_to_an_honest_page_and_keeps_nothing_yet(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant on a question page
    walk_to(page_visitor, "change")
    # When they stop for now
    page_visitor.press("Stop for now", change_words=WORDS)
    # Then the page says what happens with a code and without one
    assert page_visitor.path == PAUSE
    for said in ("for 2 hours", "for 14 days", "Anyone who has the code can read"):
        assert said in page_visitor.page.text
    # And nothing is kept beyond their Visit unless they ask
    assert rows_in(page_app, "return_drafts") == 0
    # And carrying on leads to where they were, with what they typed
    page_visitor.follow("Go back to my answers")
    assert page_visitor.path == page_address("change")
    assert value_of(page_visitor, "change_words") == WORDS
    assert errors(page_visitor) == []


def test_both_ways_on_have_the_same_weight(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    page_visitor.press("Stop for now")
    drawn = {
        element.get("class")
        for element in page_visitor.page.all("a", "button")
        if "button" in (element.get("class") or "")
    }
    assert drawn == {"button plain"}


@pytest.mark.parametrize("step", ["check", "agree"])
def test_every_step_up_to_send_can_be_stopped(page_visitor: Visitor, step: str) -> None:
    # Given a participant on one of the pages that ask no question of the call
    go_to_check(page_visitor, change_words=WORDS)
    if step == "agree":
        page_visitor.press_first()
        page_visitor.press("Stop for now", consent=["quote"])
    else:
        page_visitor.get(step_address(step))
        page_visitor.press("Stop for now")
    # When they carry on after all
    assert page_visitor.path == PAUSE
    page_visitor.follow("Go back to my answers")
    # Then they are where they were
    assert page_visitor.path == step_address(step)
    if step == "agree":
        assert value_of(page_visitor, "consent") == ["quote"]


def test_every_question_page_can_be_stopped(page_visitor: Visitor) -> None:
    begin(page_visitor)
    seen = 0

    def seen_page(visitor: Visitor) -> None:
        nonlocal seen
        seen += 1
        assert visitor.buttons()[-1] == "Stop for now", visitor.path

    answer_everything(page_visitor, seen_page)
    # All but the page that this way does not come by, and the check.
    assert seen == len(demo_form().without_help.asked_before_sending.pages)


def test_the_code_is_shown_again_on_refresh_and_asking_twice_is_asking_once(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant with a return code
    walk_to(page_visitor, "change")
    code = stop(page_visitor, change_words=WORDS)
    # When they load the page again, and press the button of the page before once more
    page_visitor.get(CODE_PAGE)
    assert shown_code(page_visitor) == code
    page_visitor.get(PAUSE)
    page_visitor.press("Keep these answers under my code")
    # Then it is the same code, and there is one draft
    assert shown_code(page_visitor) == code
    assert rows_in(page_app, "return_drafts") == 1
    assert rows_in(page_app, "erasure_secrets") == 1


def test_when_the_code_is_kept_nothing_stays_in_the_browser(
    page_app: Flask, page_visitor: Visitor
) -> None:
    walk_to(page_visitor, "change")
    code = stop(page_visitor, change_words=WORDS)
    # When they have kept it
    page_visitor.press("I have kept it")
    # Then the Visit is over, and the next person sees neither answers nor code
    assert page_visitor.path == "/en/"
    assert rows_in(page_app, "public_visits") == 0
    page_visitor.get(CODE_PAGE)
    assert page_visitor.path.endswith(f"/calls/{DEMO_CALL}/")
    assert code not in page_visitor.page.html
    # And the answers wait
    assert rows_in(page_app, "return_drafts") == 1


def test_there_is_no_pause_page_for_a_participant_who_did_not_stop(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    page_visitor.get(PAUSE)
    assert "/page/" in page_visitor.path
    page_visitor.get(CODE_PAGE)
    assert "/page/" in page_visitor.path


# Coming back


def test_coming_back_leads_to_the_first_page_that_is_not_answered(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant who answered two pages, skipped one, and stopped on the next without a word
    begin(visitor)
    visitor.press("Continue", adult="yes")
    visitor.press("Skip this page")
    stopped_at = visitor.path
    code = stop(visitor)
    visitor.press("I have kept it")
    # When they come back elsewhere
    other = in_another_browser(app, code.lower())
    # Then they go on there, and what they answered is there
    assert other.path == stopped_at
    other.get(page_address("first"))
    assert value_of(other, "adult") == ["yes"]


def test_what_was_typed_is_there_again_also_when_it_was_not_taken(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant who stopped with half an address, and had answered other pages
    walk_to(visitor, "change", change_words=WORDS, contact_wanted="yes", safe_ways=["email"])
    visitor.get(page_address("email"))
    code = stop(visitor, email="robin at example")
    # When they come back
    other = in_another_browser(app, code)
    other.get(page_address("email"))
    # Then it stands there as they typed it, and says what to look at
    assert value_of(other, "email") == "robin at example"
    assert len(errors(other)) == 1
    other.get(page_address("change"))
    assert value_of(other, "change_words") == WORDS


def test_words_that_were_taken_out_before_stopping_do_not_come_back(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant who wrote something and went on, then came back, emptied it and stopped
    walk_to(visitor, "change", change_words="A name I should not have written.")
    code = stop(visitor, change_words="")
    # Then it is not kept
    other = in_another_browser(app, code)
    other.get(page_address("change"))
    assert value_of(other, "change_words") == ""
    assert "A name" not in other.page.text


def test_a_participant_who_had_answered_everything_comes_back_to_check(
    page_app: Flask, page_visitor: Visitor
) -> None:
    begin(page_visitor)
    answer_everything(page_visitor)
    code = stop(page_visitor)
    other = in_another_browser(page_app, code)
    assert other.path == step_address("check")
    # And nothing about equality is asked or shown before Send
    assert "More about you" not in other.page.text


def test_answers_about_equality_in_a_draft_of_before_wait_until_after_send(
    app: Flask, visitor: Visitor
) -> None:
    # Given a draft of the days when these were asked before Send, stopped at one of their pages
    code = old_draft(app, stopped_at={"endpoint": "page", "key": "about-you-more"})
    # When a participant comes back with its code
    other = in_another_browser(app, code)
    # Then they are at the check, and can send what is asked before
    assert other.path == step_address("check")
    receipt = send(other)
    # And after that they find what they had answered, and can send it as well
    other.follow(MORE)
    other.press("Answer these questions")
    assert value_of(other, "age_band") == ["25_34"]
    other.press("Continue")
    other.press("Continue")
    other.press("Send these answers")
    come_back(other, receipt)
    other.follow("What you told us")
    assert answer_to(other, "How old are you?") == "25 to 34"


def test_a_draft_of_before_that_stopped_at_their_explanation_goes_on_at_the_check(
    app: Flask, visitor: Visitor
) -> None:
    code = old_draft(app, stopped_at={"endpoint": "more"})
    other = in_another_browser(app, code)
    assert other.path == step_address("check")
    # And stopped once more, nothing of it is lost
    other.press("Stop for now")
    other.press("Keep these answers under my code")
    again = shown_code(other)
    third = in_another_browser(app, again)
    send(third)
    third.follow(MORE)
    third.press("Answer these questions")
    assert value_of(third, "age_band") == ["25_34"]


def old_draft(app: Flask, stopped_at: dict[str, str]) -> str:
    """A draft as it was kept while questions about equality were on the way to Send. Returns its code."""
    code = return_drafts.new_code()
    with app.app_context():
        call = published_calls.find_call("support-needs")
        everything = [page for page in call.form.pages if page.section == "call" and not page.when]
        answers = {page.key: {} for page in [*everything, call.form.page("contact")]}
        draft = return_drafts.Draft(
            slug=call.slug,
            form_version=call.form_version,
            language="en",
            answers={
                **answers,
                "first": {"adult": "yes"},
                "assessment": {"had_assessment": "no"},
                "without": {},
                "about-you": {"age_band": "25_34"},
            },
            typed={},
            marks={"more": "answer", "stopped-at": stopped_at},
        )
        return_drafts.keep(code, draft)
    return code


def test_a_participant_comes_back_in_their_own_language(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who answered in Arabic
    begin(page_visitor, "ar")
    page_visitor.press_first(adult="yes")
    assert page_visitor.path.startswith("/ar/")
    last = page_visitor.path
    (main,) = page_visitor.page.all("main")
    page_visitor.press([words_of(b) for b in main.iter("button")][-1])
    page_visitor.press_first()
    code = shown_code(page_visitor)
    # When they type their code on an English page
    other = in_another_browser(page_app, code)
    # Then the next page is in Arabic
    assert other.path == last


def test_what_another_person_had_begun_on_this_device_is_not_mixed_in(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a shared phone on which a participant is in the middle of the same call
    walk_to(page_visitor, "change", change_words="Mine.")
    code = stop(page_visitor)
    other = Visitor(page_app.test_client())
    walk_to(other, "change", change_words="Of somebody else.", had_assessment="no")
    # When the holder of a return code comes back there
    come_back(other, code)
    go_to_check(other)
    # Then only their own answers are there
    assert "Mine." in other.page.text
    assert "Of somebody else." not in other.page.text
    other.get(page_address("assessment"))
    assert value_of(other, "had_assessment") == []


# Until when it waits


def test_sending_erases_what_waited(app: Flask, visitor: Visitor) -> None:
    # Given a participant who came back with a return code
    walk_to(visitor, "change", change_words=WORDS)
    code = stop(visitor)
    visitor.press("I have kept it")
    other = in_another_browser(app, code)
    assert rows_in(app, "return_drafts") == 1
    # When they send
    other.get(step_address("check"))
    receipt = send(other)
    # Then the draft is gone, the code opens nothing, and the receipt opens what they sent
    assert rows_in(app, "return_drafts") == 0
    new = Visitor(app.test_client())
    come_back(new, code)
    assert errors(new) == [NOTHING]
    come_back(new, receipt)
    assert new.path == "/en/choices/held"
    new.get("/en/choices/answers")
    assert WORDS in new.page.text


def test_carrying_on_in_the_same_browser_and_sending_erases_it_too(
    page_app: Flask, page_visitor: Visitor
) -> None:
    walk_to(page_visitor, "change", change_words=WORDS)
    stop(page_visitor)
    page_visitor.follow("Go back to my answers")
    page_visitor.get(step_address("check"))
    send(page_visitor)
    assert rows_in(page_app, "return_drafts") == 0


def test_stopping_again_keeps_the_newer_answers_under_the_same_code(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant who came back after ten days and wrote more
    walk_to(visitor, "change", change_words="First words.")
    code = stop(visitor)
    with later(days=10):
        other = in_another_browser(app, code)
        walk_to(other, "change")
        other.press("Stop for now", change_words="Second words.")
        other.press("Keep these answers under my code")
        # Then it is the same code
        assert shown_code(other) == code
    # And it waits anew from there, with one draft and one secret
    with later(days=10 + DRAFT_DAYS - 1):
        third = in_another_browser(app, code)
        third.get(page_address("change"))
        assert value_of(third, "change_words") == "Second words."
    assert rows_in(app, "return_drafts") == 1
    assert rows_in(app, "erasure_secrets") == 1


def test_two_devices_with_one_code_and_the_last_to_stop_wins(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given one code, opened on two devices
    walk_to(page_visitor, "change", change_words="At home.")
    code = stop(page_visitor)
    first, second = (in_another_browser(page_app, code) for _ in range(2))
    # When both write, and stop one after the other
    for visitor, words in ((first, "On the bus."), (second, "In the library.")):
        walk_to(visitor, "change")
        visitor.press("Stop for now", change_words=words)
        visitor.press("Keep these answers under my code")
        assert visitor.path == CODE_PAGE
    # Then what the last one wrote is there
    third = in_another_browser(page_app, code)
    third.get(page_address("change"))
    assert value_of(third, "change_words") == "In the library."


def test_after_fourteen_days_the_code_opens_nothing(page_app: Flask, page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change", change_words=WORDS)
    code = stop(page_visitor)
    # Then it opens on the last day, and not on the day that was named, worker or not
    with later(days=DRAFT_DAYS - 1):
        assert "/page/" in in_another_browser(page_app, code).path
    with later(days=DRAFT_DAYS):
        assert errors(in_another_browser(page_app, code)) == [NOTHING]


def test_a_participant_throws_their_unfinished_answers_away(app: Flask, visitor: Visitor) -> None:
    # Given a participant who came back
    walk_to(visitor, "change", change_words=WORDS)
    code = stop(visitor)
    other = in_another_browser(app, code)
    # When they erase, after being told what that means
    other.press("Stop for now")
    other.follow("Delete my unfinished answers")
    assert other.page.h1 == "Delete your unfinished answers?"
    assert rows_in(app, "return_drafts") == 1
    other.press("Yes, delete them")
    # Then it is gone from the stores and from this Visit
    assert other.page.h1 == "Your unfinished answers are deleted"
    assert "Backups of our files last longer" in other.page.text
    assert rows_in(app, "return_drafts") == 0
    assert rows_in(app, "erasure_secrets") == 0
    other.get(page_address("change"))
    assert other.path.endswith(f"/calls/{DEMO_CALL}/")
    # And the code opens nothing
    assert errors(in_another_browser(app, code)) == [NOTHING]


def test_throwing_away_twice_says_the_same(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change", change_words=WORDS)
    stop(page_visitor)
    page_visitor.get(step_address("unfinished"))
    token = value_of(page_visitor, "csrf_token")
    for _ in range(2):
        page_visitor.post(step_address("unfinished"), {"csrf_token": token})
        assert page_visitor.page.h1 == "Your unfinished answers are deleted"


def test_what_never_waited_under_a_code_is_in_no_safety_copy(page_visitor: Visitor) -> None:
    # Given answers that were never kept beyond the Visit
    walk_to(page_visitor, "change", change_words=WORDS)
    page_visitor.get(step_address("unfinished"))
    # When they are thrown away
    page_visitor.press("Yes, delete them")
    # Then nothing is said of copies and codes that there never were
    assert page_visitor.page.h1 == "Your unfinished answers are deleted"
    assert "Backups" not in page_visitor.page.text
    assert "return code" not in page_visitor.page.text


def test_a_participant_may_decide_to_keep_them(page_app: Flask, page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change", change_words=WORDS)
    stop(page_visitor)
    page_visitor.get(step_address("unfinished"))
    page_visitor.follow("No, keep them")
    assert page_visitor.path == PAUSE
    assert rows_in(page_app, "return_drafts") == 1


def test_what_a_child_wrote_is_not_kept_under_a_code(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant with a return code
    walk_to(page_visitor, "change", change_words=WORDS)
    code = stop(page_visitor)
    # When they say that they are under 18
    other = in_another_browser(page_app, code)
    other.get(page_address("first"))
    other.press("Continue", adult="no")
    # Then nothing is kept
    assert other.path.endswith("/stop")
    assert rows_in(page_app, "return_drafts") == 0


def test_stopping_on_the_page_that_ends_kindly_ends_kindly(page_visitor: Visitor) -> None:
    begin(page_visitor)
    page_visitor.press("Stop for now", adult="no")
    assert page_visitor.path.endswith("/stop")


def test_leaving_does_not_take_a_code_away(page_app: Flask, page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change", change_words=WORDS)
    code = stop(page_visitor)
    page_visitor.client.get("/leave")
    assert "/page/" in in_another_browser(page_app, code).path


# When the call changed or closed


def test_a_call_that_closed_is_said_kindly_and_the_draft_can_be_erased(
    app: Flask, visitor: Visitor
) -> None:
    # Given unfinished answers to a call that has closed since
    walk_to(visitor, "change", change_words=WORDS)
    code = stop(visitor)
    close_the_call(app)
    # When their writer comes back
    other = in_another_browser(app, code)
    # Then they are told, and may erase them at once
    assert other.status == 410
    assert other.page.h1 == "This has closed"
    other.follow("Delete my unfinished answers")
    other.press("Yes, delete them")
    assert other.page.h1 == "Your unfinished answers are deleted"
    assert rows_in(app, "return_drafts") == 0


def test_answers_that_still_fit_a_changed_form_are_kept(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a draft of an older form: one question was renamed since, one answer is not on the list any more
    with page_app.app_context():
        code = return_drafts.new_code()
        draft = return_drafts.Draft(
            slug=DEMO_CALL,
            form_version=99,
            language="en",
            answers={
                "first": {"adult": "yes"},
                "assessment": {"had_assessment": "perhaps"},
                "change": {"change_words": WORDS, "old_question": "Gone."},
            },
            typed={"old-page": [["old_question", "Gone too."]]},
        )
        return_drafts.keep(code, draft)
    # When its writer comes back
    come_back(page_visitor, code)
    # Then the first page whose answer does not fit is asked again, and what fits is there
    assert page_visitor.path == page_address("assessment")
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == WORDS
    page_visitor.get(step_address("check"))
    assert "Gone" not in page_visitor.page.text


# Nothing is told, nothing is lost


def test_wrong_erased_and_expired_codes_are_answered_alike(app: Flask, visitor: Visitor) -> None:
    # Given a code whose draft was erased, one that is over, one that was sent, and one that never was
    codes = {}
    for name in ("erased", "expired", "sent"):
        person = Visitor(app.test_client())
        walk_to(person, "change", change_words=WORDS)
        codes[name] = stop(person)
        if name == "erased":
            person.get(step_address("unfinished"))
            person.press("Yes, delete them")
        if name == "sent":
            person.get(step_address("check"))
            send(person)
    codes["never"] = return_drafts.new_code()
    # When each is handed in by a new visitor, after the day of the second
    answers = set()
    with later(days=DRAFT_DAYS):
        for code in codes.values():
            new = Visitor(app.test_client())
            come_back(new, code)
            assert errors(new) == [NOTHING]
            assert new.response.headers.getlist("Set-Cookie") == []
            answers.add((new.status, new.address, new.page.html.replace(code, "")))
    # Then an attacker cannot tell them apart
    assert len(answers) == 1


def test_a_draft_that_does_not_fit_is_refused_kindly_and_nothing_is_lost(
    page_app: Flask, page_visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given more than can be kept
    walk_to(page_visitor, "change", change_words=WORDS)
    page_visitor.press("Stop for now")

    def too_much(code: str, draft: return_drafts.Draft) -> None:
        raise return_drafts.TooMuchToKeep

    monkeypatch.setattr(return_drafts, "keep", too_much)
    # When a code is asked for
    page_visitor.press("Give me a return code")
    # Then the page says so, and everything is still there
    assert page_visitor.path == PAUSE
    assert "Nothing is lost" in page_visitor.page.text
    page_visitor.follow("Go back to my answers")
    assert value_of(page_visitor, "change_words") == WORDS


def test_a_return_code_is_no_receipt_and_a_receipt_no_return_code(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given one participant with both
    receipt = send_answers(page_visitor, change_words="Sent.")
    other = Visitor(page_app.test_client())
    walk_to(other, "change", change_words="Not sent.")
    code = stop(other)
    # Then each opens what it is for, at the same door
    new = Visitor(page_app.test_client())
    come_back(new, receipt)
    assert new.path == "/en/choices/held"
    come_back(new, code)
    assert "/page/" in new.path


def test_what_waits_is_no_submission(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant whose answers wait
    walk_to(page_visitor, "change", change_words=WORDS)
    stop(page_visitor)
    # Then there is nothing for the desk, and nothing in the record
    stored = {name for name in (*KEPT, "audit_notes", "outbox") if rows_in(page_app, name)}
    assert stored == {"erasure_secrets"}


def test_the_start_page_says_how_long_both_ways(page_visitor: Visitor) -> None:
    page_visitor.get(f"/en/calls/{DEMO_CALL}/")
    assert "wait for 2 hours" in page_visitor.page.text
    assert f"wait for {DRAFT_DAYS} days" in page_visitor.page.text


def test_answers_are_still_kept_when_the_visit_ran_out(page_visitor: Visitor) -> None:
    # Given a participant whose Visit ended while they wrote
    walk_to(page_visitor, "change")
    page_visitor.client.delete_cookie("hearth")
    # When they press "Stop for now"
    page_visitor.press("Stop for now", change_words=WORDS)
    # Then what they wrote is there, and they can stop from here
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == WORDS


def test_stop_for_now_is_heard_also_when_the_visit_ran_out(page_visitor: Visitor) -> None:
    # Given a participant who had gone through a page, and wrote on the next for more than two hours
    walk_to(page_visitor, "change")
    with later(hours=3):
        # When they press "Stop for now"
        page_visitor.press("Stop for now", change_words=WORDS)
        # Then they are where they can get a return code, and read what is gone
        assert page_visitor.path == step_address("pause")
        assert "More than 2 hours went by" in page_visitor.page.text
        # And with the code they come back to what they wrote
        page_visitor.press("Give me a return code")
        code = shown_code(page_visitor)
        page_visitor.client.delete_cookie("hearth")
        come_back(page_visitor, code)
        assert page_visitor.path == page_address("change")
        assert value_of(page_visitor, "change_words") == WORDS


def test_codes_of_both_kinds_are_tried_out_of_one_bucket(make_page_app) -> None:  # type: ignore[no-untyped-def]
    # Given a network that has opened return codes as often as it may open codes at all
    app = make_page_app(LIMIT_FACTOR="1")
    writer = Visitor(app.test_client())
    walk_to(writer, "change", change_words=WORDS)
    code = stop(writer)
    tried = Visitor(app.test_client()).client
    for _ in range(15):
        assert tried.post("/en/choices", data={"code": code}).status_code == 303
    # When a receipt is tried there
    answered = tried.post("/en/choices", data={"code": own_copies.new_receipt()})
    # Then it has to wait
    assert answered.status_code == 429


@pytest.mark.parametrize("address", [PAUSE, CODE_PAGE, step_address("unfinished")])
def test_no_visitor_gets_there_without_a_visit(page_visitor: Visitor, address: str) -> None:
    page_visitor.get(address)
    assert page_visitor.path.endswith(f"/calls/{DEMO_CALL}/")


def test_the_code_is_in_no_address(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    code = stop(page_visitor)
    for link in page_visitor.page.all("a", "form", "link"):
        assert code not in (link.get("href") or link.get("action") or "")


def test_answering_only_this_is_enough_to_stop(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant who stops on the very first page, without a word
    begin(page_visitor)
    code = stop(page_visitor)
    # Then they come back to it, and nothing scolds them
    other = in_another_browser(page_app, code)
    assert other.path == page_address("first")
    assert errors(other) == []
    answer(other)
