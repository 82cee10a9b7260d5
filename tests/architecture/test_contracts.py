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
#: What a service may use of the vault without a contract of its own: nothing of it opens anything.
UNPROTECTED = {
    "contexts": "declares what each sealed value is bound to",
    "envelope": "the byte format, and what an envelope that does not open raises",
    "head_codes": "codes of the record's heads, to be noted outside; it keeps nothing secret",
    "key_claims": "what the MAC of a stored public key covers",
    "labels": "names for domain separation",
    "macs": "authenticates rows; it keeps nothing secret",
    "opening_messages": "frames what goes to a process that opens; it has no key of its own",
    "sealing": "seals under public keys",
    "shared_contacts": "seals under public keys, and mixes two erasure secrets, which open nothing alone",
    "stretching": "password hashing, which the service of key slots tunes",
}
#: Packages from elsewhere that one place alone may import.
PROTECTED_PACKAGES = {"obstore", "cryptography", "flask_mail", "smtplib", "webauthn"}
#: A service that hands out private keys.
PROTECTED_SERVICES = {"webapp.services.keys.session_keyrings"}
#: A service that may import nothing that is protected.
BYSTANDER = "services/desk_home/overview.py"
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
    "a service that unwraps purpose keys": (
        "services/opening/disclosure.py",
        "from webapp.vault import purpose_key_seals",
    ),
    "a service that reads a session's purpose keys": (
        "services/opening/contact_exports.py",
        "from webapp.services.keys import session_keyrings",
    ),
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
    "a service that opens passkeys": (
        "services/keys/second_factor.py",
        "from webapp.vault import passkeys",
    ),
    "a service that verifies what a passkey answered": (
        "services/keys/coordinators.py",
        "from webapp.vault import webauthn_ceremonies",
    ),
    "a desk page with WebAuthn of its own": ("desk", "import webauthn"),
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
    "a service that generates purpose keys": (
        "services/opening/disclosure.py",
        "from webapp.vault import purpose_keys",
    ),
    "a service that opens an entry of a coordinator": (
        "services/answers/return_drafts.py",
        "from webapp.vault import entry_drafts",
    ),
    "a service that opens messages to an event": (
        "services/events/published_events.py",
        "from webapp.vault import event_messages",
    ),
    "a service that compares addresses": (
        "services/events/registrations.py",
        "from webapp.vault import address_marks",
    ),
    "a service that signs rows itself": (
        "services/events/registrations.py",
        "from webapp.vault import row_macs",
    ),
    "a service that opens private keys": (
        "services/keys/coordinators.py",
        "from webapp.vault import seeds",
    ),
    "a service with primitives of its own": (
        "services/sealed/parts.py",
        "from webapp.vault import symmetric",
    ),
    "the application itself reading visits": ("", "from webapp.vault import visits"),
    "static files that know the session": ("web/static_files.py", "from webapp.web import guards"),
    "a session state that reads rows": ("sessions/states.py", "from webapp.sessions import store"),
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


def protected() -> list[tuple[str, str]]:
    """Each protected module, with the name of its contract."""
    return [
        (module, contract["name"])
        for contract in contracts().values()
        if contract.get("type") == "protected"
        for module in contract["protected_modules"].split()
    ]


def test_every_module_of_the_vault_has_a_contract() -> None:
    # Given every module of the vault, but those that any service may use
    wanted = {f"webapp.vault.{module}" for module in modules_of("webapp.vault") - set(UNPROTECTED)}
    # When the contracts say what they protect
    named = [module for module, _ in protected()]
    # Then each is there once, and so are packages that one place alone may import, and services with private keys
    assert sorted(named) == sorted(wanted | PROTECTED_PACKAGES | PROTECTED_SERVICES)


@pytest.mark.parametrize("breach", BREACHES, ids=lambda words: words.replace(" ", "-"))
def test_a_breach_is_noticed(breach: str, tmp_path: Path) -> None:
    # Given a copy of the service in which a developer wrote one import too many
    place, line = BREACHES[breach]
    # When the contracts are checked
    done = lint(with_import(tmp_path, place, line))
    # Then one is broken
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout


def test_each_protected_module_is_protected_by_its_own_contract(tmp_path: Path) -> None:
    # Given a copy of the service in which one module imports everything that is protected
    imports = "\n".join(f"import {module}" for module, _ in protected())
    # When the contracts are checked
    done = lint(with_import(tmp_path, BYSTANDER, imports))
    # Then the contract of each is broken, and says by which import
    said = " ".join(done.stdout.split())
    for module, contract in protected():
        assert f"{contract} BROKEN" in said
        assert f"-> {module} (l." in said


def with_import(folder: Path, place: str, line: str) -> Path:
    """A copy of the service with one import more, at the end of one module."""
    ignore = shutil.ignore_patterns("__pycache__", "*.mo", "*.po", "content")
    shutil.copytree(ROOT / "webapp", folder / "webapp", ignore=ignore)
    target = folder / "webapp" / place
    target = target if target.suffix else target / "__init__.py"
    target.write_text(f"{target.read_text()}\n{line}\n")
    return folder
