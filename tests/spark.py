"""A Spark session of the tests' own, set for small data: interpreted, one partition."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests import needs

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.buffer.pageSize": "1m",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.session.timeZone": "America/New_York",  # scoring must not depend on it
}


@contextmanager
def started() -> Iterator[Any]:
    """Start a session for as long as it is needed."""
    needs.java()
    from pyspark.sql import SparkSession  # noqa: PLC0415 (an optional extra)

    builder = SparkSession.builder.master("local[1]")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()
