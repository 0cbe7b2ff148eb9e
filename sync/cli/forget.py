"""The command that removes everything that is kept about one customer: ``forget``."""

from typing import Annotated

import typer

from .options import DEFAULT, ConfigFile, Json


def forget(
    account: Annotated[str, typer.Argument(help="A name, a Pulsefield id, or a system's id.")],
    config: ConfigFile = DEFAULT,
    apply: Annotated[
        bool, typer.Option("--apply", help="Remove it, for good; else only count.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Remove all that is kept about one customer; without --apply only count it.

    Rows leave the store with their history, old files and log, and the journal. The systems
    are not touched: delete the customer there first, or a later read brings it back.
    """
    from .forget_views import run

    run(config, account, apply=apply, as_json=as_json)
