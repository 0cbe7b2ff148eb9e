"""Records as REST and Bulk answers bring them, seen the same way: a column at a time."""

from collections.abc import Mapping, Sequence
from typing import IO, Any, Protocol

import pyarrow as pa
from pyarrow import csv

from connectors.columns import pluck
from connectors.errors import TransientError
from connectors.quick import Values

_BLOCK = 1 << 20  # bytes that Arrow parses at a time; a longer record is refused by it


class Answer(Protocol):
    """Some records of one object."""

    count: int

    def column(self, name: str) -> list[Any]:
        """Return a field of all records; a path such as ``Owner.Name`` reaches one level up."""

    def values(self, name: str) -> Values:
        """Return the same as it came, for conversion."""


class Rows:
    """Records of a REST query: typed values, parents nested."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.count = len(rows)
        self._rows = rows

    def column(self, name: str) -> list[Any]:
        """Return a field of all records."""
        return pluck(self._rows, name)

    values = column


class Lines:
    """Records of a Bulk result: texts, null where empty.

    Args:
        file: The CSV, at its start.
        told: Rows that the answer's header states, if it does.

    Raises:
        TransientError: cut off or damaged.
    """

    def __init__(self, file: IO[bytes], told: int | None) -> None:
        self._table = _parse(file)
        self.count = self._table.num_rows
        if told is not None and told != self.count:
            raise TransientError(f"a result page brought {self.count} of {told} rows")
        self._places = {name.casefold(): name for name in self._table.column_names}

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
