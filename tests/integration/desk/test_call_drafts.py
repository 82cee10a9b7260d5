"""A call is written at the desk: from a template to a published call, by pages that work without scripts."""

import json
import re
from datetime import timedelta
from http import HTTPStatus
from uuid import uuid4

import pytest

from tests.factories import told_by
from tests.integration.desk.worker import Worker
from tests.pages import words
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.forms import call_drafts


def start(worker: Worker, template: str = "feedback") -> str:
    """A draft from a template; its address."""
    worker.get("/desk/designer")
    worker.follow("Start a call")
    worker.press("Start", template=template)
    return worker.path


def version(worker: Worker) -> str:
    return next(
        one.get("value", "") for one in worker.page.all("input") if one.get("name") == "version"
    )


def arrange(worker: Worker, draft: str, what: str) -> None:
    """Press one of the small buttons of the overview."""
    worker.get(draft)
    (button,) = [one for one in worker.page.all("button") if one.get("value") == what]
    form = next(one for one in worker.page.all("form") if one.get("id") == button.get("form"))
    data = {one.get("name", ""): one.get("value", "") for one in form.iter("input")}
    worker.post(form.get("action", ""), {**data, "do": what})


def give_address(worker: Worker, draft: str, slug: str = "spring") -> None:
    worker.get(f"{draft}/address")
    last = clock.today() + timedelta(days=30)
    month = f"{told_by(last).first_day:%m/%Y}"
    day = {"day": str(last.day), "month": str(last.month), "year": str(last.year)}
    worker.press("Save", slug=slug, told_by=month, **day)


def questions(worker: Worker, draft: str) -> list[str]:
    worker.get(draft)
    return [
        one.get("id", "").removeprefix("question-")
        for one in worker.page.all("li")
        if one.get("id", "").startswith("question-")
    ]


def test_from_a_template_to_a_published_call(page_worker: Worker) -> None:
    worker = page_worker
    # Given a draft from a template, in the name of this instance's organisation
    draft = start(worker)
    assert "Nobody outside the desk can see it until you publish it" in worker.page.text
    assert "Monitoring Group" not in worker.get(f"{draft}/start-page").text
    # When its words are changed and the check is asked
    worker.press("Save", title="\u200b\u200d")
    assert "Write something here, in English" in worker.page.text
    worker.press("Save", title="How was our evening?")
    assert "Saved." in worker.page.text
    worker.follow("Check and publish")
    assert "3 things stand in the way" in worker.page.text
    assert "Publish this call" not in worker.buttons()
    # And what it says is mended where its links lead
    worker.follow("Mend this")
    assert worker.path == f"{draft}/address"
    give_address(worker, draft)
    worker.get(f"{draft}/check")
    assert "The check found nothing that stands in the way" in worker.page.text
    # And it is published, after a fresh code
    with worker.later(minutes=6):
        worker.press("Publish this call")
        assert "You are about to publish a call" in worker.page.text
        worker.confirm()
        assert "Published. The call is open now." in worker.page.text
        # Then people can answer it, and the desk leads to it
        worker.follow("Go to the call")
        assert worker.path == "/desk/calls/spring"
    assert "How was our evening?" in worker.get("/en/calls/spring/").text
    assert worker.tags()[0] in {"call published", "second factor confirmed"}
    # And the draft does not change any more
    page = worker.get(f"{draft}/address")
    assert worker.path == draft
    assert "What is published does not change" in page.text
    assert "Undo" not in worker.buttons()


def test_a_question_is_edited_and_its_answers_keep_what_depends_on_them(
    page_worker: Worker,
) -> None:
    worker = page_worker
    draft = start(worker, "participants")
    # When an answer that decides about pages is taken out
    worker.get(f"{draft}/question/had_assessment")
    worker.press("Save", choices="Yes\nI am not sure")
    # Then it is said what depends on it, and nothing is lost or changed
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert "You took an answer out that decides about other pages" in worker.page.text
    assert "“If you did not have it”" in worker.page.text
    # When it is reworded instead, and another is added
    worker.press("Save", choices="Yes\nNo, never\nI am not sure", label="Did you have it?")
    assert "Saved." in worker.page.text
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    question = found.content.form.question("had_assessment")
    # Then its key stays, so the pages still depend on it
    assert [one.key for one in question.choices] == ["yes", "no", "not_sure"]
    assert question.choices[1].label == {"en": "No, never"}
    # And a question that must be answered says why
    worker.get(f"{draft}/question/had_assessment")
    worker.press("Save", required=True)
    assert "Say why people must answer it, or let them skip it" in worker.page.text
    worker.press("Save", required=True, reason="We only ask people who had it.")
    assert "must be answered" in worker.page.text


