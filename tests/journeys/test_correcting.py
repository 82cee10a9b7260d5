"""Without JavaScript: a participant takes part unnamed, gives a safe way later, and is the one in the list."""

import csv
import io

from playwright.sync_api import Browser, expect

from tests import browser as browsers
from tests import ways
from tests.journeys.conftest import codes
from tests.journeys.steps import begin, come_back, fill, follow, path, press, press_first, send
from tests.live import Server
from tests.people import SOME_WORDS


def test_a_safe_way_given_later_is_the_only_one_in_the_list(
    browser: Browser, own_server: Server
) -> None:
    # Given two people who took part without a way to reach them
    answered = []
    for _ in range(2):
        with browsers.person_at(browser, own_server.url, scripts=False) as person:
            begin(person)
            fill(person, adult="yes")
            press_first(person)
            person.go("/en/calls/support-needs/page/change")
            fill(person, change_words=SOME_WORDS)
            press_first(person)
            person.go("/en/calls/support-needs/check")
            answered.append(send(person, "quote"))
    # When one of them comes back on a small phone, gives a safe way and says yes to one thing
    with browsers.person_at(browser, own_server.url, scripts=False) as person:
        person.page.set_viewport_size({"width": 320, "height": 640})
        come_back(person, answered[0])
        follow(person, "How we may reach you")
        press(person, "Add a safe way to reach you")
        fill(person, contact_wanted="yes")
        press(person, "Continue")
        fill(person, name_to_use="Robin", safe_ways=["text"])
        press(person, "Continue")
        fill(person, phone="07700 900123", phone_shared="no")
        press(person, "Continue")
        press(person, "Continue")
        expect(person.page.get_by_role("heading", level=1)).to_have_text("Check your answers")
        press(person, "Continue")
        fill(person, consent=["contact_me"])
        press(person, "Save my changes")
        assert path(person) == "/en/choices/held"
        expect(person.page.get_by_role("status")).to_contain_text("Saved")
        # Then every page of their choices fits the phone, in Arabic, too
        for language in ("en", "ar"):
            for page in ("held", "answers", "reach", "agreed", "file", "erase"):
                person.go(f"/{language}/choices/{page}")
                wide = person.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= 320, (language, page, wide)
    # And the list of the desk holds them alone, by that way alone
    next_code = codes(own_server)
    with browsers.person_at(browser, own_server.url) as coordinator:
        ways.sign_in(coordinator, own_server.sign_in, next_code())
        coordinator.go("/desk/contacts")
        file = ways.download(coordinator, who="support-needs:contact_me")
    (row,) = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert row["Name to use"] == "Robin"
    assert row["Phone"].replace(" ", "").endswith("7700900123")
    assert (row["Text messages safe?"], row["Calls safe?"], row["E-mail"]) == ("yes", "no", "")
