"""The report's file, without a browser."""

import base64
import hashlib
import json
import re
from importlib import resources

import pytest

from sync.webreport import page
from sync.webreport.page import embedded
from tests.sync.webreport import made

DATA = re.compile(r'<script type="application/json" id="(\w+)">(.*?)</script>', re.DOTALL)
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@pytest.fixture(scope="module")
def text() -> str:
    return page(made.book(60))


def test_only_the_scripts_in_the_file_are_allowed(text: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1]
    digests = set(re.findall(r"'sha256-([^']+)'", policy))
    scripts = SCRIPT.findall(text)
    assert {
        base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts
    } == digests
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy


def test_nothing_is_referred_to_outside_the_file(text: str) -> None:
    markup = SCRIPT.sub("", DATA.sub("", text))
    assert re.findall(r'\b(?:src|href|action)="(?!#)', markup) == []
    assert "@import" not in markup
    assert "url(" not in markup


def test_our_scripts_make_no_markup_of_text() -> None:
    for script in (resources.files("sync.webreport") / "assets").iterdir():
        if script.name.endswith(".js"):
            source = script.read_text(encoding="utf-8")
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(",
                source,
            )


def test_no_name_can_end_the_data(text: str) -> None:
    assert len(DATA.findall(text)) == 2
    for _, data in DATA.findall(text):
        assert not set("<>&") & set(data)
        json.loads(data)


def test_what_is_embedded_comes_back() -> None:
    value = {"a": "</script><!-- & \u2028 \u2029 é 株", "b": [1, None, 2.5, True]}
    assert json.loads(embedded(value)) == value


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        embedded({"a": float("nan")})


def test_the_library_is_as_its_projects_published_it() -> None:
    folder = resources.files("sync.webreport") / "vendor"
    told = dict(line.split()[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert {name for name in told if name.endswith(".js")} == {"d3.min.js", "plot.umd.min.js"}
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_report_of_ten_thousand_accounts_stays_small() -> None:
    assert len(page(made.book(10_000)).encode()) < 15e6
