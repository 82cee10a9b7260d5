"""The bench runs: the cases that go through forms and exports, with as few people as there can be."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.postgres import Postgres
from tests.stores import STORES

ROOT = Path(__file__).parents[2]

SMALL = "--rows 8 --contacts 8 --seconds 0.3 --people 6 --clients 2 --rounds 1"
CASES = "paths pages desk worker restore"


def run_bench(folder: Path, *cases: str, stores: Sequence[str] = ()) -> dict[str, Any]:
    """The figures of one small run, by the names of their rows."""
    results = folder / "results"
    results.mkdir(exist_ok=True)
    before = set(results.iterdir())
    options = [*SMALL.split(), "--cases", *cases, "--results", str(results)]
    also = ["--stores", *stores] if stores else []
    ran = subprocess.run(
        [sys.executable, "-m", "bench", *options, *also, "--folder", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (kept,) = set(results.iterdir()) - before
    measured: dict[str, Any] = json.loads(kept.read_text())["measured"]
    return measured


def test_each_case_is_measured_and_held_against_the_run_before(tmp_path: Path) -> None:
    results = tmp_path / "results"
    before = {"processor: final post": {"hello/path": 0.123}}
    results.mkdir()
    (results / "2026-01-01-0000.json").write_text(json.dumps({"measured": before}))
    measured = run_bench(tmp_path, *CASES.split())
    assert {"hello", "Continue", "desk: Today", "worker: erase_due"} <= set(measured)
    assert all(row["failed"] == 0 for row in measured.values() if "failed" in row)
    assert measured["processor: final post"]["hello/path before"] == 0.123
    for name in ("submission, the final post", "registration rush"):
        assert (measured[name]["failed"], measured[name]["lost"]) == (0, 0)
    assert (measured["restore"]["deleted again"], measured["restore"]["lost"]) == (1, 0)


def test_postgresql_has_rows_of_its_own(tmp_path: Path, cluster: Postgres) -> None:
    names = [f"bench_{store}" for store in STORES]
    for name in names:
        cluster.create(name)
    measured = run_bench(tmp_path, "paths", stores=[cluster.url(name) for name in names])
    for name in ("processor: Continue", "processor: registration"):
        assert measured[name]["cpu ms"] > 0
        assert measured[f"{name}, on PostgreSQL"]["cpu ms"] > 0
