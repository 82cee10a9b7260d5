"""Fill a demo of an earlier Hearth with people who do not exist, by that Hearth's own code, and pack it as a fixture.

Run in a checkout of that release, with its folders and not ours on the path (README.md beside this file):

    INSTANCE=FOLDER python fill.py NAME.tar.xz
"""

import json
import os
import sqlite3
import sys
import tarfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

# The checkout that this is run in.
sys.path.insert(0, str(Path.cwd()))
from tests import factories
from webapp.cli.instance import application
from webapp.rules import clock
from webapp.services.answers import erasing, own_copies
from webapp.services.calls import published_calls
from webapp.services.events import published_events

INSTANCE = Path(os.environ["INSTANCE"]).resolve()
STORES = ("main", "erasure", "volatile")


def fill() -> None:
    """Two people answer, one of whom deletes everything again, and two book a seat."""
    with application().app_context():
        call = published_calls.find_call("support-needs")
        answers = factories.answers_for(call.form, change_words="Tell us what comes next.")
        stays = factories.submit_one(call, answers=answers)
        goes = factories.submit_one(call)
        erasing.erase_held(own_copies.find_held(goes.receipt))
        event = next(one for one in published_events.all_events() if one.slug == "round-table")
        booked = [factories.register_one(event, f"{name}@example.org") for name in ("robin", "kim")]
        told = {
            "made_on": clock.today(),
            "sent": asdict(stays),
            "erased": goes.submission_id,
            "booked": [asdict(one) for one in booked],
        }
    (INSTANCE / "told.json").write_text(json.dumps(told, default=str, indent=2) + "\n")


def pack(archive: Path) -> None:
    """The three stores, each as one file, with the configuration and what was typed."""
    with tarfile.open(archive, "w:xz", preset=9) as packed, TemporaryDirectory() as copies:
        for store in STORES:
            copy = Path(copies) / f"{store}.sqlite3"
            with closing(sqlite3.connect(INSTANCE / copy.name, isolation_level=None)) as source:
                source.execute("VACUUM INTO ?", (str(copy),))
            packed.add(copy, copy.name, filter=plain)
        for name in ("config", "demo-sign-in.json", "told.json", "tombstones.txt"):
            packed.add(INSTANCE / name, name, filter=plain)


def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member that says nothing about the machine it was made on."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    fill()
    pack(target)
