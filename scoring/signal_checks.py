"""What each signal's declaration needs."""

from collections.abc import Iterator

from .declared import Signal
from .errors import Problem, in_days, neither_or_both, shown, unknown
from .expressions import ExpressionError, parse
from .graph import cycles
from .model import Model
from .tables import TIMES

ONE_COLUMN = {"sum", "mean", "median", "min", "max", "last", "share"}
COMPARED = {"count", "sum", "mean", "min", "max", "share", "median", "distinct"}
DURATIONS = {"window", "fresh_for", "expires_after"}
FADING = COMPARED | {"last", "days_since"}


def signal_problems(model: Model) -> Iterator[Problem]:
    """Yield what is missing, too much or contradictory in the signals."""
    below = {}
    for name, signal in model.signals.items():
        key = f"signals.{name}"
        if signal.table not in TIMES:
            yield unknown(f"{key}.table", signal.table, "table", TIMES)
        else:
            yield from _plain_or_counted(key, signal)
        for divisor in signal.per:
            if isinstance(divisor, str) and divisor not in model.signals:
                yield unknown(f"{key}.per", divisor, "signal", model.signals)
            elif divisor == 0:
                yield Problem(f"{key}.per", "0", "another number than 0")
        names = {divisor for divisor in signal.per if isinstance(divisor, str)}
        below[name] = names & set(model.signals)
    yield from cycles("signals", "per", below)


def _plain_or_counted(key: str, signal: Signal) -> Iterator[Problem]:
    if (signal.field is None) == (signal.aggregate is None):
        given = neither_or_both(signal.field)
        yield Problem(key, given, "either field (of accounts) or table and aggregate")
    elif signal.field is not None:
        yield from _field(key, signal)
    else:
        yield from _aggregate(key, signal)
        yield from _times(key, signal)


def _field(key: str, signal: Signal) -> Iterator[Problem]:
    allowed = {"field", "table", "per", "unit", "label", "texts", "source"}
    for name in sorted(signal.model_fields_set - allowed):
        value = getattr(signal, name)
        told = in_days(value) if name in DURATIONS else shown(value)
        yield Problem(f"{key}.{name}", told, "not beside field")
    if signal.table != "accounts":
        yield Problem(f"{key}.table", shown(signal.table), "'accounts', as field is of accounts")


def _aggregate(key: str, signal: Signal) -> Iterator[Problem]:
    kind = signal.aggregate or ""
    yield from _of(key, kind, signal)
    if signal.at_least is not None and kind != "distinct":
        yield Problem(f"{key}.at_least", shown(signal.at_least), "only beside 'distinct'")
    if (signal.start is not None) != (kind == "days_to"):
        yield Problem(f"{key}.start", shown(signal.start), "an account column, for 'days_to' only")
    if signal.compare is not None and kind not in COMPARED:
        yield Problem(f"{key}.compare", shown(signal.compare), f"not beside {kind!r}")
    if signal.where is not None:
        yield from _expression(f"{key}.where", signal.where)


def _of(key: str, kind: str, signal: Signal) -> Iterator[Problem]:
    if kind in ONE_COLUMN and len(signal.of) != 1:
        what = "a condition" if kind == "share" else "one column"
        yield Problem(f"{key}.of", shown(signal.of), f"{what}, for {kind!r}")
    elif kind == "share":
        yield from _expression(f"{key}.of", signal.of[0])
    if kind == "distinct" and not signal.of:
        yield Problem(f"{key}.of", "missing", "one or more columns, for 'distinct'")
    if kind not in ONE_COLUMN | {"distinct"} and signal.of:
        yield Problem(f"{key}.of", shown(signal.of), f"not beside {kind!r}")


def _expression(key: str, text: str) -> Iterator[Problem]:
    try:
        parse(text)
    except ExpressionError as error:
        yield Problem(key, shown(text), str(error))


def _times(key: str, signal: Signal) -> Iterator[Problem]:
    if signal.compare is not None and signal.window is None:
        yield Problem(f"{key}.window", "missing", 'a duration such as "28d", beside compare')
    at = TIMES[signal.table] if signal.at is None else signal.at
    if not at and (signal.window or (signal.aggregate or "").startswith("days")):
        yield Problem(f"{key}.at", "missing", f"a time column of {signal.table}")
    if signal.valid is not None and signal.window is not None and signal.compare is None:
        yield Problem(f"{key}.window", in_days(signal.window), "with valid, only beside compare")
    if signal.aggregate in {"days_until", "days_to"} and (signal.valid or signal.window):
        word = "valid" if signal.valid else "window"
        value = shown(signal.valid) if signal.valid else in_days(signal.window)
        yield Problem(f"{key}.{word}", value, f"not beside {signal.aggregate!r}")
    if signal.expires_after is None and signal.fresh_for is None:
        return
    if signal.aggregate not in FADING or not at:
        yield Problem(f"{key}.fresh_for", in_days(signal.fresh_for), "rows with a time to age by")
    if (signal.fresh_for or 0) >= (signal.expires_after or 0):
        allowed = "both fresh_for and expires_after, the first shorter"
        yield Problem(f"{key}.fresh_for", in_days(signal.fresh_for), allowed)
