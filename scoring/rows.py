"""The first steps: customers, what was read of them until when, and rows with their age."""

from collections.abc import Iterator

from .expressions import columns as names_in
from .expressions import parse
from .references import time_of
from .render import Scope, condition
from .steps import Context, Select, Step, case
from .tables import MONEY, Kind

ENTRY = ("source", "id")
NEWS = "pulsefield news"
"""The column of rows that are not among the things that a roll-up kept."""


def first_steps(ctx: Context) -> Iterator[Step]:
    """Yield customers, reads, ends, portfolio, and the rows of every table that signals read."""
    yield _customers(ctx)
    if "presence" in ctx.relations:
        yield _reads(ctx)
    yield _ends(ctx)
    yield _portfolio(ctx)
    for table in fact_tables(ctx):
        yield rows_step(ctx, table)


def fact_tables(ctx: Context) -> list[str]:
    """Return the tables whose rows are aggregated, in the model's order."""
    signals = ctx.model.signals.values()
    return list(dict.fromkeys(s.table for s in signals if s.aggregate is not None))


def read_tables(ctx: Context) -> list[str]:
    """Return accounts and the tables that signals read."""
    return list(dict.fromkeys(["accounts", *fact_tables(ctx)]))


def account_columns(ctx: Context) -> list[str]:
    """Return the columns of accounts that the model reads, beside rows of accounts."""
    return ctx.read.get("accounts", [])


def column(ctx: Context, table: str, name: str) -> tuple[str, Kind | None]:
    """Return a column as it enters: typed, finite, in the base currency; null if absent.

    Dates become times (their first moment), so that all times compare alike.
    """
    kind = ctx.kind(table, name)
    entered: Kind | None = "time" if kind == "date" else kind
    if not ctx.has(table, name):
        return ctx.dialect.cast("NULL", entered or "string"), entered
    value = f"f.{ctx.q(name)}"
    if kind is not None:
        value = ctx.dialect.cast(value, entered or kind)
    if kind == "number":
        value = ctx.dialect.finite(value)
    if entered == "time":
        value = ctx.dialect.moments.format(value=value)
    if name in MONEY.get(table, ()) and ctx.rates:
        value = f"({value}) * {_rate(ctx, table)}"
    return value, entered


def _rate(ctx: Context, table: str) -> str:
    if not ctx.has(table, "currency"):
        return ctx.num(1)
    name = f"f.{ctx.q('currency')}"
    each = [(f"{name} = {ctx.dialect.text(c)}", ctx.num(r)) for c, r in ctx.rates.items()]
    return case(each, ctx.num(1))


def _relation(ctx: Context, table: str) -> str:
    """Return where a table's rows are, or one with none."""
    return (
        ctx.relations.get(table)
        or f"(SELECT CAST(NULL AS BIGINT) AS {ctx.q('account')} WHERE FALSE)"
    )


def _customers(ctx: Context) -> Step:
    columns = [(ctx.q("account"), f"f.{ctx.q('account')}")]
    has_id = ctx.has("accounts", "account_id")
    key = ctx.q("account_id" if has_id else "account")
    columns.append((ctx.q("account_id"), ctx.dialect.cast(f"f.{key}", "string")))
    columns += [
        (ctx.q(f"account.{name}"), column(ctx, "accounts", name)[0])
        for name in account_columns(ctx)
    ]
    sql = Select(columns, f"{ctx.relations['accounts']} AS f")
    return Step("customers", "one row per account, with the columns that the model reads", str(sql))


def _reads(ctx: Context) -> Step:
    q = ctx.q
    columns = [(q("account"), q("account"))]
    for table in read_tables(ctx):
        time = ctx.dialect.cast(q("read_at"), "time")
        match = f"{q('table')} = {ctx.dialect.text(table)}"
        columns.append((q(table), f"max(CASE WHEN {match} THEN {time} END)"))
    sql = Select(columns, ctx.relations["presence"], group=q("account"))
    return Step("reads", "when each account was last read from a source of each table", str(sql))


def account_scope(ctx: Context, alias: str, *, bare: bool) -> dict[str, tuple[str, Kind | None]]:
    """Return the names of account columns in expressions, ``account.x`` and perhaps ``x``."""
    names: dict[str, tuple[str, Kind | None]] = {}
    for name in account_columns(ctx):
        entry = (f"{alias}.{ctx.q(f'account.{name}')}", column(ctx, "accounts", name)[1])
        names[f"account.{name}"] = entry
        if bare:
            names[name] = entry
    return names


def _ends(ctx: Context) -> Step:
    """Where windows end: the as-of time, or the last read when that is earlier."""
    q = ctx.q
    columns = [(q("account"), f"c.{q('account')}")]
    columns += [(q("end", table), _end(ctx, table)) for table in read_tables(ctx)]
    source = f"{ctx.step('customers')} AS c"
    if "presence" in ctx.relations:
        source += f"\nLEFT JOIN {ctx.step('reads')} AS r ON r.{q('account')} = c.{q('account')}"
    about = "where each account's windows end, by table (null: in no source of that table)"
    return Step("ends", about, str(Select(columns, source)))


