"""Word lists of matching, one word a line; lines that begin with ``#`` are comments."""

from importlib.resources import files


def words_of(*names: str) -> frozenset[str]:
    """Return the words of one or more lists.

    Args:
        names: Files of this folder, without ``.txt``.
    """
    found: set[str] = set()
    for name in names:
        text = files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
        lines = (line.strip() for line in text.splitlines())
        found.update(line for line in lines if line and not line.startswith("#"))
    return frozenset(found)
