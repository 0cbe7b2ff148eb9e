"""Find a model by what people have at hand: a path, a shipped model's name, or nothing."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from scoring import shipped_model
from sync.config import Config
from sync.errors import SyncError
from sync.workspace import model_text


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model's text.

    Attributes:
        file: Its path, or the name of a shipped one, for messages.
        text: TOML.
    """

    file: str
    text: str


def find_model(wanted: str | None, config: Config | None) -> ModelFile:
    """Return a model's text.

    Args:
        wanted: A path, or the name of a shipped model; None: the deployment's.
        config: The deployment, if there is one.

    Raises:
        SyncError: there is no such model; lists those there are.
    """
    if wanted is None:
        if config is None:
            raise SyncError("which model? name a file or a shipped model, or give --config")
        return ModelFile(*model_text(config))
    path = Path(wanted).expanduser()
    if path.suffix == ".toml" or path.is_file():
        try:
            return ModelFile(wanted, path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise SyncError(f"{wanted}: the model cannot be read: {reason}") from error
    try:
        return ModelFile(f"{wanted}.toml", shipped_model(wanted))
    except KeyError as error:
        told = str(error.args[0])
        near = get_close_matches(wanted, told.partition("there are: ")[2].split(", "), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SyncError(f"{told}; or the path of a .toml file{hint}") from None
