"""End-to-end test of the operator's manual: `python -m tests.evening`, as root, on a machine that may be changed.

It takes the commands of "An operator's evening" out of `docs/operating.md`, gives them in one shell in their order, and
prints how long each step took; then it looks from outside at what came of it, and takes everything away again. It wants
Debian's postgresql and nginx, and the ports 80, 443, 5432 and 5433 free. Not part of the test run: it installs from the
package registries, and makes users.

Three things stand in for what a test machine lacks: `systemctl` starts the units' own commands as the units' users,
`certbot` makes a certificate of its own, and a catcher takes the mail.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "docs" / "operating.md"
WORK = Path("/run/hearth-evening")
NAMES = "127.0.0.1 take-part.example.org desk.example.org  # hearth-evening"
MAIL_PORT = "2525"
STEP = re.compile(r"^### \d\. (.+)$", re.MULTILINE)
ANSWERS = [
    *(
        "The evening's charity",
        "01632 960002, Monday to Friday, 10 to 4",
        "",
        "12 The Street, 01632 960001",
    ),
    *("https://take-part.example.org", "https://desk.example.org"),
    *("", "2026-11-21"),
    "mailto:security@example.org",
    *("127.0.0.1", "none", MAIL_PORT, "", "", "no-reply@example.org"),
    *("Ana", "ana"),
]
SYSTEMCTL = r"""#!/usr/bin/python3
import os, pathlib, re, shlex, signal, subprocess, sys
words = [w for w in sys.argv[1:] if not w.startswith("--")]
now = "--now" in sys.argv
verb, units = words[0], words[1:]
work = pathlib.Path("/run/hearth-evening")
def facts(unit):
    text = pathlib.Path(f"/etc/systemd/system/{unit}.service").read_text().replace("\\\n", " ")
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)
def launch(unit):
    known = dict(facts(unit))
    env = {"PATH": "/usr/bin:/bin:/usr/sbin", "SSL_CERT_FILE": str(work / "ca.pem")}
    env.update(p.split("=", 1) for k, v in facts(unit) if k == "Environment" for p in shlex.split(v))
    who = []
    if "User" in known:
        groups = known.get("SupplementaryGroups")
        who = ["setpriv", "--reuid", known["User"], "--regid", known.get("Group", known["User"])]
        who += ["--groups", groups] if groups else ["--init-groups"]
        who += ["--no-new-privs", "--inh-caps=-all"]
    log = open(work / f"{unit}.log", "ab")
    command = [*who, *shlex.split(known["ExecStart"])]
    process = subprocess.Popen(command, cwd=known.get("WorkingDirectory", "/"), env=env, stdout=log, stderr=log,
                               stdin=subprocess.DEVNULL, start_new_session=True)
    if known.get("Type") == "oneshot":
        sys.exit(process.wait())
    (work / f"{unit}.pid").write_text(str(process.pid))
if verb in ("start",) or (verb == "enable" and now):
    for unit in units:
        if not unit.endswith(".timer"):
            launch(unit)
elif verb == "stop":
    for unit in units:
        os.killpg(int((work / f"{unit}.pid").read_text()), signal.SIGTERM)
elif verb == "reload" and units == ["nginx"]:
    running = subprocess.run(["nginx", "-s", "reload"], capture_output=True).returncode == 0
    if not running:
        subprocess.run(["nginx"], check=True)
"""
CERTBOT = r"""#!/bin/sh
set -e
mkdir -p /etc/letsencrypt/live/hearth
cd /etc/letsencrypt/live/hearth
openssl req -x509 -newkey rsa:2048 -nodes -keyout privkey.pem -out fullchain.pem -days 60 -subj /CN=evening \
  -addext "subjectAltName=DNS:take-part.example.org,DNS:desk.example.org" 2>/dev/null
