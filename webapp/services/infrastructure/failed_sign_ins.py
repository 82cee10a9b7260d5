"""Failed sign-ins, counted a day for each coordinator and for unknown names (security logging, ASVS 16.3.1).

A number and a day: no address, no time, nothing that was typed. Writes are bounded by what they follow, an Argon2id
derivation, of which two run at a time; rows, by the number of coordinators and of weeks.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from webapp.models import FailedSignIns
from webapp.rules import clock
from webapp.services.infrastructure import clock_guard, stores

#: Stands for every name that no coordinator has.
UNKNOWN = UUID(int=0)
#: So many days are kept, today included.
KEPT_DAYS = 35


@dataclass(frozen=True)
class Failed:
    """The failed sign-ins of one day under one coordinator's name, or under unknown names.

    `knew_passphrase`: how many of them came with the right passphrase and wrong six digits, from a browser that had
    never signed in.
    """

    on_day: date
    who: UUID
    attempts: int
    knew_passphrase: int


def add(main: Session, who: UUID | None, *, knew_passphrase: bool = False) -> None:
    """Count one, inside the caller's transaction: one atomic upsert."""
    knew = int(knew_passphrase)
    day, owner = clock.today(), who or UNKNOWN
    connection = main.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(
        insert(FailedSignIns)
        .values(on_day=day, who=owner, attempts=1, knew_passphrase=knew)
        .on_conflict_do_update(
            index_elements=[FailedSignIns.on_day, FailedSignIns.who],
            set_={
                "attempts": FailedSignIns.attempts + 1,
                "knew_passphrase": FailedSignIns.knew_passphrase + knew,
            },
        )
    )


def since(day: date, *owners: UUID) -> list[Failed]:
    """The failed sign-ins of this day and later ones, the newest day first; of these owners, or of all."""
    wanted = select(FailedSignIns).where(FailedSignIns.on_day >= day)
    if owners:
        wanted = wanted.where(FailedSignIns.who.in_(owners))
    with stores.reading() as main:
        rows = main.scalars(wanted.order_by(FailedSignIns.on_day.desc())).all()
    return [Failed(row.on_day, row.who, row.attempts, row.knew_passphrase) for row in rows]


def settle(main: Session, who: UUID) -> None:
    """A new passphrase: that the old one was known worries nobody any more. The number of attempts stays."""
    main.execute(update(FailedSignIns).where(FailedSignIns.who == who).values(knew_passphrase=0))


def forget_old() -> None:
    """Delete the counts of more than five weeks ago (worker). Raises `ClockDoubted`."""
    old = clock_guard.sure().today - timedelta(days=KEPT_DAYS - 1)
    with stores.writing() as main:
        main.execute(delete(FailedSignIns).where(FailedSignIns.on_day < old))
