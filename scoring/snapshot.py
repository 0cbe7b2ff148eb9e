"""Scores of one moment: values, ledger, reasons, what was missing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

import pyarrow as pa

from .compile import compile_model
from .connections import engine_on
from .engines import Engine
from .evidence import evidence_sql
from .facts import check_accounts, context, given, with_rates
from .few import with_few
from .leaves import points_steps
from .ledger import chosen_points, ledger_sql, named, ranked_step, reasons_sql, top_step
from .model import Model
from .parts import parts
from .rollup import RollUp, with_kept
from .steps import Context, Select, Step, case


@dataclass(frozen=True)
class Snapshot:
    """The scores of all accounts at one moment. Close it, or use it in a ``with``.

    The ledger and what else is asked for later is computed from the steps' relations, which
    stay on the connection until ``close``.

    Attributes:
        model: The model that scored.
        as_of: The moment, UTC without zone.
    """

    model: Model
    as_of: datetime
    _ctx: Context
    _engine: Engine

    @cached_property
    def relation(self) -> str:
        """Quoted name of the relation that holds the scores on the connection, in no order.

        To write them where they are, without passing them through Python.
        """
        return self._engine.shown("scores")

    @cached_property
    def scores(self) -> pa.Table:
        """One row per account and score, by account, then in the model's order.

        Columns: account, account_id, score, value (0..100, null: no data), coverage (0..1),
        spread (points), band, segment (null: none), limited_by (names of the floors and caps
        that bound, comma separated), growth, override_value, override_band, override_reason,
        override_author (only while the override counts), override_state (active, expired, no
        reason, empty, not 0..100, no such band; null: no override). Read first before ``close``.
        """
        place = [
            (f"{self._ctx.q('score')} = {self._ctx.dialect.text(name)}", str(number))
            for number, name in enumerate(self.model.scores)
        ]
        order = f"ORDER BY {self._ctx.q('account')}, {case(place)}"
        return self._engine.query(f"SELECT * FROM {self._ctx.step('scores')}\n{order}")

    def batches(self) -> pa.RecordBatchReader:
        """Return the rows of ``scores`` as a stream, in no order: for very many accounts."""
        return self._engine.batches(f"SELECT * FROM {self._ctx.step('scores')}")

    def ledger(
        self,
        accounts: Iterable[int] | None = None,
        score: str | None = None,
        *,
        evidence: bool = True,
    ) -> pa.Table:
        """Return the parts that add up: value = 50 + sum of points, to 1e-9.

        Args:
            accounts: Account keys; None: all.
            score: One score; None: all.
            evidence: Whether to add the record ids behind each signal (at most 20).

        Returns:
            account, score, part (metric, peers, worst_pull, adjustment, floor, cap, clamp),
            name, via (component scores on the way down, joined by ``/``), points, signal,
            value, unit, goodness (null: unknown), observed, weight (share of the score), and
            evidence (``source:id``, newest first). Accounts without a value have no rows.
        """
        wanted = self._wanted(accounts)
        tables = [self._ledger(name, wanted) for name in self._names(score)]
        table = pa.concat_tables(tables).combine_chunks()
        order = [("account", "ascending"), ("_score", "ascending"), ("place", "ascending")]
        table = table.sort_by(order).drop_columns(["_score", "place"])
        return self._with_evidence(table, wanted) if evidence else table

    def _ledger(self, name: str, wanted: str) -> pa.Table:
        chosen = chosen_points(self._ctx, name, wanted)
        self._engine.once(points_steps(self._ctx))
        self._engine.run([chosen])
        try:
            table = self._engine.query(ledger_sql(self._ctx, name))
        finally:
            self._engine.forget(chosen.name)
        return _numbered(table, self.model, name)

    def _names(self, score: str | None) -> list[str]:
        if score is not None and score not in self.model.scores:
            raise ValueError(f"no score {score!r}; there are: {', '.join(self.model.scores)}")
        return list(self.model.scores) if score is None else [score]

    def reasons(
        self, limit: int = 3, scores: Iterable[str] | None = None, *, measured: bool = True
    ) -> pa.Table:
        """Return the largest parts per account and score, by points rounded to 6 decimals.

        Args:
            limit: How many, at most.
            scores: Which scores; None: all.
            measured: Whether to add goodness and observed; null without.

        Returns:
            The ledger's columns but evidence, and rank (from 1); ties by the model's order.
        """
        wanted = self.model.scores if scores is None else scores
        tables = []
        self._engine.once(points_steps(self._ctx))
        for name in (name for each in wanted for name in self._names(each)):
            self._engine.once(
                [top_step(self._ctx, name, limit), ranked_step(self._ctx, name, limit)]
            )
            sql = reasons_sql(self._ctx, name, limit, measured=measured)
            table = named(self._ctx, name, self._engine.query(sql))
            tables.append(_numbered(table, self.model, name))
        table = pa.concat_tables(tables).combine_chunks()
        order = [("account", "ascending"), ("_score", "ascending"), ("rank", "ascending")]
        return table.sort_by(order).drop_columns(["_score"])

    @property
    def missing(self) -> pa.Table:
        """Metrics unobserved: account, score, metric, table (what to connect)."""
        return self.missing_of(self.model.scores)

    def missing_of(self, scores: Iterable[str]) -> pa.Table:
        """Return the rows of ``missing`` of some scores."""
        q = self._ctx.q
        selects = []
        for name in (name for each in scores for name in self._names(each)):
            source = self._ctx.step(f"inputs_{name}")
            for part in parts(self._ctx, name):
                if not part.is_metric:
                    continue
                signal = self.model.signals[self.model.metrics[part.name].signal]
                texts = {"score": name, "metric": part.name, "table": signal.table}
                columns = [(q("account"), q("account"))]
                columns += [(q(k), self._ctx.dialect.text(v)) for k, v in texts.items()]
                selects.append(str(Select(columns, source, [f"{q(part.name, 'seen')} = 0"])))
        if not selects:
            return pa.table({name: [] for name in ("account", "score", "metric", "table")})
        order = f"ORDER BY {q('account')}, {q('score')}, {q('metric')}"
        return self._engine.query("\nUNION ALL\n".join(selects) + f"\n{order}")

    @property
    def signals(self) -> pa.Table:
        """Every signal of every account: account, one column per signal; null is unknown."""
        columns = [
            (self._ctx.q(name), self._ctx.q(name)) for name in ("account", *self.model.signals)
        ]
        sql = Select(columns, self._ctx.step("signals"))
        return self._engine.query(f"{sql}\nORDER BY {self._ctx.q('account')}")

    def close(self) -> None:
        """Drop everything that scoring made on the connection."""
        self._engine.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wanted(self, accounts: Iterable[int] | None) -> str:
        portfolio, account = self._ctx.step("portfolio"), self._ctx.q("account")
        if accounts is None:
            return f"(SELECT {account} FROM {portfolio})"
        keys = ", ".join(str(int(key)) for key in accounts) or "NULL"
        return f"(SELECT {account} FROM {portfolio} WHERE {account} IN ({keys}))"

    def _with_evidence(self, table: pa.Table, wanted: str) -> pa.Table:
        signals = sorted(set(table.column("signal").to_pylist()) - {None})
        found: dict[tuple[int, str], list[str]] = {}
        for signal in signals:
            sql = evidence_sql(self._ctx, signal, wanted)
            if sql is None:
                continue
            for row in self._engine.query(sql).to_pylist():
                found.setdefault((row["account"], signal), []).append(
                    f"{row['source']}:{row['id']}"
                )
        pairs = zip(
            table.column("account").to_pylist(), table.column("signal").to_pylist(), strict=True
        )
        ids = [found.get(pair, []) for pair in pairs]
        return table.append_column("evidence", pa.array(ids, pa.list_(pa.string())))


def _numbered(table: pa.Table, model: Model, score: str) -> pa.Table:
    """Add the score's place in the model, to sort by."""
    place = list(model.scores).index(score)
    return table.append_column("_score", pa.array([place] * table.num_rows, pa.int64()))


