"""The commands. Each parses its options, calls one function, and shows what it returns."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import first_options as first
from . import plan as writers
from .export import export
from .forget import forget
from .general import Commands
from .model import model_app
from .options import DEFAULT, NOBODY, AsOf, ConfigFile, Json, KnownAt, Language, Pair, moment
from .override import override
from .past import dead_letters, runs_app
from .plan import plan_app
from .schedule import schedule
from .zendesk_app import zendesk_app

app = typer.Typer(
    name="pulsefield",
    cls=Commands,
    help="Customer health, adoption and engagement scores in Salesforce, HubSpot and Zendesk.\n\n"
    "Start with `pulsefield demo`, which needs no account anywhere; then `init`, `check` and "
    "`sync`. Nothing is written to a system without `--apply` or `--create`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
)
TRY = "Try it"
SETUP = "Set up"
WORK = "Work"
LOOK = "Look"


class View(StrEnum):
    """What ``show`` shows."""

    PORTFOLIO = "portfolio"
    SEGMENTS = "segments"
    MOVERS = "movers"


app.add_typer(zendesk_app, name="zendesk-app", rich_help_panel=SETUP)
app.add_typer(model_app, name="model", rich_help_panel=LOOK)


@app.command(rich_help_panel=TRY)
def demo(
    customers: Annotated[int, typer.Option(min=1, help="Customers in the portfolio.")] = 500,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal portfolios.")] = 7,
    folder: Annotated[
        Path | None, typer.Option(help="Keep configuration, store and journal here.")
    ] = None,
) -> None:
    """Run the whole job on simulated systems over HTTP, twice, and show every step."""
    from .demo import run_demo

    run_demo(customers, seed, folder)


@app.command(rich_help_panel=TRY)
def simulator(
    customers: Annotated[int, typer.Option(min=1, help="Customers in the portfolio.")] = 500,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal portfolios.")] = 7,
    port: Annotated[
        int, typer.Option(help="Salesforce's port; HubSpot and Zendesk take the next two.")
    ] = 8700,
    latency: Annotated[float, typer.Option(min=0, help="Seconds before each answer.")] = 0.0,
    faults: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of requests that go wrong.")
    ] = 0.0,
    folder: Annotated[
        Path, typer.Option(help="Where a ready pulsefield.toml with its secrets is written.")
    ] = Path("pulsefield-simulator"),
) -> None:
    """Serve the simulated systems until stopped, for rehearsals and tests."""
    from .demo import serve

    serve(customers, seed, port, folder, latency=latency, faults=faults)


@app.command(rich_help_panel=SETUP)
def init(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = DEFAULT,
    salesforce: first.MyDomain = "",
    salesforce_client: first.SalesforceClient = "",
    hubspot: first.HubSpot = False,
    hubspot_url: first.HubSpotUrl = "",
    zendesk: first.Zendesk = "",
    zendesk_client: first.ZendeskClient = "",
    tables: first.Tables = "",
    secrets: first.Secrets = "",
    language: first.Language = "en",
    model: first.ModelName = "default",
    rate: first.Rates = None,
    look: first.Look = True,
    overwrite: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented pulsefield.toml, with a mapping of the fields that your systems have.

    Asks where no option names a system. Secrets are read from the environment
    (SALESFORCE_CLIENT_SECRET or SALESFORCE_TOKEN, HUBSPOT_TOKEN, ZENDESK_CLIENT_SECRET or
    ZENDESK_TOKEN) or from files of the same names in lower case in --secrets.
    """
    from sync.starter import Answers

    from . import asking
    from .first_day import write_config

    answers = Answers(
        salesforce=asking.my_domain(salesforce),
        salesforce_client=salesforce_client,
        hubspot=hubspot or bool(hubspot_url),
        hubspot_url=hubspot_url,
        zendesk=asking.support(zendesk),
        zendesk_client=zendesk_client,
        tables=tables,
        secrets=asking.folder(secrets, file),
        language=language,
        model=model,
        rates=asking.rates(rate or ()),
    )
    write_config(file, answers, look=look, overwrite=overwrite)


@app.command(rich_help_panel=SETUP)
def template(
    folder: Annotated[Path, typer.Argument(help="Where the sheets are written.")],
    model: first.ModelName = "default",
    language: first.Language = "en",
    overwrite: Annotated[bool, typer.Option(help="Replace files that are there.")] = False,
) -> None:
    """Write empty CSV sheets for every kind of record, and a workbook for scoring by hand.

    The sheets come with the settings that read them. The workbook computes the scores of the
    values that you type into it, by formulas, as --model says.
    """
    from .template import write_template

    write_template(folder, model, language, overwrite=overwrite)


