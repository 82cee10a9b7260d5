"""The check of all authenticated rows: page by page, whatever stands in them, and its result for the desk."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from tests.factories import publish_demo_event, register_some, submit_one
from webapp.models import Consent, Registration, RowCheck, Submission
from webapp.rules import clock
from webapp.rules.references import reference
from webapp.services.infrastructure import row_verification, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.infrastructure.row_verification import FalseRow
from webapp.services.worker import chores


def found() -> list[FalseRow]:
    return list(row_verification.find_false())


@pytest.mark.parametrize("batch", [1, 2, 200])
def test_every_row_is_read_once(inside: Flask, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given more rows than are read at once, some of them false, with keys of one column and of three
    monkeypatch.setattr(row_verification, "BATCH", batch)
    people = register_some(publish_demo_event(), 5)
    sent = submit_one()
    assert found() == []
    false = sorted(person.id for person in people[::2])
    with stores.writing() as main:
        main.execute(update(Registration).where(Registration.id.in_(false)).values(language="sq"))
        main.execute(update(Consent).values(changed_on=clock.today() - timedelta(days=1)))
        consents = main.scalars(select(Consent.purpose)).all()
    # Then each is named, and no other
    assert [row.reference for row in found() if row.table == "registrations"] == [
        reference(one) for one in false
    ]
    assert [row.key for row in found() if row.table == "consents"] == sorted(
        f"{sent.submission_id} {purpose} 1" for purpose in consents
    )


@pytest.mark.parametrize("change", ["taken out", "put in"])
def test_consents_are_counted(inside: Flask, change: str) -> None:
    sent = submit_one()
    with stores.writing() as main:
        if change == "taken out":
            main.execute(delete(Consent).where(Consent.purpose == "quote"))
        else:
            one = main.scalars(select(Consent).where(Consent.purpose == "quote")).one()
            main.add(
                Consent(
                    submission_id=one.submission_id,
                    purpose="quote",
                    n=9,
                    granted=True,
                    statement_id=one.statement_id,
                    changed_on=one.changed_on,
                )
            )
    key = str(sent.submission_id)
    assert found() == [FalseRow("consents", key, reference(sent.submission_id))]


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_a_value_that_is_none_of_its_column_hides_no_other_table(inside: Flask) -> None:
    """SQLite keeps any text in a column for days."""
    register_some(publish_demo_event(), 2)
    sent = submit_one()
    with stores.reading() as main:
        booked = main.scalars(select(Registration.id)).all()
    with stores.writing() as main:
        main.execute(text("UPDATE registrations SET due_on = 'never'"))
        main.execute(update(Submission).values(typed_by="helper"))
    assert found() == [
        *(FalseRow("registrations", str(one), reference(one)) for one in sorted(booked)),
        FalseRow("submissions", str(sent.submission_id), reference(sent.submission_id)),
    ]


def test_the_result_is_kept_until_the_next_check(inside: Flask) -> None:
    assert row_verification.newest() is None
    many = [FalseRow("parts", str(UUID(int=one)), "K7Q-M2X-HB4") for one in range(60)]
    row_verification.keep(many)
    checked = row_verification.newest()
    assert checked is not None
    assert (checked.on, checked.count) == (clock.today(), 60)
    assert list(checked.rows) == many[: row_verification.NAMED]
    row_verification.keep([])
    checked = row_verification.newest()
    assert checked is not None
    assert (checked.count, checked.rows) == (0, ())
    with stores.reading() as main:
        assert len(main.scalars(select(RowCheck)).all()) == 1


def test_a_change_does_not_vouch_for_a_false_row(inside: Flask) -> None:
    """Signing anew would make true what an attacker wrote: changing a false row is refused, erasing it is not."""
    person, _ = register_some(publish_demo_event(), 2)
    with stores.writing() as main:
        main.execute(update(Registration).values(language="sq"))
    with stores.writing() as main:
        options = row_verification.TOLERANT
        row = main.get_one(Registration, person.id, execution_options=options)
        row.listed_on = clock.today()
        with pytest.raises(RowForged):
            main.flush()
        main.rollback()


def test_the_worker_checks_once_a_day(inside: Flask) -> None:
    once = chores.OnceADay(row_verification.check_daily)
    chores.do_all(more=(once,))
    with stores.writing() as main:
        main.execute(delete(RowCheck))
    chores.do_all(more=(once,))
    assert row_verification.newest() is None
