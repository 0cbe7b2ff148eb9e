"""Files and queries as batches of raw columns, readable more than once."""

import csv
import glob
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import sqlalchemy as sa

from connectors.errors import SetupError, TransientError
from connectors.findings import Findings

from .settings import TableObject

BATCH = 50_000
Batch: TypeAlias = Mapping[str, Sequence[Any]]
_BLOCK = 4 << 20
_SEPARATORS = ",;\t|"
_SAMPLE = 1 << 16


class Reader(Protocol):
    """Something with named columns that can be read again and again."""

    def columns(self) -> list[str]:
        """Return the column names, each once."""

    def types(self) -> dict[str, str]:
        """Return each column's type in the source's own word, as far as it has one."""

    def batches(self, columns: Sequence[str], findings: Findings) -> Iterator[Batch]:
        """Yield raw values of some columns, at most ``BATCH`` rows at a time."""

    def digest(self) -> str:
        """Return a hash of the content, ``""`` where only reading it all would tell."""


def open_files(entry: TableObject, folder: str) -> list["Csv | Parquet"]:
    """Return a reader for each file of a pattern, in the order of their names.

    Raises:
        SetupError: no such file.
    """
    pattern = str(Path(folder) / entry.file)
    paths = [Path(path) for path in sorted(glob.glob(pattern))]  # noqa: PTH207 - absolute patterns
    if not paths:
        raise SetupError(f"no file matches {entry.file!r} in {Path(folder).resolve()}")
    return [
        Parquet(path) if path.suffix == ".parquet" else Csv(path, entry.encoding, entry.separator)
        for path in paths
    ]


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what a damaged or unreadable file raises into an error that names it."""
    try:
        yield
    except UnicodeError:
        raise SetupError(f"{path}: not in the encoding given; set encoding") from None
    except (OSError, EOFError, pa.ArrowException, csv.Error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SetupError(f"{path}: cannot be read: {reason}") from None


class Csv:
    """A CSV file, maybe compressed; every value is text."""

    def __init__(self, path: Path, encoding: str, separator: str) -> None:
        self.path = path
        self._encoding = "utf-8-sig" if encoding.casefold() in {"utf-8", "utf8"} else encoding
        self._separator = separator
        self._header: tuple[list[str], int, str] | None = None

    def columns(self) -> list[str]:
        """Return the names; a name that comes twice becomes ``name (1)``, ``name (2)``."""
        return self._head()[0]

    def types(self) -> dict[str, str]:
        """Return ``text`` for every column: a CSV file knows nothing else."""
        return dict.fromkeys(self.columns(), "text")

    def digest(self) -> str:
        """Return the hash of the bytes."""
        with _explained(self.path):
            return file_digest(self.path)

    def batches(self, columns: Sequence[str], findings: Findings) -> Iterator[Batch]:
        """Yield texts; a row with too many or too few cells is left out and counted."""
        names, lines, separator = self._head()

        def ragged(row: Any) -> str:
            findings.add("ragged_row", self.path.name, f"line {row.number}")
            return "skip"

        with _explained(self.path), self._stream() as stream:
            reader = pacsv.open_csv(
                stream,
                pacsv.ReadOptions(
                    column_names=names,
                    skip_rows=lines,
                    block_size=_BLOCK,
                    encoding="utf8" if self._encoding == "utf-8-sig" else self._encoding,
                    use_threads=False,
                ),
                pacsv.ParseOptions(
                    delimiter=separator, newlines_in_values=True, invalid_row_handler=ragged
                ),
                pacsv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                ),
            )
            for block in reader:
                yield from _slices(block)

    def _stream(self) -> Any:
        return pa.input_stream(str(self.path), compression="detect")

    def _head(self) -> tuple[list[str], int, str]:
        """Return names, the lines that the header takes, and the separator."""
        if self._header is None:
            with _explained(self.path), self._stream() as stream:
                text = _decode(stream.read(_SAMPLE), self._encoding)
            separator = self._separator or _separator(text)
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            names = next(rows, [])
            if not any(names):
                raise SetupError(f"{self.path}: the first line names no columns")
            self._header = unique([name.strip() for name in names]), rows.line_num, separator
        return self._header


def _decode(sample: bytes, encoding: str) -> str:
    """Decode the beginning of a file; a character cut off at its end is no fault."""
    import codecs  # noqa: PLC0415 - only here

    return codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) < _SAMPLE)


def _separator(text: str) -> str:
    """Return the mark that the first line has most of, outside quotes."""
    line = "".join(text.splitlines()[:1])
    bare = "".join(part for i, part in enumerate(line.split('"')) if i % 2 == 0)
    return max(_SEPARATORS, key=bare.count)


def unique(names: list[str]) -> list[str]:
    """Number the names that come more than once, all of them, so that none is mistaken."""
    counts, seen = Counter(names), Counter[str]()
    result = []
    for name in names:
        seen[name] += 1
        result.append(name if counts[name] == 1 else f"{name} ({seen[name]})")
    return result


def _slices(block: Any) -> Iterator[Batch]:
    for start in range(0, block.num_rows, BATCH):
        yield block.slice(start, BATCH).to_pydict()


class Parquet:
    """A Parquet file; values keep their types."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def columns(self) -> list[str]:
        """Return the names of the top-level columns."""
        with _explained(self.path):
            names = list(pq.read_schema(self.path).names)
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise SetupError(f"{self.path}: more than one column is called {twice[0]!r}")
        return names

    def types(self) -> dict[str, str]:
        """Return the Arrow types."""
        with _explained(self.path):
            return {field.name: str(field.type) for field in pq.read_schema(self.path)}

    def digest(self) -> str:
        """Return the hash of the bytes."""
        with _explained(self.path):
            return file_digest(self.path)

    def batches(self, columns: Sequence[str], findings: Findings) -> Iterator[Batch]:  # noqa: ARG002
        """Yield Python values."""
        with _explained(self.path), pq.ParquetFile(self.path) as file:
            for block in file.iter_batches(BATCH, columns=list(columns), use_threads=False):
                yield block.to_pydict()


