"""SQL that tells versions of a row apart: hashes of its key and of its content."""

from collections.abc import Sequence

from .quoting import literal, quote

_LOW = "9223372036854775807::UHUGEINT"  # the lower 63 bits


def hashed(content: Sequence[str]) -> str:
    """Return SQL that makes ``hashed`` (row_at, row_key, row_hash) of ``incoming``.

    With md5, as it is the same in every release. Null columns add nothing to the hash, so that
    a column that is new does not make every stored row look changed.

    Args:
        content: The columns by which two versions of a row differ.
    """
    parts = ", ".join(f"{literal(c + '=')} || {quote(c)}::VARCHAR" for c in content)
    return f"""
        CREATE TEMP TABLE hashed AS
        SELECT row_at, {_rest("row_key")} AS row_key, {_rest("row_hash")} AS row_hash FROM (
        SELECT row_at, {_folded("row_key")} AS row_key, {_folded("row_hash")} AS row_hash FROM (
        SELECT row_at,
            md5_number(concat_ws(chr(31), source, id)) AS row_key,
            md5_number(concat_ws(chr(31), {parts})) AS row_hash
        FROM incoming))
    """  # noqa: S608 - identifiers are quoted


def _folded(number: str) -> str:
    """Return SQL for a smaller number of the same rest by the prime 2^63 - 25: 2^63 counts 25.

    DuckDB divides 128 bits bit by bit, which took fifteen times as long as all of this.
    """
    return f"({number} >> 63) * 25 + ({number} & {_LOW})"


def _rest(folded: str) -> str:
    """Return SQL for the rest of a folded number, which is below 2^70, by 2^63 - 25."""
    high, low = f"({folded} >> 63)::UBIGINT", f"({folded} & {_LOW})::UBIGINT"
    return f"(({high} * 25 + {low}) % 9223372036854775783)::BIGINT"
