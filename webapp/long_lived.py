"""The life of a server process: what it keeps is not looked through again and again (garbage collection), and its end.

A server holds half a million objects for good: modules, tables, statements, templates. Each full collection goes
through all of them, while a visitor waits for a page.
"""

import gc
import threading

_STOPPING = threading.Event()


def settle() -> None:
    """Called once, when a process has started: what is there now is here to stay."""
    gc.collect()
    gc.freeze()


def begin_to_stop() -> None:
    """Graceful shutdown: from now on the readiness check says so, and a load balancer sends visitors elsewhere."""
    _STOPPING.set()


def is_stopping() -> bool:
    """Whether this process was asked to stop."""
    return _STOPPING.is_set()
