"""Columns of few different texts: each text is looked at once, whatever the number of rows."""

import pyarrow as pa
import pyarrow.compute as pc

from .convert import Odd, Rule, convert
from .quick import Values, loaded
from .records import ARROW


def convert_words(values: Values, rule: Rule) -> tuple[pa.Array, Odd] | None:
    """Return what ``convert`` would, the column in Arrow; None where it is not of texts.

    Only for text columns: what a number column shows as a whole hangs on the rows.
    """
    if rule.type != "string":
        return None
    column = loaded(values)
    if column is None or not pa.types.is_string(column.type):
        return None
    words = column.dictionary_encode()
    found, odd = convert(words.dictionary.to_pylist(), rule)
    rows = {
        kind: pc.indices_nonzero(pc.is_in(words.indices, pa.array(places, pa.int32()))).to_pylist()
        for kind, places in odd.items()
    }
    return pa.array(found, ARROW[rule.type]).take(words.indices), rows
