"""Which consents stand."""

from collections.abc import Iterable


def standing(history: Iterable[tuple[str, int, bool]]) -> frozenset[str]:
    """The purposes that a person agrees to now.

    `history` holds (purpose, number, granted) in any order; per purpose the highest number
    stands. Should two entries claim one number, the withdrawal wins: doubt never means yes.
    """
    latest: dict[str, tuple[int, bool]] = {}
    for purpose, number, granted in history:
        entry = (number, not granted)
        latest[purpose] = max(latest.get(purpose, entry), entry)
    return frozenset(purpose for purpose, (_, withdrawn) in latest.items() if not withdrawn)
