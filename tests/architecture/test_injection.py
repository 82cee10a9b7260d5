"""Injection (OWASP ASVS 5.0, 1.2.4, 1.2.5, 1.3.2, 1.5.2): calls that would run what was typed are not in our code.

SQL is written with bound parameters, no text is executed as code, no process is started by a shell, and nothing is
deserialized with a format that can make objects.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "webapp").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")])
#: Statements about roles, rights and whole tables, which take no bound parameters. Their names are ours or the
#: operator's alone, and quoted.
STATEMENTS_OF_OURS = {
    "webapp/services/infrastructure/database_grants.py",
    "webapp/services/infrastructure/page_rewriting.py",
    "webapp/services/infrastructure/table_rewrites.py",
}
#: They begin the three processes of `run`, those that open a long list, and PostgreSQL's programs for a backup: with a
#: list of arguments and no shell.
START_PROCESSES = {
    "webapp/supervisor.py",
    "webapp/services/opening/opening_pool.py",
    "webapp/services/backup/store_copies.py",
}
RUN_CODE = {"eval", "exec", "compile", "__import__", "system", "popen"}
MAKE_OBJECTS = {"pickle", "marshal", "shelve", "yaml", "dill"}
SQL_TEXT = {"text", "exec_driver_sql"}


def _name_of(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_constant(value: ast.expr) -> bool:
    if isinstance(value, ast.IfExp):
        return _is_constant(value.body) and _is_constant(value.orelse)
    if isinstance(value, ast.Name):
        return value.id.isupper()
    return isinstance(value, ast.Constant)


def problems_in(source: str, path: str = "webapp/x.py") -> Iterator[str]:
    """What is dangerous in a file of Python."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names) if any(one.name in MAKE_OBJECTS for one in names):
                yield "deserializes objects"
            case ast.ImportFrom(module=module) if module in MAKE_OBJECTS:
                yield "deserializes objects"
            case ast.Call(func=ast.Name()) if _name_of(node) in RUN_CODE:
                yield "runs a text as code"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"))) if (
                _name_of(node) in RUN_CODE
            ):
                yield "runs a command"
            case ast.Call(keywords=[*keywords]) if any(one.arg == "shell" for one in keywords):
                yield "starts a shell"
            case ast.Call(args=[first, *_]) if _name_of(node) in SQL_TEXT:
                if not _is_constant(first) and path not in STATEMENTS_OF_OURS:
                    yield "SQL that is not a constant"
            case ast.Name(id="subprocess") if path not in START_PROCESSES:
                yield "starts a process"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_is_typed_is_run(path: Path) -> None:
    assert list(problems_in(path.read_text(), str(path.relative_to(ROOT)))) == []


@pytest.mark.parametrize(
    "dangerous",
    [
        "eval(typed)",
        "os.system(typed)",
        "import pickle",
        "from yaml import load",
        "run(command, shell=True)",
        "session.execute(text(f'SELECT {typed}'))",
        "connection.exec_driver_sql('SELECT ' + typed)",
        "subprocess.run([typed])",
    ],
)
def test_the_check_finds_it(dangerous: str) -> None:
    assert list(problems_in(dangerous))
