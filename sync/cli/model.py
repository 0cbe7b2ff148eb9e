"""``model``: look at a scoring model, compare two, print one as SQL."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from .general import Commands
from .options import DEFAULT, ConfigFile, Json, moment

model_app = typer.Typer(
    cls=Commands,
    help="Scoring models: what one comes to, what two differ in, and one as SQL.\n\n"
    "A model is named by its file, or by the name of a shipped one (default, support, "
    "small_book, trials).",
    no_args_is_help=True,
)
Model: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="[FILE|NAME]", help="A model; the deployment's by default.", show_default=False
    ),
]


class Written(StrEnum):
    """Ways of writing SQL."""

    DUCKDB = "duckdb"
    SPARK = "spark"
    POSTGRES = "postgres"


@model_app.command()
def check(model: Model = None, config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Show weights, curves, bands, segments, and metrics that nothing feeds."""
    from .model_check import check as run

    run(model, config, as_json=as_json)


@model_app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="The model now.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The model to be.")],
    config: ConfigFile = DEFAULT,
    score: Annotated[
        str | None, typer.Option(help="The score that is told of; health by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show who changes band on the stored data, who wins and loses, and by which change."""
    from .model_diff import diff as run

    run((before, after), config, score, as_json=as_json)


@model_app.command()
def sql(
    model: Model = None,
    config: ConfigFile = DEFAULT,
    dialect: Annotated[Written, typer.Option(help="Whose SQL.")] = Written.DUCKDB,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The moment to score (ISO date or time, UTC); now."),
    ] = None,
) -> None:
    """Print a model as commented SQL, step by step, to read and to run."""
    from .model_check import sql as run

    run(model, config, dialect.value, moment(as_of, "--as-of"))


def deployment(config: Path) -> Path | None:
    """Return the deployment's file; None where nobody asked for one and there is none."""
    return None if config == DEFAULT and not config.exists() else config
