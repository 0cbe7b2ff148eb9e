"""What a ``kind = "tables"`` connection is told in TOML."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from connectors.mapping import ObjectMap

Duplicates = Literal["keep", "refuse", "last"]


class TableObject(ObjectMap):
    """One file, set of files, or query that feeds one canonical table.

    Attributes:
        file: Path or pattern of ``.csv``, ``.csv.gz``, ``.tsv`` or ``.parquet`` files, below
            ``folder``.
        url: SQLAlchemy URL, or ``env:NAME`` / ``file:PATH`` of one.
        query: SQL that returns the rows; ``:since`` in it is bound to the latest ``changed``
            value read, the first time to 1900.
        encoding: Of CSV files.
        separator: Of CSV files; empty: recognised from the first line.
        duplicates: Rows of one id with different content: ``keep`` all under ids of their own,
            ``refuse``, or the ``last`` one counts. By default accounts refuse, others keep.
            With ``changed`` they are versions of one row, and this says nothing.
        complete: The file or query always holds every row that there is: rows that are no
            longer in it are deleted. Everything is read whenever anything changed.
    """

    file: str = ""
    url: str = ""
    query: str = ""
    encoding: str = "utf-8"
    separator: str = Field(default="", max_length=1)
    duplicates: Duplicates | None = None
    complete: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> "TableObject":
        if bool(self.file) == bool(self.query):
            raise ValueError("give either file, or url and query")
        if bool(self.url) != bool(self.query):
            raise ValueError("url and query belong together")
        if self.url and not self.url.startswith(("env:", "file:")):
            _refuse_password(self.url)
        if self.table == "accounts" and "id" not in self.columns:
            raise ValueError("accounts need an id: the field that other objects refer to")
        if not self.columns:
            raise ValueError("map at least one column")
        return self

    @property
    def on_duplicates(self) -> Duplicates:
        """The rule for rows of one id with different content."""
        return self.duplicates or ("refuse" if self.table == "accounts" else "keep")


def _refuse_password(url: str) -> None:
    try:
        password = make_url(url).password
    except ArgumentError:
        raise ValueError("url is no SQLAlchemy URL, such as postgresql://host/name") from None
    if password:
        raise ValueError("url holds a password; keep the URL in env:NAME or file:PATH")


class Settings(BaseModel):
    """Settings of a ``tables`` connection.

    Attributes:
        objects: Name -> file or query.
        folder: Where relative paths begin.
        output: CSV file that the scores are written to, one row per account; empty: source only.
        personal_data: Whether e-mail addresses are kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["tables"] = "tables"
    objects: dict[str, TableObject] = Field(default_factory=dict)
    folder: str = "."
    output: str = ""
    personal_data: bool = False

    @model_validator(mode="after")
    def _alone(self) -> "Settings":
        for name, entry in self.objects.items():
            others = [n for n, e in self.objects.items() if n != name and e.table == entry.table]
            if entry.complete and others:
                raise ValueError(
                    f"objects.{name}: complete is for the only object of a table; "
                    f"{others[0]} feeds {entry.table}, too: read it by a connection of its own"
                )
        return self