cp fullchain.pem /run/hearth-evening/ca.pem
"""


def steps() -> list[tuple[str, str]]:
    """The commands of the manual, by step."""
    _, _, section = MANUAL.read_text().partition("## An operator's evening\n")
    section = section.partition("\n## ")[0]
    pieces = STEP.split(section)
    named = [("names", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]
    return [(name, commands_in(text)) for name, text in named]


def commands_in(text: str) -> str:
    """Every line that stands four spaces in, outside lists."""
    return "".join(line[4:] + "\n" for line in text.splitlines() if line.startswith("    "))


def as_here(commands: str) -> str:
    """The same for this machine: our own checkout, answers for `init`, a last day that is to come."""
    coming = (date.today() + timedelta(days=60)).isoformat()
    replaced = {
        "https://example.org/your/copy/of/hearth.git": str(ROOT),
        "apt-get install --yes": "DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-upgrade",
        "-m webapp.cli init": f"-m webapp.cli init < {WORK}/answers > {WORK}/init.out",
        # Each sheet has 24 numbers and 24 words.
        "-m webapp.cli rehearse-recovery": "-m webapp.cli rehearse-recovery < "
        f"<(grep -E '^ ?[0-9]+ [a-z]+ +[0-9]+ [a-z]' {WORK}/init.out | xargs -n 48)",
        "2027-03-31": coming,
    }
    for words, instead in replaced.items():
        commands = commands.replace(words, instead)
    return commands


class Shell:
    """One bash, as an operator's terminal: what one step exports, the next one has."""

    def __init__(self) -> None:
        path = f"{WORK}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self.process = subprocess.Popen(
            ["/bin/bash"],
            env={
                "PATH": path,
                "HOME": "/root",
                "LC_ALL": "C.UTF-8",
                "SSL_CERT_FILE": f"{WORK}/ca.pem",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )

    def give(self, commands: str) -> tuple[str, int]:
        """Give these commands; returns what they printed and the first status that was not 0."""
        script = WORK / "step.sh"
        script.write_text(f"set -e\n{commands}")
        said: list[str] = []
        assert self.process.stdin and self.process.stdout
        # `set -e` would end the terminal: its end is told by a trap, and the next step begins with what it exported.
        self.process.stdin.write(
            f'bash -c \'cd "${{HERE:-/}}"; set -a; trap "export -p > {WORK}/env; pwd > {WORK}/here" EXIT;'
            f" source {script}' < /dev/null; echo ==done:$?; set -a; source {WORK}/env 2>/dev/null;"
            f" HERE=$(cat {WORK}/here)\n"
        )
        for line in self.process.stdout:
            if line.startswith("==done:"):
                return "".join(said), int(line[7:])
            said.append(line)
        return "".join(said), 1


def prepare() -> None:
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "bin").mkdir(parents=True)
    WORK.chmod(0o755)
    for name, text in {"systemctl": SYSTEMCTL, "certbot": CERTBOT}.items():
        (WORK / "bin" / name).write_text(text)
        (WORK / "bin" / name).chmod(0o755)
    (WORK / "answers").write_text("".join(f"{line}\n" for line in ANSWERS))
    with Path("/etc/hosts").open("a") as hosts:
        hosts.write(f"{NAMES}\n")


def catch_mail() -> "subprocess.Popen[bytes]":
    (WORK / "mail").mkdir()
    command = [sys.executable, "-m", "webapp.cli", "catch-mail", "--port", MAIL_PORT]
    return subprocess.Popen(
        [*command, "--folder", str(WORK / "mail")], cwd=ROOT, start_new_session=True
    )


def wait_until_ready() -> None:
    for port in (8000, 8001):
        for _ in range(300):
            if run("curl", "--fail", "--silent", f"http://127.0.0.1:{port}/healthz"):
                break
            time.sleep(0.1)


def run(*words: str, **how: Any) -> str:
    return subprocess.run(words, check=False, capture_output=True, text=True, **how).stdout


def as_user(user: str, commands: str) -> int:
    who = ["setpriv", "--reuid", user, "--regid", user, "--groups", "hearth"]
    done = subprocess.run([*who, "sh", "-c", commands], capture_output=True, check=False)
    return done.returncode


