"""The examples in deploy/ say what the manual and the code say."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.evening import as_here, steps
from webapp.metrics import exposition
from webapp.services.infrastructure.table_rewrites import TABLES
from webapp.services.keys.bootstrap import PORTS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANUAL = (ROOT / "docs" / "operating.md").read_text()
PAGE = (ROOT / "docs" / "install.md").read_text()


@pytest.mark.parametrize("name", sorted(path.stem for path in DEPLOY.glob("*.service")))
def test_each_unit_is_in_the_manual(name: str) -> None:
    assert name in MANUAL or name in PAGE


def test_each_hour_both_stores_with_tables_of_keys_are_rewritten() -> None:
    # With a PostgreSQL below 17, whose roles cannot be given the right for it
    text = (DEPLOY / "hearth-rewrite.service").read_text()
    commands = re.findall(r"--dbname hearth_(\w+) .*?\\\n\s+-c \"(VACUUM FULL[ \w]*)\"", text)
    assert commands == [("erasure", "VACUUM FULL"), ("volatile", "VACUUM FULL daily_salts")]
    assert set(TABLES) == {store for store, _ in commands}
    assert TABLES["volatile"] == ("daily_salts",)


@pytest.mark.parametrize("process", ["public", "desk", "worker"])
def test_each_process_has_a_unit_with_its_own_file_and_user(process: str) -> None:
    text = (DEPLOY / f"hearth-{process}.service").read_text()
    assert f"CONFIG=/etc/hearth/{process}.env" in text
    # What is in its memory goes to no file: not when it dies, and not to swap
    assert "LimitCORE=0\n" in text
    assert "MemorySwapMax=0\n" in text
    assert f"User=hearth-{process}\n" in text
    # It comes back whatever happened to it
    assert "Restart=always" in text
    # gunicorn finds its configuration there; where it listens is said in the process's file, and nowhere else
    assert "WorkingDirectory=/opt/hearth\n" in text
    assert "--bind" not in text


@pytest.mark.parametrize("name", sorted(path.name for path in DEPLOY.glob("*.service")))
def test_systemd_itself_finds_each_unit_closed(name: str) -> None:
    analyze = shutil.which("systemd-analyze", path=f"{os.environ['PATH']}:/usr/bin")
    assert analyze, "systemd-analyze is not installed; .ci/system-packages installs it"
    # Of 100, where a unit that says nothing has 96
    command = [analyze, "security", "--offline=true", "--no-pager", "--threshold=25"]
    done = subprocess.run(
        [*command, str(DEPLOY / name)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    # And it knows each of its lines
    done = subprocess.run(
        [analyze, "verify", str(DEPLOY / name)], capture_output=True, text=True, check=False
    )
    assert "Unknown" not in done.stderr, done.stderr
    assert "Failed to parse" not in done.stderr, done.stderr


@pytest.mark.parametrize("door", ["public", "desk"])
def test_a_door_that_was_taken_over_sends_nothing_anywhere(door: str) -> None:
    unit = (DEPLOY / f"hearth-{door}.service").read_text()
    assert "IPAddressDeny=any\nIPAddressAllow=localhost\n" in unit


def test_nginx_leads_to_the_ports_that_init_writes() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert re.findall(r"proxy_pass http://127\.0\.0\.1:(\d+);", nginx) == list(PORTS.values())
    for port in PORTS.values():
        assert f"| {port} |" in MANUAL
    # It keeps no list of who came
    assert "access_log off;" in nginx
    # And so does the other one
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert re.findall(r"import hearth 127\.0\.0\.1:(\d+)", caddy) == list(PORTS.values())


def test_the_proxy_lets_no_client_say_that_it_comes_from_somewhere_else() -> None:
    proxy = (DEPLOY / "hearth-proxy.conf").read_text()
    assert "X-Forwarded-For $remote_addr;" in proxy
    assert "Host $http_host;" in proxy
    # And a list of contacts that broke off does not look whole: with HTTP/1.0 an answer ends where the line does
    assert "proxy_http_version 1.1;" in proxy
    # It takes a whole request before it passes it on, in memory: no words lie on a disk in the clear
    assert "proxy_request_buffering on;" in proxy
    in_memory, most = (
        int(re.findall(rf"{name} (\d+)m;", proxy)[0])
        for name in ("client_body_buffer_size", "client_max_body_size")
    )
    assert in_memory >= most


def test_the_evening_is_a_script_that_a_shell_can_read() -> None:
    names = [name for name, _ in steps()]
    assert names == [
        "Names",
        "Programs and users",
        "Databases",
        "The instance",
        "Who may read and write what",
        "Three processes",
        "TLS and the proxy",
        "Rehearse the sheets, and look at everything",
        "The first call",
        "The first backup",
    ]
    for one in [one for _, given in steps() for one in given]:
        assert one.commands.strip()
        # Both as the page says it, and as the test gives it
        for commands in (one.commands, as_here(one.commands)):
            done = subprocess.run(["bash", "-n"], input=commands, text=True, check=False)
            assert done.returncode == 0


def test_nginx_itself_takes_the_example(tmp_path: Path) -> None:
    # `make system` installs it, outside the path of users who are not root
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx, "nginx is not installed; .ci/system-packages installs it"
    # Given a certificate for it, and paths that a test may use
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"]
    made += ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run(made, check=True, capture_output=True)
    paths = {
        "/etc/letsencrypt/live/hearth": str(tmp_path),
        "/etc/nginx/hearth-": f"{DEPLOY}/hearth-",
        "/var/log/nginx": str(tmp_path),
    }
    text = (DEPLOY / "nginx.conf").read_text()
    for there, here in paths.items():
        text = text.replace(there, here)
    (tmp_path / "site.conf").write_text(text)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ include {tmp_path}/site.conf; }}"
    )
    # Then it finds nothing wrong with it
    done = subprocess.run(
        [nginx, "-t", "-q", "-e", str(tmp_path / "log"), "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_alerts_and_manual_name_the_metrics_that_there_are() -> None:
    rules = (DEPLOY / "prometheus-rules.yml").read_text()
    named = set(re.findall(r"hearth_\w+", rules))
    assert named <= set(exposition.FAMILIES)
    assert rules.count("- alert:") == 5
    # And each is explained
    watching = MANUAL[MANUAL.index("## Watching it") : MANUAL.index("## Upgrade")]
    assert {name for name in exposition.FAMILIES if f"`{name}`" not in watching} == set()
