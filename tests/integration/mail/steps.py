"""What the tests of the outbox share."""

from datetime import timedelta
from uuid import UUID

import time_machine
from sqlalchemy import select

from tests.factories import Booked, answers_for, demo_form, submit_one
from webapp.models import ErasureSecret, OutboxMessage, Registration
from webapp.rules import clock
from webapp.services.answers import consents, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.infrastructure import stores

ACTOR = UUID(int=1)


def messages() -> list[OutboxMessage]:
    with stores.reading() as main:
        return list(main.scalars(select(OutboxMessage).order_by(OutboxMessage.dedupe_key)))


def in_states() -> list[str]:
    return sorted(message.state for message in messages())


def secret_is_there(secret_id: UUID | None) -> bool:
    assert secret_id is not None
    with stores.reading("erasure") as erasure_store:
        return erasure_store.get(ErasureSecret, secret_id) is not None


def registration(person: Booked) -> Registration:
    with stores.reading() as main:
        return main.get_one(Registration, person.id)


def asked_for_confirmation(**answers: object) -> own_copies.Held:
    given = {"mail_confirmation": True}
    told = answers_for(demo_form(), **answers)  # type: ignore[arg-type]
    return own_copies.find_held(submit_one(answers=told, given=given).receipt)


def withdraw(held: own_copies.Held) -> None:
    subject = Subject(held.submission_id, held.call_id, held.form, held.language)
    consents.change(subject, "mail_confirmation", False)


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(clock.now() + timedelta(**time))
