"""The way through the desk, through the checks of tests/pages.py. For the public door: public/test_weights.py."""

from flask import Flask

from tests.people import (
    ALL_BOXES,
    answer_everything,
    begin,
    send,
    sign_in,
    submissions_listed,
)
from tests.visitor import Visitor
from webapp.services.keys.bootstrap import Founded


def test_every_desk_page_keeps_every_rule(
    page_app: Flask, page_visitor: Visitor, page_founded: Founded
) -> None:
    # Given a participant who answered everything and agreed to everything
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
    desk.press("Open the contact details", **{"contact-why": "ask"})
    desk.get("/desk/contacts")
    file = desk.press_for_file(
        "Download the list",
        who="support-needs:contact_me",
        file_format="csv",
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
