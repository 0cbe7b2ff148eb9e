"""The command that keeps what a person says about pairs of records: ``match --join``."""

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.markup import escape

from sync import deciding
from sync.config import load

from .main import SETUP
from .output import Output

_WORDS = {True: "one customer", False: "two customers", None: "whatever the evidence says"}


def decide(
    config: Path,
    given: Sequence[tuple[tuple[str, str], bool | None]],
    reason: str,
    *,
    as_json: bool,
) -> None:
    """Keep decisions, each (pair of records, same), and tell them."""
    out = Output(as_json=as_json)
    loaded = load(config)
    kept = []
    for pair, same in given:
        said = deciding.Said(*pair, same=same, reason=reason)
        try:
            names = deciding.keep(loaded, said)
        except LookupError as error:
            out.console.print(escape(str(error.args[0])))
            raise typer.Exit(SETUP) from None
        kept.append(said)
        sides = [f"{place} {name}".strip() for place, name in zip(pair, names, strict=True)]
        out.show(escape(f"{sides[0]} and {sides[1]}: {_WORDS[same]}."))
    out.data(kept)
    out.show("The next score or sync follows it.")
