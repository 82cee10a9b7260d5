"""Titles on the way through a call: each page has its own, so Back, the tabs and a screen reader tell them apart."""

import re

from tests.integration.public.steps import CALL
from tests.people import ALL_BOXES, answer_everything, begin, come_back, send, tell_more
from tests.visitor import Visitor


def test_no_two_pages_of_one_way_have_one_title(page_visitor: Visitor) -> None:
    titles: dict[str, str] = {}

    def seen(visitor: Visitor) -> None:
        # "Check your answers" is one page of two ways: before Send, and of what is told after it.
        titles[visitor.path.replace("/more/check", "/check")] = visitor.page.title

    # Given a participant who answers every question and sends it
    page_visitor.get(f"/en/calls/{CALL}/")
    seen(page_visitor)
    begin(page_visitor)
    answer_everything(page_visitor, seen)
    code = send(page_visitor, ALL_BOXES, seen)
    tell_more(page_visitor, seen)
    # When they come back with their code, and look at everything
    come_back(page_visitor, code)
    for address in ("held", "answers", "reach", "agreed", "file", "erase"):
        page_visitor.get(f"/en/choices/{address}")
        seen(page_visitor)
    # Then every page has a title of its own
    assert len(titles) > 20
    assert sorted(set(titles.values())) == sorted(titles.values())
    # And none of them says what the call is about
    about = re.compile(r"support|traffick|slavery|needs are", re.I)
    assert [title for title in titles.values() if about.search(title)] == []