def score(
    model: Model,
    facts: Mapping[str, Any],
    *,
    as_of: datetime,
    connection: Any = None,
    previous: Any = None,
    overrides: Any = None,
    rates: Mapping[str, float] | None = None,
    rolled: RollUp | None = None,
    at_once: int = 1,
) -> Snapshot:
    """Score every account at one moment.

    Args:
        model: The model.
        facts: Canonical table -> a relation's name on the connection, or Arrow, Polars or
            pandas data. Every table has ``account`` (integer key) beside its canonical
            columns; a column that is missing counts as null. A row counts as often as it is
            given: hand over each record's latest version. ``accounts`` is needed: one row per
            account. ``presence`` (account, table, read_at) tells which accounts are
            matched in a source of a table, read when; without it every account counts as
            read at ``as_of`` in every table given. Times are UTC.
        as_of: The moment; UTC where it has no zone.
        connection: A DuckDB connection, a Spark session (facts may be its DataFrames), or a
            PostgreSQL connection of psycopg or of SQLAlchemy over it; None: DuckDB in memory.
        previous: account, score, value, band of the last snapshot (or that Snapshot), for the
            dead-band.
        overrides: account, score, value, band, reason, author, set_at, expires_at. Of an
            account and score the last one set by ``as_of`` is looked at, no other.
        rates: Currency -> its value in the model's base currency.
        rolled: What ``roll_up`` kept of an earlier day, ``since`` which little has changed: the
            same answers for less time. ``facts`` are all the rows there are now.
        at_once: Steps that DuckDB makes at a time, on cursors of the connection, as tables of its
            database in memory until ``close``; facts name nothing that is temporary.

    Raises:
        ModelError: a column that the facts lack, or money in several currencies without rates.
        ValueError: facts of no canonical table, without accounts or with an account twice;
            ``rolled`` for other signals, rates or columns; ``at_once`` where that cannot be.
    """
    moment = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    before = previous.scores if isinstance(previous, Snapshot) else previous
    engine = engine_on(connection, at_once)
    with engine.making():
        data = given(facts, before, overrides) | (rolled.given() if rolled is not None else {})
        ctx = with_kept(with_rates(context(model, engine, data, moment), engine, rates), rolled)
        check_accounts(ctx, engine)
        engine.run(_steps(with_few(ctx, engine), at_once))
    return Snapshot(model, moment, ctx, engine)


def _steps(ctx: Context, at_once: int) -> list[Step]:
    """Return the steps of scores; several at a time those of points, too, which wait for few."""
    steps = compile_model(ctx)
    return steps if at_once == 1 else [*steps, *points_steps(ctx)]
