"""The end of the record cut off by putting an older head back, and its lines pushed out of sight by a participant.

At commit c7b8640 whoever writes to `main`, and read it before, kept one old row of `audit_head`, deleted the entries
that came after it and put the row back: `verify-record` said "holds: 9 entries" after eleven, and nothing verified by
itself (the desk showed an altered entry under "Nobody can change it without leaving a trace"). 120 changes of one
consent took 17.6 seconds and made 120 rows and 120 entries, and the desk showed the newest hundred entries: a
coordinator hid what they did by a submission of their own. And the worker linked a participant's act within a minute,
between neighbours that have one.

Now the worker notes each head in a file and checks the record every day, a head that was noted on paper is looked for,
what was found stays at the desk until a coordinator has confirmed it; what participants did is one line for each act
and day, linked when the day is over, and takes no place of the others.
"""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from webapp.models import AuditEntry, AuditHead
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, record_check, stores

ANA = UUID(int=7)


@pytest.fixture
def instance(app: Flask) -> Iterator[Flask]:
    """An instance whose worker runs; on SQLite, then on PostgreSQL."""
    with app.app_context():
        record_check.watch()
        yield app


def opened(count: int = 1) -> None:
    for _ in range(count):
        with stores.writing() as main:
            audit.enter(main, ANA, AuditEvent.ANSWERS_OPENED, uuid4(), "to read")


def head() -> tuple[int, bytes]:
    with stores.reading() as main:
        return tuple(main.execute(select(AuditHead.n, AuditHead.mac)).one())


def cut_back_to(kept: tuple[int, bytes]) -> None:
    """What `trunc.py` did: the later entries go, and forty bytes are put back."""
    with stores.writing() as main:
        main.execute(delete(AuditEntry).where(AuditEntry.n > kept[0]))
        main.execute(update(AuditHead).values(n=kept[0], mac=kept[1]))


def test_a_head_that_is_put_back_is_found_within_a_round(instance: Flask) -> None:
    opened()
    kept = head()
    opened(2)
    record_check.watch()
    cut_back_to(kept)
    # The chain alone holds, as it did at that commit
    assert audit.verify() == kept[0]
    record_check.watch()
    found = record_check.standing().found
    assert found.noted == 1
    assert [one.n for one in record_check.missing_heads()] == [kept[0] + 2]
