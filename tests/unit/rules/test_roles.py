"""A role within an organisation is for the person's own one, and never for everything."""

from uuid import uuid4

from webapp.rules.roles import ACTS, OF_ORGANISATION, PURPOSES, SHARED, Act, Grant, Grants, Role

MINE, OTHER, CALL = uuid4(), uuid4(), uuid4()


def test_a_recipient_opens_what_is_shared_with_one_organisation() -> None:
    grant = Grant(Role.RECIPIENT, MINE)
    assert grant.opens(MINE, SHARED)
    assert not grant.opens(OTHER, SHARED)
    assert not any(grant.opens(one, "contact") for one in (MINE, CALL))


def test_a_recipient_of_everything_opens_nothing() -> None:
    assert not Grant(Role.RECIPIENT).opens(MINE, SHARED)


def test_no_other_role_opens_what_is_shared() -> None:
    opening = {role for role in Role if SHARED in PURPOSES[role]}
    assert opening == OF_ORGANISATION == {Role.RECIPIENT}
    assert {role for role in Role if Act.READ_SHARED in ACTS[role]} == OF_ORGANISATION
    assert {role for role in Role if Act.SHARE_CONTACTS in ACTS[role]} == {Role.COORDINATOR}


def test_roles_within_another_organisation_count_for_nothing() -> None:
    held = Grants.of(
        [Grant(Role.RECIPIENT, MINE), Grant(Role.RECIPIENT, OTHER), Grant(Role.ANALYST, CALL)]
    )
    assert held.at(MINE).held == {Grant(Role.RECIPIENT, MINE), Grant(Role.ANALYST, CALL)}
    assert not held.at(CALL).open(OTHER, SHARED)


def test_whoever_publishes_a_call_may_review_its_translations() -> None:
    # Publishing a draft keeps the reviews of its languages among those of all texts
    writing = {role for role in Role if Act.WRITE_CALLS in ACTS[role]}
    assert writing == {role for role in Role if Act.LANGUAGES in ACTS[role]} == {Role.COORDINATOR}
