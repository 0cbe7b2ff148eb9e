"""The words of Zendesk's sidebar app, from the files of the languages."""

from typing import Any

from scoring.language import language, languages


def texts() -> dict[str, dict[str, Any]]:
    """Return by language what ``connectors.zendesk.package.app_files`` takes."""
    return {code: _texts(code) for code in languages()}


def _texts(code: str) -> dict[str, Any]:
    told = language(code).texts
    # A dropdown of Zendesk's holds tags, which have no spaces.
    words = {name.replace(" ", "_"): word for name, word in told["bands"].items()}
    bands = {name: word[:1].upper() + word[1:] for name, word in words.items()}
    return {"app": told["app"], "sidebar": told["sidebar"] | {"bands": bands}}
