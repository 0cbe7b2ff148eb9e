from collections.abc import Iterator

import pytest

from tests import needs


@pytest.fixture(scope="session")
def browser_and_app() -> Iterator[object]:
    needs.chromium()
    try:
        from . import sidebar  # noqa: PLC0415 - selenium may be missing
    except ImportError:
        needs.missing("selenium", "install the extra 'test'")
    with sidebar.opened() as page:
        yield page


@pytest.fixture
def page(browser_and_app):
    """The sidebar; a script that failed in it fails the test."""
    browser_and_app.failures()
    yield browser_and_app
    assert browser_and_app.failures() == []
