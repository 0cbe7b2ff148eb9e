"""A model to named SQL steps: each a readable SELECT over the ones before."""

from collections.abc import Iterator

from .dialects import Dialect
from .metrics import metric_steps
from .references import check_columns
from .rows import first_steps
from .scores import score_steps
from .signals import signal_steps
from .steps import Context, Select, Step, case

OWN = ("score", "value", "coverage", "spread", "band", "segment")
LIMITED = ("limited_by", "growth")
BLANKS = " \t\r\n\u00a0"
"""A reason of nothing but these is none."""


def compile_model(ctx: Context) -> list[Step]:
    """Return the steps from facts to ``scores``, in order.

    Raises:
        ModelError: a column that the facts do not have, or of another kind.
    """
    check_columns(ctx.model, ctx.schema)
    return list(_steps(ctx))


def _steps(ctx: Context) -> Iterator[Step]:
    yield from first_steps(ctx)
    yield from signal_steps(ctx)
    yield from metric_steps(ctx)
    yield from score_steps(ctx)
    if "overrides" in ctx.relations:
        yield _overrides(ctx)
    yield _scores(ctx)


def _overrides(ctx: Context) -> Step:
    """The latest override of each account and score, and whether it counts."""
    q, cast = ctx.q, ctx.dialect.cast
    expires, since = cast(q("expires_at"), "time"), cast(q("set_at"), "time")
    reason = f"trim(BOTH {ctx.dialect.text(BLANKS)} FROM {cast(q('reason'), 'string')})"
    value, band = cast(q("value"), "number"), cast(q("band"), "string")
    bands = [
        f"({q('score')} = {ctx.dialect.text(score)} AND {band} IN ({_listed(ctx, score)}))"
        for score in ctx.model.scores
    ]
    state = case(
        [
            (f"coalesce({reason}, '') = ''", "'no reason'"),
            (f"{expires} <= {ctx.now}", "'expired'"),
            (f"{value} IS NULL AND {band} IS NULL", "'empty'"),
            (f"{value} IS NOT NULL AND NOT ({value} BETWEEN 0 AND 100)", "'not 0..100'"),
            (f"{band} IS NOT NULL AND NOT ({' OR '.join(bands)})", "'no such band'"),
        ],
        "'active'",
    )
    texts = (cast(q(name), "string") for name in ("band", "reason", "author"))
    ties = [value, *(ctx.dialect.bytewise.format(value=text) for text in texts), expires]
    latest = ", ".join(f"{each} DESC NULLS LAST" for each in (since, *ties))
    rank = f"row_number() OVER (PARTITION BY {q('account')}, {q('score')} ORDER BY {latest})"
    columns = [(q(name), q(name)) for name in ("account", "score", "reason", "author")]
    columns += [(q("value"), value), (q("band"), band), (q("state"), state), (q("n"), rank)]
    known = f"({since} IS NULL OR {since} <= {ctx.now})"
    inner = Select(columns, ctx.relations["overrides"], [known])
    keep = [
        (q(n), q(n)) for n in ("account", "score", "value", "band", "reason", "author", "state")
    ]
    sql = Select(keep, f"(\n{inner}\n) AS ranked", [f"{q('n')} = 1"])
    return Step("overrides", "each account's latest override, and whether it counts", str(sql))


def _listed(ctx: Context, score: str) -> str:
    bands = ctx.model.bands_of(score)
    return ", ".join(ctx.dialect.text(name) for name in bands.borders or bands.quantiles or {})


def _scores(ctx: Context) -> Step:
    """All scores, with the override beside each."""
    q = ctx.q
    names = list(ctx.model.scores)
    union = "\nUNION ALL\n".join(f"SELECT * FROM {ctx.step(f'score_{name}')}" for name in names)
    account = q("account")
    columns = [(account, f"u.{account}"), (q("account_id"), f"p.{q('account_id')}")]
    columns += [(q(name), f"u.{q(name)}") for name in (*OWN, *LIMITED)]
    source = f"(\n{union}\n) AS u\nJOIN {ctx.step('portfolio')} AS p ON p.{account} = u.{account}"
    beside = {"value": "number", "band": "string", "reason": "string", "author": "string"}
    if "overrides" in ctx.relations:
        on = f"o.{account} = u.{account} AND o.{q('score')} = u.{q('score')}"
        source += f"\nLEFT JOIN {ctx.step('overrides')} AS o ON {on}"
    for name, kind in beside.items():
        null = ctx.dialect.cast("NULL", kind)  # type: ignore[arg-type] # the two kinds above
        active = case([(f"o.{q('state')} = 'active'", f"o.{q(name)}")])
        columns.append((q(f"override_{name}"), active if "overrides" in ctx.relations else null))
    state = (
        f"o.{q('state')}" if "overrides" in ctx.relations else ctx.dialect.cast("NULL", "string")
    )
    columns.append((q("override_state"), state))
    about = "every account and score; a person's override stands beside, never in its place"
    return Step("scores", about, str(Select(columns, source)))


def statement(dialect: Dialect, relation: str, step: Step) -> str:
    """Return the commented statement that makes a step."""
    made = (dialect.keep if dialect.keeps(step) else dialect.show).format(name=relation)
    return f"-- {step.name}: {step.about}\n{made}\n{step.sql};"
