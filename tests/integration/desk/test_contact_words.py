"""What a coordinator reads before they call or write: what to be careful about, and how old it is."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask, g

from tests.integration.desk.test_submissions import SAFE
from tests.integration.desk.worker import Worker
from webapp.desk.shared.words import told_ago


@pytest.mark.parametrize(
    ("ways", "told", "untold"),
    [
        (["call"], "On a call, say nothing until you know it is them.", "Do not write"),
        (["text"], "Do not write anything that others must not read.", "On a call"),
    ],
)
def test_where_others_use_the_phone_the_warning_is_about_what_will_be_done(
    page_worker: Worker, ways: list[str], told: str, untold: str
) -> None:
    # Given a phone that others use, and one safe way to use it
    shared = {**SAFE, "safe_ways": ways, "phone_shared": "yes"}
    participant = page_worker.answered_by("contact_me", **shared)
    # Then the page says what to be careful about when it is used that way, and nothing else
    page = page_worker.open_contact(participant)
    assert f"Yes. {told}" in page.text
    assert untold not in page.text


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (0, "They told us this today."),
        (1, "They told us this yesterday."),
        (2, "20 November 2026, 2 days ago. Things may have changed since then."),
        (30, "20 November 2026, 30 days ago. Things may have changed since then."),
        (31, "20 November 2026, 4 weeks ago. Start with great care"),
        (100, "20 November 2026, 3 months ago. Start with great care"),
    ],
)
def test_how_long_ago_they_told_us_is_reckoned(page_app: Flask, days: int, told: str) -> None:
    # Given a participant who said what is safe on a day
    day = date(2026, 11, 20)
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC) + timedelta(days=days)
    with page_app.test_request_context("/desk/"), time_machine.travel(noon, tick=False):
        g.language = "en"
        # Then no coordinator needs to reckon whether that is long ago
        assert told in told_ago(day)
