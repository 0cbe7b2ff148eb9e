"""A model as SQL, for the columns and rates of a deployment."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from scoring import duck, load_model, model_sql
from scoring.engines import DuckEngine
from scoring.printing import canonical, tables_sql
from scoring.tables import COLUMNS, Kind, Schema
from sync.clock import SystemClock
from sync.config import Config
from sync.facts import NOT_FACTS
from sync.workspace import Workspace

from .files import ModelFile
from .stored import reading_only


def printed(
    found: ModelFile, config: Config | None, dialect: str, as_of: datetime | None
) -> Iterator[str]:
    """Yield a model as SQL: what it is of, what it reads, its steps.

    Args:
        found: The model.
        config: The deployment whose own columns and rates it is for; None: none.
        dialect: duckdb, postgres or spark.
        as_of: The moment to score, aware; now by default.

    Raises:
        ModelError: no model, or one that reads columns that there are not.
        SyncError: the store cannot be used.
    """
    model = load_model(found.text, file=found.file)
    moment = (as_of or SystemClock().now()).replace(microsecond=0)
    schema = canonical() if config is None else _stored(config)
    rates = {} if config is None else dict(config.rates)
    text = model_sql(model, dialect, schema=schema, as_of=moment, rates=rates)
    when = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    yield f"-- {model.name} {model.version}, from {found.file}, as of {when}"
    yield f"-- For {dialect}. {_money(rates)} Scores end up in the last step, scores."
    yield "-- It reads these tables, of which account is the key of a customer; all times are UTC:"
    yield tables_sql(model, dialect, schema=schema)
    yield text.rstrip("\n")


def _money(rates: Mapping[str, float]) -> str:
    if not rates:
        return "Money is taken as it stands, in one currency."
    listed = ", ".join(f"{name} {rate:g}" for name, rate in rates.items())
    return f"Money is converted by {listed}."


def _stored(config: Config) -> Schema:
    """Return the canonical columns, and those of the deployment's own that are stored."""
    shape: dict[str, dict[str, Kind]] = canonical()
    work = Workspace(reading_only(config))
    try:
        with duck.connect() as con:
            for table in COLUMNS:
                scan = work.store.scan(table)
                found = DuckEngine(con).columns(scan) if scan else {}
                own = {n: kind or "string" for n, kind in found.items() if n not in NOT_FACTS}
                shape[table] = {**own, **shape[table]}
    finally:
        work.close()
    return shape
