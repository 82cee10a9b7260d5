"""Access matrices, read from the code: every page and button of the desk by role, and every purpose by role.

`python -m tests.role_matrices` writes `docs/roles.md` anew. That the desk does what the tables say is tried in
`tests/integration/desk/test_matrices.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

from flask import Flask

import webapp.desk
from webapp.rules.forms.questions import PartName
from webapp.rules.roles import ACTS, PURPOSES, SHARED, WHOLE, WHOLE_ACTS, Act, Role

PAGE = Path(__file__).parents[1] / "docs" / "roles.md"
#: (method, address)
Route = tuple[str, str]
YES, NO, HERE = "yes", "–", "in it"
INTRODUCTION = """# Roles: who may do what, and who can open what

Written by `python -m tests.role_matrices` from the code; a test fails while this page and the code differ, and others
try each cell on a running desk (`tests/integration/desk/test_matrices.py`). What roles are and why is in
[decision 58](decisions/0058-roles-are-sets-of-keys.md) and [decision 61](decisions/0061-keys-at-the-desk.md).

Two things must agree before anything opens. The *act*: a page or button of the desk is refused unless a role of the
signed-in person allows what it is for. The *key*: what a person's roles hold no purpose key of does not open for them,
whatever a page lets through.

Roles other than owner, auditor and panel can also be given for one call or one event. They then count in it alone, and
allow no act of the whole coalition (marked * below). A recipient is one within the person's own organisation: the key
`shared` is that organisation's ([decision 67](decisions/0067-shared-without-copies.md)).
"""


def desk() -> Flask:
    """The routes of the desk, without any settings or stores."""
    app = Flask("desk")
    app.extensions["hearth_settings"] = SimpleNamespace(doors=("public", "desk"))
    app.register_blueprint(webapp.desk.blueprint)
    return app


def acts_of_routes(app: Flask) -> Mapping[Route, Act]:
    """For each method and address that wants a role: the act that it is for."""
    return {
        (method, rule.rule): act
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        if (act := getattr(app.view_functions[rule.endpoint], "act", None))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def by_role(says: Callable[[Role], bool]) -> list[str]:
    """One cell for each role."""
    return [YES if says(role) else NO for role in Role]


def purposes_table() -> str:
    """Which purposes' keys each role holds."""
    rows = (
        [purpose, *by_role(lambda role, purpose=purpose: purpose in PURPOSES[role])]
        for purpose in (*get_args(PartName), SHARED)
    )
    return table(["purpose", *Role], rows)


def acts_table() -> str:
    """Which acts each role allows."""
    rows = (
        [
            f"{act.value}{' *' if act in WHOLE_ACTS else ''}",
            *by_role(lambda role, act=act: act in ACTS[role]),
        ]
        for act in Act
    )
    return table(["act", *Role], rows)


def routes_table(acts: Mapping[Route, Act]) -> str:
    """Which pages and buttons each role may use."""
    rows = (
        [method, f"`{address}`", *by_role(lambda role, act=act: act in ACTS[role])]
        for (method, address), act in acts.items()
    )
    return table(["", "address", *Role], rows)


def page() -> str:
    """The whole page."""
    whole = ", ".join(role.value for role in Role if role in WHOLE)
    return (
        "\n\n".join(
            [
                INTRODUCTION.strip(),
                f"Only for the whole coalition: {whole}.",
                "## Who holds the keys of what",
                purposes_table(),
                "## Who may do what",
                acts_table(),
                "## Every page and button of the desk",
                "Signing in, and joining with a link of an invitation, are open to everyone and not listed here.",
                routes_table(acts_of_routes(desk())),
            ]
        )
        + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
