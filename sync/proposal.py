"""A proposed mapping as TOML: what is sure as settings, the rest as comments with the reason."""

import json
import re
from collections.abc import Iterable, Sequence

from connectors.records import TABLES

from .guessing import Guess, Thing
from .looking import Found

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_OWN = "a column of your own: a model reads it once a signal names it"


def text(name: str, found: Found) -> str:
    """Return the settings of one connection that say where values come from."""
    if found.error:
        return "\n# Its fields could not be looked at. `pulsefield check` says why.\n"
    parts = [
        mapped(f"connections.{name}.map.{table}", table, found.maps[table])
        for table in TABLES
        if found.maps.get(table)
    ]
    parts += [_thing(name, thing) for thing in found.things]
    if found.deals:
        parts.append(_deals(name, found.deals))
    return "".join(parts) or "\n# No field of your own looks like anything that scores use.\n"


def remark(guess: Guess) -> str:
    """Return what a person should know of a guess: label, confidence, contents, doubts."""
    words = [_line(guess.offer.label or guess.offer.field), f"fits {guess.confidence:.0%}"]
    if guess.filled is not None:
        words.append(f"filled {guess.filled:.0%}")
    doubt = guess.against or (_OWN if guess.own else "")
    return ", ".join(words) + (f"; {doubt}" if doubt else "")


def _line(text: str) -> str:
    """Return a label on one line; what a comment of TOML may not hold is left out."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())[:60]


def mapped(header: str, table: str, guesses: Sequence[Guess]) -> str:
    """Return a table of guesses: what is sure as settings, the rest as comments."""
    order = [column.name for column in TABLES[table].all_columns]
    rows = sorted(
        guesses,
        key=lambda one: (
            order.index(one.column) if one.column in order else len(order),
            not one.sure,
            -one.confidence,
        ),
    )
    mark = "" if any(guess.sure for guess in rows) else "# "
    return "\n".join(["", f"{mark}[{header}]", *map(_row, rows), ""])


def _row(guess: Guess) -> str:
    mark = "" if guess.sure else "# "
    setting = f"{mark}{guess.column} = {_value(guess)}"
    return f"{setting:<40} # {remark(guess)}"


def _value(guess: Guess) -> str:
    field = quoted(guess.offer.field)
    if guess.own is not None:
        return f'{{ field = {field}, type = "{guess.own}" }}'
    if guess.scale != 1:
        return f"{{ field = {field}, scale = {guess.scale:.10g} }}"
    return field


def _thing(name: str, thing: Thing) -> str:
    header = f"connections.{name}.objects.{_key(thing.name)}"
    lines = [f"[{header}]", f"table = {quoted(thing.table)}"]
    if not thing.linked:
        lines.append(f"account = {quoted(thing.account or 'its lookup to the account')}")
    lines += ["", f"[{header}.map]"]
    if thing.kind and not any(guess.sure and guess.column == "kind" for guess in thing.guesses):
        lines.append(f"kind = {{ value = {quoted(thing.kind)} }}")
    lines += list(map(_row, _in_order(thing)))
    about = f"# {_line(thing.label or thing.name)}: fits {thing.confidence:.0%}"
    if thing.against:
        about += f"; left out: {thing.against}"
        lines = [line if line.startswith("#") else f"# {line}".rstrip() for line in lines]
    return "\n".join(["", about, *lines, ""])


def _in_order(thing: Thing) -> Iterable[Guess]:
    order = [column.name for column in TABLES[thing.table].all_columns]
    return sorted(thing.guesses, key=lambda one: (order.index(one.column), not one.sure))


def _deals(name: str, guesses: Sequence[Guess]) -> str:
    lines = [
        "",
        "# Which deals are renewals, upgrades and so on. Each value: when won, when lost.",
        f"# [connections.{name}.deals]",
        *(f"# property = {quoted(one.offer.field)}   # {remark(one)}" for one in guesses),
        '# kinds = { renewal = ["renewal", "churn"], upgrade = ["upgrade", "other"] }',
        "",
    ]
    return "\n".join(lines)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(value: str) -> str:
    """Return a TOML string."""
    return json.dumps(value, ensure_ascii=False)
