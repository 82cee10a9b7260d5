"""Keeping the code: a file that says nothing, and a try at typing it that is not kept."""

import pytest
from flask import Flask

from tests.integration.public.steps import errors, rows_in, send_answers, step_address, value_of
from tests.visitor import Visitor

NOTE = step_address("note")
TITLE = "Your code"


@pytest.fixture
def code(page_visitor: Visitor) -> str:
    """The code of a participant who has sent their answers, and sees it."""
    return send_answers(page_visitor)


def test_the_file_holds_the_code_and_nothing_else(page_visitor: Visitor, code: str) -> None:
    # When a participant downloads it
    (link,) = [one for one in page_visitor.page.all("a") if one.get("href") == NOTE]
    file = page_visitor.download(link.get("href", ""))
    # Then neither its name nor its words say what it is for
    assert file.get_data(as_text=True) == f"{code}\n"
    assert file.mimetype == "text/plain"
    assert file.headers["Content-Disposition"] == "attachment; filename=note.txt"
    # And the browser does not keep it beside
    assert file.headers["Cache-Control"] == "no-store"


def test_there_is_no_file_without_the_page(page_visitor: Visitor, code: str) -> None:
    # Given a participant who has kept their code
    page_visitor.press("I have kept my code")
    # Then the next person does not get the file
    assert page_visitor.download(NOTE).status_code == 303


@pytest.mark.parametrize("change", [str, str.lower, lambda code: code.replace("-", " ")])
def test_typing_it_as_people_do_is_right(page_visitor: Visitor, code: str, change) -> None:  # type: ignore[no-untyped-def]
    page_visitor.press("Try it", code=change(code))
    assert page_visitor.path == step_address("done")
    assert "That is right. You have your code." in page_visitor.page.text
    assert errors(page_visitor) == []


@pytest.mark.parametrize("part", [1, 3, 5])
def test_it_says_which_part_to_look_at(page_visitor: Visitor, code: str, part: int) -> None:
    # Given a slip of the pen in one part
    groups = code.split("-")
    groups[part - 1] = ("B" if groups[part - 1][0] == "A" else "A") + groups[part - 1][1:]
    # When that is typed
    page_visitor.press("Try it", code="-".join(groups))
    # Then the page says where, and what was typed is not on it, nor kept
    (said,) = errors(page_visitor)
    assert said.startswith(f"Part {part} is not the same")
    assert value_of(page_visitor, "code") == ""
    assert page_visitor.page.title == f"Please look again: {TITLE}"


@pytest.mark.parametrize("typed", ["", "K7QF", "U" * 24, "A" * 5000])
def test_something_else_is_no_code(page_visitor: Visitor, code: str, typed: str) -> None:
    page_visitor.press("Try it", code=typed)
    (said,) = errors(page_visitor)
    assert "check yours again" in said
    # And a second try can be right
    page_visitor.press("Try it", code=code)
    assert errors(page_visitor) == []


def test_trying_is_not_needed(page_app: Flask, page_visitor: Visitor, code: str) -> None:
    page_visitor.press("I have kept my code")
    assert rows_in(page_app, "public_visits") == 0
