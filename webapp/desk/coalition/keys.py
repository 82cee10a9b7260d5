"""Keys at the desk: who can open what, keys that wait to be given, and new keys (access review, key rotation)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.coalition import resealing
from webapp.desk.coalition.key_forms import NewKeysForm
from webapp.desk.coalition.key_words import by_place, opened_words, place_words, rank
from webapp.desk.coalition.role_words import places
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.role_guard import grants
from webapp.rules.roles import Act
from webapp.services.keys import (
    account_resets,
    coordinators,
    giving_keys,
    key_overview,
    key_rotations,
)
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_overview import Overview, PurposeState, Waiting
from webapp.services.opening import sharing_offers
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "given": (
            lazy_gettext("Given. They can open it from the next time that they sign in."),
            True,
        ),
        "some": (
            lazy_gettext(
                "You gave all the keys that you have. The others must come from a person who has them."
            ),
            True,
        ),
        "nothing": (
            lazy_gettext(
                "Nothing was given, because this changed meanwhile, or because you signed in before these keys were "
                "made. Please look again."
            ),
            False,
        ),
        "new": (
            lazy_gettext(
                "The new keys are made. People who work with them sign in again to open what comes from now on."
            ),
            True,
        ),
        "going-on": (lazy_gettext("Some new keys are made. Press “Go on” for the others."), True),
        "waited": (
            lazy_gettext("No new keys were needed: these have been asked for already."),
            False,
        ),
    }
)


@dataclass(frozen=True)
class Row:
    """One purpose of a call or event. People by name."""

    opens: str
    able: tuple[str, ...]
    waiting: tuple[str, ...]
    #: Recipients who cannot open what was shared before: a coordinator opens it to them by sharing again.
    shared_before: tuple[str, ...]
    in_the_safe: bool
    is_thin: bool


@dataclass(frozen=True)
class Place:
    """A call or an event, and who can open what of it."""

    title: str
    is_live: bool
    rows: tuple[Row, ...]

    @property
    def is_thin(self) -> bool:
        """Whether too few can open something of it."""
        return any(row.is_thin for row in self.rows)


@dataclass(frozen=True)
class Wait:
    """A person who waits for keys, and for which, by call and event.

    `reset_on`: the day on which their account was made anew with a link. `mine`: this session can give some; `older`:
    it could, had it begun later.
    """

    person_id: UUID
    name: str
    reset_on: date | None
    wants: tuple[tuple[str, str], ...]
    mine: bool
    older: bool
    others: tuple[str, ...]


@blueprint.get("/keys")
@may(Act.KEYS)
def keys_page() -> str:
    """Who can open what, of the calls and events that this coordinator has to do with."""
    return _page(_form(NewKeysForm(formdata=None)))


@blueprint.post("/keys/give/<uuid:person_id>")
@may(Act.KEYS, fresh=True)
def keys_page_give_post(person_id: UUID) -> Response:
    """Give a person what their roles open and this session holds. Idempotent."""
    if str(person_id) not in coordinators.names():
        raise NotHere(person_id)
    given = giving_keys.give_held(signed_in(), person_id)
    if not given.keys:
        return see_other("keys_page", done="nothing")
    return see_other("keys_page", done="some" if given.missing else "given")


@blueprint.post("/keys/new")
@may(Act.PEOPLE, fresh=True)
def keys_page_new_post() -> Response | tuple[str, int]:
    """Ask for new keys of one call or event, or of all, and begin to make them."""
    form = _form(NewKeysForm())
    if not form.validate():
        return _page(form), 400
    asked = key_rotations.begin(signed_in(), form.owner_id, form.reason)
    return _go_on(asked=asked)


@blueprint.post("/keys/go-on")
@may(Act.PEOPLE, fresh=True)
def keys_page_go_on_post() -> Response:
    """Make the keys that still wait. Idempotent."""
    return _go_on()


def _go_on(asked: int | None = None) -> Response:
    left = key_rotations.go_on()
    done = "waited" if asked == 0 else "new"
    return see_other("keys_page", done="going-on" if left else done)


def _form(form: NewKeysForm) -> NewKeysForm:
    return form.offer(places())


def _page(form: NewKeysForm) -> str:
    found, names, me = key_overview.whole(), coordinators.names(), signed_in()
    mine = _mine(found.purposes)
    return render_template(
        "desk/keys.html",
        places=_places(mine, names),
        waits=_waits(found, names, me),
        progress=key_rotations.progress(),
        older=resealing.found_places(),
        form=form,
        problems=form.problems,
        done=flash_in(FLASHES),
    )


def _mine(purposes: Iterable[PurposeState]) -> list[PurposeState]:
    scopes = grants().scopes(Act.KEYS)
    return [one for one in purposes if scopes is None or one.owner_id in scopes]


def _places(purposes: list[PurposeState], names: Mapping[str, str]) -> list[Place]:
    """By title; what nothing may be sealed to any more comes last."""
    titles = places()
    cannot = _cannot_open_shared()
    grouped: dict[UUID, list[PurposeState]] = {}
    for one in sorted(purposes, key=lambda one: rank(one.purpose)):
        grouped.setdefault(one.owner_id, []).append(one)
    found = [
        Place(
            place_words(owner_id, titles),
            any(one.is_live for one in of_it),
            tuple(_row(one, names, cannot.get(owner_id, ())) for one in of_it),
        )
        for owner_id, of_it in grouped.items()
    ]
    return sorted(found, key=lambda one: (not one.is_live, one.title.casefold()))


def _cannot_open_shared() -> Mapping[UUID, frozenset[UUID]]:
    """By member organisation, its recipients who cannot open what was shared before."""
    found: dict[UUID, frozenset[UUID]] = {}
    for one in sharing_offers.cannot_open():
        found[one.organisation_id] = found.get(one.organisation_id, frozenset()) | one.people
    return found


def _row(one: PurposeState, names: Mapping[str, str], cannot: Iterable[UUID]) -> Row:
    return Row(
        opened_words(one.purpose),
        _named(one.able, names),
        _named(one.pending, names),
        _named(cannot, names),
        one.in_the_safe,
        one.is_thin,
    )


def _named(people: Iterable[UUID], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted((names.get(str(one), "") for one in people), key=str.casefold))


def _waits(found: Overview, names: Mapping[str, str], me: Holder) -> list[Wait]:
    """Who waits for keys: everyone, or those whom a coordinator with roles of a single place can help."""
    sees_all = grants().scopes(Act.KEYS) is None
    held, titles = _held(found, me), places()
    resets = account_resets.last_used([one.person_id for one in found.waiting])
    return [
        replace(
            _wait(one, names, me, held, tuple(by_place(_wanted(found, one.person_id), titles))),
            reset_on=resets.get(one.person_id),
        )
        for one in found.waiting
        if sees_all or me.coordinator_id in (one.person_id, *one.givers)
    ]


def _wanted(found: Overview, person_id: UUID) -> Iterable[tuple[UUID, str]]:
    return ((one.owner_id, one.purpose) for one in found.purposes if person_id in one.pending)


def _held(found: Overview, me: Holder) -> frozenset[UUID]:
    """The keys of this session, which is looked into only where a colleague waits for one."""
    asked = any(me.coordinator_id in one.givers for one in found.waiting)
    return giving_keys.can_give(me) if asked else frozenset()


def _wait(
    one: Waiting,
    names: Mapping[str, str],
    me: Holder,
    held: frozenset[UUID],
    wants: tuple[tuple[str, str], ...],
) -> Wait:
    has = me.coordinator_id in one.givers and me.coordinator_id != one.person_id
    mine = has and bool(one.keys & held)
    return Wait(
        one.person_id,
        names.get(str(one.person_id), ""),
        None,
        wants,
        mine,
        has and not mine,
        _named(one.givers - {me.coordinator_id, one.person_id}, names),
    )
