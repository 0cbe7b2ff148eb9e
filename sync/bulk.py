"""Many rows put into a table of the journal at once, without a statement compiled for each."""

from collections.abc import Iterable, Sequence
from contextlib import closing

import sqlalchemy as sa


def insert(
    db: sa.Connection, columns: Sequence[sa.Column[object]], rows: Iterable[Sequence[object]]
) -> None:
    """Insert rows as part of a transaction.

    Args:
        db: The transaction.
        columns: Of one table; the others are null.
        rows: The values of ``columns``, as the driver takes them: numbers, texts, truth values.
    """
    quote = db.dialect.identifier_preparer.quote
    into = f"{quote(columns[0].table.name)} ({', '.join(quote(c.name) for c in columns)})"
    with closing(db.connection.cursor()) as cursor:
        if db.dialect.name == "sqlite":
            places = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {into} VALUES ({places})"  # noqa: S608 - quoted
            cursor.executemany(statement, rows)  # type: ignore[arg-type] # sqlite3 takes any
            return
        with cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
