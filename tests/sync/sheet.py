"""The smallest deployment: two customers in a file."""

from pathlib import Path


def deployment(name: str = "own") -> str:
    """The configuration, with one connection of that name."""
    return f"""
[pulsefield]
model = "small_book"
[connections.{name}]
kind = "tables"
[connections.{name}.objects.customers]
table = "accounts"
file = "customers.csv"
id = "id"
map = {{ name = "name" }}
"""


def deployed(folder: Path, more: str = "") -> Path:
    """Write it, with more configuration at its end, and the customers; return its file."""
    (folder / "customers.csv").write_text("id,name\n1,Ada\n2,Bo\n")
    file = folder / "pulsefield.toml"
    file.write_text(deployment() + more)
    return file
