"""A published call is changed at the desk: a draft of its next version, what is different, and publishing it."""

from http import HTTPStatus
from uuid import UUID

from tests.integration.desk import entering
from tests.integration.desk.worker import Worker
from tests.pages import words
from tests.second_version import GONE, publish_second_version
from webapp.services.calls import published_calls
from webapp.services.forms import call_drafts, call_versions

SLUG = "support-needs"
VERSIONS = f"/desk/calls/{SLUG}/versions"


def begin(worker: Worker) -> str:
    """A draft of the call's next version; its address."""
    worker.get(f"/desk/calls/{SLUG}")
    worker.follow("Change this call")
    worker.press("Change this call")
    return worker.path


def reword_title(worker: Worker, draft: str, title: str = "How help is decided") -> None:
    worker.get(f"{draft}/start-page")
    worker.press("Save", title=title)


def test_a_call_is_changed_and_the_difference_is_seen_before_it_is_published(
    page_worker: Worker,
) -> None:
    worker = page_worker
    # Given a draft of a new version, with the words that are published
    draft = begin(worker)
    assert "everyone answers the one before" in worker.page.text
    assert "a new version of the call “support-needs”" in worker.page.text
    # Whoever presses again is led to the same one
    worker.get(VERSIONS)
    assert "Change this call" not in worker.buttons()
    worker.follow("Go on with the new version")
    assert worker.path == draft
    # When the title is changed
    reword_title(worker, draft)
    worker.get(f"{draft}/check")
    # Then the old and the new words stand side by side
    (row,) = [one for one in worker.page.all("tr") if "How help is decided" in words(one)]
    assert "Title" in words(row)
    assert "How support needs are decided" in words(row)
    # And without a reason nothing is published
    worker.press("Publish the new version")
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert "Choose why you are doing this" in worker.page.text
    worker.press("Publish the new version", why="other", words="write to ana@example.org")
    assert "Leave out e-mail addresses and phone numbers" in worker.page.text
    # And it is published after a fresh code
    with worker.later(minutes=6):
        worker.press("Publish the new version", why="wording", words="")
        assert "You are about to publish a new version of a call" in worker.page.text
        worker.confirm()
        assert "People who begin from now on answer the new version" in worker.page.text
        assert "How help is decided" in worker.get(f"/en/calls/{SLUG}/").text
        # And the list of versions says when, who and why, and what was different
        worker.get(f"/desk/calls/{SLUG}")
        worker.follow("Version 2")
        assert "Better words" in worker.page.text
        worker.follow("Version 2")
        assert "How support needs are decided" in worker.page.text
        worker.get(f"{VERSIONS}/1")
        assert "What was different" not in worker.page.text
        assert "new version of a call" in worker.tags()[:3]
        # And the draft leads to the call, and changes no more
        worker.get(f"{draft}/start-page")
        assert "begin a new version on its page" in worker.page.text


def test_address_and_days_cannot_be_changed_by_any_post(page_worker: Worker) -> None:
    worker = page_worker
    draft = begin(worker)
    draft_id = UUID(draft.rpartition("/")[2])
    # When the page about the address is asked for, or a POST is sent that no page offers
    worker.get(f"{draft}/address")
    assert "A published call keeps its address" in worker.page.text
    token = next(
        one.get("value", "") for one in worker.page.all("input") if one.get("name") == "csrf_token"
    )
    data = {"csrf_token": token, "version": "1", "slug": "another", "told_by": "", "day": ""}
    worker.post(f"{draft}/address", {**data, "month": "", "year": ""})
    # Then nothing is changed, and it is said
    assert "A published call keeps its address" in worker.page.text
    with worker.app.app_context():
        assert call_drafts.find(draft_id).content.slug == SLUG
    # And the button of a first publication publishes no version
    worker.post(f"{draft}/publish", {"csrf_token": token, "version": "1"})
    assert "Nothing was published" in worker.page.text
    with worker.app.app_context():
        assert published_calls.find_call(SLUG).form_version == 1


def test_only_the_draft_that_was_shown_is_published(page_worker: Worker) -> None:
    worker = page_worker
    draft = begin(worker)
    reword_title(worker, draft)
    worker.get(f"{draft}/check")
    token = next(
        one.get("value", "") for one in worker.page.all("input") if one.get("name") == "csrf_token"
    )
    data = {"csrf_token": token, "why": "wording", "words": ""}
    # A version that the page did not show, and a draft that is no version of anything
    worker.post(f"{draft}/publish-version", {**data, "version": "1"})
    assert "Nothing was published" in worker.page.text
    worker.get("/desk/designer/start")
    worker.press("Start", template="feedback")
    another = worker.path
    worker.post(f"{another}/publish-version", {**data, "version": "1"})
    assert "Nothing was published" in worker.page.text
    with worker.app.app_context():
        assert published_calls.find_call(SLUG).form_version == 1
    # An address of a version that there is not is no page
    worker.get(f"{VERSIONS}/7")
    assert worker.status == HTTPStatus.NOT_FOUND
    with worker.app.app_context():
        assert call_versions.open_draft(published_calls.find_call(SLUG)) is not None


def test_a_form_that_was_begun_or_printed_is_entered_in_its_own_version(
    page_worker: Worker,
) -> None:
    worker = page_worker
    # Given a form that was begun, and one on paper, when a second version is published
    begun = entering.begin(worker)
    with worker.app.app_context():
        publish_second_version()
    # Then the first goes on with its own pages
    worker.get(f"{begun}/page/{GONE}")
    assert worker.status == HTTPStatus.OK
    # And the paper says which version it is, and is entered in that one
    worker.get(f"/en/calls/{SLUG}/paper")
    assert any(words(one).endswith("/2") for one in worker.page.all("span"))
    paper = entering.begin(worker, how="paper", version="1")
    worker.get(f"{paper}/page/{GONE}")
    assert worker.status == HTTPStatus.OK
    # And what is told by phone is asked as the call asks now
    phone = entering.begin(worker, how="phone", version="1")
    worker.get(f"{phone}/page/{GONE}")
    assert worker.status == HTTPStatus.NOT_FOUND
    # (nobody is asked for a version on the phone; of a sheet it must be said)
    phone = entering.begin(worker, how="phone")
    worker.get(f"{phone}/page/{GONE}")
    assert worker.status == HTTPStatus.NOT_FOUND
    for wrong in ({}, {"version": "3"}, {"version": "x"}):
        worker.get(entering.BEGIN)
        worker.press("Begin", **{"how": "paper", **wrong})
        assert worker.status == HTTPStatus.BAD_REQUEST
        assert "Choose the version that is printed on the paper form" in worker.page.text


def test_who_publishes_is_told_that_a_language_goes(page_worker: Worker) -> None:
    worker = page_worker
    # Given a call whose translations were published, and not read by anyone since
    draft = begin(worker)
    # When its title changes, then the check says what that means for those who read Arabic
    reword_title(worker, draft)
    assert "People can read this call in Arabic now." in worker.get(f"{draft}/check").text
