"""Steps on a Spark session of the caller, as temporary views.

A kept step is computed at once and checkpointed on the executors, which cuts its plan short:
with plans that only grew, as ``CACHE TABLE`` leaves them, analysing took longer than running.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from .compile import statement
from .dialects import SPARK
from .engines import Engine, arrow
from .steps import Step
from .tables import Kind

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",  # times with a zone are taken in it
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # what Arrow's times without zone become
    "spark.sql.caseSensitive": "true",  # as names are in a model
    "spark.sql.ansi.enabled": "true",  # a value that does not fit its column is an error
}
"""What the session is set to while a statement is analysed or run; set back afterwards."""

_KINDS: dict[str, Kind | None] = {
    "boolean": "boolean",
    "tinyint": "integer",
    "smallint": "integer",
    "int": "integer",
    "bigint": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "date": "date",
    "timestamp": "time",
    "timestamp_ntz": "time",
    "array<string>": "strings",
    "void": None,
}


class SparkEngine(Engine):
    """Spark, on the caller's session, classic or Connect.

    Args:
        session: A ``SparkSession``.
    """

    def __init__(self, session: Any) -> None:
        super().__init__(SPARK)
        self._session = session
        self._given: list[str] = []

    def relation(self, name: str, data: object) -> str:
        """Quote a table's name; give a DataFrame, Arrow, Polars or pandas data one."""
        if isinstance(data, str):
            return self.dialect.relation(data)
        view = f"{self.prefix}given_{name}"
        with self._settings():
            made = hasattr(data, "createOrReplaceTempView")
            frame: Any = data if made else self._session.createDataFrame(arrow(data))
            frame.createOrReplaceTempView(self.dialect.quote(view))
        self._given.append(self.dialect.quote(view))
        return self._given[-1]

    def columns(self, relation: str) -> Mapping[str, Kind | None]:
        """Return the columns that Spark describes."""
        with self._settings():
            described = self._session.sql(f"SELECT * FROM {relation}").dtypes
        return {name: _KINDS.get(kind.split("(")[0], "string") for name, kind in described}

    def batches(self, sql: str) -> pa.RecordBatchReader:
        """Return rows as Arrow, collected by the driver."""
        return self.query(sql).to_reader()

    def query(self, sql: str) -> pa.Table:
        """Return rows as Arrow, whole numbers in 64 bits."""
        with self._settings():
            table: pa.Table = self._session.sql(sql).toArrow()
        wide = [
            pa.field(f.name, pa.int64() if pa.types.is_integer(f.type) else f.type)
            for f in table.schema
        ]
        return table.cast(pa.schema(wide))

    def drop(self) -> None:
        """Drop what was made."""
        self.forget_all()
        for view in self._given:
            self._sql(f"DROP VIEW IF EXISTS {view}")
        self._given = []

    def _make(self, relation: str, step: Step) -> None:
        if not self.dialect.keeps(step):
            self._sql(statement(self.dialect, relation, step))
            return
        with self._settings():
            frame = self._session.sql(step.sql).localCheckpoint()
            # Columns made anew: as they are, they would be the same as those they came from,
            # which a join with that step takes for a contradiction.
            frame.toDF(*frame.columns).createOrReplaceTempView(relation)

    def _drop(self, relation: str, *, kept: bool) -> None:  # noqa: ARG002 (Spark lets go of rows itself)
        self._sql(f"DROP VIEW IF EXISTS {relation}")

    def _sql(self, sql: str) -> None:
        with self._settings():
            self._session.sql(sql)

    @contextmanager
    def _settings(self) -> Iterator[None]:
        conf = self._session.conf
        before = {name: conf.get(name, None) for name in SETTINGS}
        try:
            for name, value in SETTINGS.items():
                conf.set(name, value)
            yield
        finally:
            for name, old in before.items():
                conf.unset(name) if old is None else conf.set(name, old)
