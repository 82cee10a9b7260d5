"""docs/install.md, followed word for word: an operator who gives its commands has a Hearth that takes an answer."""

from pathlib import Path

from tests import private_machine
from tests.tally import Tell

#: A minute where nothing else runs.
PATIENCE_SECONDS = 1200


def test_whoever_follows_the_page_has_a_first_answer(tmp_path: Path, tell: Tell) -> None:
    # Given an empty Debian machine, and a volunteer with one evening
    # When they give every command of the page, in its order
    done = private_machine.run("tests.evening", tmp_path, PATIENCE_SECONDS)
    # Then each shows what the page says, and at the end a person has answered and a coordinator has read it
    assert done.returncode == 0, done.stdout
    tell("an evening", *done.stdout.splitlines())
