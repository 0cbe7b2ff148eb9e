from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.webreport import page
from tests import needs
from tests.sync.webreport import made


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    needs.chromium()
    try:
        from tests.sync.webreport import browser  # noqa: PLC0415 - selenium may be missing
    except ImportError:
        needs.missing("selenium", "install the extra 'test'")
    with browser.opened() as report:
        yield report


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Write a report of so many accounts, once."""
    folder, done = tmp_path_factory.mktemp("reports"), {}

    def write(count: int) -> Path:
        if count not in done:
            done[count] = folder / f"{count}.html"
            done[count].write_text(page(made.book(count)), encoding="utf-8")
        return done[count]

    return write


@pytest.fixture
def report(chromium, written):
    """A report of 120 accounts, open; what the browser complained about fails the test."""
    chromium.failures()
    chromium.open(written(120))
    yield chromium
    assert chromium.failures() == []
