"""Remake the pictures of the README from the demo: `python scripts/screenshots.py`.

Needs Chromium (`SAFEGUARDING_CHROMIUM`, else Debian's) and the development extras. The data is
made up, in a temporary folder, so the pictures show no real person.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("SAFEGUARDING_CHROMIUM", "/usr/bin/chromium")
PICTURES = {"docs/team.png": "/teams"}
"""Picture -> the page that it shows, to a team manager."""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "services", "demo", "--folder", f"{folder}/demo"]
        demo = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            for line in demo.stdout or ():
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    take(found[0])
                    return 0
            sys.stderr.write("The demo ended without an address.\n")
            return 1
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(10)


def take(address: str) -> None:
    """One picture a page, as a manager of the team that slips sees it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900}, device_scale_factor=1)
        page.goto(f"{address}/sign-in")
        page.get_by_role("button", name=re.compile("manager", re.IGNORECASE)).first.click()
        for picture, path in PICTURES.items():
            page.goto(f"{address}{path}")
            (ROOT / picture).parent.mkdir(exist_ok=True)
            page.screenshot(path=ROOT / picture)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
