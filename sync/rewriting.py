"""A table at rest written anew as a whole, in one commit: a reader sees it before or after."""

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

BATCH = 100_000
"""Rows in memory at a time."""


def rewrite(table: DeltaTable, con: duckdb.DuckDBPyConnection, sql: str, schema: pa.Schema) -> None:
    """Replace a table's content.

    Args:
        table: The table, opened; it is brought to the new version.
        con: Where ``sql`` runs.
        sql: SELECT of the new rows, with the columns of ``schema`` in its order.
        schema: Columns of the new version.
    """
    rows = con.sql(sql).to_arrow_reader(BATCH)
    reader = pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in rows))
    write_deltalake(table, reader, mode="overwrite", schema_mode="overwrite")


def wider(stored: pa.Schema, new: pa.Schema) -> pa.Schema | None:
    """Return a table's columns as wide as new rows need them; None: they are wide enough.

    Delta keeps a column's type when rows are appended, and cuts what is appended down to it.

    Args:
        stored: The table's columns.
        new: Columns of the new rows; all of kinds that the stored ones can become.
    """
    kinds = {field.name: field.type for field in new}
    found = pa.schema(
        field.with_type(kinds[field.name]) if _cuts(field.type, kinds.get(field.name)) else field
        for field in stored
    )
    return None if found.equals(stored) else found


def _cuts(before: pa.DataType, after: pa.DataType | None) -> bool:
    if after is None or not pa.types.is_integer(before):
        return False
    longer = pa.types.is_integer(after) and after.bit_width > before.bit_width
    return bool(longer or pa.types.is_floating(after))
