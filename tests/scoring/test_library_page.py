"""What docs/library.md shows is what its snippets print."""

import contextlib
import io
import re
from itertools import pairwise
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_snippets_print_what_the_page_says(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    names: dict[str, object] = {"folder": tmp_path}
    shown = 0
    for (kind, code), (after, expected) in pairwise([*blocks, ("", "")]):
        if kind != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - the page's own text
        assert after == "text", "every snippet is followed by what it prints"
        assert printed.getvalue() == expected
        shown += 1
    assert shown == [kind for kind, _ in blocks].count("python")


@pytest.mark.parametrize("name", ["weighing.shares", "remarks.remarks", "drawing.drawings"])
def test_names_at_the_end_are_there(name: str) -> None:
    module, function = name.split(".")
    assert f"`scoring.{name}`" in PAGE.read_text(encoding="utf-8")
    assert callable(getattr(__import__(f"scoring.{module}", fromlist=[function]), function))
