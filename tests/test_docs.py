"""The guides say what the code does: its messages, its settings, its recipes."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from connectors import registry
from scoring import load_model, shipped_model

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GAP = "…"
ENDING = {
    "SetupError", "TransientError", "PlanError", "BusyError", "ClockError", "JournalError",
    "StoreError",
}  # fmt: skip


def read(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


@cache
def spoken() -> tuple[str, ...]:
    """Every text in the code, with … where something is filled in."""
    found = []
    for folder in ("connectors", "scoring", "sync"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = (p.value if isinstance(p, ast.Constant) else GAP for p in node.values)
                    found.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return tuple(found)


def messages() -> list[str]:
    rows = re.findall(r"^\| `(.+?)` \| ", read("troubleshooting"), re.MULTILINE)
    return [message for row in rows for message in row.split("`, `")]


def pattern(message: str) -> re.Pattern[str]:
    """Return what finds the text between the gaps, in order."""
    parts = [re.escape(part) for part in message.strip(GAP).split(GAP)]
    return re.compile(".*".join(parts), re.DOTALL)


def said(message: str) -> bool:
    return any(pattern(message).search(text) for text in spoken())


def text(node: ast.expr) -> str:
    """A text of the code, with … where something is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text, node.values))
    return text(node.left) + text(node.right) if isinstance(node, ast.BinOp) else GAP


def raised() -> Iterator[str]:
    """Every text that an error which ends a run, or a part of it, is raised with."""
    for folder in ("connectors", "sync"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.is_relative_to(ROOT / "connectors" / "simulator"):
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                    call = node.exc
                    if ast.unparse(call.func) in ENDING and call.args:
                        yield text(call.args[0])


def test_every_error_that_ends_a_run_is_explained() -> None:
    known = [pattern(message) for message in messages()]
    told = [one for one in raised() if re.search(r"[a-z]+ [a-z]+ [a-z]+", one)]
    assert len(told) > 80
    assert [one for one in told if not any(found.search(one) for found in known)] == []


@pytest.mark.parametrize("message", messages())
def test_quoted_messages_are_in_the_code(message: str) -> None:
    assert said(message)


def keys(model: type[BaseModel]) -> Iterator[str]:
    """Every key of a connection's settings, and of the models in them that are its own."""
    for name, field in model.model_fields.items():
        yield name
        for inner in models(field.annotation):
            if inner.__module__.startswith(model.__module__.rpartition(".")[0]):
                yield from keys(inner)


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models(part)


@pytest.mark.parametrize("kind", registry.CONNECTORS)
def test_every_setting_is_in_the_guide(kind: str) -> None:
    guide = read(kind)
    for key in keys(registry.load(kind).Settings):
        assert re.search(rf"`[^`]*\b{key}\b[^`]*`|^{key} = ", guide, re.MULTILINE), key


def recipes(kind: str) -> list[str]:
    return re.findall(rf"<!-- {kind} -->\n```toml\n(.*?)```", read("cookbook"), re.DOTALL)


@pytest.mark.parametrize("recipe", recipes("model"))
def test_model_recipes_load_beside_the_shipped_model(recipe: str) -> None:
    assert load_model(shipped_model("default") + "\n" + recipe).scores


@pytest.mark.parametrize("recipe", recipes("config"))
def test_config_recipes_are_settings(recipe: str) -> None:
    assert tomllib.loads(recipe)


@pytest.mark.parametrize("guide", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_links_between_guides_lead_somewhere(guide: Path) -> None:
    for link, anchor in re.findall(
        r"\]\((?!http)([^)#\s]*)(?:#([^)]+))?\)", guide.read_text(encoding="utf-8")
    ):
        target = guide.parent / link if link else guide
        assert target.exists(), link
        if anchor:
            heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads]
            assert anchor in slugs, f"{link}#{anchor}"
