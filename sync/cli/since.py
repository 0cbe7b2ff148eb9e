"""``explain --since``: why a score is not what it was."""

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sync.since import ALL_KINDS, OVERRIDE, ScoreChange, explain_since

from . import views
from .look import Asked, bar, told
from .output import Output, grid

WORDS = {
    "behaviour": "what the customer did",
    "coverage": "data that became known, unknown or old; weights of the segment",
    "peers": "peers, for what is not known",
    "adjustments": "adjustments",
    "caps": "caps, floors and limits",
    "model": "another model",
    "records": "records that came or changed later, matching, rates",
    OVERRIDE: "a person's score stands beside, and moves nothing",
}


def explain(asked: Asked, since: str, *, as_json: bool) -> None:
    """Show the change of one account's score in parts that add up."""
    out = Output(as_json=as_json)
    with told(out):
        found = explain_since(asked.deployment(), asked.account, since, score=asked.score)
    out.data(found)
    out.title(escape(found.name))
    out.show(Text(f"{found.account_id}   against {_when(found)}", style="dim"))
    out.show("", escape(found.sentence))
    if found.override:
        out.show(escape(found.override))
    if found.before is None or found.now is None:
        out.show("", "There is no score on one of the two sides, so nothing to add up.")
        return
    out.show("", _kinds(found), "", _parts(found))


def _when(found: ScoreChange) -> str:
    then = found.since
    day = f"{then.as_of:%Y-%m-%d %H:%M} UTC"
    if then.run is not None:
        return f"run {then.run}, {day}"
    return f"{day}; no score was stored then, this is what it would have been"


def _kinds(found: ScoreChange) -> Table:
    table = grid("kind", ">points", "", "what it is")
    largest = max((abs(points) for points in found.kinds.values()), default=0) or 1
    table.add_row("then", views.number(found.before, 2), "", found.band_before)
    for kind in ALL_KINDS:
        points = found.kinds[kind]
        table.add_row(kind, f"{points:+.2f}", bar(points, largest), WORDS[kind])
    table.add_row("now", views.number(found.now, 2), "", found.band_now)
    return table


def _parts(found: ScoreChange) -> Table:
    table = grid("why", "name", "in", "*", ">points", "")
    largest = max((abs(part.points) for part in found.parts), default=0) or 1
    for part in found.parts:
        table.add_row(
            part.kind,
            part.name,
            part.via.replace("/", " / "),
            escape(part.text),
            f"{part.points:+.2f}",
            bar(part.points, largest),
        )
    total = sum(part.points for part in found.parts)
    table.add_row("", "all parts", "", "", f"{total:+.2f}", "")
    return table
