"""Who reads it: the coalition as it is today, for the pages that name it. Read anew every two seconds at the most."""

from webapp.services.infrastructure.read_cache import recently
from webapp.services.keys import organisations
from webapp.services.keys.organisations import Coalition


def coalition() -> Coalition:
    """Its members, host and chair today. Raises `StoreUnavailable` only where it was never read before."""
    return recently("coalition", organisations.coalition)