def test_pages_and_questions_are_moved_copied_and_deleted_and_undone(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    assert questions(worker, draft) == ["meeting", "felt_safe", "liked", "better"]
    for what, expected in (
        ("question down meeting", ["felt_safe", "meeting", "liked", "better"]),
        ("page up next-time", ["liked", "better", "felt_safe", "meeting"]),
        ("question copy liked", ["liked", "liked_2", "better", "felt_safe", "meeting"]),
        ("question delete better", ["liked", "liked_2", "felt_safe", "meeting"]),
        ("page delete next-time", ["felt_safe", "meeting"]),
    ):
        arrange(worker, draft, what)
        assert worker.status == HTTPStatus.OK
        assert questions(worker, draft) == expected, what
    # When the last change is undone, and the one before
    worker.press("Undo")
    worker.press("Undo")
    # Then both are back
    assert questions(worker, draft) == ["liked", "liked_2", "better", "felt_safe", "meeting"]
    # And the last page of a call stays, with words that say why
    arrange(worker, draft, "page delete next-time")
    arrange(worker, draft, "page delete the-meeting")
    assert worker.status == HTTPStatus.CONFLICT
    assert "A call keeps at least one page" in worker.page.text


def test_a_question_is_moved_to_another_page_and_back(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    worker.get(f"{draft}/question/liked")
    worker.press("Move it", page="the-meeting")
    assert "Moved." in worker.page.text
    assert questions(worker, draft) == ["meeting", "felt_safe", "liked", "better"]
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    assert found.content.form.page("the-meeting").questions[-1].key == "liked"
    worker.press("Undo")
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    assert found.content.form.page("next-time").questions[0].key == "liked"
    # The last question of a page stays, and a page that is not there takes none
    arrange(worker, draft, "question delete better")
    worker.get(f"{draft}/question/liked")
    worker.press("Move it", page="the-meeting")
    assert worker.status == HTTPStatus.CONFLICT
    assert "a page at least one question" in worker.page.text
    worker.get(f"{draft}/question/meeting")
    worker.press("Move it", page="email")
    assert "it is not there any more" in worker.page.text


def test_what_other_pages_depend_on_is_not_deleted(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker, "participants")
    arrange(worker, draft, "page delete assessment")
    assert worker.status == HTTPStatus.CONFLICT
    assert "other pages are shown only after certain answers to this" in worker.page.text
    # And a page waits for one question
    worker.get(f"{draft}/page/later")
    worker.press("Save", when=["adult=yes", "had_assessment=yes"])
    assert "Choose answers of one question only" in worker.page.text
    # When those pages are shown to everyone
    for key in ("without", "how-it-was-done", "the-people", "later"):
        worker.get(f"{draft}/page/{key}")
        worker.press("Save", when=[])
    # Then it can go
    arrange(worker, draft, "page delete assessment")
    assert "Deleted. If you did not mean to, press Undo." in worker.page.text
    # And the pages about contact go together, with the permissions that need them
    arrange(worker, draft, "section delete contact")
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    assert set(found.content.form.parts) == {"testimony", "equality"}
    assert [one.purpose for one in found.content.form.consents] == ["quote"]


def test_the_bank_adds_questions_pages_and_blocks(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    # When a question is added to a page, and the safe block and age bands to the call
    worker.get(f"{draft}/page/next-time/add")
    worker.press("Add", entry="interpreter")
    for entry in ("contact-safety", "age-band"):
        worker.get(f"{draft}/add-page")
        worker.press("Add", entry=entry)
        assert "Added." in worker.page.text
    shown = questions(worker, draft)
    assert {"interpreter", "safe_ways", "helper_name", "age_band"} <= set(shown)
    # Then nothing but the address stands in the way: the block came whole, with its permissions
    give_address(worker, draft)
    worker.get(f"{draft}/check")
    assert "The check found nothing that stands in the way" in worker.page.text
    # And it cannot be added twice, nor taken apart
    worker.get(f"{draft}/add-page")
    assert "How to reach people safely" not in worker.page.text
    worker.get(draft)
    assert not [one for one in worker.page.all("button") if one.get("value") == "page delete email"]


def test_a_number_is_added_with_its_bounds(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    worker.get(f"{draft}/page/next-time/add")
    worker.press("Add", entry="number")
    worker.get(f"{draft}/question/a_number")
    assert "People answer with a whole number." in worker.page.text
    # When a bound is missing, or is no number, or the first is not the smaller, then it is said which
    for least, most, says in (
        ("2", "", "Enter both numbers, or none"),
        ("", "3", "Enter both numbers, or none"),
        ("-1", "3", "Enter a whole number, at most 999999999"),
        ("1", "9" * 5_000, "Enter a whole number, at most 999999999"),
        ("3", "3", "Enter a number above the smallest"),
    ):
        worker.press("Save", at_least=least, at_most=most)
        assert worker.status == HTTPStatus.BAD_REQUEST
        assert says in worker.page.text
    # When both are right
    worker.press("Save", label="How many people live with you?", at_least="0", at_most="1,200")
    assert "Saved." in worker.page.text
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    asked = found.content.form.question("a_number")
    assert (asked.at_least, asked.at_most) == (0, 1_200)
    # Then the preview asks it, and no page can wait for it
    worker.get(f"{draft}/preview/next-time")
    assert "How many people live with you?" in worker.page.text
    worker.get(f"{draft}/page/email")
    assert "How many people live with you?" not in worker.page.text
    # And both can be emptied again
    worker.get(f"{draft}/question/a_number")
    worker.press("Save", at_least="", at_most="")
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    assert not found.content.form.question("a_number").has_bounds


def test_an_answer_for_something_else_is_added_and_taken_away(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker, "participants")
    # Given a list, when a coordinator adds an answer with a line to write on
    worker.get(f"{draft}/question/had_assessment")
    listed = next(one for one in worker.page.all("textarea") if one.get("name") == "choices")
    first = "".join(listed.itertext()).strip().splitlines()[0]
    worker.press("Save", other=first.upper(), other_ask="Please write it here")
    assert "Write each answer once" in worker.page.text
    worker.press("Save", other="Something else", other_ask="")
    assert "Write something here, in English" in worker.page.text
    worker.press("Save", other_ask="If something else, please write it here")
    assert "Saved." in worker.page.text
    # Then the preview shows the line, and another page may wait for it
    worker.get(f"{draft}/preview/assessment")
    assert "If something else, please write it here" in worker.page.text
    worker.get(f"{draft}/page/later")
    worker.press("Save", when=["had_assessment=other"])
    # And while it waits, the answer stays
    worker.get(f"{draft}/question/had_assessment")
    worker.press("Save", other="")
    assert "You took an answer out that decides about other pages" in worker.page.text
    worker.get(f"{draft}/page/later")
    worker.press("Save", when=[])
    worker.get(f"{draft}/question/had_assessment")
    worker.press("Save", other="")
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    assert found.content.form.question("had_assessment").other is None
    # And no such answer is offered where Hearth acts on the answers
    worker.get(f"{draft}/question/safe_ways")
    assert "Answer for something else" not in worker.page.text


def test_every_question_of_the_bank_can_be_edited_and_saved(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker, "participants")
    for entry in ("adults-only", "choices", "scale", "number", "ranking", "yes-no", "access-needs"):
        worker.get(f"{draft}/add-page")
        worker.press("Add", entry=entry)
    worker.get(f"{draft}/page/health/add")
    worker.press("Add", entry="support-words")
    for key in questions(worker, draft):
        worker.get(f"{draft}/question/{key}")
        assert worker.status == HTTPStatus.OK
        worker.press("Save")
        # Nothing was changed, so no version was made
        assert "Saved." in worker.page.text, key
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    assert found.version == 9


def test_who_saves_second_is_told_and_loses_nothing(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    # Given a question that is open in one window, while another window changes the page
    worker.get(f"{draft}/question/liked")
    stale = version(worker)
    worker.get(f"{draft}/page/next-time")
    worker.press("Save", title="The next one")
    # When the first is saved
    sent = {"version": stale, "label": "What did you like?", "hint": "", "max_length": "600"}
    worker.get(f"{draft}/question/liked")
    token = next(
        one.get("value", "") for one in worker.page.all("input") if one.get("name") == "csrf_token"
    )
    worker.post(f"{draft}/question/liked", {**sent, "csrf_token": token})
    # Then it is said who changed what, and what was typed is there
    assert worker.status == HTTPStatus.CONFLICT
    assert "Changed the page “The next one”" in worker.page.text
    assert "What did you like?" in words(worker.page.all("textarea")[0])
    # And the next press saves it beside the other's change
    worker.press("Save")
    assert "Saved." in worker.page.text
    assert "The next one" in worker.page.text
    assert "What did you like?" in worker.page.text
    # When the question is deleted meanwhile
    worker.get(f"{draft}/question/liked")
    stale = version(worker)
    arrange(worker, draft, "question delete liked")
    worker.post(f"{draft}/question/liked", {**sent, "version": stale, "csrf_token": token})
    # Then what was typed can still be read
    assert worker.status == HTTPStatus.CONFLICT
    assert "someone deleted this meanwhile" in worker.page.text
    assert "What did you like?" in words(worker.page.all("textarea")[0])


def test_a_question_that_the_check_stops_at_needs_a_reason_that_is_audited(
    page_worker: Worker,
) -> None:
    worker = page_worker
    draft = start(worker)
    give_address(worker, draft)
    worker.get(f"{draft}/question/better")
    worker.press("Save", label="What is your immigration status?")
    worker.get(f"{draft}/check")
    assert "asks for immigration status" in worker.page.text
    assert "publish-" not in worker.page.text
    # A reason that is too short for the record is refused
    worker.press("Save the reasons", why_better="because")
    assert "too short for the record" in worker.page.text
    worker.press("Save the reasons", why_better="The group asked for this question.")
    assert "The check found nothing that stands in the way" in worker.page.text
    worker.press("Publish this call")
    assert "Published. The call is open now." in worker.page.text
    (line,) = [one for one in worker.record() if one.tag == "publish check overridden"]
    assert line.reason == "better: The group asked for this question."


def test_a_preview_shows_the_page_of_participants_and_sends_nothing(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker, "participants")
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    for page in found.content.form.pages:
        worker.get(f"{draft}/preview/{page.key}")
        assert "Part of :" not in worker.page.text
        assert worker.status == HTTPStatus.OK
        assert "This is a preview of a draft" in worker.page.text
        assert page.questions[0].label["en"] in worker.page.text
        # Every input and button of the page stands in a fieldset that is disabled
        (frame,) = [one for one in worker.page.all("fieldset") if "disabled" in one.attrib]
        for tag in ("button", "input", "textarea"):
            assert len(list(frame.iter(tag))) == len(worker.page.all(tag))
    assert not any("hearth_visit" in one for one in worker.response.headers.getlist("Set-Cookie"))
    # And an address that is sent all the same is no page that takes it
    worker.post(f"{draft}/preview/first", {"adult": "no"})
    assert worker.status != HTTPStatus.OK or worker.path == f"{draft}/preview/first"


def test_start_pressed_twice_begins_one_draft(worker: Worker) -> None:
    worker.get("/desk/designer/start")
    page = worker.page
    worker.press("Start", template="feedback")
    first = worker.path
    # When the same page is sent once more, then it leads to the same draft
    worker.page = page
    worker.press("Start", template="feedback")
    assert worker.path == first
    with worker.app.app_context():
        assert len(call_drafts.listed()[0]) == 1
    # And a page that was opened anew begins another one; what is no id of ours is none
    start(worker)
    worker.get("/desk/designer/start")
    worker.press("Start", template="feedback", draft="00000000-0000-0000-0000-000000000000")
    with worker.app.app_context():
        assert len(call_drafts.listed()[0]) == 3


def test_the_start_page_is_previewed_as_people_will_see_it(page_worker: Worker) -> None:
    # Given a draft without a last day, then its start page says all but that
    worker = page_worker
    draft = start(worker, "participants")
    worker.get(draft)
    page = worker.follow("Preview")
    assert page.path == f"{draft}/preview"
    for part in ("Who we are", "Who reads it", "When we must tell someone"):
        assert part in page.text
    assert "Open until" not in page.text
    (frame,) = [one for one in page.all("fieldset") if "disabled" in one.attrib]
    assert len(list(frame.iter("button"))) == 2
    assert {one.get("href", "").partition(":")[0] for one in frame.iter("a")} <= {"tel"}
    # When it is chosen, and the month, then they are there
    give_address(worker, draft)
    page = worker.get(f"{draft}/preview")
    assert "Open until" in page.text
    assert "you can read here what we did with it" in page.text
    # And the way leads on to the first page of questions, and back
    worker.follow("The next page")
    assert worker.follow("The start page").path == f"{draft}/preview"


def test_what_was_typed_for_a_draft_that_was_thrown_away_is_not_lost(page_worker: Worker) -> None:
    # Given two coordinators at a draft, of whom one throws it away while the other writes
    worker = page_worker
    draft = start(worker)
    worker.get(f"{draft}/start-page")
    writing = worker.page
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
        call_drafts.throw_away(found.id, actor=uuid4())
    # When the other saves
    worker.page = writing
    page = worker.press("Save", summary="ናይ ርክብ ዕላማ")
    # Then they read what happened, and have their words
    assert worker.status == HTTPStatus.NOT_FOUND
    assert page.h1 == "This draft is not here any more"
    assert "ናይ ርክብ ዕላማ" in page.text
    assert "People can delete what they told us" not in page.text
    # And an address that leads to none says the same, without words
    page = worker.get(f"/desk/designer/{uuid4()}")
    assert page.h1 == "This draft is not here any more"
    assert "What you had written" not in page.text


def test_readers_permissions_and_the_file(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    worker.get(f"{draft}/readers")
    worker.press("Save", testimony_months="40")
    assert "Enter a number of months from 1 to 36" in worker.page.text
    worker.press("Save", testimony_months="9", testimony_reader="Two of us.")
    worker.get(f"{draft}/permissions")
    assert "Get in touch" not in worker.page.text
    worker.press("Save", quote_asked=False)
    # The file is the whole of it, and comes in as it went out
    worker.get(f"{draft}/file")
    written = words(worker.page.all("textarea")[0])
    worker.press("Save", definition="{}")
    assert "This is no form definition that Hearth can read" in worker.page.text
    assert "“title” is missing. Add it." in worker.page.text
    worker.press("Save", definition=re.sub("Two of us", "Three of us", written))
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    form = found.content.form
    assert form.parts["testimony"].keep_months == 9
    assert form.parts["testimony"].reader == {"en": "Three of us."}
    assert form.consents == ()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"slug": "For survivors"}, "Use small letters, digits and hyphens"),
        ({"slug": "survivors"}, "Choose a word that gives nobody away: “survivors” does"),
        ({"day": "31", "month": "2", "year": "2030"}, "Enter a day that is in the calendar"),
        ({"month": "2"}, "Enter a day that is in the calendar"),
        ({"day": "1", "month": "1", "year": "2020"}, "Enter a last day that is not over"),
    ],
)
def test_an_address_that_would_be_refused_is_told_at_once(
    page_worker: Worker, typed: dict[str, str], said: str
) -> None:
    draft = start(page_worker)
    page_worker.get(f"{draft}/address")
    page_worker.press("Save", **typed)
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert said in page_worker.page.text


def test_pages_of_no_call_that_were_pasted_are_shown_and_can_be_deleted(
    page_worker: Worker,
) -> None:
    worker = page_worker
    draft = start(worker)
    # Given a pasted form with a page and an answer that only events have
    worker.get(f"{draft}/file")
    (box,) = worker.page.all("textarea")
    pasted = json.loads(box.text or "")
    first, last = pasted["pages"][0], pasted["pages"][-1]
    first["questions"][0]["part"] = "needs"
    last["section"] = "registration"
    worker.press("Save", definition=json.dumps(pasted))
    # Then every page of the draft opens
    for address in (
        f"question/{first['questions'][0]['key']}",
        f"question/{last['questions'][0]['key']}",
        f"preview/{last['key']}",
        "check",
    ):
        worker.get(f"{draft}/{address}")
        assert worker.status == HTTPStatus.OK, address
    # And the page that no call may have can be deleted, as the check asks
    assert "belongs to an event’s booking. Delete it." in worker.page.text
    arrange(worker, draft, "section delete registration")
    assert "belongs to an event’s booking" not in worker.get(f"{draft}/check").text


def test_a_draft_is_thrown_away_after_a_question(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    worker.follow("Throw this draft away")
    worker.press("Throw it away")
    assert "There are no drafts yet." in worker.page.text
    worker.get("/desk/record")
    assert "Threw the draft of a call away" in worker.page.text
    assert worker.tags()[0] == "draft of a call thrown away"
    worker.get(draft)
    assert worker.status == HTTPStatus.NOT_FOUND
    with worker.app.app_context():
        assert published_calls.open_calls()
