"""Migrations that let the release before run beside their tables only expand; of each other one it is said why not.

`upgrade` has Hearth stopped for a migration that does not say `expands_only = True` of itself.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.script import Script, ScriptDirectory

from tests.expanding import problems_in, statements_of
from webapp.services.infrastructure import schema_versions
from webapp.services.infrastructure.schema_versions import MIGRATIONS

#: Migrations up to this one came before the first release. An upgrade across one of them has Hearth stopped.
BEFORE_RELEASES = "0041"
#: Revisions that do not only expand, each with the reason why its change could not be made in two releases.
STOPPED_FOR: dict[str, str] = {}
#: Statements of migrations that only expand, which the check would refuse, each with the reason why they do no harm.
HARMLESS: dict[str, str] = {}
STORES = ("main", "erasure", "volatile")


def scripts() -> list[Script]:
    return sorted(ScriptDirectory(str(MIGRATIONS)).walk_revisions(), key=lambda one: one.revision)


def upgrades(module: ModuleType) -> list[Callable[[], None]]:
    return [getattr(module, f"upgrade_{store}") for store in STORES]


def test_each_migration_since_the_first_release_says_whether_it_only_expands() -> None:
    later = [one for one in scripts() if one.revision > BEFORE_RELEASES]
    assert [one.revision for one in later if not hasattr(one.module, "expands_only")] == []
    # And for those that do not, the reason is written down
    stopped = {one.revision for one in later if not one.module.expands_only}
    assert stopped == set(STOPPED_FOR)
    assert all(STOPPED_FOR.values())


def test_migrations_that_say_so_only_expand() -> None:
    found = [
        f"{one.revision}: {problem}"
        for one in scripts()
        if getattr(one.module, "expands_only", False)
        for upgrade in upgrades(one.module)
        for problem in problems_in(statements_of(upgrade))
    ]
    assert [problem for problem in found if problem not in HARMLESS] == []


def test_those_of_before_are_not_taken_for_expanding() -> None:
    assert not any(one.expands_only for one in schema_versions.between("0000", BEFORE_RELEASES))


def test_revisions_are_their_files_names_and_lead_upwards() -> None:
    # (a process looks at the names of the files alone when it starts)
    for one in scripts():
        assert Path(one.path).name.startswith(f"{one.revision}_")
        assert one.down_revision is None or str(one.down_revision) < one.revision
    assert {one.revision for one in scripts()} == schema_versions.known()


def new_table() -> None:
    op.create_table(
        "likes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_likes", "likes", ["submission_id"], unique=True)


def column_that_may_be_empty() -> None:
    op.add_column("submissions", sa.Column("colour", sa.String(10), nullable=True))


def index() -> None:
    op.create_index("ix_submissions_language", "submissions", ["language"])


def column_with_a_default() -> None:
    op.add_column(
        "worker_clock", sa.Column("rounds", sa.Integer(), server_default="0", nullable=False)
    )


@pytest.mark.parametrize(
    "change", [new_table, column_that_may_be_empty, index, column_with_a_default]
)
def test_what_older_code_does_not_notice_is_allowed(change: Callable[[], None]) -> None:
    assert list(problems_in(statements_of(change))) == []


def drop_column() -> None:
    with op.batch_alter_table("submissions") as batch:
        batch.drop_column("language")


def rename() -> None:
    op.alter_column("submissions", "language", new_column_name="speaks")


def not_null() -> None:
    op.alter_column("registrations", "place", existing_type=sa.Integer(), nullable=False)


def needed_column() -> None:
    op.add_column("slots", sa.Column("colour", sa.String(10), nullable=False))


def default_under_a_mac() -> None:
    op.add_column("submissions", sa.Column("n", sa.Integer(), server_default="0", nullable=True))


def unique_index() -> None:
    op.create_index("uq_submissions_language", "submissions", ["language"], unique=True)


def check() -> None:
    op.create_check_constraint("ck_submissions_x", "submissions", "language <> ''")


def drop_table() -> None:
    op.drop_table("looks")


def change_rows() -> None:
    op.execute("UPDATE submissions SET language = 'en'")


def reference_without_an_end() -> None:
    op.create_table(
        "likes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("submission_id", sa.Uuid(), sa.ForeignKey("submissions.id"), nullable=False),
    )


@pytest.mark.parametrize(
    "change",
    [
        drop_column,
        rename,
        not_null,
        needed_column,
        default_under_a_mac,
        unique_index,
        check,
        drop_table,
        change_rows,
        reference_without_an_end,
    ],
)
def test_what_older_code_notices_is_found(change: Callable[[], None]) -> None:
    assert list(problems_in(statements_of(change)))
