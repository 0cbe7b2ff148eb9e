"""Where things stand in the workbook, and how formulas refer to them."""

from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.utility import xl_col_to_name

FIRST = 5
"""The first row of an account, from 1, in both sheets that have accounts; above stand headings."""
FILL, STEPS, MODEL = "Scoring", "Calculation", "Model"


class Formula(str):
    """What a cell computes; any other text is text, whatever it begins with."""

    __slots__ = ()


@dataclass
class Page:
    """One worksheet while it is made.

    Attributes:
        name: Of the worksheet.
        cells: (row, column), both from 0 -> text, number or ``Formula``.
        width: Columns that are in use.
    """

    name: str
    cells: dict[tuple[int, int], Any] = field(default_factory=dict)
    width: int = 0

    def column(self, *heads: Any) -> "Column":
        """Begin the next column, with what stands in its rows above the accounts."""
        at = self.width
        self.width += 1
        for row, head in enumerate(heads):
            if head is not None:
                self.cells[row, at] = head
        return Column(self, at)

    def put(self, row: int, column: int, value: Any) -> str:
        """Set one cell; return what refers to it from any sheet."""
        self.cells[row, column] = value
        return f"{self.name}!${xl_col_to_name(column)}${row + 1}"


@dataclass(frozen=True)
class Column:
    """A column that has a cell for each account."""

    page: Page
    at: int

    @property
    def here(self) -> str:
        """What refers to the cell of the row that a formula stands in."""
        return f"{self.page.name}!${xl_col_to_name(self.at)}{{row}}"

    def head(self, row: int) -> str:
        """Return what refers to a cell above the accounts, counted from 1."""
        return f"{self.page.name}!${xl_col_to_name(self.at)}${row}"

    def all(self, rows: int) -> str:
        """Return what refers to the cells of all accounts."""
        name = xl_col_to_name(self.at)
        return f"{self.page.name}!${name}${FIRST}:${name}${FIRST + rows - 1}"

    def fill(self, formula: str, rows: int) -> "Column":
        """Set the formula, in which ``{row}`` is the row, for each account."""
        for row in range(FIRST, FIRST + rows):
            self.page.cells[row - 1, self.at] = Formula(formula.replace("{row}", str(row)))
        return self


def across(columns: list[Column], row: str) -> str:
    """Return what refers to neighbouring columns in a row: ``{row}``, or ``$3`` and the like."""
    page = columns[0].page.name
    first, last = (xl_col_to_name(column.at) for column in (columns[0], columns[-1]))
    return f"{page}!${first}{row}:${last}{row}"


def text(value: str) -> str:
    """Return a text as formulas have it."""
    return '"' + value.replace('"', '""') + '"'
