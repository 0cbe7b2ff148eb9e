"""Puts the workbook together."""

import io
from collections.abc import Iterable
from typing import Any

from scoring import Model
from scoring.phrases import Phrases
from scoring.weighing import top_scores

from . import numbers
from .asked import asked
from .groups import groups, labels
from .places import FILL, FIRST, STEPS, Column, Formula, Page
from .steps import Made, Maker

ROWS = 100
"""Accounts that there is room for."""


def workbook(model: Model, language: str = "en", rows: int = ROWS) -> bytes:
    """Return an XLSX file in which accounts are scored by hand.

    Its first sheet has a row for each account: scores, then the values to fill in. The second
    has every step of the way as formulas, the third the model's numbers, which may be changed.
    Weights, curves and peers are those of the segment that is named; bands have no memory.

    Args:
        model: What is weighed.
        language: Of labels and bands.
        rows: Accounts that there is room for.
    """
    phrases = Phrases(model, language)
    fill, steps = Page(FILL), Page(STEPS)
    name = fill.column("fill in", "Account")
    steps.column("", "Account").fill(f'IF({name.here}="","",{name.here})', rows)
    shown = {score: _results(fill, model, phrases, score) for score in _order(model)}
    choices = labels(model, phrases)
    segment = fill.column("fill in", "Segment", None, ", ".join(choices)) if choices else None
    told = groups(segment, steps, model, phrases, rows)
    cells = numbers.cells(model, phrases, told)
    wanted = asked(fill, name, model, phrases)
    made = Maker(model, phrases, cells, wanted, steps, rows).all()
    for score, columns in shown.items():
        _copy(made, score, columns, rows)
    filled = [name, *filter(None, [segment]), *wanted.values.values(), *wanted.said.values()]
    lists = {segment.at: choices} if segment else {}
    return _written((fill, steps, cells.page), [column.at for column in filled], lists, rows)


def _order(model: Model) -> list[str]:
    """Return the scores, those that people ask for first in front."""
    first = [name for name in ("health", *top_scores(model)) if name in model.scores]
    return list(dict.fromkeys([*first, *model.scores]))


def _results(fill: Page, model: Model, phrases: Phrases, score: str) -> list[Column]:
    title = phrases.score(score)
    heads = [title]
    if score in {"health", *top_scores(model)}:
        heads += [f"{title}: band", f"{title}: coverage"]
    return [fill.column("computed", head) for head in heads]


def _copy(made: Made, score: str, columns: Iterable[Column], rows: int) -> None:
    for column, found in zip(columns, (made.value, made.band, made.coverage), strict=False):
        blank = f'{found[score].page.name}!$A{{row}}=""'
        column.fill(f'IF({blank},"",{found[score].here})', rows)


def _written(
    pages: tuple[Page, ...], filled: list[int], lists: dict[int, list[str]], rows: int
) -> bytes:
    """Return the file; ``lists`` has what can be chosen from in a column."""
    import xlsxwriter  # noqa: PLC0415 - only this sheet needs it

    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        small = book.add_format({"font_color": "#5f6b76", "text_wrap": True, "valign": "top"})
        paper = book.add_format({"bg_color": "#fff8d6", "border": 1, "border_color": "#d9d2b0"})
        number = book.add_format({"num_format": "0.0##"})
        for page in pages:
            sheet = book.add_worksheet(page.name)
            heads = FIRST - 1 if page.name != pages[-1].name else 1
            sheet.freeze_panes(heads, 1)
            sheet.set_column(0, 0, 30)
            sheet.set_column(1, max(page.width, 20), 13, number)
            if page is pages[0]:
                for row in range(heads, heads + rows):
                    for column in filled:
                        sheet.write_blank(row, column, None, paper)
                for column, choices in lists.items():
                    place = (heads, column, heads + rows - 1, column)
                    sheet.data_validation(*place, {"validate": "list", "source": choices})
            for (row, column), value in page.cells.items():
                style = (bold if row < 2 else small) if row < heads else None  # noqa: PLR2004 - titles
                _cell(sheet, (row, column), value, style)
    return held.getvalue()


def _cell(sheet: Any, place: tuple[int, int], value: Any, style: Any) -> None:
    if isinstance(value, Formula):
        sheet.write_formula(*place, f"={value}", style, "")
    elif isinstance(value, str):
        sheet.write_string(*place, value, style)
    else:
        sheet.write_number(*place, value, style)
