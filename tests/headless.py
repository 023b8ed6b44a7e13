"""A headless Chromium for tests of pages, and axe-core's findings in it.

`scripts/ensure_browser.sh` installs both; where they are missing the tests skip.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PHONE, WIDE = (360, 780), (1280, 900)
SIZES = pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])

_AXE = "rlcf/browser/node_modules/axe-core/axe.min.js"


class Browser:
    """A page in Chromium, at a size and with a colour scheme."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def show(self, url: str, size: tuple[int, int] = WIDE, theme: str = "light") -> None:
        """Load a page; an address without scheme is a file."""
        scheme = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        screen = {"width": size[0], "height": size[1], "deviceScaleFactor": 1}
        self._devtools("Emulation.setEmulatedMedia", scheme)
        self._devtools(
            "Emulation.setDeviceMetricsOverride", screen | {"mobile": size[0] == PHONE[0]}
        )
        self.driver.get(url if "://" in url else Path(url).resolve().as_uri())

    def js(self, script: str, *arguments: Any) -> Any:
        """The value of a script's `return`."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        """The elements that a CSS selector finds and that are to be seen."""
        from selenium.webdriver.common.by import By

        return [e for e in self.driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]

    def one(self, selector: str) -> Any:
        """The only element that a CSS selector finds."""
        (found,) = self.all(selector)
        return found

    def wait_for(self, condition: str, seconds: float = 10) -> None:
        """Go on once a JavaScript expression holds.

        Raises:
            TimeoutException: it does not come to hold.
        """
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, seconds, 0.02).until(lambda _: self.js(f"return {condition}"))

    def press(self, *keys: str) -> None:
        """Keys to what has the focus."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def barriers(self) -> list[str]:
        """What axe-core finds wrong, a line each."""
        file = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / _AXE
        if not file.exists():
            pytest.skip("no axe-core: scripts/ensure_browser.sh installs it")
        self.js(file.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "axe.run(document, {resultTypes: ['violations'], preload: false}).then(arguments[0])"
        )
        return [
            f"{v['id']} ({v['help']}): {node['html'][:160]}: {node['failureSummary'][:300]}"
            for v in found["violations"]
            for node in v["nodes"]
        ]

    def complaints(self) -> list[str]:
        """What the browser's console said since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def fetched(self) -> list[str]:
        """Addresses of all that the page asked for beside itself."""
        return list(self.js("return performance.getEntriesByType('resource').map((e) => e.name)"))

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return int(self.js("return document.documentElement.scrollWidth - window.innerWidth"))

    def _devtools(self, command: str, arguments: dict[str, Any]) -> None:
        self.driver.execute_cdp_cmd(command, arguments)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium; skips the test where it or Selenium is missing."""
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="no selenium: pip install 'rlcf[browser]'"
    )
    from selenium.webdriver.chrome.service import Service

    binary = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no chromium with chromedriver: scripts/ensure_browser.sh installs them")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses its own as root
    found = webdriver.Chrome(options=options, service=Service(driver))
    try:
        found.set_script_timeout(120)
        yield Browser(found)
    finally:
        found.quit()
