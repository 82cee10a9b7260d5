"""The bench runs: the cases that go through forms and exports, with as few people as there can be."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SMALL = "--rows 8 --contacts 8 --seconds 0.3 --people 6 --clients 2 --rounds 1"
CASES = "paths pages"


def test_each_case_is_measured_and_held_against_the_run_before(tmp_path: Path) -> None:
    results = tmp_path / "results"
    before = {"processor: final post": {"hello/path": 0.123}}
    results.mkdir()
    (results / "2026-01-01-0000.json").write_text(json.dumps({"measured": before}))
    options = [*SMALL.split(), "--cases", *CASES.split(), "--results", str(results)]
    ran = subprocess.run(
        [sys.executable, "-m", "bench", *options, "--folder", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (kept,) = [path for path in results.iterdir() if not path.name.startswith("2026-01-01")]
    measured = json.loads(kept.read_text())["measured"]
    assert {"hello", "question page"} <= set(measured)
    assert measured["processor: final post"]["hello/path before"] == 0.123
    for name in ("submission, the final post", "registration rush"):
        assert (measured[name]["failed"], measured[name]["lost"]) == (0, 0)
