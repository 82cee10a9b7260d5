"""What every answer of a web server should do, and what should not be there (OWASP ASVS 5.0, chapters 3, 6, 13)."""

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.visitor import Visitor

PAGES = ("/en/", "/en/calls/support-needs/", "/desk/sign-in", "/static/hearth.css", "/nothing-here")


@pytest.mark.parametrize("path", PAGES)
def test_over_tls_browsers_are_told_to_come_by_tls_alone(make_page_app: MakeApp, path: str) -> None:
    client = make_page_app(BASE_URL="https://localhost").test_client()

    told = client.get(path, base_url="https://localhost").headers["Strict-Transport-Security"]

    age, *more = (piece.strip() for piece in told.split(";"))
    assert int(age.removeprefix("max-age=")) >= 365 * 24 * 60 * 60
    assert "includeSubDomains" in more


@pytest.mark.parametrize("path", PAGES)
def test_no_other_origin_may_read_an_answer(page_app: Flask, path: str) -> None:
    headers = page_app.test_client().get(path, headers={"Origin": "https://evil.example"}).headers

    assert not [name for name, _ in headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "path", ["/.git/config", "/.env", "/static/", "/static/../wsgi.py", "/console", "/metrics"]
)
def test_no_file_of_the_inside_is_served(page_app: Flask, path: str) -> None:
    assert page_app.test_client().get(path, follow_redirects=True).status_code == 404


def test_a_passphrase_is_masked_and_can_be_pasted(page_app: Flask) -> None:
    desk = Visitor(page_app.test_client())

    desk.get("/desk/sign-in")

    (field,) = [one for one in desk.page.elements if one.get("name") == "passphrase"]
    assert field.get("type") == "password"
    # A password manager knows what it is for
    assert field.get("autocomplete") == "current-password"
    assert field.get("maxlength") is None
    # And the one script, which is for passkeys, does not stand in the way
    (script,) = [one.get("src", "") for one in desk.page.elements if one.tag == "script"]
    with desk.client.get(script) as answer:
        assert "paste" not in answer.get_data(as_text=True)
