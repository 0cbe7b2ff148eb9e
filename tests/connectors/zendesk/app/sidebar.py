"""The packed app on a loopback server, in headless Chromium, with a stand-in for Zendesk."""

import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from connectors.zendesk.package import app_files, build
from sync.sidebar import texts
from tests import needs

from .cases import Case

HERE = Path(__file__).parent
SDK = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"
TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "png": "image/png"}
FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
AUDIT = (HERE / "audit.js").read_text(encoding="utf-8")


def seen(text: str) -> str:
    """What is seen: without the marks that keep names from turning a sentence."""
    return text.translate({0x2068: None, 0x2069: None})


class Sidebar:
    """One browser, and the page that is open in it."""

    def __init__(self, browser: Chrome, cases: dict[str, Case], url: str) -> None:
        self.browser = browser
        self._cases = cases
        self._url = url

    def open(self, case: Case, *, width: int = 340, query: str = "", wait: bool = True) -> None:
        """Open the app; wait until it shows something else than that it is loading."""
        name = str(len(self._cases))
        self._cases[name] = case
        self.browser.set_window_size(width, 900)
        self.browser.get(f"{self._url}/{name}/assets/index.html{query}")
        if wait:
            self.until(lambda: self.state != "loading")

    def until(self, condition: Any) -> None:
        WebDriverWait(self.browser, 5, poll_frequency=0.02).until(lambda _: condition())

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def emit(self, event: str) -> None:
        self.run("zaf.emit(arguments[0])", event)

    @property
    def state(self) -> str:
        return str(self.run("return document.getElementById('app').dataset.state"))

    @property
    def text(self) -> str:
        return seen(self.run("return document.body.innerText"))

    @property
    def requests(self) -> list[Mapping[str, Any]]:
        return list(self.run("return zaf.kept.requests"))

    def texts(self, selector: str) -> list[str]:
        return [seen(one.text) for one in self.browser.find_elements(By.CSS_SELECTOR, selector)]

    def style(self, selector: str, name: str) -> str:
        script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        return str(self.run(script, selector, name))

    def press(self, key: str) -> None:
        ActionChains(self.browser).send_keys(key).perform()

    def focused(self) -> str:
        return str(self.run("return document.activeElement.textContent"))

    def expanded(self) -> str:
        return str(self.run("return document.querySelector('button').ariaExpanded"))

    def complaints(self) -> list[str]:
        return list(self.run(AUDIT))

    def spoken(self) -> list[tuple[str, str]]:
        """Role and name of what a screen reader meets, in order."""
        nodes = self.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"]
        ]

    def failures(self) -> list[str]:
        """Errors of scripts, and what the page's own policy refused."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


@contextmanager
def opened() -> Iterator[Sidebar]:
    """Start server and browser, and end both."""
    cases: dict[str, Case] = {}
    with _served(cases) as url, _browser() as browser:
        yield Sidebar(browser, cases, url)


@contextmanager
def _browser() -> Iterator[Chrome]:
    found = needs.chromium()
    options = ChromeOptions()
    options.binary_location = found.browser
    for flag in FLAGS if os.geteuid() else (*FLAGS, "--no-sandbox"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = Chrome(options=options, service=ChromeService(executable_path=found.driver))
    try:
        # Far from UTC, so that a day that is shown in local time is another day.
        zone = {"timezoneId": "Pacific/Auckland"}
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", zone)
        yield browser
    finally:
        browser.quit()


@contextmanager
def _served(cases: Mapping[str, Case]) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(build(app_files(texts())))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    page = files["assets/index.html"].decode()
    assert SDK in page
    files["assets/index.html"] = page.replace(SDK, "zaf.js").encode()
    zaf = (HERE / "zaf.js").read_text(encoding="utf-8")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, _, path = self.path.partition("?")[0][1:].partition("/")
            content = files.get(path)
            if path == "assets/zaf.js":
                content = f"const CASE = {json.dumps(asdict(cases[name]))};\n{zaf}".encode()
            self.send_response(404 if content is None and path else 200)  # a browser's own: 200
            self.send_header("Content-Type", TYPES.get(path.rpartition(".")[2], "text/plain"))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
