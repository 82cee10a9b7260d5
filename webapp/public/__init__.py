"""Door 1: anonymous. It can seal what people tell us, and never open it without their own code."""

from webapp.public import calls, choices, events, helped, own_page, pages, paper, participate
from webapp.public.door import blueprint

__all__ = [
    "blueprint",
    "calls",
    "choices",
    "events",
    "helped",
    "own_page",
    "pages",
    "paper",
    "participate",
]
