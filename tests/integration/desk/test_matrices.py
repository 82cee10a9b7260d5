"""The access matrices, tried on a running desk: every route by role, every purpose by person, no dead link for anyone.

`pytest -s` prints both tables. What they should be is `docs/roles.md`, which `tests/architecture` compares with the
code; here the desk and the vault are asked.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.colleagues import Colleague, in_scope, join
from tests.factories import (
    DEMO_CALL,
    code_for,
    publish_demo_call,
    publish_demo_event,
    register_one,
    signed_in_anew_after_publishing,
    submit_one,
)
from tests.integration.desk.worker import Worker
from tests.pages import page_of
from tests.role_matrices import HERE, NO, YES, Route, acts_of_routes, table
from tests.sharing import OWNER, says_yes, share_with
from tests.tally import Tell
from webapp.rules.roles import (
    ACTS,
    OF_ORGANISATION,
    PURPOSES,
    WHOLE,
    WHOLE_ACTS,
    Act,
    Grant,
    Grants,
    Purpose,
    Role,
)
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys import (
    authentication,
    giving_keys,
    organisation_changes,
    purpose_keys,
    session_keyrings,
)
from webapp.services.keys.bootstrap import Founded

REFUSED = "This is not part of your role"
#: Roles that can be given for one call or one event.
IN_ONE_PLACE = [role for role in Role if role not in WHOLE | OF_ORGANISATION]


@dataclass(frozen=True)
class Coalition:
    """Two calls and two events, each with a person, so that a role for one of them has another beside it; a member."""

    calls: tuple[tuple[UUID, str], ...]
    events: tuple[tuple[UUID, str], ...]
    submissions: tuple[UUID, ...]
    registrations: tuple[UUID, ...]
    member: UUID


def coalition() -> Coalition:
    publish_demo_call("other-call")
    calls = [published_calls.find_call(slug) for slug in (DEMO_CALL, "other-call")]
    events = [publish_demo_event(slug=slug) for slug in ("evening", "morning")]
    return Coalition(
        tuple((one.id, one.slug) for one in calls),
        tuple((one.id, one.slug) for one in events),
        tuple(submit_one(one).submission_id for one in calls),
        tuple(register_one(one, f"{one.slug}@example.org").id for one in events),
        organisation_changes.add(OWNER, "Harbour House"),
    )


# Every route x role


def stubbed(app: Flask) -> None:
    """Views that do nothing: the guards before them are what is tried."""
    for endpoint, view in app.view_functions.items():
        if getattr(view, "act", None):
            app.view_functions[endpoint] = functools.wraps(view)(lambda **named: "let through")


def address_of(route: Route, named: Mapping[str, Any]) -> str:
    """An address with values of its own in the place of what varies."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(named[found[1]]), route[1])


def anything() -> dict[str, Any]:
    ids = (
        "submission_id",
        "registration_id",
        "export_id",
        "person_id",
        "organisation_id",
        "place_id",
    )
    more = ("invitation_id", "draft_id", "message_id", "set_aside_id", "passkey_id", "session_id")
    return {
        **{name: uuid4() for name in (*ids, *more)},
        "slug": DEMO_CALL,
        "key": "first",
        "code": "ar",
        "number": 1,
        "role": "taker",
        "place": "everything",
    }


