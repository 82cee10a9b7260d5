import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import webapp.rules
from webapp.rules.messages import (
    ANSWER_MESSAGES,
    CONTACT_MESSAGES,
    LABEL_MESSAGES,
    PUBLISH_MESSAGES,
    NotAccepted,
)

SOURCES = sorted(Path(webapp.rules.__file__).parent.rglob("*.py"))


def calls(name: str) -> Iterator[tuple[str, set[str]]]:
    """Every call of `name` in the rules: the message key it names and its parameters."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                key = node.args[0]
                assert isinstance(key, ast.Constant), f"{source.name}: a key that is no literal"
                yield str(key.value), {one.arg or "" for one in node.keywords}


def test_every_refusal_uses_a_listed_key_with_its_parameters() -> None:
    for key, params in calls("NotAccepted"):
        assert params == set(ANSWER_MESSAGES[key])


def test_every_publish_problem_uses_a_listed_key_with_its_parameters() -> None:
    for key, params in calls("problem"):
        assert params == set(PUBLISH_MESSAGES[key])


def test_no_key_is_listed_that_is_not_used() -> None:
    assert {key for key, _ in calls("NotAccepted")} == set(ANSWER_MESSAGES)
    assert {key for key, _ in calls("problem")} == set(PUBLISH_MESSAGES)
    words = {
        node.value
        for source in SOURCES
        if source.name != "messages.py"
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant)
    }
    assert set(LABEL_MESSAGES) | set(CONTACT_MESSAGES) <= words


def test_the_one_list_holds_all_of_them() -> None:
    lists = (ANSWER_MESSAGES, LABEL_MESSAGES, CONTACT_MESSAGES, PUBLISH_MESSAGES)
    keys = set().union(*lists)
    assert sum(len(one) for one in lists) == len(keys)
    assert all(key == key.lower() and "_" not in key for key in keys)


def test_a_refusal_cannot_be_made_with_the_wrong_parameters() -> None:
    with pytest.raises(TypeError):
        NotAccepted("text-too-long", max=3)
    with pytest.raises(KeyError):
        NotAccepted("nobody-worded-this")
