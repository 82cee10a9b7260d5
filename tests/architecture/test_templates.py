"""The laws of templates that their formatter does not know: columns, white space that shows, no literal addresses."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from webapp.rules.languages.site_languages import DEFAULT

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COLUMNS = 120
#: A link or a form in the text of a template, with an address that begins with a slash.
ADDRESS = re.compile(r'\b(?:href|src|action|formaction|poster|cite|data-\w+)="(/[^"]*)')
#: Without a matched route there is no `url_for`: these pages also answer a request that no route was found for.
WITHOUT_ROUTE = {
    "layouts/bare.html": "the frame of the public door's error pages",
    "desk/errors/frame.html": "the frame of the desk's error pages",
    "public/neutral.html": "what every address shows after leaving, one that is refused too",
}
#: Python that may send a browser to an address of its own making, and why.
REDIRECTS = {
    "webapp/web/after_leaving.py": "after leaving, to an address that says nothing, whichever door is open",
    "webapp/ui/page_language.py": "the same address in a language that there is",
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "templates").as_posix()


def parsed(path: Path) -> nodes.Template:
    """A template as the service reads it."""
    env = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    return env.parse(path.read_text())


def literal_addresses(path: Path) -> list[str]:
    """Addresses of this site that a template spells out, in its text or in an expression."""
    tree = parsed(path)
    texts = [
        data for one in tree.find_all(nodes.TemplateData) for data in ADDRESS.findall(one.data)
    ]
    values = [one.value for one in tree.find_all(nodes.Const) if isinstance(one.value, str)]
    return texts + [value for value in values if re.match(r"/\w", value)]


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_is_within_its_columns(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [line for line in lines if len(line) >= COLUMNS] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_the_tag_that_ends_a_block_is_whole(path: Path) -> None:
    # Then no reader has to look for `{% endif %}` over three lines, as the formatter breaks it where nothing else gives
    assert re.findall(r"\{%-?\n\s*(?:end\w+|else)\b", path.read_text()) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_conditional_attributes_keep_a_space_between_them(path: Path) -> None:
    # Given lines that hold one conditional attribute: `trim_blocks` takes the line break after it, and `lstrip_blocks`
    # the spaces before the next block
    attribute = r"\{%\+? if [^\n]*?%\}[\w-]+(?:=[^\n]*)?\{% endif %\}"
    glued = re.findall(rf"^\s*{attribute}\n\s*\{{% if .*", path.read_text(), re.MULTILINE)
    # Then the next one says `{%+ if`, or the two would be one word
    assert glued == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_line_breaks_show_only_inside_a_line(path: Path) -> None:
    # Given that in elements of this class line breaks are shown, because participants and coordinators typed them
    for element, rest in re.findall(
        r'<(\w+)[^<]*class="[^"]*\btyped-lines\b([^<]*)', path.read_text()
    ):
        # Then it is an element in which the formatter adds no line break, or what it adds is stripped
        assert element in ("span", "bdi") or re.search(r">\s*\{\{-[^}]*-\}\}\s*$", rest)


@pytest.mark.parametrize("sheet", ["static/hearth.css", "static/desk.css"])
def test_a_style_sheet_shows_line_breaks_only_there(sheet: str) -> None:
    rules = re.findall(r"([^{}]*)\{[^{}]*white-space: pre[^{}]*\}", (ROOT / sheet).read_text())
    selectors = [one.split("*/")[-1].strip() for rule in rules for one in rule.split(",")]
    assert all(one.endswith((".typed-lines", " bdi")) for one in selectors), selectors


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_spells_out_no_address(path: Path) -> None:
    found = literal_addresses(path)
    assert bool(found) == (name_of(path) in WITHOUT_ROUTE), found


def redirects(tree: ast.AST) -> Iterator[str]:
    """The addresses to which a module redirects without asking for them by endpoint."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("redirect", "see_other"):
            first = next(iter(call.args), None)
            words = first.values[0] if isinstance(first, ast.JoinedStr) else first
            if isinstance(words, ast.Constant) and str(words.value).startswith("/"):
                yield ast.unparse(call)


def test_python_redirects_to_endpoints() -> None:
    spelt = {
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "webapp").rglob("*.py"))
        if list(redirects(ast.parse(path.read_text())))
    }
    assert spelt == set(REDIRECTS)


def test_a_menu_leads_to_endpoints() -> None:
    for path in (ROOT / "webapp").rglob("menu.py"):
        tree = ast.parse(path.read_text())
        spelt = [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)]
        assert [one for one in spelt if isinstance(one, str) and one.startswith("/")] == []


def test_the_checks_find_what_they_look_for(tmp_path: Path) -> None:
    # Given a template that breaks the law in three ways
    path = tmp_path / "bad.html"
    path.write_text(
        f'<a href="/{DEFAULT.code}/safety">x</a>{{{{ button_link("y", "/desk/") }}}}<form action="/leave">'
    )
    assert literal_addresses(path) == ["/en/safety", "/leave", "/desk/"]
