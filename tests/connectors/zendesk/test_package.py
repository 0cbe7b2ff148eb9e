"""The zip that Zendesk takes: what is in it, and what is not let in."""

import io
import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SetupError
from connectors.zendesk.fieldset import tag
from connectors.zendesk.package import WORDS, app_files, build
from sync.fields import DEFAULTS, default_name
from sync.settings import Connection, FieldChoice
from sync.sidebar import texts

ROOT = Path(__file__).parents[3]
FILES = app_files(texts())
MANIFEST = json.loads(FILES["manifest.json"])
KEYS = {
    "health": "health_field", "health_band": "band_field", "health_change": "change_field",
    "health_reasons": "reasons_field", "adoption": "adoption_field",
    "engagement": "engagement_field", "coverage": "coverage_field", "scored_at": "scored_at_field",
}  # fmt: skip


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_json(path: str, change: Any) -> dict[str, bytes]:
    document = json.loads(FILES[path])
    change(document)
    return {**FILES, path: json.dumps(document).encode()}


def test_zip_holds_the_app_and_the_words_of_every_language() -> None:
    packed = unpacked(build(FILES))
    assert packed.keys() == FILES.keys() | {WORDS}
    assert {"manifest.json", "assets/index.html", "assets/logo.png", "assets/logo-small.png"} <= (
        packed.keys()
    )
    script = packed[WORDS].decode()
    for word in ("Yellow", "Geel", "Gul", "Żółty", "pulsefield_health_band"):
        assert f'"{word}"' in script


def test_zip_is_small_and_the_same_every_time() -> None:
    content = build(FILES)
    assert len(content) < 60_000
    assert content == build(dict(reversed(FILES.items())))


def test_images_have_the_sizes_that_zendesk_asks_for() -> None:
    sizes = {"assets/logo.png": 320, "assets/logo-small.png": 128}
    for path, size in sizes.items():
        header = FILES[path][16:24]
        assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == (size, size)


def test_settings_default_to_the_fields_that_a_sync_writes() -> None:
    defaults = {entry["name"]: entry["default"] for entry in MANIFEST["parameters"]}
    connection = Connection(kind="zendesk")
    for key, setting in KEYS.items():
        assert defaults[setting] == default_name(key, connection)
    assert DEFAULTS.keys() - KEYS.keys() == {"model_version"}, "which the sidebar does not show"


def test_dates_count_as_old_only_after_they_would_have_been_renewed() -> None:
    stale = next(e["default"] for e in MANIFEST["parameters"] if e["name"] == "stale_days")
    assert stale > FieldChoice().renew_days + 1


def test_bands_of_the_sidebar_s_tests_are_the_tags_that_a_sync_writes() -> None:
    assert tag("pulsefield_health_band", "no data") == "pulsefield_health_band_no_data"


def test_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert MANIFEST["version"] == project["version"]


def test_app_holds_no_secret_and_asks_no_other_host() -> None:
    assert not any(entry.get("secure") for entry in MANIFEST["parameters"])
    assert "domainWhitelist" not in MANIFEST
    text = "".join(content.decode() for path, content in FILES.items() if not path.endswith(".png"))
    assert set(re.findall(r"https?://([\w.-]+)", text)) == {"static.zdassets.com"}
    assert not re.search(r"authorization|bearer|api_token|password|secret", text, re.IGNORECASE)


def test_markup_is_never_made_from_text() -> None:
    scripts = "".join(text.decode() for path, text in FILES.items() if path.endswith(".js"))
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc"
    assert not re.search(ways, scripts)
    page = FILES["assets/index.html"].decode()
    assert "default-src 'none'" in page
    assert "unsafe" not in page


def without_loading(document: dict[str, Any]) -> None:
    del document["sidebar"]["loading"]


def with_unknown_word(document: dict[str, Any]) -> None:
    document["sidebar"]["bands"]["purple"] = "Paars"


def without_place(document: dict[str, Any]) -> None:
    document["sidebar"]["old"] = "Oud."


def without_label(document: dict[str, Any]) -> None:
    del document["app"]["parameters"]["health_field"]


def without_name(document: dict[str, Any]) -> None:
    document["app"]["name"] = ""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (without_loading, "translations/nl.json: sidebar.loading is missing"),
        (with_unknown_word, "translations/nl.json: sidebar.bands.purple is not used"),
        (without_place, "translations/nl.json: sidebar.old has other placeholders"),
        (without_label, "translations/nl.json: the label of setting health_field is missing"),
        (without_name, "translations/nl.json lacks app.name"),
    ],
)
def test_language_that_is_not_whole_is_not_packed(change: Any, problem: str) -> None:
    with pytest.raises(SetupError, match=re.escape(problem)):
        build(with_json("translations/nl.json", change))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"author": None}, "lacks author"),
        ({"frameworkVersion": "1.0"}, "frameworkVersion must be 2.0"),
        ({"defaultLocale": "fr"}, "defaultLocale has no translations/fr.json"),
        ({"location": {}}, "lacks location"),
        (
            {"location": {"support": {"ticket_sidebar": "assets/gone.html"}}},
            "support.ticket_sidebar names 'assets/gone.html', which is no file in assets",
        ),
        ({"parameters": [{"name": "name"}]}, "parameter name has a name or type"),
        ({"parameters": [{"name": "a", "type": "password"}]}, "parameter a has a name or type"),
        ({"parameters": [{"name": "token"}]}, "parameter token looks like a secret"),
        ({"parameters": [{"name": "a"}, {"name": "a"}]}, "parameter a is there twice"),
    ],
)
def test_manifest_that_zendesk_would_refuse_is_not_packed(change: Any, problem: str) -> None:
    with pytest.raises(SetupError, match=re.escape(problem)):
        build(with_json("manifest.json", lambda document: document.update(change)))


@pytest.mark.parametrize("path", ["manifest.json", "translations/pl.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_what_is_no_json_object_is_named(path: str, content: bytes) -> None:
    with pytest.raises(SetupError, match=f"{path} must be a JSON object"):
        build({**FILES, path: content})


def test_missing_image_and_missing_manifest_are_named_together() -> None:
    few = {path: content for path, content in FILES.items() if path.startswith("translations/")}
    with pytest.raises(SetupError) as caught:
        build(few)
    for path in ("manifest.json", "assets/logo.png", "assets/logo-small.png"):
        assert path in str(caught.value)
