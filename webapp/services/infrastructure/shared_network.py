"""A note that all visitors count as one network in the rate limits: the reverse proxy and `PROXY_HOPS` do not fit.

Then a few wrong codes of one visitor stop everyone else. The note is a row among the rate buckets, so the worker
deletes it after a day like any of them; it says nothing about any visitor.
"""

from webapp.extensions import current_settings
from webapp.models import RateBucket
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.limits import DAY
from webapp.vault.macs import network_mac

WORDS = (
    "All visitors count as one network in the limits, so a few of them can stop all others. The proxy must replace "
    "X-Forwarded-For with the visitor's address, and PROXY_HOPS be the number of proxies in front (1 for nginx alone)"
)
NOTE = b"a note, not a network"


def note() -> None:
    """Write it down for a day. Raises `StoreUnavailable`."""
    until = int(clock.now_minute().timestamp()) * 1000 + DAY
    with stores.writing("volatile") as volatile:
        volatile.merge(RateBucket(key=_key(), full_at=until))


def is_noted() -> bool:
    """Whether a door noted it within the last day. Raises `StoreUnavailable`."""
    with stores.reading("volatile") as volatile:
        return volatile.get(RateBucket, _key()) is not None


def _key() -> bytes:
    return network_mac(current_settings().form_key, NOTE, "")
