"""A coordinator's own settings: an e-mail when something is new, turned on, changed and off by themselves."""

from http import HTTPStatus

import pytest
from sqlalchemy import select

from tests.integration.desk.worker import Worker
from webapp.models import NewsWish, OutboxMessage
from webapp.services.infrastructure import stores

ADDRESS = "ana-at-home@example.org"


def wishes(worker: Worker) -> list[int]:
    """How often mails come, to each who asked."""
    with worker.app.app_context(), stores.reading() as main:
        return list(main.scalars(select(NewsWish.every_days)))


def promised(worker: Worker) -> int:
    with worker.app.app_context(), stores.reading() as main:
        return len(main.scalars(select(OutboxMessage)).all())


def test_mails_are_turned_on_changed_and_off(worker: Worker) -> None:
    # Given a coordinator who finds their settings from Today
    worker.get("/desk/")
    page = worker.follow("Your settings: an e-mail when something is new")
    assert (page.h1, worker.path) == ("Your settings", "/desk/me")
    # When they ask for mails
    page = worker.press("Save", often="1", address=ADDRESS)
    # Then that is set, one mail goes to try the address, and the page cannot show it any more
    assert "An e-mail is on its way to this address, to try it." in page.text
    assert (wishes(worker), promised(worker)) == ([1], 1)
    assert ADDRESS not in page.html
    assert "Leave this empty to keep it" in page.text
    # And they can be mailed less often without giving it again
    page = worker.press("Save", often="7")
    assert "We e-mail the address that we have." in page.text
    assert (wishes(worker), promised(worker)) == ([7], 1)
    # And turn it off, after which nothing is kept
    page = worker.press("Save", often="off")
    assert "your address is deleted" in page.text
    assert (wishes(worker), promised(worker)) == ([], 0)
    # And all of it is in the record, without the address
    kept = [line for line in worker.record() if line.tag.startswith("news by e-mail")]
    assert [line.tag for line in kept] == [
        *("news by e-mail off", "news by e-mail changed", "news by e-mail on"),
    ]
    assert {line.reason for line in kept} == {""}


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"often": "1"}, "Write an e-mail address like name@example.org"),
        ({"often": "7", "address": "ana at home"}, "e-mail address"),
        ({"often": "1", "address": "ana@"}, "e-mail address"),
    ],
)
def test_an_address_that_cannot_be_mailed_is_named(
    page_worker: Worker, filled: dict[str, str], words: str
) -> None:
    page_worker.get("/desk/me")
    page = page_worker.press("Save", **filled)
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert page.title.startswith("Please look again")
    assert words in page.text
    assert filled.get("address", "") in page.html
    assert wishes(page_worker) == []


def test_a_made_up_choice_is_none(page_worker: Worker) -> None:
    page = page_worker.get("/desk/me")
    (token,) = {one.get("value") for one in page.all("input") if one.get("name") == "csrf_token"}
    for often in ("2", "365", "", "1; DROP TABLE"):
        page_worker.post("/desk/me", {"csrf_token": token, "often": often, "address": ADDRESS})
        assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert wishes(page_worker) == []


def test_the_button_pressed_twice_is_one_mail(page_worker: Worker) -> None:
    page = page_worker.get("/desk/me")
    form = {one.get("name"): one.get("value") for one in page.all("input") if one.get("name")}
    sent = {**form, "often": "1", "address": ADDRESS}
    for _ in range(2):
        page_worker.post("/desk/me", sent)
        assert page_worker.status == HTTPStatus.OK
    assert promised(page_worker) == 1


def test_strangers_cannot_be_mailed_one_after_the_other(page_worker: Worker) -> None:
    settings = page_worker.app.extensions["hearth_settings"]
    page_worker.app.extensions["hearth_settings"] = settings.model_copy(update={"limit_factor": 1})
    for number in range(8):
        page_worker.get("/desk/me")
        page = page_worker.press("Save", often="1", address=f"person-{number}@example.org")
    assert "Nothing was changed, because you have changed your address several times" in page.text
    assert promised(page_worker) == 1


def test_the_records_code_can_be_asked_for_and_turned_off(page_worker: Worker) -> None:
    def asked_for() -> bool:
        with page_worker.app.app_context(), stores.reading() as main:
            return main.scalar(select(NewsWish.code_mailed_on)) is not None

    # Given a coordinator who wants the code as well
    page_worker.get("/desk/me")
    page_worker.press("Save", often="7", code="daily", address=ADDRESS)
    assert asked_for()
    # When they change how often the others come, it stays, because the page shows it chosen
    page_worker.press("Save", often="1")
    assert asked_for()
    page_worker.press("Save", often="1", code="off")
    assert not asked_for()
    # And without an address there is none to send it to
    page = page_worker.press("Save", often="off", code="daily")
    assert page_worker.status == HTTPStatus.BAD_REQUEST
    assert "To have the code, choose how often we may e-mail you" in page.text
