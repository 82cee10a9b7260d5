"""What a coordinator has begun to enter outlasts pauses, expired Visits and other tabs, for them alone."""

import pytest
from flask import Flask

from tests.integration.desk.entering import BEGIN, WORDS, begin, enter, send, type_in
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import answer_to, errors, value_of
from tests.integration.tables import counts
from tests.visitor import NotOnThePage, Value

PAUSE = {"minutes": 20}


def token_of(worker: Worker) -> str:
    form, _ = worker._form_with("Continue")
    return next(
        one.get("value", "") for one in form.iter("input") if one.get("name") == "csrf_token"
    )


def autosave(worker: Worker, address: str, token: str, at: int = 1, **words: str) -> int:
    """What the script sends while a coordinator types (autosave)."""
    data = {"csrf_token": token, "at": str(at), **words}
    return worker.client.post(f"{address}/words", data=data).status_code


def left(app: Flask) -> int:
    with app.app_context():
        return counts().get("entry_drafts", 0)


def signing_in(worker: Worker) -> dict[str, Value]:
    owner = worker.founded.owner
    return {
        "sign_in_name": owner.sign_in_name,
        "passphrase": owner.passphrase,
        "code": worker.code(),
    }


# Pauses


def test_a_pause_of_twenty_minutes_loses_nothing(worker: Worker) -> None:
    # Given words that the script kept, and after 20 minutes of listening some that it could not keep
    draft = begin(worker)
    page = f"{draft}/page/health"
    worker.get(page)
    token = token_of(worker)
    assert autosave(worker, page, token, health_words="She waited") == 204
    with worker.later(**PAUSE):
        assert autosave(worker, page, token, 2, health_words="She waited a year") == 403
        # When Continue is pressed
        worker.press("Continue", health_words="She waited a year", feeling="worse")
        # Then the coordinator signs in where they are, and nothing of it is seen before
        assert "Sign in and go on" in worker.buttons()
        assert "She waited a year" not in worker.page.text
        worker.press("Sign in and go on", **signing_in(worker))
        # And the page is there, with every word
        assert worker.path == page
        assert value_of(worker, "health_words") == "She waited a year"
        # And the next press goes on
        worker.press("Continue")
        assert worker.path == f"{draft}/page/later"


def test_a_wrong_code_after_a_pause_loses_nothing_either(page_worker: Worker) -> None:
    # Given a press that came when the Visit was over
    draft = begin(page_worker)
    page_worker.get(f"{draft}/page/change")
    with page_worker.later(**PAUSE):
        page_worker.press("Continue", change_words=WORDS)
        # When the code is wrong at first
        page_worker.press("Sign in and go on", **{**signing_in(page_worker), "code": "000000"})
        assert errors(page_worker)
        page_worker.press("Sign in and go on", **signing_in(page_worker))
        # Then the words are there all the same
        assert value_of(page_worker, "change_words") == WORDS


def test_looking_at_a_page_after_a_pause_leads_back_to_it_as_it_was(page_worker: Worker) -> None:
    # Given a page with words
    draft = begin(page_worker)
    type_in(page_worker, draft, change_words=WORDS)
    with page_worker.later(**PAUSE):
        # When it is only looked at, after the Visit is over
        page_worker.get(f"{draft}/page/change")
        page_worker.press("Sign in and go on", **signing_in(page_worker))
        # Then it is there, and not emptied
        assert page_worker.path == f"{draft}/page/change"
        assert value_of(page_worker, "change_words") == WORDS


def test_reading_back_for_twenty_minutes_loses_no_tick(page_worker: Worker) -> None:
    # Given answers that are read back to a participant, for a long time
    draft = enter(page_worker)
    with page_worker.later(**PAUSE):
        # When it is sent, with what they agreed to
        page_worker.press("Send for this person", consent=["contact_me"], agreed="read")
        page_worker.press("Sign in and go on", **signing_in(page_worker))
        # Then what was ticked is still ticked, and nothing was sent yet
        assert page_worker.path == f"{draft}/check"
        assert value_of(page_worker, "consent") == ["contact_me"]
        send(page_worker, "contact_me")
    # And a code that is looked at after another pause is there again
    with page_worker.later(minutes=60):
        page_worker.get(f"{draft}/code")
        page_worker.press("Sign in and go on", **signing_in(page_worker))
        assert page_worker.path == f"{draft}/code"


