"""The record reads as plain words, with names instead of ids."""

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from tests.integration.desk.worker import Worker
from webapp.desk.shared.words import TAGS, actor_words, purpose_words, tag_words
from webapp.services.infrastructure import audit
from webapp.services.infrastructure.audit import PUBLIC_TAGS
from webapp.services.keys import passphrase_reset

LIKE_A_REFERENCE = r"[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{3}"
SERVICES = Path(__file__).parents[3] / "webapp" / "services"


def test_what_happened_is_told_in_plain_words(worker: Worker) -> None:
    # Given a coordinator's morning, and somebody who changed their mind
    someone = worker.answered_by("contact_me")
    worker.open_answers(someone, words="chapter two")
    worker.open_contact(someone)
    worker.export()
    worker.changes_mind(someone, "contact_me")
    with worker.app.app_context():
        audit.link_notes()
    # When they look at the record
    page = worker.get("/desk/record")
    # Then it says who did what, to whose answers, and why
    for words in (
        "and 2 sign-ins and codes",
        f"Ana Opened the answers: {someone.reference} To write the report: chapter two",
        f"Ana Opened the contact details: {someone.reference} To ask about what they wrote",
        f"The person who answered Took back a permission: {someone.reference}",
        "The operator Published a call: How support needs are decided",
    ):
        assert words in page.text
    # And a list has the name that it has under Contacts
    assert re.search(
        rf"Downloaded contacts: Contact me: list {LIKE_A_REFERENCE} To ask about", page.text
    )
    # And names no id in full
    assert someone.id.hex not in page.text
    assert str(someone.id) not in page.text


def test_a_coordinator_is_named_where_an_operator_did_something_for_them(
    page_stranger: Worker,
) -> None:
    # Given a coordinator who was made a new passphrase
    with page_stranger.app.app_context():
        new = passphrase_reset.new_passphrase("ana", page_stranger.founded.owner.recovery_code)
    # When she signs in with it, then the record says for whom it was made
    page_stranger.sign_in(passphrase=new.passphrase)
    page = page_stranger.get("/desk/record")
    assert "The operator Made a new passphrase for a coordinator: Ana" in page.text


def test_a_line_leads_to_what_it_is_about(worker: Worker) -> None:
    someone = worker.answered_by("contact_me")
    worker.open_answers(someone)
    worker.get("/desk/record")
    worker.follow(someone.reference)
    assert worker.path == f"/desk/submissions/{someone.id}"


def test_of_what_people_do_themselves_only_the_day_is_told(worker: Worker) -> None:
    someone = worker.answered_by("contact_me")
    worker.changes_mind(someone, "contact_me")
    with worker.app.app_context():
        audit.link_notes()
    row = next(
        row
        for row in worker.get("/desk/record").all("li")
        if "Took back a permission" in "".join(row.itertext())
    )
    assert not re.search(r"\d\d:\d\d", "".join(row.itertext()))


PLACE_OF_TAG = {"enter": 2, "note": 1}


def written_tags() -> set[str]:
    """Every tag that a service writes into the record and that its source spells out."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in SERVICES.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    tags = [
        call.args[PLACE_OF_TAG[call.func.attr]]
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func) in ("audit.enter", "audit.note")
    ]
    return {str(tag.value) for tag in tags if isinstance(tag, ast.Constant)} | set(PUBLIC_TAGS)


def test_every_tag_has_its_words() -> None:
    tags = written_tags()
    assert {"answers opened", "everything erased"} <= tags
    assert tags <= set(TAGS)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("contacts exported, share", "Downloaded contacts: Share with member charities"),
        ("contacts exported, send_a_book", "Downloaded contacts: Send a book"),
        ("something new", "Something new"),
    ],
)
def test_tags_that_carry_more(page_app: Flask, tag: str, words: str) -> None:
    with page_app.test_request_context("/desk/record"):
        assert tag_words(tag) == words


def test_somebody_who_left_is_not_an_id(page_app: Flask) -> None:
    with page_app.test_request_context("/desk/record"):
        assert actor_words("5eed0000-0000-4000-8000-000000000001", {}).startswith("Someone")
        assert purpose_words("contact_me") == "Contact me"
