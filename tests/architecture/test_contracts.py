"""The import contracts hold, name every package, and would notice a breach."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / ".importlinter"
# What each contract about "everybody" leaves out on purpose: the module that is allowed.
ALLOWED = {"only-sessions-use-visits": {"sessions"}}
ABOUT_EVERYBODY = (
    "only-disclosure-opens",
    "only-coordinators-unlock",
    "only-key-making-makes-keys",
    "only-own-copies-use-receipts",
    "only-return-drafts-use-return-codes",
    "only-delivery-opens-mail",
    "only-founding-makes-the-mailer-key",
    "only-registrations-use-tickets",
    "only-events-use-the-service-key",
    "only-sessions-use-visits",
    "private-keys-stay-in-the-vault",
    "only-delivery-mails",
    "crypto-in-vault",
)
KNOW_PRIVATE_KEYS = {"seeds", "opening", "keyring", "purpose_keys", "mailroom", "mailer_keys"}
BREACHES = {
    "a public page that opens answers": (
        "public",
        "from webapp.services.opening import disclosure",
    ),
    "a public page that opens answers, by a detour": (
        "services/answers/submissions.py",
        "from webapp.services.opening import disclosure",
    ),
    "a page of a call that knows what a correction is": (
        "public/calls/questions.py",
        "from webapp.public.choices import correcting",
    ),
    "a draft that renders a page": (
        "public/drafts/draft.py",
        "from webapp.public.steps import question_page",
    ),
    "a public page that reaches into the desk": ("public", "import webapp.desk"),
    "a desk page that reads tables": ("desk", "from webapp import models"),
    "a desk page that opens with purpose keys itself": ("desk", "from webapp.vault import opening"),
    "a desk page that uses the recovery key": ("desk", "from webapp.services.keys import recovery"),
    "a service that unlocks a coordinator's key": (
        "services/desk_home/overview.py",
        "from webapp.vault import keyring",
    ),
    "a service that opens a participant's copy": (
        "services/desk_home/overview.py",
        "from webapp.vault import receipts",
    ),
    "a service that opens unfinished answers": (
        "services/answers/own_copies.py",
        "from webapp.vault import return_codes",
    ),
    "a service that reads visits": (
        "services/desk_home/overview.py",
        "from webapp.vault import visits",
    ),
    "a rule that knows Flask": ("rules", "import flask"),
    "a service with cryptography of its own": (
        "services/desk_home/overview.py",
        "import cryptography",
    ),
    "a table that sends mail": ("models", "import flask_mail"),
    "a service that sends mail past the outbox": (
        "services/events/registrations.py",
        "import smtplib",
    ),
    "a service that opens what waits to be mailed": (
        "services/infrastructure/outbox.py",
        "from webapp.vault import mailroom",
    ),
    "a public page that sends mail": ("public", "from webapp.services.worker import delivery"),
    "a public page that opens mail, by a detour": (
        "services/infrastructure/outbox.py",
        "from webapp.services.worker import delivery",
    ),
    "a desk page that sends mail": ("desk", "from webapp.services.worker import delivery"),
    "a desk page that opens mail, by a detour": (
        "services/events/desk_registrations.py",
        "from webapp.services.worker import delivery",
    ),
    "a service that makes a mailer key of its own": (
        "services/infrastructure/outbox.py",
        "from webapp.vault import mailer_keys",
    ),
    "a service that reads registrants' links": (
        "services/events/desk_registrations.py",
        "from webapp.vault import tickets",
    ),
    "a service that opens joining links": (
        "services/events/registrations.py",
        "from webapp.vault import service_key",
    ),
    "the mail worker opening answers": (
        "services/worker/delivery.py",
        "from webapp.services.opening import disclosure",
    ),
    "the mail key's module opening answers": (
        "vault/mailroom.py",
        "from webapp.vault import opening",
    ),
    "what makes links reaching for private keys": (
        "vault/tickets.py",
        "from webapp.vault import mailroom",
    ),
    "sealing that also opens": ("vault/sealing.py", "from webapp.vault import opening"),
}


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "lint-imports"),
            "--no-cache",
            "--config",
            str(CONTRACTS),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def contracts() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.read(CONTRACTS)
    return parser


def modules_of(package: str) -> set[str]:
    folder = ROOT.joinpath(*package.split("."))
    names = {path.stem for path in folder.glob("*.py")}
    names |= {path.parent.name for path in folder.glob("*/__init__.py")}
    return names - {"__init__"}


def test_contracts_hold() -> None:
    # When the imports of the service are read
    done = lint(ROOT)
    # Then every contract is kept
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ABOUT_EVERYBODY)
def test_contracts_about_everybody_name_everybody(name: str) -> None:
    # Given all packages but the vault, which the contracts protect
    everybody = modules_of("webapp") - {"vault"} - ALLOWED.get(name, set())
    # When a contract lists whom it binds
    named = contracts()[f"importlinter:contract:{name}"]["source_modules"].split()
    # Then nobody is missing: an unnamed package passes silently
    assert {f"webapp.{module}" for module in everybody} == set(named)


def test_the_vault_is_named_module_by_module() -> None:
    # Given every module that may not open anything
    sealing = modules_of("webapp.vault") - KNOW_PRIVATE_KEYS
    # Then the contract binds each of them
    named = contracts()["importlinter:contract:what-seals-does-not-open"]["source_modules"].split()
    assert {f"webapp.vault.{module}" for module in sealing} == set(named)


@pytest.mark.parametrize("breach", BREACHES, ids=lambda words: words.replace(" ", "-"))
def test_a_breach_is_noticed(breach: str, tmp_path: Path) -> None:
    # Given a copy of the service in which somebody wrote one import too many
    place, line = BREACHES[breach]
    ignore = shutil.ignore_patterns("__pycache__", "*.mo", "*.po", "content")
    shutil.copytree(ROOT / "webapp", tmp_path / "webapp", ignore=ignore)
    target = tmp_path / "webapp" / place
    target = target if target.suffix else target / "__init__.py"
    target.write_text(f"{target.read_text()}\n{line}\n")
    # When the contracts are checked
    done = lint(tmp_path)
    # Then one is broken
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
