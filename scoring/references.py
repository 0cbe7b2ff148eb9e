"""Which columns of the facts a model reads, and whether the facts have them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .declared import Signal
from .dialects import DUCKDB
from .errors import ModelError, Problem, shown, unknown
from .expressions import Compare, Constant, Expr, ExpressionError, In, columns, parse, parts
from .model import Model
from .render import Scope, condition
from .tables import COLUMNS, MONEY, NUMERIC, TIMED, TIMES, Kind, Schema

COUNTED: tuple[Kind, ...] = (*NUMERIC, "boolean")
OF_NUMBERS = {"sum", "mean", "median", "min", "max", "last"}
_NUMBER: Kind = "number"
KEYS: dict[str, Kind] = {
    "account": "integer",
    "account_id": "string",
    "source": "string",
    "id": "string",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of a column.

    Attributes:
        key: Where in the model.
        table: The table.
        column: Its column.
        kinds: Kinds that fit there; empty: any.
    """

    key: str
    table: str
    column: str
    kinds: tuple[Kind, ...] = ()


def references(model: Model) -> Iterator[Reference]:
    """Yield every mention of a column in a model."""
    for name, signal in model.signals.items():
        yield from of_signal(f"signals.{name}", signal)
    for name, segment in model.segments.items():
        yield from _mentions(f"segments.{name}.where", "accounts", segment.where)
    for key, text in conditions(model):
        for column in columns(parse(text)):
            if column.startswith("account."):
                yield Reference(key, "accounts", column.removeprefix("account."))


def conditions(model: Model) -> Iterator[tuple[str, str]]:
    """Yield every condition on signals, with its key."""
    for name, score in model.scores.items():
        limits = {"adjustments": score.adjustments, "caps": score.caps, "floors": score.floors}
        for kind, declared in limits.items():
            for word, item in declared.items():
                if item.when is not None:  # type: ignore[attr-defined] # all three have it
                    yield f"scores.{name}.{kind}.{word}.when", item.when  # type: ignore[attr-defined]
        if score.growth is not None:
            yield f"scores.{name}.growth", score.growth


def of_signal(key: str, signal: Signal) -> Iterator[Reference]:
    """Yield the columns that one signal reads."""
    table = signal.table
    if signal.field is not None:
        yield Reference(f"{key}.field", "accounts", signal.field, COUNTED)
        return
    if signal.where is not None:
        yield from _mentions(f"{key}.where", table, signal.where)
    if signal.aggregate == "share":
        yield from _mentions(f"{key}.of", table, signal.of[0])
    else:
        kinds = COUNTED if signal.aggregate in OF_NUMBERS else ()
        yield from (Reference(f"{key}.of", table, column, kinds) for column in signal.of)
    if signal.at_least is not None:
        yield Reference(f"{key}.at_least.of", table, signal.at_least.of)
    yield from _times(key, signal)


def time_of(signal: Signal) -> str:
    """Return the column that places a signal's rows in time; ``""`` for none."""
    return TIMES[signal.table] if signal.at is None else signal.at


def _times(key: str, signal: Signal) -> Iterator[Reference]:
    if time_of(signal):
        yield Reference(f"{key}.at", signal.table, time_of(signal), TIMED)
    for column in signal.valid or ():
        yield Reference(f"{key}.valid", signal.table, column, TIMED)
    if signal.start is not None:
        yield Reference(f"{key}.start", "accounts", signal.start, TIMED)


def _mentions(key: str, table: str, text: str) -> Iterator[Reference]:
    for name in columns(parse(text)):
        if name.startswith("account."):
            yield Reference(key, "accounts", name.removeprefix("account."))
        else:
            yield Reference(key, table, name)


def money_signals(model: Model) -> Iterator[tuple[str, str]]:
    """Yield key and table of all that reads money: an amount, not only its sign."""
    for name, signal in model.signals.items():
        read = {signal.field} if signal.field is not None else set(signal.of)
        if read & set(MONEY.get(signal.table, ())):
            yield f"signals.{name}", signal.table
    for key, own, text in _expressions(model):
        for name in _sized(text):
            table = "accounts" if name.startswith("account.") else own
            if name.removeprefix("account.") in MONEY.get(table, ()):
                yield key, table


def _expressions(model: Model) -> Iterator[tuple[str, str, str]]:
    """Yield key, table and text of every expression; conditions on signals have no table."""
    for name, segment in model.segments.items():
        yield f"segments.{name}.where", "accounts", segment.where
    for name, signal in model.signals.items():
        if signal.where is not None:
            yield f"signals.{name}.where", signal.table, signal.where
        if signal.aggregate == "share":
            yield f"signals.{name}.of", signal.table, signal.of[0]
    yield from ((key, "", text) for key, text in conditions(model))


def _sized(text: str) -> Iterator[str]:
    """Yield the columns that an expression compares with a value other than 0."""
    for part in parts(parse(text)):
        held: tuple[Expr, ...] = ()
        if isinstance(part, Compare | In):
            held = part.items if isinstance(part, In) else (part.left, part.right)
        if any(isinstance(each, Constant) and each.value != 0 for each in held):
            yield from columns(part)


def check_columns(model: Model, schema: Schema) -> None:
    """Check that the facts have the columns that a model reads, of a fitting kind.

    A canonical column that is not there counts as null; so does a whole table.

    Args:
        model: The model.
        schema: Table -> column -> kind, of the tables that are there.

    Raises:
        ModelError: a column that is neither canonical nor in the facts, or of another kind.
    """
    found = list(dict.fromkeys(_problems(model, schema))) or list(_comparisons(model, schema))
    if found:
        raise ModelError(model.file, found)


def _problems(model: Model, schema: Schema) -> Iterator[Problem]:
    for each in references(model):
        known = _kinds(schema, each.table)
        kind = known.get(each.column)
        if kind is None and (each.table in schema or each.table not in COLUMNS):
            yield unknown(each.key, each.column, f"column of {each.table}", sorted(known))
        elif kind is not None and each.kinds and kind not in each.kinds:
            allowed = f"a column of kind {' or '.join(each.kinds)}; {each.column} is {kind}"
            yield Problem(each.key, repr(each.column), allowed)


def _comparisons(model: Model, schema: Schema) -> Iterator[Problem]:
    """Yield the expressions that compare what cannot be compared, knowing the kinds."""
    account = {f"account.{name}": kind for name, kind in _kinds(schema, "accounts").items()}
    signals = dict.fromkeys(model.signals, _NUMBER)
    for key, table, text in _expressions(model):
        kinds: Mapping[str, Kind] = _kinds(schema, table) if table else signals
        used = {name: ("", {**kinds, **account}.get(name)) for name in columns(parse(text))}
        try:
            condition(parse(text), Scope(DUCKDB, used, ""))
        except ExpressionError as error:
            yield Problem(key, shown(text), str(error))


def _kinds(schema: Schema, table: str) -> dict[str, Kind]:
    return {**KEYS, **COLUMNS[table], **schema.get(table, {})}