def test_a_page_that_was_open_before_signing_in_anew_wants_one_more_press(
    page_worker: Worker,
) -> None:
    # Given a page that is open, while the coordinator signs in again in another tab
    draft = begin(page_worker)
    page_worker.get(f"{draft}/page/change")
    old = page_worker.page
    page_worker.get("/desk/")
    page_worker.press("Sign out")
    page_worker.sign_in()
    # When the open page is sent
    page_worker.page, page_worker.address = old, f"{draft}/page/change"
    page_worker.press("Continue", change_words=WORDS)
    # Then nothing is kept before one more press, and nothing lost
    assert page_worker.status == 403
    page_worker.press("Keep it and go on")
    page_worker.get(f"{draft}/page/change")
    assert value_of(page_worker, "change_words") == WORDS


def test_a_draft_waits_when_the_coordinator_signs_out(page_worker: Worker) -> None:
    # Given half a form
    draft = begin(page_worker)
    type_in(page_worker, draft, change_words=WORDS)
    page_worker.get(f"{draft}/page/change")
    page_worker.press("Keep this and stop")
    assert page_worker.path == "/desk/entering"
    # When the coordinator signs out, and comes back a week later
    page_worker.press("Sign out")
    with page_worker.later(days=7):
        page_worker.sign_in()
        page_worker.get("/desk/calls/support-needs")
        page_worker.follow("Go on with the one that you have begun")
        # Then the list says where they were, by day and call, and not one word of it
        assert "8 of 18" in page_worker.page.text
        assert WORDS not in page_worker.page.html
        link = next(
            one.get("href", "")
            for one in page_worker.page.all("a")
            if "/page/" in one.get("href", "")
        )
        page_worker.get(link)
        assert value_of(page_worker, "change_words") == WORDS


# Autosave


def test_older_words_never_take_the_place_of_newer_ones(page_worker: Worker) -> None:
    # Given words that were kept
    draft = begin(page_worker)
    page = f"{draft}/page/change"
    page_worker.get(page)
    token = token_of(page_worker)
    assert autosave(page_worker, page, token, 20, change_words="Second") == 204
    # When an earlier post comes late
    assert autosave(page_worker, page, token, 10, change_words="First") == 204
    # Then the newer words stand, and nothing is called wrong, because no button was pressed
    page_worker.get(page)
    assert value_of(page_worker, "change_words") == "Second"
    assert errors(page_worker) == []


def test_two_tabs_lose_nothing_of_each_other(page_worker: Worker) -> None:
    # Given two pages of one draft, open in two tabs
    draft = begin(page_worker)
    page_worker.get(f"{draft}/page/health")
    token = token_of(page_worker)
    # When both are written at once
    autosave(page_worker, f"{draft}/page/health", token, health_words="In one tab")
    autosave(page_worker, f"{draft}/page/change", token, change_words="In the other")
    # Then both are kept
    page_worker.get(f"{draft}/page/health")
    assert value_of(page_worker, "health_words") == "In one tab"
    page_worker.get(f"{draft}/page/change")
    assert value_of(page_worker, "change_words") == "In the other"


def test_a_child_is_not_kept_by_autosave_either(page_worker: Worker) -> None:
    # When the script sends that the participant is a child, before anything was pressed
    draft = begin(page_worker)
    page_worker.get(f"{draft}/page/first")
    autosave(page_worker, f"{draft}/page/first", token_of(page_worker), adult="no")
    # Then it is not kept
    page_worker.get(f"{draft}/page/first")
    assert value_of(page_worker, "adult") in ("", [], [""])


def test_what_was_sent_takes_no_words_any_more(page_worker: Worker) -> None:
    # Given answers that were sent
    draft = enter(page_worker)
    page_worker.get(f"{draft}/page/change")
    token = token_of(page_worker)
    page_worker.get(f"{draft}/check")
    send(page_worker)
    # When a post of the script comes late
    assert autosave(page_worker, f"{draft}/page/change", token, 10**12, change_words="Late") == 409
    # Then the code is all there is
    page_worker.get(f"{draft}/page/change")
    assert page_worker.path == f"{draft}/code"


# Several, and throwing away


