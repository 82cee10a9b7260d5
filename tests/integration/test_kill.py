"""The power goes in the middle of a stream of submissions: what was acknowledged is there, and nothing is half."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import live
from tests.factories import answers_for, demo_form
from tests.integration.wire import ServerGone, draft
from tests.people import code_now
from tests.stores import Shelf, Stores
from tests.tally import Tell
from webapp import create_app
from webapp.extensions import db
from webapp.models import Consent, ErasureSecret, OwnCopy, Part, Submission
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.forms.kinds import Answer
from webapp.services.answers import own_copies
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import authentication
from webapp.services.opening import disclosure
from webapp.services.worker import chores
from webapp.settings import Settings

WRITERS = 5
EACH = 6
#: How often the power goes. A start takes seconds, so PostgreSQL, which is not cut off itself, has one cut.
CUTS = {"sqlite": 2, "postgresql": 1}
SENT_BEFORE_A_CUT = 10
ANSWERED = (
    "adult", "change_words", "contact_wanted", "safe_ways", "email", "email_shared",
)  # fmt: skip
PARTS = {"testimony", "contact"}


@pytest.fixture
def nowhere(shelf: Shelf, tmp_path: Path) -> Iterator[Stores]:
    """Where three stores will be, once the service makes them."""
    folder = tmp_path / "instance"
    folder.mkdir()
    with shelf.empty(folder) as stores_to_be:
        yield stores_to_be


class Writer(threading.Thread):
    """People who press Send one after the other, until the power goes. Keeps every code that was shown."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__()
        self.drafts = [
            (draft(url, demo_form(), said(words)), words)
            for words in (f"Writer {name} says this in turn {turn}." for turn in range(EACH))
        ]
        self.shown: dict[str, str] = {}
        self.cut_off = False

    def run(self) -> None:
        for ready, words in self.drafts:
            try:
                self.shown[ready.send()] = words
            except ServerGone:
                self.cut_off = True
                return


def test_what_was_acknowledged_survives_and_nothing_is_half(
    nowhere: Stores, tmp_path: Path, tell: Tell
) -> None:
    # Given a running service
    instance, settings = tmp_path / "instance", nowhere.environment()
    shown: dict[str, str] = {}
    cuts = CUTS[nowhere.kind]
    server = live.start(instance, **settings)
    try:
        for cut in range(cuts):
            # When several people press Send again and again, and the power goes in the middle
            writers = [Writer(server.url, f"{cut}-{number}") for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            wait_for(writers, SENT_BEFORE_A_CUT)
            server.kill()
            for writer in writers:
                writer.join()
                shown |= writer.shown
            assert any(writer.cut_off for writer in writers), "nobody was cut off"
            # And it comes back
            server = live.start(instance, demo=False, **settings)
    finally:
        server.kill()
    assert len(shown) >= cuts * SENT_BEFORE_A_CUT
    with opened(instance, settings):
        # Then every code that a participant saw leads to exactly what they had said
        for code, words in shown.items():
            assert own_copies.find_held(code).answers == said(words)
        stored, secrets = whole_submissions()
        assert len(shown) <= stored <= cuts * WRITERS * EACH
        # And every one opens at the desk
        assert stored == opens_at_the_desk(instance, set(shown.values()))
        # And the worker finds everything in order
        assert chores.do_all()
        assert audit.verify() > 0
    tell(
        "kill -9",
        f"{nowhere.kind}: killed {cuts} times; {len(shown)} codes were shown, "
        f"{stored} submissions are stored, 0 half, {secrets} secrets are left over",
    )


def said(words: str) -> dict[str, Answer]:
    """Something in both parts that are sent at once, and words of one's own."""
    answers = answers_for(demo_form(), change_words=words)
    return {key: answers[key] for key in ANSWERED}


def wait_for(writers: list[Writer], count: int) -> None:
    deadline = time.monotonic() + 120
    while sum(len(writer.shown) for writer in writers) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@contextmanager
def opened(instance: Path, settings: dict[str, str]) -> Iterator[Flask]:
    """The instance, looked at from beside."""
    config = ":".join(str(path) for path in sorted((instance / "config").iterdir()))
    environ = {"INSTANCE": str(instance), "CONFIG": config, "DOORS": "public,desk,worker"}
    app = create_app(Settings.from_environment({**environ, **settings}))
    with app.app_context():
        try:
            yield app
        finally:
            for engine in db.engines.values():
                engine.dispose()


def whole_submissions() -> tuple[int, int]:
    """How many submissions there are, each of them whole; and how many secrets protect nothing."""
    with stores.reading() as main:
        submissions = set(main.scalars(select(Submission.id)))
        parts = main.execute(select(Part.submission_id, Part.purpose, Part.secret_id)).all()
        copies = main.execute(
            select(OwnCopy.submission_id, OwnCopy.purpose, OwnCopy.secret_id)
        ).all()
        consents = dict(
            main.execute(  # type: ignore[arg-type]
                select(Consent.submission_id, func.count()).group_by(Consent.submission_id)
            ).all()
        )
    with stores.reading("erasure") as erased:
        secrets = set(erased.scalars(select(ErasureSecret.id)))
    whole = {(owner, purpose) for owner in submissions for purpose in PARTS}
    assert {(row.submission_id, row.purpose) for row in copies} == whole
    assert {(row.submission_id, row.purpose) for row in parts} == whole
    assert len(parts) == len(whole)
    # Every box there is for a participant who had no helper.
    boxes = [one for one in demo_form().consents if one.purpose != THROUGH_HELPER]
    assert consents == dict.fromkeys(submissions, len(boxes))
    used = [row.secret_id for row in (*parts, *copies)]
    assert len(used) == len(set(used))
    assert set(used) <= secrets, "a part without its secret"
    return len(submissions), len(secrets) - len(used)


def opens_at_the_desk(instance: Path, words: set[str]) -> int:
    """Open every part with the coordinator's key. Returns how many submissions that were."""
    known = json.loads((instance / "demo-sign-in.json").read_text())
    holder = authentication.sign_in(
        known["sign_in_name"], known["passphrase"], code_now(known["totp_secret"])
    )
    with stores.reading() as main:
        parts = main.scalars(select(Part)).all()
    found = list(disclosure.open_parts(holder, parts))
    assert len(found) == len(parts)
    told = {answers["change_words"] for part, answers in found if part.purpose == "testimony"}
    assert words <= told
    return sum(part.purpose == "testimony" for part, _ in found)
