"""Writes score fields to a CSV file, one row per account."""

import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from connectors.base import (
    FieldSpec,
    FieldState,
    FieldUpdate,
    SilentLog,
    WriteLog,
    WriteResult,
)
from connectors.errors import SetupError

from .readers import file_digest
from .settings import TableObject
from .source import Mark, Tables

ACCOUNT = "account"


class TablesWithOutput(Tables):
    """A source whose accounts get their scores in a file of their own.

    The file is Pulsefield's: it is made with the first write, columns are added as needed,
    and each write replaces it as a whole, so that a reader never sees half of it.
    """

    def field_states(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Return every field as there and writable: a column needs no permission.

        Raises:
            SetupError: a file is there that is not one of ours.
        """
        self._table()
        return [FieldState(spec.name, spec.type, True, True, True) for spec in specs]  # noqa: FBT003

    def create_fields(self, specs: Sequence[FieldSpec]) -> Sequence[FieldState]:
        """Write the file with a column for each field; values stay."""
        columns, rows = self._table()
        missing = [spec.name for spec in specs if spec.name not in columns]
        if missing or not self._path.exists():
            self._save([*columns, *missing], rows)
        return self.field_states(specs)

    def write(self, updates: Sequence[FieldUpdate], log: WriteLog) -> Iterator[WriteResult]:
        """Replace the file by one with these values; nothing at all for no updates."""
        if not updates:
            return
        log.sending([update.ref for update in updates])
        columns, rows = self._table()
        for update in updates:
            row = rows.setdefault(update.ref, {ACCOUNT: update.ref})
            columns += [name for name in update.values if name not in columns]
            row.update({name: value or "" for name, value in update.values.items()})
        self._save(columns, rows)
        self.stats.count("write", made=1, least=1)
        yield from (WriteResult(update.ref, ok=True) for update in updates)

    def adopt(self, job: str, updates: Sequence[FieldUpdate]) -> Iterator[WriteResult]:  # noqa: ARG002
        """Write again: a file has no jobs, and the values are absolute."""
        yield from self.write(updates, SilentLog())

    @property
    def _path(self) -> Path:
        return Path(self._settings.folder) / self._settings.output

    def _table(self) -> tuple[list[str], dict[str, dict[str, str]]]:
        """Return the file's columns and its rows by account."""
        if not self._path.exists():
            return [ACCOUNT], {}
        with self._path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            columns = list(reader.fieldnames or [ACCOUNT])
            if columns[0] != ACCOUNT:
                raise SetupError(
                    f"{self._path}: its first column is not {ACCOUNT!r}, so it was not written "
                    "by Pulsefield; choose another output"
                )
            return columns, {row[ACCOUNT]: row for row in reader}

    def _save(self, columns: Sequence[str], rows: dict[str, dict[str, str]]) -> None:
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        except OSError as error:
            raise SetupError(f"{self._path}: cannot be written: {error.strerror}") from None
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows.values())
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(self._path)
        except OSError as error:
            Path(name).unlink(missing_ok=True)
            raise SetupError(f"{self._path}: cannot be written: {error.strerror}") from None

    def _output_digest(self) -> str:
        return file_digest(self._path) if self._path.exists() else ""

    def _held(self, entry: TableObject, mark: Mark) -> pa.Table | None:
        if entry.table != "accounts" or not self._context.own_fields:
            return None
        if mark.content and mark.output == self._output_digest():
            return None
        columns, rows = self._table()
        specs = [spec for spec in self._context.own_fields if spec.name in columns]
        values = {
            spec.name: pa.array(
                [spec.to_text(row[spec.name]) for row in rows.values()], pa.string()
            )
            for spec in specs
        }
        return pa.table(
            {"id": list(rows)} | values,
            pa.schema([(name, pa.string()) for name in ["id", *values]]),
        )