def test_several_drafts_wait_at_once_and_one_can_be_thrown_away(page_worker: Worker) -> None:
    # Given two people's answers, half entered
    one, two = begin(page_worker), begin(page_worker, how="paper")
    type_in(page_worker, one, change_words="Of one")
    type_in(page_worker, two, change_words="Of the other")
    # When one is thrown away, after being asked
    page_worker.get(f"{one}/page/first")
    page_worker.follow("Throw this draft away")
    page_worker.press("Throw it away")
    # Then it is gone, a second press is no error, and the other is there
    page_worker.get(f"{one}/page/change")
    assert page_worker.status == 404
    assert left(page_worker.app) == 1
    page_worker.get(f"{two}/page/change")
    assert value_of(page_worker, "change_words") == "Of the other"
    # And the record says nothing of it
    assert "answers entered" not in page_worker.tags()


def test_a_second_press_of_begin_begins_nothing_else(page_worker: Worker) -> None:
    # Given the page on which one begins
    page_worker.get(BEGIN)
    page, address = page_worker.page, page_worker.address
    page_worker.press("Begin", how="phone")
    first = page_worker.path
    # When its button is pressed twice
    page_worker.page, page_worker.address = page, address
    page_worker.press("Begin", how="phone")
    # Then there is one draft
    assert page_worker.path == first
    assert left(page_worker.app) == 1


def test_a_draft_that_does_not_exist_is_not_here(page_worker: Worker) -> None:
    begin(page_worker)
    page_worker.get(f"{BEGIN}/00000000-0000-4000-8000-000000000000/page/first")
    assert page_worker.status == 404


def test_a_reload_of_what_only_takes_a_post_leads_to_the_page(page_worker: Worker) -> None:
    draft = begin(page_worker)
    for address in (f"{draft}/page/first/words", f"{draft}/page/first/sign-in"):
        page_worker.get(address)
        assert page_worker.path == f"{draft}/page/first"


# How it reached us


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"how": None}, "Choose how the answers reached you"),
        ({"day": "31", "month": "2"}, "Enter a day that is in the calendar, like 20 7 2027"),
        ({"year": "2099"}, "This day is still to come. Enter the day on which you got the answers"),
        ({"year": "2020"}, "The call was published on"),
        ({"spoken": ""}, "Name one language, with 40 letters at most, like Romanian"),
    ],
)
def test_what_cannot_be_is_said_before_anything_begins(
    page_worker: Worker, wrong: dict[str, Value], words: str
) -> None:
    page_worker.get(BEGIN)
    page_worker.press("Begin", **{"how": "phone", **wrong})
    (said,) = errors(page_worker)
    assert said.startswith(words)
    assert left(page_worker.app) == 0


def test_how_it_reached_us_can_be_put_right(page_worker: Worker) -> None:
    # Given a draft by phone
    draft = begin(page_worker)
    # When it was on paper, and in another language
    page_worker.get(f"{draft}/heard")
    assert value_of(page_worker, "spoken") == "English"
    page_worker.press("Save", how="paper", spoken="Romanian")
    # Then that is read back
    page_worker.get(f"{draft}/check")
    assert "On paper" in page_worker.page.text
    assert answer_to(page_worker, "Language") == "Romanian"


def test_the_script_that_saves_runs_where_answers_are_typed_and_nowhere_else(
    page_worker: Worker,
) -> None:
    draft = begin(page_worker)
    saving = [one for one in page_worker.page.all("script") if "keep" in one.get("src", "")]
    assert len(saving) == 1
    assert "script-src 'self'" in page_worker.response.headers["Content-Security-Policy"]
    page_worker.get(f"{draft}/check")
    assert not [one for one in page_worker.page.all("script") if "keep" in one.get("src", "")]


def test_nothing_can_be_pressed_away_without_a_script(page_worker: Worker) -> None:
    # Given words on a page that were not stored
    draft = begin(page_worker)
    page_worker.get(f"{draft}/page/change")
    # When the coordinator jumps to another page by the line of pages
    try:
        page_worker.press("Contact", change_words=WORDS)
    except NotOnThePage:
        page_worker.press("Read back and send", change_words=WORDS)
    # Then they came along
    page_worker.get(f"{draft}/page/change")
    assert value_of(page_worker, "change_words") == WORDS
