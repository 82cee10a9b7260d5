"""A process that serves only the public door never even loads what could open anything.

Import contracts read the source; attribute access and importlib pass them. This looks at what a real process loaded.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import environment
from tests.stores import Stores

ROOT = Path(__file__).parents[2]
FORBIDDEN = (
    "webapp.vault.opening",
    "webapp.vault.keyring",
    "webapp.vault.seeds",
    "webapp.vault.purpose_keys",
    "webapp.vault.mailroom",
    "webapp.vault.mailer_keys",
    "webapp.services.events.desk_address_corrections",
    "webapp.services.events.desk_registrations",
    "webapp.services.phone_requests.caller_search",
    "webapp.services.phone_requests.receipt_reissue",
    "webapp.services.phone_requests.caller_corrections",
    "webapp.services.phone_requests.caller_acts",
    "webapp.services.worker.delivery",
    "webapp.services.worker.mail_opening",
    "webapp.services.worker.smtp",
    "webapp.services.opening.disclosure",
    "webapp.services.opening.contact_exports",
    "webapp.services.opening.contact_files",
    "webapp.services.opening.contact_csv",
    "webapp.services.opening.contact_spreadsheet",
    "webapp.services.keys.authentication",
    "webapp.services.keys.coordinators",
    "webapp.services.keys.key_slots",
    "webapp.services.keys.passphrase_reset",
    "webapp.services.keys.second_factor",
    "webapp.services.keys.passkeys",
    "webapp.services.keys.own_passkeys",
    "webapp.vault.passkeys",
    "webapp.vault.webauthn_ceremonies",
    "webapp.services.answers.on_behalf",
    "webapp.services.answers.on_behalf_drafts",
    "webapp.vault.entry_drafts",
    "webapp.services.keys.purpose_key_generation",
    "webapp.services.keys.recovery",
    "webapp.desk",
    "webapp.cli",
    "flask_mail",
    "aiosmtpd",
    "smtplib",
    "xlsxwriter",
    "msoffcrypto",
    "olefile",
    "pyotp",
    "webauthn",
    "OpenSSL",
    "segno",
)
SERVED = {
    "/healthz": 200,
    "/livez": 200,
    "/en/": 200,
    "/ar/": 200,
    "/en/calls/support-needs/": 200,
    "/en/choices": 200,
    "/en/privacy": 200,
    "/leave": 303,
}
SERVE = """
import importlib, json, os, pkgutil, sys
from webapp import create_app
from webapp.settings import Settings

app = create_app(Settings.from_environment(os.environ))
public = importlib.import_module("webapp.public")
for module in pkgutil.walk_packages(public.__path__, "webapp.public."):
    importlib.import_module(module.name)
client = app.test_client()
answers = {path: client.get(path).status_code for path in sys.argv[1:]}
print(json.dumps({"answers": answers, "modules": sorted(sys.modules)}))
"""


def served(stores: Stores, folder: Path, *paths: str) -> dict[str, object]:
    """What a fresh process with the public door alone answered and loaded."""
    settings = environment(folder, DOORS="public", **stores.environment())
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SERVE, *paths],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_the_public_door_loads_nothing_that_opens(
    sqlite_demo_stores: Stores, tmp_path: Path
) -> None:
    # When the public door alone serves its pages
    process = served(sqlite_demo_stores, tmp_path, *SERVED)
    # Then it works
    assert process["answers"] == SERVED
    # And nothing that could open what people said was loaded
    loaded = process["modules"]
    assert isinstance(loaded, list)
    assert [name for name in loaded if name.startswith(FORBIDDEN)] == []


@pytest.mark.parametrize("name", FORBIDDEN)
def test_every_forbidden_module_exists(name: str) -> None:
    # A name that leads nowhere would be found in no process, and forbid nothing
    assert importlib.util.find_spec(name) is not None


def test_the_public_door_does_not_serve_the_desk(
    sqlite_demo_stores: Stores, tmp_path: Path
) -> None:
    # When a visitor asks the public door for the desk
    process = served(sqlite_demo_stores, tmp_path, "/desk/", "/desk/sign-in")
    # Then there is none
    assert process["answers"] == {"/desk/": 404, "/desk/sign-in": 404}
