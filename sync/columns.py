"""Whether the columns of a table at rest can take new rows."""

import pyarrow as pa

from .errors import StoreError


def check_kinds(name: str, stored: pa.Schema, new: pa.Schema) -> None:
    """Refuse a column that changed from one kind of value to another.

    Args:
        name: The table.
        stored: Its columns.
        new: Columns of the new rows.

    Raises:
        StoreError: names the column, and what to do.
    """
    for field in new:
        if field.name not in stored.names:
            continue
        before, now = _kind(stored.field(field.name).type), _kind(field.type)
        if before != now:
            raise StoreError(
                f"the column {field.name} of {name} holds {before} and would get {now};"
                " give the new one another name in the connection's map"
            )


def _kind(kind: pa.DataType) -> str:
    tests = (
        ("numbers", lambda k: pa.types.is_integer(k) or pa.types.is_floating(k)),
        ("yes or no", pa.types.is_boolean),
        ("times", pa.types.is_timestamp),
        ("days", pa.types.is_date),
        ("lists", lambda k: pa.types.is_list(k) or pa.types.is_large_list(k)),
    )
    return next((word for word, test in tests if test(kind)), "text")


def wider(stored: pa.Schema, new: pa.Schema) -> pa.Schema | None:
    """Return a table's columns as wide as new rows need them; None: they are wide enough.

    Delta keeps a column's type when rows are appended, and cuts what is appended down to it.

    Args:
        stored: The table's columns.
        new: Columns of the new rows; all of kinds that the stored ones can become.
    """
    kinds = {field.name: field.type for field in new}
    found = pa.schema(
        field.with_type(kinds[field.name]) if _cuts(field.type, kinds.get(field.name)) else field
        for field in stored
    )
    return None if found.equals(stored) else found


def _cuts(before: pa.DataType, after: pa.DataType | None) -> bool:
    if after is None or not pa.types.is_integer(before):
        return False
    longer = pa.types.is_integer(after) and after.bit_width > before.bit_width
    return bool(longer or pa.types.is_floating(after))
