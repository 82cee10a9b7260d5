"""A text of as many letters as a box takes, in any script: from typing it to reading it at the desk."""

import pytest
from flask import Flask

from tests.factories import demo_form
from tests.integration.desk.entering import enter, type_in
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import begin_helped, errors, send_answers, value_of
from tests.people import submissions_listed
from tests.visitor import Value, Visitor

SCRIPTS = {"Ethiopic": "\u1230", "astral": "\U0001e900", "marks": "\u0995\u09bf"}
LONG = {
    one.key: one.max_length or 1_500 for one in demo_form().questions if one.kind == "long_text"
}
#: Asked only where there was no assessment.
OF_OTHERS = {"without_words"}


def full(letter: str) -> dict[str, Value]:
    return {key: (letter * length)[:length] for key, length in LONG.items() if key not in OF_OTHERS}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_full_answer_in_any_script_is_read_whole_at_the_desk(
    app: Flask, worker: Worker, script: str
) -> None:
    # Given answers that take every letter there is room for
    said = full(SCRIPTS[script])
    person = Visitor(app.test_client())
    begin_helped(person)
    send_answers(person, had_assessment="yes", **said)
    # When they are opened at the desk
    worker.get("/desk/calls/support-needs")
    (found,) = submissions_listed(worker)
    worker.get(f"/desk/submissions/{found}")
    worker.press("Open the answers", **{"answers-why": "report"})
    # Then every letter is there
    for words in said.values():
        assert str(words) in worker.page.text


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_coordinator_can_fill_the_whole_form_in_any_script(worker: Worker, script: str) -> None:
    # Given every box of the whole form, full
    said = {**full(SCRIPTS[script]), "had_assessment": "yes", "why_without": ""}
    draft = enter(worker, **said)
    # Then it is taken
    assert "Send for this person" in worker.buttons()
    # And a statement comes back whole
    statement = SCRIPTS[script] * 20_000
    type_in(worker, draft, change_words=statement)
    assert value_of(worker, "change_words") == statement
    assert any("letters shorter: “" in one for one in errors(worker))
