"""The command that writes empty sheets, and the workbook for scoring by hand: ``template``."""

from pathlib import Path

import typer

from connectors.tables.template import MEANINGS, SETTINGS, template
from scoring import load_model
from scoring.language import languages
from sync.byhand import workbook
from sync.errors import SyncError
from sync.files import replace_bytes, replace_text
from sync.modelling.files import find_model

from .main import SETUP
from .output import Output

BY_HAND = "scoring-by-hand.xlsx"


def write_template(folder: Path, model: str, language: str, *, overwrite: bool) -> None:
    """Write the sheets, their settings and the workbook into a folder.

    Raises:
        SyncError, ModelError: no such model or language.
        typer.Exit: a file is there, and was not to be replaced.
    """
    out = Output()
    found = find_model(model, None)
    if language not in languages():
        raise SyncError(f"no language {language!r}; there are {', '.join(languages())}")
    scores = workbook(load_model(found.text, file=found.file), language)
    files = template()
    there = [name for name in (*files, BY_HAND) if (folder / name).exists()]
    if there and not overwrite:
        out.show(f"{folder / there[0]} is there already; --overwrite replaces it.")
        raise typer.Exit(SETUP)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        replace_text(folder / name, text)
    replace_bytes(folder / BY_HAND, scores)
    out.show(
        f"Wrote {len(files) - 2} sheets to {folder}; {MEANINGS} says what belongs where.",
        f"Next: fill accounts.csv and what else you have, and put {SETTINGS} into pulsefield.toml, "
        "with the folder.",
        f"Without any system: type values into {BY_HAND}, which computes the scores itself.",
    )
