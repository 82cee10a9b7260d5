"""What came of an installation, seen from outside: who may read what, and the first answer through the proxy."""

import csv
import io
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from tests import network_client, people
from tests.stand_ins import CERTIFICATE, WORK
from tests.visitor import Visitor
from webapp.public.shared.bot_check import FASTEST_SECONDS
from webapp.services.keys.key_slots import Credentials

PUBLIC, DESK = "https://take-part.example.org", "https://desk.example.org"
STORE = "postgresql:///hearth_main?host=/var/run/postgresql"
REFUSED = {
    "take the configuration away": "cd /etc && mv hearth hearth-moved",
    "make a file beside the data": "cd /srv/hearth && mkdir mine",
    "remove what was written down": "rm -f /srv/hearth/tombstones.txt",
    "empty it": ": > /srv/hearth/tombstones.txt",
    "read the desk's settings": "cat /etc/hearth/desk.env",
    "change its own": "echo >> /etc/hearth/public.env",
    "read how coordinators sign in": f"psql --no-psqlrc '{STORE}' -c 'SELECT * FROM slots'",
}


def as_user(user: str, commands: str) -> bool:
    """Whether this user may do it."""
    who = ["setpriv", "--reuid", user, "--regid", user, "--groups", "hearth"]
    done = subprocess.run([*who, "sh", "-c", commands], capture_output=True, check=False)
    return done.returncode == 0


def looked() -> Iterator[tuple[str, bool]]:
    """Each thing that an operator relies on, and whether it is so."""
    yield from rights()
    yield from surroundings()
    yield from first_answer()


def rights() -> Iterator[tuple[str, bool]]:
    """What the user of the public door may not do, and what it must."""
    for what, commands in REFUSED.items():
        yield f"the public door cannot {what}", not as_user("hearth-public", commands)
    yield (
        "it can write down what it deletes",
        as_user("hearth-public", "true >> /srv/hearth/tombstones.txt"),
    )
    slots = REFUSED["read how coordinators sign in"]
    yield "the desk can read how coordinators sign in", as_user("hearth-desk", slots)


def surroundings() -> Iterator[tuple[str, bool]]:
    """Where processes listen, what was mailed, what was kept, what the logs say."""
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    doors = re.findall(r": (\w+):(1F40|1F41) \w+:\w+ 0A", listening)
    yield "both doors listen on this machine alone", {one for one, _ in doors} == {"0100007F"}
    yield "the test mail came", len(list((WORK / "mail").iterdir())) == 1
    kept = [path.suffix for path in Path("/var/backups/hearth").rglob("*") if path.is_file()]
    yield "a backup was made", len(kept) >= len(("main", "erasure", "config"))
    logs = [*Path("/var/log/nginx").glob("*.log"), *WORK.glob("hearth-*.log")]
    yield "no log has an address", not any("127.0.0.1 " in log.read_text() for log in logs)


def first_coordinator() -> Credentials:
    """What `init` showed, once, to the first coordinator."""
    said = (WORK / "init.out").read_text()

    def shown(label: str) -> str:
        (found,) = re.findall(rf"^{label}: +([^(\n]+)", said, re.MULTILINE)
        return str(found).strip()

    labels = ("Sign-in name", "Passphrase", "Recovery code", "Authenticator")
    return Credentials(*(shown(one) for one in labels), totp_uri="")


def first_answer() -> Iterator[tuple[str, bool]]:
    """A person answers, a coordinator downloads the list of contacts, and the person deletes everything."""
    phone = network_client.visitor(PUBLIC, str(CERTIFICATE))
    answer = phone.client.get("/desk/", base_url=PUBLIC)
    yield "the desk is at its own name alone", answer.status_code == HTTPStatus.NOT_FOUND
    with told(phone):
        people.begin(phone)
        people.answer_everything(phone)
        # As long as a person takes at least: whoever is faster is asked once more.
        time.sleep(FASTEST_SECONDS + 1)
        code = people.send(phone, ("contact_me",))
    yield "an answer is sent, and has a code", len(code.replace(" ", "")) > 20
    desk = network_client.visitor(DESK, str(CERTIFICATE))
    with told(desk):
        people.sign_in(desk, first_coordinator())
    yield "the coordinator is in", desk.path == "/desk/"
    rows = exported(desk)
    yield "the list has the one who said yes", [row["Name to use"] for row in rows] == ["Robin"]
    with told(phone):
        people.come_back(phone, code)
        phone.get("/en/choices/erase")
        phone.press("Yes, delete everything")
    yield "and all of it can be deleted", "deleted" in phone.page.text.lower()


@contextmanager
def told(visitor: Visitor) -> Iterator[None]:
    """Where a visitor cannot go on, the error says what they see. Raises `RuntimeError`."""
    try:
        yield
    except (AssertionError, StopIteration) as stuck:
        seen = f"{visitor.status} at {visitor.path}: {visitor.page.text}"
        raise RuntimeError(f"{stuck!r}; {seen}") from stuck


def exported(desk: Visitor) -> list[dict[str, str]]:
    """The list of contacts, as a coordinator downloads it."""
    desk.get("/desk/contacts")
    answer = desk.press_for_file(
        "Download the list", who="support-needs:contact_me", file_format="csv"
    )
    assert answer.mimetype == "text/csv", desk.page.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
