"""``model diff``."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync.config import load
from sync.modelling import ModelDiff, diff_models, find_model
from sync.modelling.diff import Distribution, Moved

from .model import deployment
from .output import Output, grid
from .views import LISTED, band_style, number, share

TOLD = 3
"""Changes that are told per account."""


def diff(wanted: tuple[str, str], config: Path, score: str | None, *, as_json: bool) -> None:
    """Show what changes between two models."""
    out = Output(as_json=as_json)
    loaded = load(deployment(config) or config)
    before, after = (find_model(name, loaded) for name in wanted)
    with out.progress() as progress:
        found = diff_models(before, after, loaded, score=score, progress=progress)
    out.data(found)
    out.show(Text(f"{found.before} → {found.after}, {found.accounts:,} accounts", style="bold"))
    out.title("Bands")
    out.show(_distributions(found))
    out.title(f"Changes of {found.score}, as applied one after another")
    out.show(_effects(found) if found.effects else "Nothing that could move a score.")
    for title, rows in (
        (f"{len(found.bands):,} accounts change band", found.bands),
        ("Largest losers", found.losers),
        ("Largest winners", found.winners),
    ):
        if rows:
            out.title(title)
            out.show(_moved(rows, found))


def _distributions(found: ModelDiff) -> Table:
    names = list(
        dict.fromkeys(
            band for pair in found.distributions.values() for side in pair if side
            for band in side.bands
        )
    )  # fmt: skip
    table = grid("score", "", ">mean", *(f">{name}" for name in names))
    for score, pair in found.distributions.items():
        for word, side in zip(("before", "after"), pair, strict=True):
            label = score if word == "before" else ""
            table.add_row(escape(label), word, *_side(side, names, found.accounts))
    return table


def _side(side: Distribution | None, names: Sequence[str], accounts: int) -> list[str]:
    if side is None:
        return ["not in it"]
    counts = [side.bands.get(name) for name in names]
    shown = ["" if n is None else f"{n:,}  {share(n, accounts):>5}" for n in counts]
    return [number(side.mean, 1), *shown]


def _effects(found: ModelDiff) -> Table:
    table = grid(
        "", "*change", ">mean points", ">accounts moved", ">most down", ">most up", ">bands"
    )
    idle = 0
    for place, effect in enumerate(found.effects, 1):
        if not (effect.moved or effect.bands):
            idle += 1
            continue
        table.add_row(
            str(place),
            escape(effect.text),
            f"{effect.mean:+.2f}",
            number(effect.moved),
            f"{effect.least:.1f}" if effect.least < 0 else "-",
            f"+{effect.most:.1f}" if effect.most > 0 else "-",
            number(effect.bands),
        )
    if idle:
        table.add_row("", f"{idle} more that moved nothing here: --json lists them", *[""] * 5)
    whole = sum(effect.mean for effect in found.effects)
    table.add_row("", "all together", f"{whole:+.2f}", "", "", "", "")
    return table


def _moved(rows: Sequence[Moved], found: ModelDiff) -> Table:
    table = grid("account", ">before", ">after", ">points", "band", "", "", "*by change")
    for row in rows[:LISTED]:
        parts = [
            f"{found.effects[step].keys[-1]} ({points:+.1f})" for step, points in row.parts[:TOLD]
        ]
        parts += [found.effects[step].text for step in row.turns if not row.parts]
        if row.parts[TOLD:]:
            rest = sum(points for _, points in row.parts[TOLD:])
            parts.append(f"{len(row.parts) - TOLD} more ({rest:+.1f})")
        table.add_row(
            escape(row.name[:40]),
            number(row.before, 1),
            number(row.after, 1),
            f"{row.points:+.1f}" if row.parts else "",
            Text(row.band_before, style=band_style(row.band_before)),
            "→" if row.band_before != row.band_after else "",
            Text(row.band_after if row.band_before != row.band_after else "",
                 style=band_style(row.band_after)),
            escape(", ".join(parts)),
        )  # fmt: skip
    if len(rows) > LISTED:
        table.add_row(f"and {len(rows) - LISTED:,} more: --json lists all", *[""] * 7)
    return table
