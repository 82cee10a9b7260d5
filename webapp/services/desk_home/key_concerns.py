"""Concerns about keys: too few people can open something, keys wait to be given, new keys wait to be made.

While rows of keys are missing or not as Hearth wrote them, other concerns say so, and this module says nothing.
"""

from collections.abc import Iterator

from webapp.services.desk_home.concern_kinds import Concern, House, Kind
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import key_overview, key_rotations
from webapp.services.keys.key_overview import Overview
from webapp.services.keys.purpose_key_generation import NOT_TO_GENERATE


def keys(house: House) -> Iterator[Concern]:
    """What the page of keys would say. Nothing is opened."""
    try:
        found = key_overview.whole()
    except (*NOT_TO_GENERATE, RowForged):
        return
    yield from _too_few(found)
    if found.waiting:
        yield Concern(Kind.KEYS_WAIT, len(found.waiting))
    progress = key_rotations.progress()
    if progress and progress.waiting:
        yield Concern(Kind.NEW_KEYS_WAIT, progress.waiting)


def _too_few(found: Overview) -> Iterator[Concern]:
    """Where one person can open everything there is, that is said of everything (`Kind.ONE_HOLDS`)."""
    thin = {one.owner_id for one in found.purposes if one.is_thin}
    able = frozenset[object]().union(*(one.able for one in found.purposes))
    if thin and len(able) > 1:
        yield Concern(Kind.FEW_HOLD, len(thin))
