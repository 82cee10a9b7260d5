"""`/.well-known/security.txt`: whoever finds a weakness knows whom to tell, where the operator has said it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.conftest import MakeApp

OURS = "https://take-part.example.org"
WHERE = "/.well-known/security.txt"
SAID = {
    "BASE_URL": OURS,
    "SECURITY_CONTACT": "mailto:security@example.org  https://example.org/report",
    "SECURITY_KEY": "https://example.org/key.asc",
    "SECURITY_POLICY": "https://example.org/reports",
}


def test_it_says_what_the_operator_said(make_page_app: MakeApp) -> None:
    client = make_page_app(**SAID).test_client()
    for day in (datetime(2026, 12, 24, 17, 37, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)):
        with time_machine.travel(day, tick=False):
            answer = client.get(WHERE, base_url=OURS)
        # Then it is the text of RFC 9116, in its order, and expires in less than a year, always in the future
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert answer.get_data(as_text=True).splitlines() == [
            "Contact: mailto:security@example.org",
            "Contact: https://example.org/report",
            f"Expires: {day + timedelta(days=30):%Y-%m-%dT00:00:00Z}",
            "Encryption: https://example.org/key.asc",
            "Preferred-Languages: en",
            f"Canonical: {OURS}{WHERE}",
            "Policy: https://example.org/reports",
        ]


def test_without_an_address_there_is_none(make_page_app: MakeApp) -> None:
    assert make_page_app().test_client().get(WHERE).status_code == 404
    # Nor where the desk alone is
    desk = make_page_app(DOORS="desk", SECURITY_CONTACT="mailto:security@example.org")
    assert FlaskClient(desk).get(WHERE).status_code == 404


@pytest.mark.parametrize("path", ["/.well-known/", "/.well-known/security.txt/"])
def test_it_has_one_address(make_page_app: MakeApp, path: str) -> None:
    assert make_page_app(**SAID).test_client().get(path, base_url=OURS).status_code == 404
