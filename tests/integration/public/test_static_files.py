"""Style sheets and the script: what a browser needs of them, and nothing else."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from webapp import resources
from webapp.web import static_files

#: One in six bytes of a page were comments and spaces.
LEAST_SAVED = 0.15


def served(app: Flask, name: str, *, zipped: bool) -> TestResponse:
    with app.test_request_context():
        address = static_files.asset_url(name)
    accepted = {"Accept-Encoding": "gzip" if zipped else "identity"}
    return app.test_client(use_cookies=False).get(address, headers=accepted)


@pytest.mark.parametrize("name", ["hearth.css", "paper.css", "desk.css", "hearth.js"])
def test_comments_and_spaces_stay_here(page_app: Flask, name: str) -> None:
    # Given a file with comments
    source = (resources.STATIC / name).read_text()
    assert "/*" in source
    # When a browser asks for it
    with served(page_app, name, zipped=False) as answer:
        sent = answer.get_data(as_text=True)
    # Then they are not sent, and it is much smaller
    assert "/*" not in sent
    assert "\n\n" not in sent
    assert len(sent) < len(source) * (1 - LEAST_SAVED)
    # And every word, number and sign of the rest is there, in the same order
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    assert re.sub(r"[\s;]", "", sent) == re.sub(r"[\s;]", "", bare)


def test_a_file_says_once_what_it_is(page_app: Flask) -> None:
    with served(page_app, "hearth.css", zipped=True) as answer:
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert answer.headers["Content-Encoding"] == "gzip"
    with served(page_app, "hearth.js", zipped=True) as answer:
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
