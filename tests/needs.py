"""What some tests need and not every machine has: skipped there, but a failure in CI.

``.ci/run`` installs all of it and sets ``PULSEFIELD_CI``, so that nothing is left out unnoticed.
"""

import os
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NoReturn

import pytest


def missing(what: str, remedy: str) -> NoReturn:
    """Skip the test, saying why; in CI, fail it."""
    reason = f"{what} is missing; {remedy}"
    if os.environ.get("PULSEFIELD_CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name: str, remedy: str) -> str:
    """Return the path of a program."""
    return shutil.which(name) or missing(name, remedy)


@dataclass(frozen=True)
class Chromium:
    """Paths of the browser and of what drives it."""

    browser: str
    driver: str


def chromium() -> Chromium:
    """Return where Chromium is, Debian's or one of the same names on the path."""
    remedy = "install Debian's packages chromium and chromium-driver"
    return Chromium(program("chromium", remedy), program("chromedriver", remedy))


def java() -> None:
    """Make sure of PySpark and of a Java runtime for it."""
    if find_spec("pyspark") is None:
        missing("PySpark", "install the extra: pip install 'pulsefield[spark]'")
    if "JAVA_HOME" not in os.environ:
        program("java", "install Debian's package default-jre-headless")