@app.command(rich_help_panel=SETUP)
def check(config: ConfigFile = DEFAULT, as_json: Json = False) -> None:
    """Find every problem at once: credentials, permissions, fields, quotas, model."""
    from .first_day import check_all

    check_all(config, as_json=as_json)


@app.command(rich_help_panel=SETUP)
def fields(
    config: ConfigFile = DEFAULT,
    create: Annotated[
        bool, typer.Option("--create", help="Make what is missing, with its permissions.")
    ] = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="Show what each source has that could be mapped.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the score fields of each target, and make those that are missing."""
    if sources:
        from .sources import show_sources

        show_sources(config, as_json=as_json)
        return
    from .first_day import show_fields

    show_fields(config, create=create, as_json=as_json)


@app.command(rich_help_panel=WORK)
def pull(
    config: ConfigFile = DEFAULT,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    as_json: Json = False,
) -> None:
    """Read what changed in every source into the store."""
    from .work import pull as run

    run(config, full=full, as_json=as_json)


@app.command(rich_help_panel=WORK)
def score(
    config: ConfigFile = DEFAULT,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    output: Annotated[
        Path | None, typer.Option(help="Also write every account's scores to this CSV file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Score what is stored; no system is read or written."""
    from .work import score as run

    when = moment(as_of, "--as-of"), moment(known_at, "--known-at")
    run(config, when, output, as_json=as_json)


app.add_typer(plan_app, name="plan", rich_help_panel=WORK)
app.command(rich_help_panel=WORK)(writers.sync)
app.command(rich_help_panel=WORK)(writers.rollback)
app.command(rich_help_panel=WORK)(writers.retry)
app.add_typer(runs_app, name="runs", rich_help_panel=LOOK)
app.command(name="dead-letters", rich_help_panel=LOOK)(dead_letters)
app.command(rich_help_panel=WORK)(forget)
app.command(rich_help_panel=LOOK)(export)
app.command(rich_help_panel=WORK)(schedule)
app.command(rich_help_panel=WORK)(override)


@app.command(rich_help_panel=LOOK)
def explain(
    account: Annotated[str, typer.Argument(help="A name, a Pulsefield id, or a system's id.")],
    config: ConfigFile = DEFAULT,
    score_name: Annotated[str, typer.Option("--score", help="Which score.")] = "health",
    since: Annotated[
        str | None,
        typer.Option(metavar="RUN|DATE", help="Say why it changed since then, instead."),
    ] = None,
    language: Annotated[
        Language | None, typer.Option(help="Of the words; the deployment's by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say why a customer has its score, or why it changed, to the last decimal."""
    from . import look
    from . import since as changes

    asked = look.Asked(config, account, score_name, language)
    if since is None:
        look.explain(asked, as_json=as_json)
    else:
        changes.explain(asked, since, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def match(
    config: ConfigFile = DEFAULT,
    join: Pair = NOBODY,
    apart: Pair = NOBODY,
    undo: Pair = NOBODY,
    reason: Annotated[str, typer.Option(help="Why; kept with the decision.")] = "",
    as_json: Json = False,
) -> None:
    """Show what was joined with what, and the pairs that wait for a decision.

    --join, --apart and --undo take two records as connection:id and keep what you say about
    them: one customer, two, or what the evidence says.
    """
    said = ((join, True), (apart, False), (undo, None))
    if given := [(pair, same) for pair, same in said if any(pair)]:
        from .decide import decide

        decide(config, given, reason, as_json=as_json)
        return
    from .look import match as run

    run(config, as_json=as_json)


@app.command(rich_help_panel=LOOK)
def show(
    view: Annotated[View, typer.Argument(help="portfolio, segments or movers.")] = View.PORTFOLIO,
    config: ConfigFile = DEFAULT,
    every: Annotated[bool, typer.Option("--all", help="Every row of the lists.")] = False,
    as_json: Json = False,
) -> None:
    """Show the portfolio by band, by segment, or who moved, from what is stored."""
    from .show import show as run

    run(config, view.value, as_json=as_json, every=every)


@app.command(rich_help_panel=LOOK)
def report(
    config: ConfigFile = DEFAULT,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="The HTML report; pulsefield-report.html."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--csv", metavar="FOLDER", help="Every table as a CSV file.")
    ] = None,
    workbook: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Every table as one workbook.")
    ] = None,
) -> None:
    """Write the portfolio, with every account, as one HTML file, CSV files or a workbook."""
    from .publish import report as run

    run(config, output, folder, workbook)
