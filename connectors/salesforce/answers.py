"""Records as REST and Bulk answers bring them, seen the same way: a column at a time."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import IO, Any, Protocol

import pyarrow as pa
from pyarrow import csv

from connectors.columns import pluck
from connectors.errors import TransientError
from connectors.quick import Values

_BLOCK = 1 << 20  # bytes that Arrow parses at a time; a longer record is refused by it


class Answer(Protocol):
    """Some records of one object."""

    @property
    def count(self) -> int:
        """How many there are."""

    def column(self, name: str) -> list[Any]:
        """Return a field of all records; a path such as ``Owner.Name`` reaches one level up."""

    def values(self, name: str) -> Values:
        """Return the same as it came, for conversion."""


class Rows:
    """Records of a REST query: typed values, parents nested."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._rows)

    def column(self, name: str) -> list[Any]:
        """Return a field of all records."""
        return pluck(self._rows, name)

    values = column


class Lines:
    """Records of a Bulk result: texts, null where empty.

    They are parsed when they are first used: by then the next page is on its way.

    Args:
        file: The CSV, at its start; closed once it is parsed.
        told: Rows that the answer's header states, if it does.
        again: Fetches the file anew, whole, where it turns out to be damaged.

    Raises (when used):
        TransientError: cut off or damaged.
    """

    def __init__(
        self, file: IO[bytes], told: int | None, again: Callable[[], None] | None = None
    ) -> None:
        self._file = file
        self._told = told
        self._again = again

    @property
    def count(self) -> int:
        """How many there are."""
        rows: int = self._table.num_rows
        return rows

    @cached_property
    def _table(self) -> pa.Table:
        with self._file:
            try:
                return parse(self._file, self._told)
            except TransientError:
                if self._again is None:
                    raise
            self._again()
            return parse(self._file, self._told)

    @cached_property
    def _places(self) -> dict[str, str]:
        return {name.casefold(): name for name in self._table.column_names}

    def column(self, name: str) -> list[Any]:
        """Return a field of all records."""
        found: list[Any] = self.values(name).to_pylist()
        return found

    def values(self, name: str) -> pa.Array:
        """Return a field of all records as texts of Arrow's."""
        place = self._places.get(name.casefold())
        if place is None:
            return pa.nulls(self.count, pa.string())
        return self._table.column(place).combine_chunks()


def parse(file: IO[bytes], told: int | None) -> pa.Table:
    """Return the rows of a CSV from its start on, as texts.

    Raises:
        TransientError: as ``Lines``.
    """
    table = _parse(file)
    if told is not None and told != table.num_rows:
        raise TransientError(f"a result page brought {table.num_rows} of {told} rows")
    return table


def _parse(file: IO[bytes]) -> pa.Table:
    """Parse CSV as text: UTF-8 whatever the header says, quoted line ends kept."""
    first = file.readline()
    file.seek(0)
    if not first.strip():
        return pa.table({})
    try:
        names = [name.strip('"') for name in first.decode("utf-8-sig").strip().split(",")]
        return csv.read_csv(
            file,
            read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        raise TransientError("a result page is no complete CSV in UTF-8") from None
