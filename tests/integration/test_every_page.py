"""Every page of both doors, through the checks of tests/pages.py; weights are printed."""

import pytest
from flask import Flask

from tests.pages import MOST_BYTES, MOST_REQUESTS, Scales
from tests.people import (
    ALL_BOXES,
    answer_everything,
    begin,
    code_now,
    come_back,
    send,
    sign_in,
    submissions_listed,
)
from tests.visitor import Visitor
from webapp.services.founding import Founded

FIXED = ("", "calls/support-needs/", "choices", "safety", "support", "privacy", "accessibility")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_public_page_keeps_every_rule(
    page_app: Flask, page_visitor: Visitor, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    scales, weights = Scales(page_app), {}

    def seen(visitor: Visitor) -> None:
        weights[visitor.path] = scales.weigh(visitor.page)

    # When somebody looks at everything, answers all, sends it and comes back with their code
    for path in FIXED:
        page_visitor.get(f"/{language}/{path}")
        seen(page_visitor)
    begin(page_visitor, language)
    answer_everything(page_visitor, seen)
    code = send(page_visitor, ALL_BOXES, seen)
    come_back(page_visitor, code, language)
    seen(page_visitor)
    for page in ("agreed", "reach", "file", "answers"):
        page_visitor.get(f"/{language}/choices/{page}")
        seen(page_visitor)
    page_visitor.press_first()
    seen(page_visitor)
    page_visitor.press_first()
    seen(page_visitor)
    page_visitor.get(f"/{language}/choices/erase")
    page_visitor.press_first()
    seen(page_visitor)
    # Then no page broke a rule, on the way there and on the way back
    assert len(code.replace("-", "")) == 20
    with capsys.disabled():
        print()
        for path, (size, requests) in sorted(weights.items()):
            print(f"  {size:6} bytes, {requests} requests  {path}")
    # And each is light
    assert all(
        size <= MOST_BYTES and requests <= MOST_REQUESTS for size, requests in weights.values()
    )


def test_every_desk_page_keeps_every_rule(
    page_app: Flask, page_visitor: Visitor, page_founded: Founded
) -> None:
    # Given somebody who answered everything and agreed to everything
    begin(page_visitor)
    answer_everything(page_visitor)
    send(page_visitor, ALL_BOXES)
    # When a coordinator signs in and uses everything there is
    desk = Visitor(page_app.test_client())
    sign_in(desk, page_founded.owner)
    assert desk.path == "/desk/"
    desk.get("/desk/calls/support-needs")
    (submission,) = submissions_listed(desk)
    desk.get(f"/desk/submissions/{submission}")
    desk.press("Open the answers")
    assert desk.status == 400, "a reason is needed"
    desk.press("Open the answers", **{"answers-why": "report"})
    desk.get(f"/desk/submissions/{submission}")
    desk.press("Open the contact details", **{"contact-why": "invite"})
    desk.get("/desk/contacts")
    code = code_now(page_founded.owner.totp_secret, later=1)
    file = desk.press_for_file(
        "Download the list",
        who="support-needs:contact_me",
        why="invite",
        file_format="csv",
        code=code,
    )
    # Then the list is there, and no page on the way broke a rule
    assert file.status_code == 200
    assert "robin@example.org" in file.get_data(as_text=True)
    desk.get("/desk/contacts")
    link = next(a for a in desk.page.all("a") if a.get("href", "").startswith("/desk/exports/"))
    desk.get(link.get("href", ""))
    desk.get("/desk/record")
    desk.get("/desk/nowhere")
    assert desk.status == 404
