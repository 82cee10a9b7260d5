"""Submissions as a test sends them at a running server, and whether each that is stored is whole and opens.

For tests that end processes in the middle: what was acknowledged is there, and nothing is half.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from tests.factories import PLAIN, answers_for, demo_form
from tests.people import code_now
from tests.rows import change
from webapp import create_app
from webapp.extensions import db
from webapp.models import Consent, Coordinator, ErasureSecret, OwnCopy, Part, Submission
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.forms.kinds import Answer
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication
from webapp.services.opening import disclosure
from webapp.settings import Settings

ANSWERED = (
    "adult", "change_words", "contact_wanted", "safe_ways", "email", "email_shared",
)  # fmt: skip
PARTS = {"testimony", "contact"}


def said(words: str, address: str = PLAIN["email"]) -> dict[str, Answer]:
    """Something in both parts that are sent at once, and words of one's own."""
    answers = answers_for(demo_form(), change_words=words, email=address)
    return {key: answers[key] for key in ANSWERED}


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


def whole_submissions(changes: int = 0) -> tuple[int, int]:
    """How many submissions there are, each of them whole; and how many secrets protect nothing.

    Of each, at most so many permissions were taken back or given again since.
    """
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
    assert set(consents) == submissions
    assert all(len(boxes) <= decisions <= len(boxes) + changes for decisions in consents.values())
    used = [row.secret_id for row in (*parts, *copies)]
    assert len(used) == len(set(used))
    assert set(used) <= secrets, "a part without its secret"
    return len(submissions), len(secrets) - len(used)


def opens_at_the_desk(instance: Path) -> list[str]:
    """Open every part with the coordinator's key. Returns the words of one's own in each submission."""
    known = json.loads((instance / "demo-sign-in.json").read_text())
    with stores.writing() as main:
        # The code of this half minute may have been used at the desk already.
        change(main, select(Coordinator), {"totp_last_step": 0})
    holder = authentication.sign_in(
        known["sign_in_name"], known["passphrase"], code_now(known["totp_secret"])
    )
    with stores.reading() as main:
        parts = main.scalars(select(Part)).all()
    found = list(disclosure.open_parts(holder, parts))
    assert len(found) == len(parts)
    return [answers["change_words"] for part, answers in found if part.purpose == "testimony"]
