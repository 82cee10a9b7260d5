"""What a process keeps for as long as it lives is not looked through again and again (cyclic garbage collection).

A server holds half a million objects for good: modules, tables, statements, templates. Each full collection goes
through all of them, while a visitor waits for a page.
"""

import gc


def settle() -> None:
    """Called once, when a process has started: what is there now is here to stay."""
    gc.collect()
    gc.freeze()