class Asking:
    """A person at the desk who asks for everything there is."""

    def __init__(self, app: Flask, who: Founded) -> None:
        # Without the checks of pages: a stub is none.
        app.test_client_class = FlaskClient
        self.client = app.test_client()
        owner = who.owner
        self.client.post(
            "/desk/sign-in",
            data={
                "sign_in_name": owner.sign_in_name,
                "passphrase": owner.passphrase,
                "code": Worker(app, who).code(),
            },
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        # Every page of the desk has the button to sign out, and with it the token.
        (self.token,) = set(re.findall(r'name="csrf_token" value="([\w.-]+)"', self.get("/desk/")))

    def get(self, address: str) -> str:
        return self.client.get(address).text

    def gets_through(self, route: Route, named: Mapping[str, Any]) -> bool:
        method, address = route[0], address_of(route, named)
        data = {"csrf_token": self.token} if method == "POST" else None
        headers = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
        answer = self.client.open(address, method=method, data=data, headers=headers)
        if answer.status_code == 403:
            assert REFUSED in answer.text, (route, answer.text)
            return False
        assert answer.text == "let through", (route, answer.status, answer.text[:500])
        return True


@pytest.mark.parametrize("role", list(Role))
def test_every_route_is_for_the_roles_of_the_page(role: Role, page_app: Flask) -> None:
    with page_app.app_context():
        person = join("Cy", role)
    asking = Asking(page_app, person)
    stubbed(page_app)
    acts = acts_of_routes(page_app)
    got = {route: asking.gets_through(route, anything()) for route in acts}
    assert got == {route: act in ACTS[role] for route, act in acts.items()}
    print(f"\n{role}: {sum(got.values())} of {len(got)} pages and buttons")
    print("\n".join(f"{YES if yes else NO:4}{' '.join(route)}" for route, yes in got.items()))


@pytest.mark.parametrize("role", IN_ONE_PLACE)
def test_a_role_in_one_place_counts_there_alone(role: Role, page_app: Flask) -> None:
    # Given two calls and two events, and a person with a role in the first of each
    with page_app.app_context():
        there = coalition()
        person = join("Cy", Grant(role, there.calls[0][0]), Grant(role, there.events[0][0]))
    asking = Asking(page_app, person)
    stubbed(page_app)
    for route, act in acts_of_routes(page_app).items():
        places = there.events if "/events/" in route[1] else there.calls
        for at in (0, 1):
            named = {
                **anything(),
                "slug": places[at][1],
                "submission_id": there.submissions[at],
                "registration_id": there.registrations[at],
            }
            if "export_id" in route[1]:
                # There is none yet: what an export is of is tried with its own page.
                continue
            wanted = act in ACTS[role] and act not in WHOLE_ACTS
            names_place = any(f"{name}>" in route[1] for name in PLACES)
            assert asking.gets_through(route, named) == (wanted and (at == 0 or not names_place)), (
                route,
                at,
            )


#: What an address names a call or event by.
PLACES = ("slug", "submission_id", "registration_id")


# Every purpose x person


#: By name: a person for each role, and for roles in one place.
def people(there: Coalition) -> dict[str, tuple[Grant, ...]]:
    call_id, event_id = there.calls[0][0], there.events[0][0]
    return {
        **{role.value: (in_scope(role, there.member),) for role in Role},
        "nobody": (),
        "coordinator of one call": (Grant(Role.COORDINATOR, call_id),),
        "analyst of one call": (Grant(Role.ANALYST, call_id),),
        "registrar of one event": (Grant(Role.REGISTRAR, event_id),),
        "analyst and arranger": (Grant(Role.ANALYST), Grant(Role.ARRANGER)),
    }


def test_every_purpose_opens_for_the_people_whose_roles_hold_it(
    app: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    with app.app_context():
        # Given Ana, who holds every key, and a person of each kind, who was given what they are to have
        ana = signed_in_anew_after_publishing(founded, monkeypatch)
        there = coalition()
        folk = people(there)
        accounts = {
            name: join(f"p{at}", *given, organisation=organisation_of(given, there))
            for at, (name, given) in enumerate(folk.items())
        }
        # And one person allowed sharing with the member, whose recipient reads it
        says_yes()
        assert share_with(founded, there.member) == 1
        for one in accounts.values():
            giving_keys.give_held(ana, one.id)
        # When each signs in
        opened = {name: keys_of(one) for name, one in accounts.items()}
        # Then the vault opens exactly what the roles hold
        every = sorted(all_keys().values(), key=lambda one: (str(one[0]), one[1]))
        for name, given in folk.items():
            grants = Grants.of(given)
            assert opened[name] == {key for key in every if grants.open(*key)}, name
        # And that is what the page says of a role for everything
        for role in Role:
            assert {purpose for _, purpose in opened[role.value]} == PURPOSES[role]
        tell("every purpose by person", *purposes_by_person(there, opened).splitlines())


def organisation_of(given: tuple[Grant, ...], there: Coalition) -> UUID | None:
    """The member of those who have a role within it; None for the host."""
    return there.member if any(one.role in OF_ORGANISATION for one in given) else None


Key = tuple[UUID, Purpose]


def all_keys() -> dict[UUID, Key]:
    with stores.reading() as main:
        return {key.id: (key.owner_id, key.purpose) for key in purpose_keys.all_keys(main)}


def keys_of(who: Colleague) -> set[Key]:
    """The purpose keys that signing in unwrapped for this person."""
    owner = who.owner
    holder = authentication.sign_in(owner.sign_in_name, owner.passphrase, code_for(who))
    keyring = session_keyrings.open_for(holder)
    assert keyring is not None
    assert not keyring.damaged
    known = all_keys()
    return {known[key_id] for key_id in keyring.seeds}


def purposes_by_person(there: Coalition, opened: Mapping[str, set[Key]]) -> str:
    """A cell says whether a person opens it everywhere, in the first call or event alone, or nowhere."""

    def cell(mine: set[Key], purpose: str) -> str:
        places = {owner for owner, name in mine if name == purpose}
        return YES if len(places) == 2 else HERE if places else NO

    names = sorted({purpose for mine in opened.values() for _, purpose in mine})
    rows = ([name, *(cell(mine, one) for one in names)] for name, mine in opened.items())
    return table(["person", *names], rows)


# No dead link, no dead button


def pages_from(worker: Worker, start: str) -> Iterator[str]:
    """Every page that links lead to, by its address; each must be there and not refused."""
    seen, waiting = {start}, [start]
    while waiting:
        address = waiting.pop()
        answer = worker.client.get(address)
        assert answer.status_code in (200, 303), (address, answer.status)
        if answer.mimetype != "text/html" or not answer.data:
            continue
        assert REFUSED not in answer.text, address
        yield address
        page = page_of(answer)
        for link in page.all("a"):
            target = urlsplit(link.get("href", ""))
            followed = target.path + (f"?{target.query}" if target.query else "")
            # One page of each kind is enough of those that only sort, turn or filter.
            known = any(one.split("?")[0] == target.path for one in seen)
            if target.netloc or not target.path.startswith("/desk") or known:
                continue
            seen.add(followed)
            waiting.append(followed)
        for form in page.all("form"):
            check_button(worker.app, form.get("action", "") or address, form.get("method", "get"))


def check_button(app: Flask, address: str, method: str) -> None:
    """The button's own view lets this person through: its role is asked, nothing is pressed."""
    with app.test_request_context():
        match = app.url_map.bind("localhost").match
        endpoint, named = match(urlsplit(address).path, method.upper())
    BUTTONS.append((endpoint, named))


BUTTONS: list[tuple[str, Mapping[str, Any]]] = []


def givings(there: Coalition) -> dict[str, tuple[Grant, ...]]:
    """Nobody's role, each role for as much as it can be, and those that can be for one call and one event."""
    places = there.calls[0][0], there.events[0][0]
    return {
        "none": (),
        **{role.value: (in_scope(role, there.member),) for role in Role},
        **{
            f"{role} in one place": tuple(Grant(role, place) for place in places)
            for role in IN_ONE_PLACE
        },
    }


@pytest.mark.parametrize(
    "given", ["none", *Role, *(f"{role} in one place" for role in IN_ONE_PLACE)]
)
def test_no_link_or_button_leads_to_a_refusal(
    given: str, page_app: Flask, page_founded: Founded
) -> None:
    # Given a desk with something of everything
    with page_app.app_context():
        there = coalition()
        has = givings(there)[given]
        person = join("Cy", *has, organisation=organisation_of(has, there))
        if organisation_of(has, there):
            says_yes()
            assert share_with(page_founded, there.member) == 1
    worker = Worker(page_app, person)
    worker.sign_in()
    assert worker.path == "/desk/"
    # When they follow every link, then they meet no refusal
    BUTTONS.clear()
    visited = list(pages_from(worker, "/desk/"))
    assert visited
    # And no page has a button that their role does not allow
    grants = Grants.of(has)
    for endpoint, named in BUTTONS:
        act: Act | None = getattr(page_app.view_functions[endpoint], "act", None)
        assert act is None or grants.allow(act), (given, endpoint, named)
    print(f"\n{given}: {len(visited)} pages, {len(BUTTONS)} buttons")
