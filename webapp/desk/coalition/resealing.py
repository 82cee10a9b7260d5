"""Resealing at the desk: what came before new keys is sealed anew with them, with a reason, a press at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.coalition.change_reasons import RESEALING
from webapp.desk.coalition.key_words import opened_words, place_words, rank
from webapp.desk.coalition.role_words import places
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.reason_form import WithReason
from webapp.desk.shared.role_guard import grants
from webapp.rules.roles import Act
from webapp.services.keys import coordinators
from webapp.services.opening import resealing
from webapp.services.opening.resealing import Outcome, Standing
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "resealed": (
            lazy_gettext(
                "Done. What was sealed anew opens with the newest keys alone. Ask the person who looks after the "
                "server to make a backup today: see “New keys for a call” in the manual’s page about keys."
            ),
            True,
        ),
        "resealing": (
            lazy_gettext("Some of it is sealed anew. Press “Go on” for the rest."),
            True,
        ),
        "resealed-soon": (
            lazy_gettext(
                "What was sealed anew opens with the newest keys. What the old keys open of it is deleted within some "
                "minutes."
            ),
            True,
        ),
    }
)


@dataclass(frozen=True)
class Row:
    """One purpose: what it opens, and how far it is."""

    opens: str
    now: Standing


@dataclass(frozen=True)
class Place:
    """A call or event with records under older keys, or with an act that goes on. `others`: who else could do it."""

    id: UUID
    title: str
    rows: tuple[Row, ...]
    others: tuple[str, ...]

    @property
    def records(self) -> int:
        """How many records are sealed to older keys."""
        return sum(row.now.records for row in self.rows)

    @property
    def left(self) -> int:
        """How many of them were tried and do not open."""
        return sum(row.now.left for row in self.rows)

    @property
    def is_call(self) -> bool:
        """Whether it is a call, whose participants have *My choices*; registrants have no such page."""
        return any(row.now.is_of_call for row in self.rows)

    @property
    def is_mine(self) -> bool:
        """Whether this session can seal some of it anew."""
        return any(row.now.mine and row.now.to_do for row in self.rows)

    @property
    def why_not(self) -> str:
        """Why this session cannot seal it anew, and who can; empty where it can, or where nothing can be done."""
        waiting = [row.now for row in self.rows if row.now.to_do]
        if not waiting or self.is_mine:
            return ""
        if any(one.is_older for one in waiting):
            return gettext(
                "You can seal them anew after you have signed in again: you signed in before these keys were made."
            )
        if self.others:
            names = ", ".join(self.others)
            return gettext("These people can seal them anew: %(names)s.", names=names)
        return gettext("Nobody has all the keys that this needs.")

    @property
    def goes_on(self) -> bool:
        """Whether it was begun, and records wait."""
        return any(row.now.goes_on and row.now.to_do for row in self.rows)

    @property
    def can_begin(self) -> bool:
        """Whether this session can seal something anew that was not begun yet."""
        return any(row.now.mine and row.now.to_do and not row.now.goes_on for row in self.rows)

    @property
    def can_go_on(self) -> bool:
        """Whether this session can go on with something."""
        return any(row.now.mine and row.now.goes_on for row in self.rows)

    @property
    def begun(self) -> tuple[Row, ...]:
        """What is being sealed anew."""
        return tuple(row for row in self.rows if row.now.goes_on)


@blueprint.get("/keys/anew/<uuid:place_id>")
@may(Act.KEYS)
def resealing_page(place_id: UUID) -> str:
    """What sealing anew does and does not do for one call or event, and how far it is."""
    return _page(place_id, WithReason(RESEALING, formdata=None))


@blueprint.post("/keys/anew/<uuid:place_id>")
@may(Act.KEYS, fresh=True)
def resealing_page_post(place_id: UUID) -> Response | tuple[str, int]:
    """Begin, and do as much as goes into one request. Idempotent."""
    form = WithReason(RESEALING)
    if not form.validate():
        return _page(place_id, form), 400
    _ensure_seen(place_id)
    resealing.begin(signed_in(), place_id, form.reason)
    return _to_page(place_id, resealing.go_on(signed_in(), place_id))


@blueprint.post("/keys/anew/<uuid:place_id>/go-on")
@may(Act.KEYS, fresh=True)
def resealing_page_go_on_post(place_id: UUID) -> Response:
    """Do as much of what waits as goes into one request. Idempotent."""
    _ensure_seen(place_id)
    return _to_page(place_id, resealing.go_on(signed_in(), place_id))


def found_places() -> tuple[Place, ...]:
    """The calls and events of this coordinator in which something is sealed to older keys, by title."""
    names, titles, scopes = coordinators.names(), places(), grants().scopes(Act.KEYS)
    found: dict[UUID, list[Standing]] = {}
    for one in resealing.standing(signed_in()):
        if one.records and (scopes is None or one.owner_id in scopes):
            found.setdefault(one.owner_id, []).append(one)
    made = (_place(owner_id, ones, titles, names) for owner_id, ones in found.items())
    return tuple(sorted(made, key=lambda place: place.title.casefold()))


def _place(
    owner_id: UUID, ones: Sequence[Standing], titles: Mapping[UUID, str], names: Mapping[str, str]
) -> Place:
    ordered = sorted(ones, key=lambda one: rank(one.purpose))
    me = signed_in().coordinator_id
    able: frozenset[UUID] = frozenset().union(*(one.able for one in ones)) - {me}
    return Place(
        owner_id,
        place_words(owner_id, titles),
        tuple(Row(opened_words(one.purpose), one) for one in ordered),
        _named(able, names),
    )


def _named(people: Iterable[UUID], names: Mapping[str, str]) -> tuple[str, ...]:
    found = (names.get(str(one)) for one in people)
    # The recovery key is no person.
    return tuple(sorted((name for name in found if name), key=str.casefold))


def _ensure_seen(place_id: UUID) -> None:
    """Raise `NotHere` for what is no call or event of this coordinator."""
    if not grants().allow_in(Act.KEYS, place_id) or place_id not in places():
        raise NotHere(place_id)


def _to_page(place_id: UUID, outcome: Outcome) -> Response:
    if outcome.waiting:
        return see_other("resealing_page", place_id=place_id, done="resealing")
    done = "resealed" if outcome.complete else "resealed-soon"
    return see_other("resealing_page", place_id=place_id, done=done)


def _page(place_id: UUID, form: WithReason) -> str:
    _ensure_seen(place_id)
    place = next((one for one in found_places() if one.id == place_id), None)
    return render_template(
        "desk/resealing.html",
        title=place_words(place_id, places()),
        place=place,
        place_id=place_id,
        form=form,
        problems=form.problems,
        done=flash_in(FLASHES),
    )
