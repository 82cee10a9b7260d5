"""Whether there is any row, asked so that an index alone can answer."""

from sqlalchemy import ColumnElement, literal_column, select


def is_any(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The SQL condition that some row meets these, correlated with the statement around it.

    Not `SELECT *`, as `exists()` has it: for that, SQLite reads whole rows with their envelopes (WITHOUT ROWID).
    """
    return select(literal_column("1")).where(*conditions).exists()
