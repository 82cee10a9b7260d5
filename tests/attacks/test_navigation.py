"""Attacks by links: another site, or a browser that fetches ahead of its person, ends a Visit or downloads a file."""

import pytest
from flask import Flask

from tests.integration.tables import everything
from tests.people import answer_everything, begin, come_back, send
from tests.visitor import Visitor


@pytest.fixture
def typing(page_app: Flask) -> Visitor:
    """A participant in the middle of answering."""
    visitor = Visitor(page_app.test_client())
    begin(visitor)
    return visitor


FROM_ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": None, "Referer": "https://evil.example/"},
]
AHEAD = [
    {"Sec-Purpose": "prefetch", "Sec-Fetch-Site": "none"},
    {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Site": "none"},
    {"Purpose": "prefetch", "Sec-Fetch-Site": "same-origin"},
    {"X-Moz": "prefetch", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE + AHEAD, ids=str)
def test_no_other_site_and_no_prefetch_ends_a_visit(
    typing: Visitor, headers: dict[str, str | None]
) -> None:
    """A link to `/leave` on a page of the attacker's; a browser that loads `/leave` before anyone asked.

    Before (c7b8640): the Visit ended, and what had not been sent was lost. Now it goes on, and whoever came that way is
    shown something neutral all the same.
    """
    before = len(everything_in(typing))
    answer = typing.client.get("/leave", headers=headers)
    assert answer.status_code in (303, 503)
    if answer.status_code == 503:
        assert "There is nothing here now" in answer.get_data(as_text=True)
    assert "Clear-Site-Data" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    # Then the answers are there
    assert len(everything_in(typing)) == before
    assert typing.get("/en/calls/support-needs/check").title
    assert typing.status == 200


OWN = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": None},
    {"Sec-Fetch-Site": None, "Referer": "http://localhost/en/"},
    # A proxy that does not say that it is TLS: the browser's Referer is https.
    {"Sec-Fetch-Site": None, "Referer": "https://localhost/en/"},
]


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_whoever_leaves_by_themselves_is_gone_whatever_their_browser(
    typing: Visitor, headers: dict[str, str | None]
) -> None:
    answer = typing.client.get("/leave", headers=headers)
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert everything_in(typing) == []


def everything_in(visitor: Visitor) -> list[object]:
    with visitor.client.application.app_context():
        return list(everything()["public_visits"])


@pytest.mark.parametrize("path", ["/en/choices/copy", "/en/choices/document"])
@pytest.mark.parametrize("headers", FROM_ELSEWHERE + AHEAD, ids=str)
def test_no_other_site_downloads_what_was_answered(
    page_app: Flask, path: str, headers: dict[str, str | None]
) -> None:
    """A link to a download, on a page of the attacker's, while *My choices* is open in the same browser.

    Before (c7b8640): the file with all answers was on the phone, for whoever looks through it.
    """
    visitor = Visitor(page_app.test_client())
    begin(visitor)
    answer_everything(visitor)
    come_back(visitor, send(visitor))
    answer = visitor.client.get(path, headers=headers)
    assert "Content-Disposition" not in answer.headers
    assert answer.status_code in (303, 503)
    if answer.status_code == 303:
        # They see the page with the button: it is theirs to press
        assert answer.headers["Location"] == "/en/choices/file"
    assert visitor.download(path).status_code == 200


@pytest.mark.parametrize("headers", FROM_ELSEWHERE + AHEAD, ids=str)
def test_no_other_site_downloads_a_code(typing: Visitor, headers: dict[str, str | None]) -> None:
    """The same with the code. Before (c7b8640): it was in the folder of downloads."""
    answer_everything(typing)
    send(typing)
    note = "/en/calls/support-needs/note"
    answer = typing.client.get(note, headers=headers)
    assert "Content-Disposition" not in answer.headers
    assert answer.status_code in (303, 503)
    if answer.status_code == 303:
        assert answer.headers["Location"] == "/en/calls/support-needs/done"
    assert typing.download(note).status_code == 200
