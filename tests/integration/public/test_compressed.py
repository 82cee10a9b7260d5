"""Public pages are compressed, and nothing that a stranger chooses is in them."""

import gzip

import pytest
from flask import Flask

from tests.integration.public.steps import OPEN_PAGES
from tests.people import begin
from tests.visitor import Visitor

ZIPPED = {"Accept-Encoding": "gzip"}
#: What a stranger would have repeated beside a secret, to learn the secret by the length.
CHOSEN = "zq7stranger9words"


def test_a_page_is_the_same_compressed_or_not(page_visitor: Visitor) -> None:
    begin(page_visitor)
    # When a browser asks for the page compressed, and another does not
    plain = page_visitor.get("/en/privacy").html
    response = page_visitor.client.get("/en/privacy", headers={**ZIPPED})
    # Then both get the same words, one of them in fewer bytes
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["Vary"]
    assert gzip.decompress(response.get_data()).decode() == plain
    assert len(response.get_data()) < len(plain.encode()) / 2


def test_the_length_of_a_page_is_blurred(page_visitor: Visitor) -> None:
    lengths = {
        len(page_visitor.client.get("/en/privacy", headers={**ZIPPED}).get_data())
        for _ in range(40)
    }
    assert len(lengths) > 10


def test_the_desk_is_not_compressed(page_visitor: Visitor) -> None:
    response = page_visitor.client.get("/desk/sign-in", headers={**ZIPPED})
    assert response.status_code == 200
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(
    "path", [*OPEN_PAGES, "calls/support-needs/stop", f"calls/{CHOSEN}/", f"{CHOSEN}/page/1"]
)
def test_no_page_repeats_what_a_stranger_chose(page_app: Flask, path: str) -> None:
    visitor = Visitor(page_app.test_client())
    begin(visitor)
    # When a link with words of an attacker's choice opens any page
    headers = {"User-Agent": CHOSEN, "Accept-Language": CHOSEN, "X-Forwarded-Host": CHOSEN}
    response = visitor.client.get(
        f"/en/{path}?from={CHOSEN}&{CHOSEN}=1&page={CHOSEN}", headers=headers
    )
    # Then the page is there, or is not, and says none of them
    assert response.mimetype == "text/html"
    assert CHOSEN not in response.get_data(as_text=True)


@pytest.mark.parametrize("place", ["page/first", "page/the-people"])
def test_no_question_repeats_what_a_stranger_chose(page_visitor: Visitor, place: str) -> None:
    begin(page_visitor)
    page = page_visitor.get(f"/en/calls/support-needs/{place}?from={CHOSEN}&want={CHOSEN}")
    assert page_visitor.status == 200
    assert CHOSEN not in page.html
