"""Which real browser do the page tests run in? Debian's Chromium, driven by Playwright.

`page` is a fresh page in a fresh profile. It fails its test if a script of ours threw or if the
content security policy refused something, which nobody would see otherwise. Without Chromium the
tests that ask for it are skipped; under `CI=true` they fail. Another browser's path may be given in
`SAFEGUARDING_CHROMIUM`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",  # root, in a container, may not make one
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WITHOUT = "no Chromium here: on Debian, install chromium"
PATIENCE = 10_000  # milliseconds that a step on a page may take


def chromium() -> str | None:
    """Return the path of the browser, or None where there is none."""
    given = os.environ.get("SAFEGUARDING_CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


def pytest_report_header() -> str:
    path = chromium()
    if path is None:
        return f"browser: {WITHOUT}"
    asked = subprocess.run(
        [path, "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    return f"browser: {asked.stdout.strip()}"


# One for each file, not for the run: while Playwright lives, `asyncio.run` is refused beside it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(WITHOUT)
        pytest.skip(WITHOUT)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    faults: list[str] = []

    def scripts_threw(error: Error) -> None:
        faults.append(str(error))

    def policy_refused(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    with browser.new_context(locale="en-GB", timezone_id="Europe/London") as context:
        context.set_default_timeout(PATIENCE)
        opened = context.new_page()
        opened.on("pageerror", scripts_threw)
        opened.on("console", policy_refused)
        yield opened
    assert not faults, faults
