"""Several people want something at the same moment, each with a connection of their own."""

import threading
from collections.abc import Callable

from flask import Flask

STUCK_AFTER_SECONDS = 120


def at_once(app: Flask, *acts: Callable[[], object]) -> list[object]:
    """Do these at the same moment. Returns what each came to: its result, or the exception that it raised."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(place: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                results[place] = acts[place]()
            except Exception as error:
                results[place] = error

    threads = [
        threading.Thread(target=run, args=(place,), daemon=True) for place in range(len(acts))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STUCK_AFTER_SECONDS)
        assert not thread.is_alive(), "somebody still waits"
    return results
