"""Work on model files: what one comes to, and what two differ in, on the data that is stored."""

from .check import ModelCheck, check_model
from .diff import ModelDiff, diff_models
from .files import ModelFile, find_model
from .printed import printed

__all__ = [
    "ModelCheck",
    "ModelDiff",
    "ModelFile",
    "check_model",
    "diff_models",
    "find_model",
    "printed",
]
