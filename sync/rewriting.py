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
