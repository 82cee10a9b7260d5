"""Nothing about the machine it was made on, and nothing secret, is in the files that are shared."""

import re
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATTERNS = {
    "a path of somebody's machine": r"(?<![\w.])/(?:home|Users|root|work|mnt)/[A-Za-z0-9._-]+",
    "a temporary path": r"(?<![\w.])/tmp/[A-Za-z0-9._-]+",
    "a local package source": r"file://|/opt/(?!hearth)",
    "a package index": r"--(?:extra-)?index-url|--find-links|--trusted-host",
    "a registry's address": r"pypi\.org|pythonhosted|registry\.npmjs",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an unfinished thought": r"\b(?:TODO|FIXME|XXX)\b",
}
PNG = b"\x89PNG\r\n\x1a\n"
LOCKS = (
    "requirements.txt",
    "requirements-s3.txt",
    "requirements-build.txt",
    "requirements-dev.txt",
)


def shared_files() -> list[Path]:
    """What a clone would contain: everything tracked, and everything that would be added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = [ROOT / name for name in listed.split("\0") if name]
    # This file holds what is looked for.
    return [path for path in paths if path.is_file() and path != Path(__file__)]


def words_of(path: Path) -> str:
    """What a file says; of a picture, everything but the picture, which is compressed: any letters come up there."""
    data = path.read_bytes()
    if data.startswith(PNG):
        data = b"\n".join(said for kind, said in chunks(data) if kind != b"IDAT")
    return data.decode("utf-8", "surrogateescape")


def chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kinds and contents of what a PNG consists of (W3C PNG, 5.3)."""
    at = len(PNG)
    while at < len(picture):
        size, kind = struct.unpack_from(">I4s", picture, at)
        yield kind, picture[at + 8 : at + 8 + size]
        at += size + 12


@pytest.mark.parametrize("leak", PATTERNS)
def test_nothing_leaks(leak: str) -> None:
    # When every shared file is searched
    pattern = re.compile(PATTERNS[leak])
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in shared_files()
        for match in pattern.finditer(words_of(path))
    ]
    # Then it is nowhere
    assert found == []


def test_what_a_picture_says_is_read_and_what_it_shows_is_not(tmp_path: Path) -> None:
    # Given a picture with a word beside it and, by chance, one in its pixels
    def chunk(kind: bytes, said: bytes) -> bytes:
        return (
            struct.pack(">I", len(said)) + kind + said + struct.pack(">I", zlib.crc32(kind + said))
        )

    path = tmp_path / "picture.png"
    path.write_bytes(
        PNG + chunk(b"tEXt", b"made by us") + chunk(b"IDAT", b" chance ") + chunk(b"IEND", b"")
    )
    # Then the first is read
    assert words_of(path).strip() == "made by us"


@pytest.mark.parametrize("name", LOCKS)
def test_locks_carry_hashes_and_no_addresses(name: str) -> None:
    # Given a lock
    text = (ROOT / name).read_text()
    # Then every package is pinned with its hashes
    pinned = re.findall(
        r"^[a-z0-9][a-z0-9._-]*(?:\[[a-z]+\])?==\S+.*?(?=^\S|\Z)", text, re.M | re.S
    )
    assert len(pinned) >= 2
    assert [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry] == []
    # And nothing says where from
    assert "://" not in text


def test_the_locks_agree() -> None:
    # Given what the service runs with, what backups to a bucket need, and what a wheel is built with
    runtime, bucket, build, tests = (
        dict(
            re.findall(
                r"^([a-z0-9._-]+)(?:\[[a-z]+\])?==([^\s;]+)", (ROOT / name).read_text(), re.M
            )
        )
        for name in LOCKS
    )
    # Then the tests run with the same versions
    assert runtime.items() <= tests.items()
    assert bucket.items() <= tests.items()
    assert build.items() <= tests.items()


def test_nothing_private_would_be_shared() -> None:
    # Then no store, no config and no instance is among the shared files
    names = [str(path.relative_to(ROOT)) for path in shared_files()]
    private = re.compile(
        r"(^|/)instance/|\.sqlite3|\.env$|demo-sign-in|\.pem$|\.key$|__pycache__|\.mo$"
    )
    assert [name for name in names if private.search(name)] == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert text.rstrip().endswith("<https://www.gnu.org/licenses/>.")
