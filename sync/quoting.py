"""Quoting for the little SQL that is put together here."""


def quote(name: str) -> str:
    """Return an identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a string in single quotes."""
    return "'" + text.replace("'", "''") + "'"
