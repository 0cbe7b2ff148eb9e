"""Keeps what was handed on already from coming back as a change.

Writing a score moves the record's stamp, so that the next increment brings it again; and each
increment overlaps the one before. Who modified a record last does not tell: another's change may
lie below ours, or come from a job that runs as the same user. What the record says does: a version
that equals the last one handed on, our own fields and its stamp aside, is an echo.

Of Accounts every version is remembered, since any of them may be written; of other objects those
of the overlap. The watermark carries ten bytes for each: five of its id's hash, five of its
content's. A change goes unseen with a chance of 2**-40; two ids of one hash only cost an extra
hand-on.
"""

import base64
import hashlib
from collections.abc import Sequence

import pyarrow as pa

# Differ between readings of a record that says the same.
_ASIDE = {"known_at", "updated_at"}
_HALF = 5
_WHOLE = 2 * _HALF
_MOST_RECENT = 100_000  # versions of the overlap that a watermark may carry: about 1.2 MB


class Echoes:
    """The version of each record that was handed on last.

    Args:
        text: As ``text()`` gave it.
        forget: Whether versions that ``fresh`` is not told to remember are forgotten at the end.
    """

    def __init__(self, text: str = "", *, forget: bool) -> None:
        packed = base64.b85decode(text)
        self._last = {
            packed[at : at + _HALF]: packed[at + _HALF : at + _WHOLE]
            for at in range(0, len(packed), _WHOLE)
        }
        self._forget = forget
        self._recent: set[bytes] = set()

    def text(self, *, end: bool) -> str:
        """Return it for the watermark; ``end``: of a read that is over."""
        last = self._last
        if self._forget and end:
            last = {key: last[key] for key in self._recent}
        if self._forget and len(last) > _MOST_RECENT:
            last = {}  # rather hand on twice than carry along
        return base64.b85encode(b"".join(map(b"".join, sorted(last.items())))).decode()

    def fresh(self, table: pa.Table, remember: Sequence[bool] | None = None) -> pa.Table:
        """Return the rows that say something new.

        Args:
            table: Rows by ``id``.
            remember: Which of them may come back; None: all.
        """
        if remember is not None and not any(remember):
            return table
        keep = []
        ids, contents = table.column("id").to_pylist(), _contents(table)
        for place, (ref, content) in enumerate(zip(ids, contents, strict=True)):
            key = _hash(str(ref))
            keep.append(self._last.get(key) != content)
            if remember is None or remember[place]:
                self._last[key] = content
                self._recent.add(key)
        return table if all(keep) else table.filter(pa.array(keep, pa.bool_()))


def _contents(table: pa.Table) -> list[bytes]:
    names = [name for name in table.column_names if name not in _ASIDE]
    columns = [table.column(name).to_pylist() for name in names]
    return [_hash(repr(row)) for row in zip(*columns, strict=True)]


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_HALF).digest()
