"""Read a model file: TOML, then each value, then how the parts fit together."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from .checks import problems
from .errors import ModelError, Problem, near, shown, unknown
from .model import Model

NAMED = ("signals", "metrics", "scores", "segments")
KINDS = {
    "model_type": "a table",
    "dict_type": "a table",
    "mapping_type": "a table",
    "tuple_type": "a list",
    "string_type": "a text",
    "float_type": "a number",
    "int_type": "a whole number",
    "too_short": "{min_length} or more entries",
    "too_long": "{max_length} or fewer entries",
}
"""What is allowed, where pydantic's own words are those of Python."""


def load_model(text: str, *, file: str = "model.toml") -> Model:
    """Read a model from TOML text.

    Args:
        text: The file's content.
        file: Its name, for messages.

    Raises:
        ModelError: not TOML, an unknown or missing key, a value that is not allowed, or
            names, cycles, weights and curves that do not fit together; lists all of them.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ModelError(file, [Problem("(file)", "not TOML", str(error))]) from error
    return model_of(raw, file=file)


def model_of(raw: Mapping[str, Any], *, file: str = "model.toml") -> Model:
    """Check what a model file says; as ``load_model``, from its tables."""
    try:
        model = Model.model_validate({**raw, "(file)": file})
    except ValidationError as error:
        raise ModelError(file, [*_translated(error, raw), *_elsewhere(raw, error)]) from None
    found = list(problems(model))
    if found:
        raise ModelError(file, found)
    return model


def _elsewhere(raw: Mapping[str, Any], error: ValidationError) -> list[Problem]:
    """Return what does not fit together in the rest of the file, once what is wrong is left out.

    Nothing that mentions a part left out is told: it may be right once that is.
    """
    rest = {key: dict(value) if isinstance(value, Mapping) else value for key, value in raw.items()}
    gone: set[str] = set()
    for item in error.errors():
        table, *path = item["loc"]
        held = rest.get(str(table))
        if not path or table not in NAMED or not isinstance(held, dict):
            return []
        held.pop(str(path[0]), None)
        gone.add(str(path[0]))
    try:
        found = problems(Model.model_validate(rest))
    except ValidationError:
        return []
    return [each for each in found if not any(n in str(each) for n in gone)]


def _translated(error: ValidationError, raw: Mapping[str, Any]) -> list[Problem]:
    """Turn pydantic's errors into ours; the branches of a union become one problem."""
    merged: dict[str, Problem] = {}
    for item in error.errors():
        problem = _problem(item, raw)
        before = merged.get(problem.key)
        if before is not None and problem.allowed not in before.allowed:
            allowed = f"{before.allowed}, or {problem.allowed}"
            problem = Problem(problem.key, problem.value, allowed, before.near or problem.near)
        merged[problem.key] = problem
    return list(merged.values())


def _problem(item: Any, raw: Mapping[str, Any]) -> Problem:
    loc = _trimmed(item["loc"])
    key = ".".join(str(step) for step in loc)
    if item["type"] == "extra_forbidden":
        fields = _owner(loc[:-1]).model_fields.items()
        return unknown(key, loc[-1], "key", (name for name, its in fields if not its.exclude))
    if item["type"] == "missing":
        return Problem(key, "missing", "a value is needed", _meant(raw, loc))
    if item["type"] == "literal_error":
        choices = str(item["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return unknown(key, item["input"], "choice", choices)
    if item["type"] == "value_error":
        return Problem(key, shown(item["input"]), str(item["ctx"]["error"]))
    words = KINDS.get(item["type"], str(item["msg"]).removeprefix("Input should be "))
    return Problem(key, shown(item["input"]), words.format_map(item.get("ctx", {})))


def _meant(raw: Mapping[str, Any], loc: Sequence[str | int]) -> tuple[str, ...]:
    """Return the names like one that has tables only: they may be another's, misspelt."""
    table, name = (*map(str, loc), "")[:2]
    named = raw.get(table)
    if not isinstance(named, Mapping) or not isinstance(own := named.get(name), Mapping):
        return ()
    others = [other for other in named if other != name]
    return near(name, others) if all(isinstance(each, Mapping) for each in own.values()) else ()


def _trimmed(loc: Sequence[str | int]) -> list[str | int]:
    """Leave out what pydantic adds to name the branch of a union."""
    tags = ("literal[", "constrained-", "function-")
    last = loc[-1]
    branch = isinstance(last, str) and (last in {"str", "float"} or last.startswith(tags))
    return list(loc[:-1] if branch and len(loc) > 1 else loc)


def _owner(path: Sequence[str | int]) -> type[BaseModel]:
    """Return the class that declares the keys found at a path."""
    owner: type[BaseModel] = Model
    name_next = False
    for step in path:
        if name_next:
            name_next = False
            continue
        annotation = owner.model_fields[str(step)].annotation
        inner = _model_inside(annotation)
        if inner is None:
            break
        name_next = inner is not annotation and _is_mapping(annotation)
        owner = inner
    return owner


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_inside(inner) for inner in get_args(annotation))
    return next((inner for inner in found if inner is not None), None)


def _is_mapping(annotation: Any) -> bool:
    origin = getattr(annotation, "__origin__", None)
    return origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping))
