"""A report file in headless Chromium, and what can be asked of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from tests import needs

FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip


class Report:
    """One browser, and the report that is open in it."""

    def __init__(self, browser: Chrome) -> None:
        self.browser = browser

    def open(self, file: Path, at: str = "", *, width: int = 1280, dark: bool = False) -> None:
        """Open a report, at a part of it, with a width and a preference for dark."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": "", "features": [scheme]}
        )
        self.browser.get("about:blank")
        self.browser.get(f"{file.as_uri()}{at}")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def texts(self, selector: str) -> list[str]:
        found = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
        return list(self.run(found, selector))

    def text(self, selector: str) -> str:
        (only,) = self.texts(selector)
        return only

    def set(self, identity: str, value: str) -> float:
        """Give a control a value as a person would; return the milliseconds until it is drawn."""
        script = """
            const [control, value] = [document.getElementById(arguments[0]), arguments[1]];
            const began = performance.now();
            control.value = value;
            control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
            document.getElementById("list")?.getBoundingClientRect();
            return performance.now() - began;
        """
        return float(self.run(script, identity, value))

    def names(self) -> list[str]:
        """The accounts that the list shows."""
        return self.texts("#list tbody th")

    def press(self, *keys: str) -> None:
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def click(self, selector: str) -> None:
        self.browser.find_element(By.CSS_SELECTOR, selector).click()

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Wait after the block for the page to have followed its new address.

        A browser tells a page of a new fragment in a task of its own, after the click has returned.
        """
        self.run(
            "window.moved = new Promise((done) => addEventListener('hashchange', done, { once: true }))"
        )
        yield
        self.browser.execute_async_script("window.moved.then(() => arguments[0]())")

    def follow(self, selector: str) -> None:
        """Click a link that leads to another part of the report."""
        with self.moving():
            self.click(selector)

    def failures(self) -> list[str]:
        """What the browser complained about since it was last asked."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


@contextmanager
def opened() -> Iterator[Report]:
    """Start Chromium."""
    found = needs.chromium()
    options = ChromeOptions()
    options.binary_location = found.browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])):
        options.add_argument(flag)
    browser = Chrome(options, ChromeService(found.driver))
    try:
        yield Report(browser)
    finally:
        browser.quit()
