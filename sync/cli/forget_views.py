"""What ``forget`` shows: how much is, or was, kept about a customer, and what to do next."""

from pathlib import Path

from rich.markup import escape

from sync.config import load
from sync.forgetting import Forgotten, forget

from .look import told
from .output import Output, grid


def run(config: Path, account: str, *, apply: bool, as_json: bool) -> None:
    """Count what is kept about a customer; remove it only with ``apply``."""
    out = Output(as_json=as_json)
    with told(out):
        found = forget(load(config), account, apply=apply)
    out.data(found)
    _show(out, found)


def _show(out: Output, found: Forgotten) -> None:
    out.title(escape(", ".join(found.records)))
    table = grid("where", "table", ">rows")
    for where, counts in (("store", found.rows), ("journal", found.journal)):
        for name, rows in counts.items():
            table.add_row(where, escape(name), f"{rows:,}")
    out.show(table, "")
    if found.still_there:
        listed = escape(", ".join(found.still_there))
        out.show(f"Still in its system: {listed}. Delete it there, or a later read brings it back.")
    if found.applied:
        out.show("All of it is gone. Reports and exports that you made are yours to delete.")
    else:
        out.show("Nothing was removed: this was a dry run. With --apply it is, for good.")
