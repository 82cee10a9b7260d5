"""What was measured, as a table for people and as JSON for comparing."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.pages import Measured

RESULTS = Path(__file__).parent / "results"
COLUMNS = (
    *("per second", "over hello", "took ms", "cpu ms", "hello/path", "hello/path before"),
    *("over raw", "p50 ms", "p99 ms", "failed", "lost"),
)
PACKAGES = ("flask", "gunicorn", "granian", "sqlalchemy", "cryptography")


def machine() -> dict[str, Any]:
    """What this was measured on; no name and no address."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load before": os.getloadavg()[0],
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except ModuleNotFoundError:
        return None


def last(folder: Path) -> dict[str, Any]:
    """The figures that the newest run kept there, by the names of their rows; empty before the first run."""
    kept = sorted(folder.glob("*.json"))
    if not kept:
        return {}
    figures: dict[str, Any] = json.loads(kept[-1].read_text(encoding="utf-8"))["measured"]
    return figures


def compare_with_last(measured: list[Measured], before: dict[str, Any]) -> None:
    """Put the share of the last run beside each path's own."""
    for row in measured:
        if "hello/path" in row.figures and (was := before.get(row.name, {}).get("hello/path")):
            row.figures["hello/path before"] = was


def table(measured: list[Measured]) -> str:
    """A Markdown table; what has no column of its own is told in words."""
    head = ["case", *COLUMNS, "more"]
    lines = [head, ["---"] * len(head)]
    for row in measured:
        more = ", ".join(
            f"{name}: {_shown(value)}" for name, value in row.figures.items() if name not in COLUMNS
        )
        cells = [_shown(row.figures.get(name, "")) for name in COLUMNS]
        lines.append([row.name, *cells, more])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"


def write(folder: Path, measured: list[Measured], options: dict[str, Any]) -> Path:
    """Keep it in this folder, named by the minute."""
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = folder / f"{now:%Y-%m-%d-%H%M}.json"
    content = {
        "on": now.date().isoformat(),
        "machine": machine(),
        "options": options,
        "measured": {row.name: row.figures for row in measured},
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path
