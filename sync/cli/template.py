"""The command that writes empty sheets: ``template``."""

from pathlib import Path

import typer

from connectors.tables.template import MEANINGS, SETTINGS, template
from sync.files import replace_text

from .main import SETUP
from .output import Output


def write_template(folder: Path, *, overwrite: bool) -> None:
    """Write the sheets and their settings into a folder.

    Raises:
        typer.Exit: a file is there, and was not to be replaced.
    """
    out = Output()
    files = template()
    there = [name for name in files if (folder / name).exists()]
    if there and not overwrite:
        out.show(f"{folder / there[0]} is there already; --overwrite replaces it.")
        raise typer.Exit(SETUP)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        replace_text(folder / name, text)
    out.show(
        f"Wrote {len(files) - 2} sheets to {folder}; {MEANINGS} says what belongs where.",
        f"Next: fill accounts.csv and what else you have, and put {SETTINGS} into pulsefield.toml, "
        "with the folder.",
    )
