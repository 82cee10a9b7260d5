"""What can only seal must not carry, however indirectly, what can open."""

import ast
from pathlib import Path

import pytest

import webapp.vault

HERE = Path(webapp.vault.__file__).parent
PRIVATE = {
    "seeds",
    "backup_files",
    "opening",
    "keyring",
    "purpose_keys",
    "purpose_key_seals",
    "mailroom",
    "mailer_keys",
}
#: It opens the recovery key, and names no key of another kind.
SHEETS = "recovery_sheets"
#: The one module with a library of its own.
WEBAUTHN = "webauthn_ceremonies"
PUBLIC_DOOR = [
    "sealing",
    "suite",
    "receipts",
    "return_codes",
    "tickets",
    "visits",
    "session_keyrings",
    "macs",
    "service_key",
    "word_list",
]


def imported_by(module: str) -> set[str]:
    """The vault's modules, and all other packages, that this one names."""
    tree = ast.parse((HERE / f"{module}.py").read_text("utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def reached_from(module: str) -> set[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += [
                name.split(".")[2]
                for name in imported_by(current)
                if name.startswith("webapp.vault.") and (HERE / f"{name.split('.')[2]}.py").exists()
            ]
    return seen


@pytest.mark.parametrize("module", PUBLIC_DOOR)
def test_modules_that_seal_reach_no_private_key(module: str) -> None:
    assert not reached_from(module) & {*PRIVATE, SHEETS}


def test_the_check_can_see_what_it_looks_for() -> None:
    assert {"seeds", "suite", "symmetric"} <= reached_from("keyring")
    assert {"seeds", "symmetric"} <= reached_from("opening")
    assert {"seeds", "symmetric"} <= reached_from("mailroom")


def test_the_mailroom_stands_apart() -> None:
    holds_keys_of_others = PRIVATE - {"seeds", "mailroom"} | {
        "receipts",
        "return_codes",
        "tickets",
        "visits",
    }

    assert not reached_from("mailroom") & holds_keys_of_others
    for other in ("opening", "keyring", "purpose_keys", "purpose_key_seals", "mailer_keys"):
        assert "mailroom" not in reached_from(other)


def test_the_sheets_stand_apart() -> None:
    assert not reached_from(SHEETS) & PRIVATE
    assert not [module for module in PRIVATE if SHEETS in reached_from(module)]


def test_only_what_holds_a_private_key_names_seeds() -> None:
    naming = {
        path.stem for path in HERE.glob("*.py") if "webapp.vault.seeds" in imported_by(path.stem)
    }

    assert naming == PRIVATE - {"seeds"}


@pytest.mark.parametrize("module", sorted(path.stem for path in HERE.glob("*.py")))
def test_the_vault_knows_nothing_of_the_house(module: str) -> None:
    allowed = {"cryptography", "webapp"}
    if module == WEBAUTHN:
        allowed.add("webauthn")
    standard = {
        "base64",
        "collections",
        "contextlib",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "hmac",
        "itertools",
        "json",
        "pathlib",
        "re",
        "secrets",
        "threading",
        "types",
        "typing",
        "unicodedata",
        "uuid",
    }
    names = imported_by(module)

    assert {name.split(".")[0] for name in names} <= allowed | standard
    assert all(n.startswith("webapp.vault") for n in names if n.startswith("webapp"))


def test_only_seeds_names_private_keys() -> None:
    naming = {
        path.stem
        for path in HERE.glob("*.py")
        if any("PrivateKey" in name for name in imported_by(path.stem))
    }

    assert naming == {"seeds"}
