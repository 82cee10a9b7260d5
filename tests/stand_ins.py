"""Programs that stand in for what a test machine lacks: systemd, package servers, a certificate authority, a person.

Each does what the page says of it, as far as a machine without systemd and without the internet allows: `systemctl`
starts the units' own commands as the units' own users, from a file system that their unit does not let them write to.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.private_machine import ROOT, libraries

WORK: Final = Path("/run/hearth-evening")
CERTIFICATE: Final = WORK / "ca.pem"
MAIL_PORT: Final = "2525"

#: Starts what a unit says, as who it says, with what it may write to; `bwrap` stands in for systemd's sandbox.
SYSTEMCTL = r"""#!/usr/bin/python3
import os, pathlib, re, shlex, signal, subprocess, sys
words = [w for w in sys.argv[1:] if not w.startswith("--")]
verb, units = words[0], words[1:]
work = pathlib.Path("/run/hearth-evening")
def facts(unit):
    text = pathlib.Path(f"/etc/systemd/system/{unit}.service").read_text().replace("\\\n", " ")
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)
def launch(unit):
    known = dict(facts(unit))
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SSL_CERT_FILE": str(work / "ca.pem")}
    env.update(p.split("=", 1) for k, v in facts(unit) if k == "Environment" for p in shlex.split(v))
    box, who = [], []
    if known.get("ProtectSystem") == "strict":
        box = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--cap-add", "ALL"]
        for path in "/tmp", "/dev/shm":
            box += ["--perms", "1777", "--tmpfs", path]
        for path in known["ReadWritePaths"].split():
            box += ["--bind", path, path]
    if "User" in known:
        groups = known.get("SupplementaryGroups")
        who = ["setpriv", "--reuid", known["User"], "--regid", known.get("Group", known["User"])]
        who += ["--groups", groups] if groups else ["--init-groups"]
        who += ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    log = open(work / f"{unit}.log", "ab")
    command = [*box, *who, *shlex.split(known["ExecStart"])]
    process = subprocess.Popen(command, cwd=known.get("WorkingDirectory", "/"), env=env, stdout=log, stderr=log,
                               stdin=subprocess.DEVNULL, start_new_session=True)
    if known.get("Type") == "oneshot":
        sys.exit(process.wait())
    (work / f"{unit}.pid").write_text(str(process.pid))
if units == ["nginx"]:
    # It runs after its installation, as Debian does it, but for here.
    if verb == "start":
        subprocess.run(["nginx"], check=True)
elif verb == "start" or verb == "enable" and "--now" in sys.argv:
    for unit in units:
        if not unit.endswith(".timer"):
            launch(unit)
        elif not pathlib.Path(f"/etc/systemd/system/{unit}").exists():
            sys.exit(f"Unit {unit} not found.")
"""
CERTBOT = r"""#!/bin/sh
set -e
mkdir -p /etc/letsencrypt/live/hearth
cd /etc/letsencrypt/live/hearth
openssl req -x509 -newkey rsa:2048 -nodes -keyout privkey.pem -out fullchain.pem -days 60 -subj /CN=evening \
  -addext "subjectAltName=DNS:$PUBLIC_NAME,DNS:$DESK_NAME" 2>/dev/null
cp fullchain.pem /run/hearth-evening/ca.pem
"""
#: The packages are there; a new PostgreSQL begins with one cluster, as Debian makes it.
APT_GET = r"""#!/bin/bash
set -e
[ "$1" = install ] || exit 0
for package in postgresql nginx; do
  case " $* " in *" $package "*) dpkg-query --show "$package" > /dev/null ;; esac
done
case " $* " in *" postgresql "*) ;; *) exit 0 ;; esac
rm -rf /var/lib/postgresql/* /etc/postgresql/*
pg_createcluster 15 main --port 5432 > /dev/null
"""
#: A clone has this working copy, and the libraries that its `make install` would fetch.
GIT = r"""#!/bin/bash
set -e
[ "$1" = clone ]
mkdir -p "$3"
cd ROOT
(git ls-files -z --cached --others --exclude-standard; find webapp/translations -name '*.mo' -print0) |
  tar --create --null --files-from=- --owner=0 --group=0 --ignore-failed-read | tar --extract --directory="$3"
find "$3/webapp/translations" -name '*.mo' -exec touch {} +
PYTHON -m venv --without-pip "$3/.venv"
cd "$3"/.venv/lib/python3.*/site-packages
printf 'LIBRARIES' > libraries.pth
printf '#!%s\nfrom gunicorn.app.wsgiapp import run\nrun()\n' "$3/.venv/bin/python" > "$3/.venv/bin/gunicorn"
chmod 755 "$3/.venv/bin/gunicorn"
cp "$3/requirements.txt" "$3/.venv/runtime.lock"
chmod -R go+rX "$3"
"""
#: Somebody writes their own name into the example.
EDITOR = r"""#!/bin/sh
exec sed -i 's/the Anti-Trafficking Monitoring Group/a charity of our own/' "$1"
"""
TIMEDATECTL = "#!/bin/sh\nexit 0\n"


def install(folder: Path) -> None:
    """Put them where a shell finds them first."""
    seen = "".join(f"{path}\\n" for path in libraries())
    git = (
        GIT.replace("ROOT", str(ROOT)).replace("PYTHON", sys.executable).replace("LIBRARIES", seen)
    )
    programs = {
        "systemctl": SYSTEMCTL,
        "certbot": CERTBOT,
        "apt-get": APT_GET,
        "git": git.replace("(git ", "(/usr/bin/git "),
        "editor": EDITOR,
        "timedatectl": TIMEDATECTL,
    }
    for name, text in programs.items():
        path = folder / name
        path.write_text(text)
        path.chmod(0o755)
    subprocess.run(["git", "config", "--global", "--add", "safe.directory", "*"], check=True)
