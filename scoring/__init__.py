"""A model and tables in, scores out. Opens nothing: no network, clock, file or environment."""

from importlib import resources

from .change import change
from .errors import ModelError, Problem
from .load import load_model
from .model import Model
from .printing import model_sql
from .references import check_columns
from .rollup import RollUp, roll_up
from .snapshot import Snapshot, score

__all__ = [
    "Model",
    "ModelError",
    "Problem",
    "RollUp",
    "Snapshot",
    "change",
    "check_columns",
    "load_model",
    "model_sql",
    "roll_up",
    "score",
    "shipped_model",
]


def shipped_model(name: str = "default") -> str:
    """Return the TOML text of a model that comes with Pulsefield.

    Raises:
        KeyError: there is none of that name; lists those there are.
    """
    folder = resources.files(__name__) / "models"
    names = sorted(item.name.removesuffix(".toml") for item in folder.iterdir())
    if name not in names:
        raise KeyError(f"no shipped model {name!r}; there are: {', '.join(names)}")
    return (folder / f"{name}.toml").read_text(encoding="utf-8")
