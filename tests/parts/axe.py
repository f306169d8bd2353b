"""Which faults does axe-core find on a page? `faults(page)` names them; axe is not kept here.

axe-core comes from the file named in `SAFEGUARDING_AXE`, else from npm into a temporary folder.
Where neither works the tests that ask for it are skipped; under `CI=true` they fail.
"""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

VERSION = "4.14.1"
WITHOUT = "no axe-core here: name its axe.min.js in SAFEGUARDING_AXE, or install npm"
PATIENCE_SECONDS = 60
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Faults = Callable[[Page], list[str]]


def _source(folder: Path) -> str | None:
    if given := os.environ.get("SAFEGUARDING_AXE"):
        return Path(given).read_text()
    if not (npm := shutil.which("npm")):
        return None
    packed = subprocess.run(
        [npm, "pack", "--silent", f"axe-core@{VERSION}"],
        cwd=folder,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if packed.returncode:
        return None
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        found = archive.extractfile("package/axe.min.js")
        return found.read().decode() if found else None


@pytest.fixture(scope="session")
def axe_source(tmp_path_factory: pytest.TempPathFactory) -> str:
    source = _source(tmp_path_factory.mktemp("axe"))
    if source is None:
        if os.environ.get("CI") == "true":
            pytest.fail(WITHOUT)
        pytest.skip(WITHOUT)
    return source


@pytest.fixture
def faults(axe_source: str) -> Faults:
    """What axe finds wrong on a page, by WCAG 2.2 AA and its own good practice."""

    def found(page: Page) -> list[str]:
        page.evaluate(axe_source)  # a script tag would be refused by the page's policy
        told = page.evaluate(
            "standards => axe.run({runOnly: {type: 'tag', values: standards},"
            " resultTypes: ['violations']})",
            STANDARDS,
        )
        return [
            f"{fault['id']}: {fault['help']} {[node['target'] for node in fault['nodes'][:3]]}"
            for fault in told["violations"]
        ]

    return found
