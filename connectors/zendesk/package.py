"""The sidebar app, checked and packed into the zip that Zendesk takes.

What is checked is what Zendesk's own validator refuses, and what would leave a text untranslated.
The words of the languages are handed in. They and the defaults of the settings go into one
generated script, so that the app makes no request but the one for its data.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from connectors.errors import SetupError

WORDS = "assets/words.js"
_MANIFEST = "manifest.json"
# Zendesk, Apps developer guide: what every app must hold.
_IMAGES = ("assets/logo.png", "assets/logo-small.png")
_REQUIRED = ("author", "defaultLocale", "frameworkVersion", "location", "version")
_TYPES = frozenset({"text", "checkbox", "url", "number", "multiline", "hidden"})
_SENSITIVE = re.compile("token|key|pwd|password|secret", re.IGNORECASE)
_LOCALE = re.compile(r"translations/([a-z]{2,3}(?:-\w{2,3})?)\.json")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PNG = b"\x89PNG\r\n\x1a\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # zip knows no earlier time; equal files give an equal zip


def app_files(languages: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """Return the app's files by path: those that are shipped, and its translations.

    Args:
        languages: Locale -> ``app``, what an administrator reads, as Zendesk's translations have
            it, and ``sidebar``, what an agent reads.
    """
    files = dict(_walk(resources.files(__package__) / "app", ""))
    for locale, texts in languages.items():
        document = json.dumps(texts, ensure_ascii=False, indent=2) + "\n"
        files[f"translations/{locale}.json"] = document.encode()
    return files


def build(files: Mapping[str, bytes]) -> bytes:
    """Return the zip of an app's files; equal files give equal bytes.

    Args:
        files: Contents by path below the app's folder, with forward slashes.

    Raises:
        SetupError: the manifest, a translation or an image is not as it must be; all problems
            are named.
    """
    problems = list(check(files))
    if problems:
        raise SetupError("the Zendesk app cannot be packed: " + "; ".join(problems))
    packed = {**files, WORDS: words(files).encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(packed):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, packed[path])
    return buffer.getvalue()


def words(files: Mapping[str, bytes]) -> str:
    """Return the script that holds the sidebar's words by language, and the settings' defaults."""
    languages = {
        locale: json.loads(files[path])["sidebar"] for locale, path in _translations(files).items()
    }
    parameters = json.loads(files[_MANIFEST])["parameters"]
    defaults = {entry["name"]: entry.get("default") for entry in parameters}
    return "".join(
        f"export const {name} = {json.dumps(value, ensure_ascii=False, sort_keys=True)};\n"
        for name, value in (("WORDS", languages), ("DEFAULTS", defaults))
    )


def check(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what is wrong with an app's files."""
    for path in _IMAGES:
        if not files.get(path, b"").startswith(_PNG):
            yield f"{path} must be a PNG image"
    documents: dict[str, Any] = {}
    for path in (_MANIFEST, *_translations(files).values()):
        document = _object(files.get(path))
        if document is None:
            yield f"{path} must be a JSON object"
        else:
            documents[path] = document
    if _MANIFEST not in documents:
        return
    manifest = documents.pop(_MANIFEST)
    yield from _manifest(manifest, files)
    yield from _languages(manifest, documents)


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        else:
            yield path, entry.read_bytes()


def _translations(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the paths of the translations by locale."""
    found = {path: _LOCALE.fullmatch(path) for path in sorted(files)}
    return {match[1]: path for path, match in found.items() if match}


def _object(content: bytes | None) -> dict[str, Any] | None:
    try:
        document = json.loads(content or b"")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _manifest(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[str]:
    for name in _REQUIRED:
        if not manifest.get(name):
            yield f"{_MANIFEST} lacks {name}"
    if manifest.get("frameworkVersion") != "2.0":
        yield f"{_MANIFEST}: frameworkVersion must be 2.0"
    default = f"translations/{manifest.get('defaultLocale')}.json"
    if default not in files:
        yield f"{_MANIFEST}: defaultLocale has no {default}"
    for product, locations in (manifest.get("location") or {}).items():
        for name, place in locations.items():
            url = place.get("url", "") if isinstance(place, dict) else str(place)
            if not url.startswith("assets/") or url not in files:
                yield f"{_MANIFEST}: {product}.{name} names {url!r}, which is no file in assets"
    yield from _parameters(manifest.get("parameters") or [])


def _parameters(parameters: list[Mapping[str, Any]]) -> Iterator[str]:
    names = [str(entry.get("name")) for entry in parameters]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{_MANIFEST}: parameter {name} is there twice"
    for name, entry in zip(names, parameters, strict=True):
        if name == "name" or entry.get("type", "text") not in _TYPES:
            yield f"{_MANIFEST}: parameter {name} has a name or type that Zendesk refuses"
        if entry.get("secure") or _SENSITIVE.search(name):
            yield f"{_MANIFEST}: parameter {name} looks like a secret; this app needs none"


def _languages(manifest: Mapping[str, Any], documents: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between the languages: keys, settings and placeholders."""
    settings = {str(entry.get("name")) for entry in manifest.get("parameters") or ()}
    model_path = f"translations/{manifest.get('defaultLocale')}.json"
    model = dict(_texts(documents.get(model_path, {}).get("sidebar")))
    for path, document in documents.items():
        app = document.get("app")
        labels = app.get("parameters") if isinstance(app, dict) else None
        if not isinstance(app, dict) or not app.get("name"):
            yield f"{path} lacks app.name"
        labelled = {k for k, v in (labels or {}).items() if isinstance(v, dict) and v.get("label")}
        for name in sorted(settings ^ labelled):
            yield f"{path}: the label of setting {name} is {_lost(name in settings)}"
        texts = dict(_texts(document.get("sidebar")))
        for key in sorted(model.keys() ^ texts.keys()):
            yield f"{path}: sidebar.{key} is {_lost(key in model)}"
        for key in sorted(model.keys() & texts.keys()):
            if _placeholders(model[key]) != _placeholders(texts[key]):
                yield f"{path}: sidebar.{key} has other placeholders than {model_path}"


def _lost(wanted: bool) -> str:  # noqa: FBT001 - a word for a truth value
    return "missing" if wanted else "not used"


def _texts(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted key of each text that is not empty."""
    for key, value in (node if isinstance(node, dict) else {}).items():
        if isinstance(value, dict):
            yield from _texts(value, f"{prefix}{key}.")
        elif isinstance(value, str) and value:
            yield f"{prefix}{key}", value


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))
