"""Door 1: anonymous. It can seal what people tell us, and never open it without their own code."""

from webapp.public import (
    calls,
    choices,
    correcting,
    events,
    helped,
    keeping,
    leaving,
    own_page,
    pages,
    paper,
    participate,
    quietly,
    refused,
    returning,
    sending,
    sounds,
    telling_more,
)
from webapp.public.door import blueprint

__all__ = [
    "blueprint",
    "calls",
    "choices",
    "correcting",
    "events",
    "helped",
    "keeping",
    "leaving",
    "own_page",
    "pages",
    "paper",
    "participate",
    "quietly",
    "refused",
    "returning",
    "sending",
    "sounds",
    "telling_more",
]