class Query:
    """The rows of an SQL query; what it does is rolled back."""

    def __init__(self, url: str, query: str, since: Any) -> None:
        try:
            self._engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool)
        except (sa.exc.ArgumentError, ImportError) as error:
            raise SetupError(f"the database URL cannot be used: {type(error).__name__}") from None
        self._text = sa.text(query)
        self._bound = {"since": since} if "since" in self._text._bindparams else {}  # noqa: SLF001 - no public way to ask
        self.queries = 0

    def columns(self) -> list[str]:
        """Run the query and return its column names."""
        with self._run() as result:
            return unique(list(result.keys()))

    def types(self) -> dict[str, str]:
        """Return no types: drivers tell them in codes of their own."""
        return dict.fromkeys(self.columns(), "")

    def digest(self) -> str:
        """Return nothing: only the rows themselves would tell."""
        return ""

    def batches(self, columns: Sequence[str], findings: Findings) -> Iterator[Batch]:  # noqa: ARG002
        """Yield Python values as the driver gives them."""
        with self._run() as result:
            names = unique(list(result.keys()))
            at = [(name, names.index(name)) for name in columns]
            for rows in result.partitions(BATCH):
                yield {name: [row[i] for row in rows] for name, i in at}

    @contextmanager
    def _run(self) -> Iterator[Any]:
        self.queries += 1
        try:
            with self._engine.connect() as connection:
                streamed = connection.execution_options(stream_results=True, max_row_buffer=BATCH)
                yield streamed.execute(self._text, self._bound)
        except sa.exc.SQLAlchemyError as error:
            # SQLite calls a missing table operational, too; it has no connection to lose.
            passing = isinstance(error, sa.exc.OperationalError) and (
                self._engine.dialect.name != "sqlite" or "locked" in str(error.orig)
            )
            kind = TransientError if passing else SetupError
            raise kind(f"the query failed: {_reason(error)}") from None


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    """Return the driver's own first line, without statement and parameters."""
    origin = getattr(error, "orig", None) or error
    return str(origin).splitlines()[0] if str(origin) else type(origin).__name__
