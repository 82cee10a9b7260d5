"""My choices of a person whose details were shared: the delete page says it, and what it says is so."""

from flask import Flask

from tests.factories import submit_one
from tests.live import ROOT
from tests.people import come_back
from tests.sharing import new_member, reads, says_yes, share
from tests.visitor import Visitor
from webapp.services.keys.bootstrap import Founded
from webapp.ui.catalogues import every_text

ERASE = "/en/choices/erase"
SAID = (
    "A charity that we shared your contact details with may have read them. After you delete, it cannot open them "
    "any more."
)


def test_a_charity_that_may_have_read_the_details_is_told_before_and_opens_nothing_after(
    app: Flask, visitor: Visitor, founded: Founded
) -> None:
    # Given a person who allowed sharing, and a charity that reads their details
    with app.app_context():
        lantern = new_member("Lantern", "Lou")
        sent = says_yes()
    come_back(visitor, sent.receipt)
    visitor.get(ERASE)
    assert SAID not in visitor.page.text
    with app.app_context():
        assert share(founded, lantern) == 1
        assert reads(lantern, sent)
    # Then the page says so from then on, before anything is deleted
    visitor.get(ERASE)
    assert SAID in visitor.page.text
    # And the day of their yes stands in one line of the chip, in every language and on a narrow screen
    assert ".tag span { white-space: nowrap; }" in (ROOT / "static/hearth.css").read_text()
    chips = visitor.get("/en/choices/agreed").html
    assert '<span class="tag">You gave permission <span>· ' in chips
    # When they delete everything, then it opens for the charity no more
    visitor.get(ERASE)
    visitor.press("Yes, delete everything")
    with app.app_context():
        assert not reads(lantern, sent)


def test_nothing_is_said_of_sharing_where_nothing_was_shared(app: Flask, visitor: Visitor) -> None:
    with app.app_context():
        sent = submit_one()
    come_back(visitor, sent.receipt)
    visitor.get(ERASE)
    assert "A worker may have read your answers already" in visitor.page.text
    assert "charity that we shared" not in visitor.page.text
    assert SAID in every_text()
