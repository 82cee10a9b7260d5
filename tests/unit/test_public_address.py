"""The desk writes down where people find the public door, and never its own address in the place of it."""

from pathlib import Path

import pytest
from flask import Flask

from tests.factories import environment
from webapp.settings import Settings
from webapp.ui.public_address import public_url

PUBLIC = "https://take-part.example.org"
DESK = "https://office.example.org"
PATH = "/en/calls/form-1/"


@pytest.mark.parametrize(
    ("doors", "said", "address"),
    [
        ("public,desk", {}, f"http://here.example{PATH}"),
        ("public,desk", {"BASE_URL": PUBLIC}, PUBLIC + PATH),
        ("desk", {"BASE_URL": DESK, "PUBLIC_URL": PUBLIC}, PUBLIC + PATH),
        # Not the desk's: a visitor who followed it would find a page to sign in.
        ("desk", {"BASE_URL": DESK}, None),
    ],
)
def test_a_public_page_is_found_at_the_public_door(
    tmp_path: Path, doors: str, said: dict[str, str], address: str | None
) -> None:
    app = Flask(__name__)
    app.extensions["hearth_settings"] = Settings.from_environment(
        environment(tmp_path, DOORS=doors, **said)
    )
    with app.test_request_context(base_url="http://here.example"):
        assert public_url(PATH) == address