def look() -> list[tuple[str, bool]]:
    """What came of it, seen from outside."""
    listening = run("ss", "-H", "-ltn")
    curl = ("curl", "--silent", "--cacert", str(WORK / "ca.pem"))
    public, desk = "https://take-part.example.org", "https://desk.example.org"
    page = run(*curl, f"{public}/en/calls/support-needs/")
    answer = run(*curl, "--output", "/dev/null", "--write-out", "%{http_code}", f"{public}/desk/")
    sign_in = run(*curl, "--location", f"{desk}/desk/sign-in")
    steal = "cd /etc && mv hearth hearth-moved"
    make = "cd /srv/hearth && mkdir mine"
    gone = "rm -f /srv/hearth/tombstones.txt"
    empty = ": > /srv/hearth/tombstones.txt"
    stores = "postgresql:///hearth_main?host=/var/run/postgresql"
    psql = f"psql --no-psqlrc '{stores}' -c 'SELECT * FROM slots'"
    return [
        (
            "the doors listen on this machine alone",
            not re.search(r"(0\.0\.0\.0|\*|\[::\]):800[01]\b", listening),
        ),
        ("both doors listen", ":8000" in listening and ":8001" in listening),
        ("the call is open to the public", "<h1>" in page and "How support needs" in page),
        ("the desk is at its own name alone", answer == "404" and "<form" in sign_in),
        (
            "the public door cannot take the configuration away",
            as_user("hearth-public", steal) != 0,
        ),
        ("nor make a file beside it", as_user("hearth-public", make) != 0),
        ("nor remove what was written down", as_user("hearth-public", gone) != 0),
        ("nor empty it", as_user("hearth-public", empty) != 0),
        (
            "nor read the desk's settings",
            as_user("hearth-public", "cat /etc/hearth/desk.env") != 0,
        ),
        (
            "nor change its own",
            as_user("hearth-public", "echo >> /etc/hearth/public.env") != 0,
        ),
        (
            "but write down what it deletes",
            as_user("hearth-public", "true >> /srv/hearth/tombstones.txt") == 0,
        ),
        ("its role cannot read how coordinators sign in", as_user("hearth-public", psql) != 0),
        ("the desk's can", as_user("hearth-desk", psql) == 0),
        ("the test mail came", len(list((WORK / "mail").iterdir())) == 1),
        ("a backup was made", Path("/srv/hearth/last-backup").exists()),
    ]


def clean() -> None:
    """Take everything away again, whatever there is of it."""
    for pid in WORK.glob("*.pid"):
        with suppress(ProcessLookupError, ValueError):
            os.killpg(int(pid.read_text()), 15)
    time.sleep(2)
    databases = "for one in main volatile; do dropdb --if-exists --force hearth_$one; done"
    roles = "for one in root hearth-public hearth-desk hearth-worker; do dropuser --if-exists $one; done"
    for command in (
        "nginx -s stop",
        "pg_dropcluster 15 erasure --stop",
        f"runuser -u postgres -- sh -c '{databases}; {roles}'",
        "pg_ctlcluster 15 main stop",
        "for one in public desk worker; do userdel hearth-$one; done",
        "groupdel hearth",
        "chattr -a /srv/hearth/tombstones.txt",
        "rm -rf /opt/hearth /opt/hearth-1.0.0 /srv/hearth /etc/hearth /var/backups/hearth /etc/letsencrypt/live/hearth",
        "rm -f /etc/nginx/sites-enabled/hearth /etc/nginx/sites-available/hearth /etc/nginx/hearth-proxy.conf",
        "rm -f /etc/systemd/system/hearth-*",
        f"grep -v hearth-evening /etc/hosts > {WORK}/hosts; cat {WORK}/hosts > /etc/hosts",
    ):
        subprocess.run(["sh", "-c", command], capture_output=True, check=False)


def main() -> int:
    if os.geteuid() != 0:
        sys.exit("This wants to be root, on a machine that may be changed.")
    prepare()
    shell, failed, catcher = Shell(), 0, catch_mail()
    try:
        began = time.monotonic()
        for name, commands in steps():
            here = as_here(commands)
            if name.startswith("Look"):
                wait_until_ready()
                shutil.copy(ROOT / "webapp/content/support-needs.json", "/opt/hearth/my-call.json")
            start = time.monotonic()
            said, status = shell.give(here)
            print(f"{time.monotonic() - start:6.1f} s  {name}  (status {status})", flush=True)
            if status or name.startswith("Look"):
                print(textwrap.indent(said, "          "), flush=True)
            failed += status != 0
        print(f"{time.monotonic() - began:6.1f} s  in all")
        for what, good in look():
            print(f"{'ok' if good else 'NOT':>8}  {what}", flush=True)
            failed += not good
    finally:
        catcher.terminate()
        for log in WORK.glob("*.log"):
            print(f"--- {log.name}\n{log.read_text()[-1500:]}")
        if "--keep" not in sys.argv:
            clean()
    print(f"{'1 passed, 0 failed' if not failed else f'0 passed, {failed} failed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
