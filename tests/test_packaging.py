"""The wheel holds our three packages, and no other installed distribution claims their names."""

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from connectors.zendesk.package import app_files

ROOT = Path(__file__).parent.parent
ROOMS = {"connectors", "scoring", "sync"}


def test_no_other_distribution_claims_our_names() -> None:
    claims = importlib.metadata.packages_distributions()
    for room in ROOMS:
        assert {d.lower() for d in claims.get(room, ["pulsefield"])} <= {"pulsefield"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    hatchling = pytest.importorskip("hatchling.build", reason="hatchling is not installed")
    assert hatchling
    folder = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build; print(hatchling.build.build_wheel({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path).namelist()


def test_wheel_holds_just_our_packages(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == ROOMS


def test_wheel_holds_the_shipped_models_and_languages(wheel: list[str]) -> None:
    assert any(name.startswith("scoring/models/") and name.endswith(".toml") for name in wheel)
    assert {f"{room}/py.typed" for room in ROOMS} <= set(wheel)


def test_wheel_holds_the_zendesk_app(wheel: list[str]) -> None:
    assert {f"connectors/zendesk/app/{path}" for path in app_files({})} <= set(wheel)
