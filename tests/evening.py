"""The commands of docs/install.md, given in their order on a machine of its own, and what should be seen after each.

`tests/integration/test_install_page.py` runs this as a test. Steps and words to expect are read out of the page, so a
volunteer reads what was tried. `stand_ins` says what a test machine lacks and what is in its place. Everything else is
real: PostgreSQL with its two clusters, three users, nginx with TLS, every command of Hearth.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tests import first_answer, stand_ins
from tests.stand_ins import CERTIFICATE, MAIL_PORT, WORK

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "install.md"
STEP = re.compile(r"^## \d+\. (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What `init` is told: the organisation's answers, files, mail, and the first coordinator.
ANSWERS = (
    *("The evening's charity", "01632 960002, Monday to Friday, 10 to 4"),
    *("", "12 The Street, 01632 960001"),
    *("https://take-part.example.org", "https://desk.example.org"),
    *("", "2026-11-21"),
    "mailto:security@example.org",
    *("127.0.0.1", "none", MAIL_PORT, "", "", "no-reply@example.org"),
    *("Ana", "ana"),
)
#: In each instruction of the page that asks a person for something, what answers here.
PEOPLE = {
    "-m webapp.cli init": f"-m webapp.cli init < {WORK}/answers | tee {WORK}/init.out",
    # Each sheet has 24 numbers and 24 words.
    "-m webapp.cli rehearse-recovery": "-m webapp.cli rehearse-recovery < "
    f"<(grep -E '^ ?[0-9]+ [a-z]+ +[0-9]+ [a-z]' {WORK}/init.out | xargs -n 48)",
}
#: Status 1 is "look at it when there is time".
LOOKED = re.compile(r"^(.*webapp\.cli check\b.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Given:
    """Commands that stand together, and the lines that a person should see after them."""

    commands: str
    seen: tuple[str, ...]


def steps() -> list[tuple[str, list[Given]]]:
    """Every step of the page that has commands, by its name."""
    _, *pieces = STEP.split(PAGE.read_text())
    found = [(name, given_in(text)) for name, text in zip(pieces[::2], pieces[1::2], strict=True)]
    return [(name, given) for name, given in found if given]


def given_in(text: str) -> list[Given]:
    """The commands of one step; what should be seen stands behind what it follows from."""
    found: list[Given] = []
    for kind, block in BLOCK.findall(text):
        if kind == "sh":
            found.append(Given(block, ()))
        else:
            last = found.pop()
            found.append(Given(last.commands, (*last.seen, *block.splitlines())))
    return found


def as_here(commands: str) -> str:
    """The same for a test: people's answers, a last day and a month to come, and a status that is no failure."""
    last_day = date.today() + timedelta(days=60)
    told = f"{last_day + timedelta(days=62):%Y-%m}"
    for words, instead in PEOPLE.items():
        commands = commands.replace(words, instead)
    commands = LOOKED.sub(r"{ \1; } || test $? -eq 1", commands)
    return commands.replace("2027-03-31", last_day.isoformat()).replace("2027-06", told)


def unseen(lines: tuple[str, ...], said: str) -> list[str]:
    """Which of these lines nothing that was printed fits; `…` stands for anything."""
    patterns = {
        line: ".*".join(re.escape(part.strip()) for part in line.split("…")) for line in lines
    }
    return [line for line, pattern in patterns.items() if not re.search(pattern, said)]


def give(commands: str) -> tuple[str, int]:
    """Give these commands in the operator's terminal: what one exports, the next one has."""
    shell = f"""
      set -a; source {WORK}/env; set +a; cd "$(cat {WORK}/here)"; export PATH={WORK}/bin:$PATH
      trap 'status=$?; export -p > {WORK}/env; pwd > {WORK}/here; exit $status' EXIT
      set -e; set -o pipefail
      {commands}
    """
    # Into a file: what a step leaves running would hold a pipe open.
    log = WORK / "said"
    with log.open("w") as said:
        done = subprocess.run(
            ["bash", "-c", shell],
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
        )
    return log.read_text(errors="replace"), done.returncode


def follow_the_page() -> Iterator[str]:
    """Give everything; yields what was not as the page says, and stops there."""
    began = time.monotonic()
    for name, all_given in steps():
        start = time.monotonic()
        for given in all_given:
            said, status = give(as_here(given.commands))
            missing = unseen(given.seen, said)
            if status or missing:
                yield f"{name}: status {status}, not seen {missing}\n{given.commands}\n---\n{said}"
                return
        print(f"{time.monotonic() - start:6.1f} s  {name}", flush=True)
    print(f"{time.monotonic() - began:6.1f} s  in all", flush=True)


@contextmanager
def prepared() -> Iterator[None]:
    """A machine on which nothing was done yet: names that lead here, programs that stand in, a mail server."""
    (WORK / "bin").mkdir(parents=True)
    stand_ins.install(WORK / "bin")
    (WORK / "answers").write_text("".join(f"{line}\n" for line in ANSWERS))
    (WORK / "here").write_text("/root\n")
    (WORK / "env").write_text(f'export HOME=/root LC_ALL=C.UTF-8 SSL_CERT_FILE="{CERTIFICATE}"\n')
    with Path("/etc/hosts").open("a") as hosts:
        hosts.write("\n127.0.0.1 take-part.example.org desk.example.org\n")
    (WORK / "mail").mkdir()
    command = [sys.executable, "-m", "webapp.cli", "catch-mail", "--port", MAIL_PORT]
    catcher = subprocess.Popen([*command, "--folder", str(WORK / "mail")], cwd=ROOT)
    try:
        yield
    finally:
        catcher.terminate()
        catcher.wait()


def main() -> int:
    """Follow the page, look at what came of it, and live through the first answer. Returns how much was wrong."""
    os.environ["SSL_CERT_FILE"] = str(CERTIFICATE)
    failed = 0
    with prepared():
        for wrong in follow_the_page():
            print(wrong, flush=True)
            failed += 1
        if not failed:
            for what, good in first_answer.looked():
                print(f"{'ok' if good else 'NOT':>8}  {what}", flush=True)
                failed += not good
        if failed:
            for log in WORK.glob("*.log"):
                print(f"--- {log.name}\n{log.read_text()[-1500:]}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
