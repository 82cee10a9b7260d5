"""Report of a test run, printed once for all workers: counts by kind, and figures that tests told.

Also how tests are shared out: those that use one thing together stay with one worker, every other goes where there is
room (pytest-xdist's `--dist=loadgroup`). A worker has its own PostgreSQL, its own templates and its own ports.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from _pytest.nodeid import NodeId

KINDS = {
    "unit": "unit",
    "integration": "integration",
    "journeys": "journey",
    "architecture": "architecture",
    "attacks": "attack",
}
HERE = Path(__file__).parent
#: Between a test's id and its group.
GROUP = "@"
Tell = Callable[..., None]


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Has lines printed at the end of the run: `tell("kill -9", "9 codes were shown")`. A worker's prints are lost."""

    def note(section: str, *lines: str) -> None:
        request.node.user_properties.extend((section, line) for line in lines)

    return note


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in KINDS:
            item.add_marker(KINDS[folder])
        together = "-".join(_shared_by(item))
        if together and hasattr(config, "workerinput"):
            # As pytest-xdist reads a group. Its own mark has no effect since pytest 9.2, where ids are objects.
            item._id = NodeId.parse(f"{item.nodeid}{GROUP}{together}")


def _shared_by(item: pytest.Item) -> Iterable[str]:
    """The module of a test that uses a fixture made once for a module, and that fixture's parameters; else nothing."""
    known = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    params = getattr(getattr(item, "callspec", None), "params", {})
    shared = [name for name in sorted(known) if known[name][-1].scope == "module"]
    if shared:
        yield item.path.stem
        yield from (str(params[name]) for name in shared if name in params)


class Tally:
    """Counts what ran, by kind and database, and how long it took. Fails a run that left out a test."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.passed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.told: defaultdict[str, list[str]] = defaultdict(list)
        self.collected: set[str] = set()
        #: Of each group, which workers had one of its tests.
        self.workers: defaultdict[str, set[str]] = defaultdict(set)
        self.ran: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.collected.update(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.collected.update(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        kind = self._kind(report)
        self.ran.add(report.nodeid)
        _, marked, group = report.nodeid.rpartition(GROUP)
        if marked and "]" not in group and (node := getattr(report, "node", None)):
            self.workers[group].add(node.gateway.id)
        self.seconds[kind] += report.duration
        if report.failed:
            self.failed[kind] += 1
        elif report.when == "call" and report.passed:
            self.passed[kind] += 1
        if report.when == "teardown":
            for section, line in report.user_properties:
                self.told[section].append(str(line))

    def _kind(self, report: pytest.TestReport) -> str:
        kind = next((kind for kind in KINDS.values() if kind in report.keywords), "other")
        name = report.nodeid.rpartition("::")[2]
        if kind != "integration":
            return kind
        if "postgresql" in name:
            return "integration on PostgreSQL"
        return "integration on SQLite"

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.OK and (self._left_out(session.config) or self._torn):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @property
    def _torn(self) -> list[str]:
        """Groups whose tests did not stay together: what they share was made more than once."""
        return sorted(group for group, workers in self.workers.items() if len(workers) > 1)

    def _left_out(self, config: pytest.Config) -> set[str]:
        """Tests that were found and never ran, though nothing failed and the run was not stopped."""
        asked_only = config.option.collectonly or hasattr(config, "workerinput")
        return set() if asked_only else self.collected - self.ran

    def pytest_terminal_summary(
        self, terminalreporter: Any, exitstatus: int, config: pytest.Config
    ) -> None:
        for section in sorted(self.told):
            terminalreporter.section(section)
            for line in self.told[section]:
                terminalreporter.write_line(line)
        terminalreporter.section("by kind")
        for kind in sorted({*self.passed, *self.failed}):
            wrong = f", {self.failed[kind]} FAILED" if self.failed[kind] else ""
            line = f"{kind:26} {self.passed[kind]:5} passed{wrong} in {self.seconds[kind]:.1f} s"
            terminalreporter.write_line(line)
        took = time.monotonic() - self.started
        terminalreporter.write_line(f"{'all':26} {self.passed.total():5} passed in {took:.0f} s")
        if exitstatus == pytest.ExitCode.OK:
            for left_out in sorted(self._left_out(config)):
                terminalreporter.write_line(f"NEVER RAN: {left_out}")
            for group in self._torn:
                terminalreporter.write_line(f"NOT TOGETHER: {group}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tally(), "hearth-tally")
