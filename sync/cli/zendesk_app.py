"""``zendesk-app``: the sidebar app for Zendesk's agents."""

from pathlib import Path
from typing import Annotated

import typer

from .general import Commands

zendesk_app = typer.Typer(
    cls=Commands,
    help="The Zendesk sidebar app that shows a customer's scores beside the ticket.",
    no_args_is_help=True,
)


@zendesk_app.callback()
def group() -> None:
    """Keep ``build`` a word of its own while it is the only one."""


@zendesk_app.command()
def build(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The zip to write.")
    ] = Path("pulsefield-zendesk-app.zip"),
) -> None:
    """Pack the app into the zip that Zendesk takes; no network, no secret in it."""
    from connectors.zendesk import package
    from sync.files import replace_bytes
    from sync.sidebar import texts

    from .output import Output

    content = package.build(package.app_files(texts()))
    replace_bytes(output, content)
    Output().show(
        f"Wrote {output} ({len(content) / 1000:.1f} kB).",
        "Next, in Zendesk: Admin Center > Apps and integrations > Zendesk Support apps > "
        "Upload private app.",
    )