def _end(ctx: Context, table: str) -> str:
    if "presence" not in ctx.relations:
        return ctx.now if table in ctx.relations else ctx.dialect.cast("NULL", "time")
    read = f"r.{ctx.q(table)}"
    stopped = (f"{read} < {ctx.now}", read)
    if table == "accounts":
        return case([stopped], ctx.now)
    return case([stopped, (f"{read} IS NOT NULL", ctx.now)])


def _portfolio(ctx: Context) -> Step:
    q = ctx.q
    scope = Scope(ctx.dialect, account_scope(ctx, "c", bare=True), ctx.now)
    segments = [
        (condition(parse(segment.where), scope), ctx.dialect.text(name))
        for name, segment in ctx.model.segments.items()
    ]
    columns = [(q("account"), f"c.{q('account')}"), (q("account_id"), f"c.{q('account_id')}")]
    columns.append((q("segment"), case(segments, ctx.dialect.cast("NULL", "string"))))
    columns += [(q(f"account.{n}"), f"c.{q(f'account.{n}')}") for n in account_columns(ctx)]
    fresh = ctx.model.source_freshness
    for table in read_tables(ctx):
        end = f"e.{q('end', table)}"
        unread = ctx.dialect.between(ctx.now, end)
        columns.append((q("end", table), end))
        seen = fade(ctx, unread, fresh.fresh_for, fresh.expires_after)
        columns.append((q("seen", table), seen))
    source = f"{ctx.step('customers')} AS c"
    source += f"\nJOIN {ctx.step('ends')} AS e ON e.{q('account')} = c.{q('account')}"
    about = "each account's segment, where its windows end, how far its sources are believed"
    return Step("portfolio", about, str(Select(columns, source)), kept=True)


def fade(ctx: Context, age: str, fresh_for: float, expires_after: float) -> str:
    """1 up to ``fresh_for`` days, then straight down to 0 at ``expires_after``."""
    slope = f"({ctx.num(expires_after)} - {age}) / {ctx.num(expires_after - fresh_for)}"
    fresh = (f"{age} <= {ctx.num(fresh_for)}", ctx.num(1))
    return case([fresh, (f"{age} < {ctx.num(expires_after)}", slope)], ctx.num(0))


def age(ctx: Context, time: str) -> str:
    """Name the column that holds days from a row's time to the end."""
    return ctx.q("age", time)


def rows_step(ctx: Context, table: str, *, raw: bool = False, late: str = "") -> Step:
    """Return the step of a table's rows, with their age in days at the end.

    Args:
        ctx: The context.
        table: The table.
        raw: Whether to add the columns as they are in the facts (``raw NAME``).
        late: Where the rows are instead of the facts: without source and id, but with ``end``.
    """
    q = ctx.q
    names = list(dict.fromkeys([*(() if late else ENTRY), *ctx.read.get(table, [])]))
    columns = [(q("account"), f"f.{q('account')}")]
    columns += [(q(each), column(ctx, table, each)[0]) for each in names]
    extra = [] if late else beside(ctx, table)
    columns += [(q(f"account.{each}"), f"p.{q(f'account.{each}')}") for each in extra]
    same_end = "presence" not in ctx.relations and table in ctx.relations
    end = f"f.{q('end')}" if late else ctx.now if same_end else f"p.{q('end', table)}"
    columns.append((q("end"), end))
    for time in time_columns(ctx, table):
        columns.append((age(ctx, time), ctx.dialect.between(end, column(ctx, table, time)[0])))
    columns += [(q("raw", each), f"f.{q(each)}") for each in raw_columns(ctx, table) if raw]
    columns += [(q(NEWS), f"f.{q(NEWS)}")] if late else []
    source = f"{late or _relation(ctx, table)} AS f"
    if not late and (extra or not same_end):  # else each row's account need not be looked up
        on = f"p.{q('account')} = f.{q('account')} AND p.{q('end', table)} IS NOT NULL"
        source += f"\nJOIN {ctx.step('portfolio')} AS p ON {on}"
    about = f"{table} of the accounts that were read, with their age in days at the end"
    name = "late" if late else "raw" if raw else "rows"
    return Step(f"{name}_{table}", about, str(Select(columns, source)), many=True)


def raw_columns(ctx: Context, table: str) -> list[str]:
    """Return the columns of a table's facts that its rows are made of, beside the keys."""
    names = [name for name in ctx.read.get(table, []) if ctx.has(table, name)]
    money = ctx.rates and set(names) & set(MONEY.get(table, ())) and ctx.has(table, "currency")
    return list(dict.fromkeys([*names, "currency"])) if money else names


def beside(ctx: Context, table: str) -> list[str]:
    """Return the account columns that conditions on a table's rows mention."""
    if table == "accounts":
        return []
    texts: list[str] = []
    for signal in ctx.model.signals.values():
        if signal.table == table and signal.aggregate is not None:
            texts += [signal.where] if signal.where is not None else []
            texts += [signal.of[0]] if signal.aggregate == "share" else []
    mentioned = {name for text in texts for name in names_in(parse(text))}
    return [name for name in account_columns(ctx) if f"account.{name}" in mentioned]


def time_columns(ctx: Context, table: str) -> list[str]:
    """Return the columns whose age the table's signals need."""
    found: list[str] = []
    for signal in ctx.model.signals.values():
        if signal.table == table and signal.aggregate is not None:
            found += [name for name in (time_of(signal), *(signal.valid or ())) if name]
    return list(dict.fromkeys(found))
