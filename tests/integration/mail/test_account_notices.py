"""Mails about an account: after each act that a coordinator is always told about, and without a word of what it was."""

from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from tests.colleagues import join
from tests.factories import code_for, signed_in
from tests.integration.desk.worker import Worker
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.test_gives_away import gives_away
from tests.rows import change
from webapp.models import AuditHead, Coordinator, ErasureSecret, NewsWish, OutboxMessage
from webapp.rules.audit_details import (
    Detail,
    OfDownload,
    OfKeys,
    OfMove,
    OfPurpose,
    OfRecords,
    OfRole,
    OfSharing,
)
from webapp.rules.audit_events import AuditEvent
from webapp.rules.coordinator_mails import NOTIFIED
from webapp.rules.roles import Grant, Role
from webapp.services.desk_home import account_notices, news_subscriptions
from webapp.services.desk_home.news_subscriptions import EveryDays
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import authentication, role_changes
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.known_devices import Device
from webapp.services.worker import delivery

pytestmark = pytest.mark.usefixtures("inside")

ADDRESS, OTHER = "ana-at-home@example.org", "cy@example.org"
SUBJECT = "About your account"
DETAILS: dict[type[Detail], Detail] = {
    OfDownload: OfDownload(1, "csv", uuid4().hex),
    OfPurpose: OfPurpose("invite"),
    OfSharing: OfSharing(1, uuid4().hex),
    OfRole: OfRole("auditor", None),
    OfMove: OfMove("a", "b"),
    OfKeys: OfKeys(1),
    OfRecords: OfRecords(1, "contact"),
}


def a_round() -> int:
    promised = account_notices.promise_due()
    delivery.send_waiting()
    return promised


def told(postbox: Postbox, address: str = ADDRESS) -> int:
    return sum(mail.subject == SUBJECT and address in mail.recipients for mail in postbox.mails)


def subscribed(who: UUID, address: str = ADDRESS, every_days: EveryDays = 0) -> None:
    news_subscriptions.ask(who, address, every_days, once=uuid4())
    a_round()


def sign_in(founded: Founded, device: Device | None) -> UUID:
    with stores.writing() as main:
        change(main, select(Coordinator), {"totp_last_step": 0})
    owner = founded.owner
    code = code_for(founded)
    return authentication.sign_in(owner.sign_in_name, owner.passphrase, code, device).coordinator_id


def test_a_sign_in_from_a_new_browser_is_told_and_one_from_a_known_browser_is_not(
    postbox: Postbox, founded: Founded
) -> None:
    who = signed_in(founded).coordinator_id
    subscribed(who)
    assert told(postbox) == 0
    sign_in(founded, Device(uuid4().hex))
    assert a_round() == 0
    sign_in(founded, None)
    assert a_round() == 1
    assert told(postbox) == 1
    # And once, with nothing in it about anyone or anything
    assert a_round() == 0
    mail = next(one for one in postbox.mails if one.subject == SUBJECT)
    assert gives_away(mail.body) == []
    assert "/desk/" in mail.body


@pytest.mark.parametrize("event", sorted(NOTIFIED), ids=lambda event: event.name)
def test_every_act_is_told_to_its_actor_and_to_the_account_that_it_changed(
    event: AuditEvent, postbox: Postbox, founded: Founded
) -> None:
    # Given two people with addresses, and a third without
    ana, cy = signed_in(founded).coordinator_id, join("Cy", Role.OWNER).id
    join("Bea", Role.OWNER)
    subscribed(ana)
    subscribed(cy, OTHER)
    # When one does it, to the other's account where it is about one
    actor = ana if audit.Source.of(ana) in event.sources else audit.OPERATOR
    detail = DETAILS.get(event.detail) if event.detail else None
    with stores.writing() as main:
        audit.enter(main, actor, event, cy, detail=detail)
    # Then each is told whom it touches
    assert a_round() == (2 if actor == ana else 1)
    assert told(postbox) == (actor == ana)
    assert told(postbox, OTHER) == 1


def test_a_role_that_an_owner_gives_is_told_to_the_person(
    postbox: Postbox, founded: Founded
) -> None:
    holder, cy = signed_in(founded), join("Cy")
    subscribed(cy.id, OTHER)
    role_changes.give(holder, cy.id, Grant(Role.AUDITOR), reason="work", seen=None)
    assert a_round() == 1
    assert told(postbox, OTHER) == 1


def test_much_at_once_is_one_mail(postbox: Postbox, founded: Founded) -> None:
    who = signed_in(founded).coordinator_id
    subscribed(who)
    for _ in range(3):
        sign_in(founded, None)
    assert a_round() == 1
    assert told(postbox) == 1


@pytest.mark.parametrize("turned_off", [True, False], ids=["turned off", "another address"])
def test_whoever_turns_the_mails_off_first_is_told_on_all_the_same(
    turned_off: bool, postbox: Postbox, founded: Founded
) -> None:
    # Given a thief in a new browser, who gives another address or none before the worker comes round
    who = signed_in(founded).coordinator_id
    subscribed(who)
    sign_in(founded, None)
    news_subscriptions.ask(who, OTHER, 0, once=uuid4())
    if turned_off:
        news_subscriptions.stop(who)
    # When it comes, then the first address has its mail, and is forgotten
    a_round()
    assert told(postbox) == 1
    assert told(postbox, OTHER) == 0
    with stores.reading("erasure") as erasure:
        kept = set(erasure.scalars(select(ErasureSecret.id)))
    with stores.reading() as main:
        wish = main.get(NewsWish, who)
        assert not kept & set(main.scalars(select(OutboxMessage.secret_id)))
    assert (wish is None) == turned_off


def test_without_an_address_nothing_is_promised(postbox: Postbox, founded: Founded) -> None:
    who = signed_in(founded).coordinator_id
    subscribed(who)
    news_subscriptions.stop(who)
    a_round()
    sign_in(founded, None)
    assert a_round() == 0
    assert told(postbox) == 1


def test_an_older_record_that_was_put_back_stops_no_mail(
    postbox: Postbox, founded: Founded
) -> None:
    who = signed_in(founded).coordinator_id
    subscribed(who)
    with stores.writing() as main:
        main.get_one(NewsWish, who).noticed_n = main.scalars(select(AuditHead.n)).one() + 1000
    assert a_round() == 0
    sign_in(founded, None)
    assert a_round() == 1


def test_for_the_account_alone_there_is_no_mail_about_news(
    postbox: Postbox, founded: Founded, inside: Flask
) -> None:
    who = signed_in(founded).coordinator_id
    subscribed(who)
    assert news_subscriptions.promise_due() == 0
    assert {mail.subject for mail in postbox.mails} == {"E-mails to you are on"}


def test_the_address_changes_with_a_fresh_second_factor_alone(
    inside: Flask, founded: Founded
) -> None:
    # Given a session that is older than five minutes
    worker = Worker(inside, founded)
    worker.sign_in()
    with worker.later(minutes=6):
        worker.get("/desk/me")
        worker.press("Save", often="0", code="off", address=ADDRESS)
        assert worker.page.h1 == "Confirm that it is you"
        assert news_subscriptions.find(signed_in(founded).coordinator_id) is None
