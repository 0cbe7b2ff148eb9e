"""Puts the report's file together: the page, its styles, the plotting library, scripts, data."""

import base64
import hashlib
import json
from importlib import resources
from typing import Any

from sync.book import Book

from . import payload

LIBRARY = ("d3.min.js", "plot.umd.min.js")
"""Observable Plot and what it rests on, as their projects publish them."""
SCRIPTS = (
    "base.js", "format.js", "table.js", "charts.js", "movers.js", "sections.js", "list.js",
    "account.js", "main.js",
)  # fmt: skip
STYLES = ("style.css", "parts.css", "print.css")


def page(book: Book) -> str:
    """Return the report as one HTML document.

    The browser is told to load nothing, and to run only the scripts that are in it now. Data
    are JSON that no script of ours makes into markup.
    """
    scripts = [_text("vendor", name) for name in LIBRARY]
    scripts.append("\n".join(_text("assets", name) for name in SCRIPTS))
    parts = {
        "policy": _policy(scripts),
        "style": "\n".join(_text("assets", name) for name in STYLES),
        "data": embedded(payload.portfolio(book)),
        "details": embedded(payload.details(book)),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
    }
    found = _text("assets", "page.html")
    for name in ("policy", "style", "scripts", "data", "details"):
        before, mark, after = found.partition(f"<!--{name}-->")
        if not mark:
            raise ValueError(f"page.html has no place for {name}")
        found = before + parts[name] + after
    return found


def embedded(value: Any) -> str:
    """Return JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _policy(scripts: list[str]) -> str:
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )


def _text(folder: str, name: str) -> str:
    return (resources.files(__package__) / folder / name).read_text(encoding="utf-8")
