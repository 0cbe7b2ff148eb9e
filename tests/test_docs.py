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
    return [row for row in rows if row != "message"]


def said(message: str) -> bool:
    """Whether the text between the gaps is in one text of the code, in order."""
    parts = [re.escape(part) for part in message.strip(GAP).split(GAP)]
    pattern = re.compile(".*".join(parts), re.DOTALL)
    return any(pattern.search(text) for text in spoken())


def test_there_are_messages_to_look_for() -> None:
    assert len(messages()) > 40


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
