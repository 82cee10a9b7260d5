"""Supply chain: libraries are installed from the locks alone, whole and unchanged, and run no code while they are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = (
    "requirements.txt",
    "requirements-s3.txt",
    "requirements-build.txt",
    "requirements-dev.txt",
)
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_takes_wheels_only_and_each_by_its_hash(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    # A source distribution runs its author's code when it is installed: pip takes none, whoever gives it the lock
    assert lines[0] == "--only-binary :all:"
    # Nothing else is an option, and each library is one version, with a hash
    assert [line for line in lines[1:] if line.startswith("-")] == []
    pinned = [line for line in lines if re.match(r"[a-z]", line, re.IGNORECASE)]
    assert pinned
    for line in pinned:
        assert re.match(r"[\w.\[\],-]+==[\w.]+( ;.*)? \\$", line), line
    assert "\n".join(lines).count("--hash=sha256:") >= len(pinned)


def test_make_installs_from_them_and_takes_no_less() -> None:
    (install,) = re.findall(r"^PIP := .*$", MAKEFILE, re.MULTILINE)
    for option in ("--require-hashes", "--only-binary :all:"):
        assert option in install
    # And a new lock says the same
    assert "--generate-hashes" in MAKEFILE
    assert "--only-binary :all: --emit-build-options" in MAKEFILE


def test_how_soon_libraries_are_brought_up_to_date_is_written_down() -> None:
    said = (ROOT / "SECURITY.md").read_text()
    for words in ("seven days", "thirty days", "requirements.txt"):
        assert words in said
