"""Garbage collection in a test run: what lives as long as the run is not looked through again and again.

A worker holds a million objects for good: every test, every template and statement that was compiled. The cyclic
collector went through all of them several times a minute, which was a tenth of a run and made single tests slow.
"""

import gc

import pytest

#: New objects before the collector looks at them; in tests there is memory for more than Python's own 700.
NEW = 50_000
#: Tests after which what is still there counts as here for good.
TESTS = 250


class Garbage:
    """Collects seldom, and freezes what stays."""

    def __init__(self) -> None:
        self.ran = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        gc.disable()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        gc.freeze()
        gc.set_threshold(NEW, 20, 20)
        gc.enable()

    def pytest_runtest_logfinish(self) -> None:
        self.ran += 1
        if self.ran % TESTS == 0:
            gc.collect()
            gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    """Part of every run, in each worker."""
    config.pluginmanager.register(Garbage(), "hearth-garbage")
