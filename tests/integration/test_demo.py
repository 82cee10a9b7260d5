"""The demo: a host and two members, four people with different roles, and their sign-ins where visitors see them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.integration.test_operators import look_into
from tests.live import command
from tests.pages import CheckedClient, Page, words
from tests.visitor import Visitor
from webapp import supervisor
from webapp.models import Coordinator, OrganisationPeriod, RoleGrant, Slot
from webapp.rules.organisations import Standing
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import key_holders, organisation_changes, organisations, purpose_keys


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that was just made."""
    folder = tmp_path_factory.mktemp("demo") / "instance"
    folder.mkdir()
    command(folder, "demo")
    return folder


@pytest.fixture
def demo(made: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test."""
    return Path(shutil.copytree(made, tmp_path / "instance"))


def written(folder: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((folder / "demo-sign-in.json").read_text())
    return known


def sign_in(app: Flask, known: dict[str, Any]) -> tuple[Visitor, Page]:
    app.test_client_class = CheckedClient
    person = Visitor(app.test_client())
    person.get("/desk/sign-in")
    page = person.press(
        "Sign in",
        sign_in_name=known["sign_in_name"],
        passphrase=known["passphrase"],
        code=pyotp.TOTP(known["totp_secret"]).now(),
    )
    return person, page


def unmake(main: Session, name: str) -> None:
    """As if this account had not been made yet."""
    row = main.scalars(select(Coordinator).where(Coordinator.sign_in_name == name)).one()
    key_holders.take_away(purpose_keys.locked_keys(main), row.id)
    for table in (RoleGrant, Slot):
        main.execute(delete(table).where(table.coordinator_id == row.id))
    main.delete(row)
    main.flush()


def menu(page: Page) -> list[str]:
    bar = next(nav for nav in page.all("nav") if nav.get("aria-label") == "Desk")
    return [words(one) for one in bar.iter("a")]


def test_three_people_sign_in_and_each_sees_and_opens_what_their_role_is_for(demo: Path) -> None:
    known = written(demo)
    bea, cem, dee = known["people"]
    with look_into(demo) as app:
        # Given what is written, when each of them signs in, then the desk is as large as their roles
        assert {"People", "Organisations", "Contacts"} < {*menu(sign_in(app, known)[1])}
        assert menu(sign_in(app, bea)[1]) == ["Today", "Calls", "Keys"]
        assert menu(sign_in(app, cem)[1]) == ["Today", "Events", "Keys"]
        assert menu(sign_in(app, dee)[1]) == ["Today", "Shared with us"]
        # And the keys are sealed to those whose roles hold their purpose, from the first day
        with stores.reading() as main:
            names = {row.id: row.name for row in main.scalars(select(Coordinator))}
            held = {
                key.purpose: {
                    names[one] for one in purpose_keys.verified(key).holders if one in names
                }
                for key in purpose_keys.all_keys(main)
            }
        assert held == {
            "testimony": {"Ana", "Bea"},
            "equality": {"Ana", "Bea"},
            "contact": {"Ana"},
            "registrant": {"Ana", "Cem"},
            "room": {"Ana", "Cem"},
            "needs": {"Ana"},
        }
        # And they work for a host, the chair and a member
        found = organisations.coalition()
        assert [one.name for one in found.members] == [
            bea["organisation"],
            "The Demo Harbour",
            cem["organisation"],
        ]
        assert found.one(Standing.HOST) == found.members[0]
        assert found.one(Standing.CHAIR) == found.members[1]
        assert audit.verify() > 0


def test_their_sign_ins_are_printed_where_it_is_started(made: Path) -> None:
    known = written(made)
    printed = "\n".join(supervisor._demo_lines(made / "demo-sign-in.json"))
    for one in (known, *known["people"]):
        assert f"name             {one['sign_in_name']}\n" in printed
        assert one["passphrase"] in printed
        assert one["totp_secret"] in printed
    assert "Bea (The Demo House): analyst" in printed


def test_what_visitors_changed_stays_at_the_next_start(demo: Path) -> None:
    # Given a visitor who renamed a member
    with look_into(demo):
        known = next(one for one in organisations.coalition().everyone if "Lantern" in one.name)
        organisation_changes.rename(known.id, known.id, "Lamp", was=known.name)
    before = written(demo)
    # When the demo is started again
    command(demo, "demo")
    # Then nothing is made anew
    assert written(demo) == before
    with look_into(demo):
        assert len(organisations.coalition().everyone) == 3


def test_a_start_that_was_cut_off_is_completed(demo: Path) -> None:
    # Given a power cut after the sign-ins were written, before the second account and the chair
    before = written(demo)
    (demo / "demo-sign-in.json").write_text(
        json.dumps({key: value for key, value in before.items() if key != "gathered"})
    )
    with look_into(demo), stores.writing() as main:
        unmake(main, "cem")
        chair = OrganisationPeriod.standing == Standing.CHAIR
        main.delete(main.scalars(select(OrganisationPeriod).where(chair)).one())
    # When it is started again, then what is written lets everyone in
    command(demo, "demo")
    assert written(demo) == before
    with look_into(demo) as app:
        assert organisations.coalition().one(Standing.CHAIR)
        for one in before["people"]:
            assert sign_in(app, one)[0].path == "/desk/"


def test_a_demo_of_before_gets_its_members_too(demo: Path) -> None:
    known = {
        key: value for key, value in written(demo).items() if key not in ("people", "gathered")
    }
    (demo / "demo-sign-in.json").write_text(json.dumps(known))
    with look_into(demo), stores.writing() as main:
        for name in ("bea", "cem", "dee"):
            unmake(main, name)
    command(demo, "demo")
    with look_into(demo) as app:
        for one in written(demo)["people"]:
            assert sign_in(app, one)[0].path == "/desk/"
