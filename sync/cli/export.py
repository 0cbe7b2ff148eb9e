"""The command that hands out what is kept about one customer: ``export``."""

from pathlib import Path
from typing import Annotated

import typer

from .options import DEFAULT, ConfigFile


def export(
    account: Annotated[str, typer.Argument(help="A name, a Pulsefield id, or a system's id.")],
    config: ConfigFile = DEFAULT,
    output: Annotated[
        Path | None, typer.Option(help="Write to this file, for its owner only.")
    ] = None,
    as_json: Annotated[  # noqa: ARG001 - every command takes it, and this one has no other form
        bool, typer.Option("--json", help="It is always JSON.")
    ] = True,
) -> None:
    """Write all that is kept about one customer, in store, history and journal, as JSON."""
    import json

    from sync.config import load
    from sync.disclosing import kept
    from sync.files import replace_text

    from .look import told
    from .output import Output, plain

    with told(Output()):
        found = kept(load(config), account)
    if output is None:
        Output(as_json=True).data(found)
        return
    replace_text(output, json.dumps(plain(found), ensure_ascii=False, indent=2) + "\n")
    Output().show(f"Written to {output}: {len(found.records)} records and all that belongs to them")
