"""Sharing with a member, in a real browser: no copy leaves, and taking the permission back ends it."""

import pyotp

from tests import sharing_ways, ways
from tests.journeys.conftest import NextCode
from tests.journeys.steps import shown_code
from tests.journeys.test_accessible import look_at
from tests.live import OpenBrowser, Server
from tests.tally import Tell


def test_from_the_yes_to_its_end_on_every_page_between(
    open_browser: OpenBrowser, own_server: Server, next_own_code: NextCode, tell: Tell
) -> None:
    # Given a person who agreed to sharing with the members of today
    robin, ana, dee = (open_browser(own_server.url) for _ in range(3))
    list(ways.answering(robin))
    receipt = shown_code(robin)
    # When a coordinator shares, a recipient reads, and the person looks
    states = sharing_ways.sharing(ana, own_server.sign_in, next_own_code)
    assert look_at(ana, states, "sharing", tell) == {}
    known = own_server.sign_in["people"][2]
    code = pyotp.TOTP(known["totp_secret"]).now()
    assert look_at(dee, sharing_ways.reading(dee, known, code), "reading it", tell) == {}
    assert look_at(robin, sharing_ways.seeing(robin, receipt), "seeing it", tell) == {}
    # Then what they take back the recipient has not any more
    assert look_at(robin, sharing_ways.taking_back(robin), "taking it back", tell) == {}
    dee.go("/desk/shared")
    assert "Nobody’s contact details are shared" in dee.page.inner_text("main")
