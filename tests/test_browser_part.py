"""Does the browser of the page tests tell what a page got wrong, and is its absence told?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).parent.parent

PAGES = """
def test_a_page_that_is_well(page):
    page.set_content("<h1>Duty inbox</h1>")

def test_a_script_that_throws(page):
    page.set_content("<script>throw new Error('a fault of ours')</script>")

def test_a_refused_style(page):
    policy = "<meta http-equiv=Content-Security-Policy content=\\"default-src 'none'\\">"
    page.set_content(policy + "<p style='color: red'>Urgent</p>")
"""


def outcome(folder: Path, **environment: str) -> str:
    """Run the pages above in another pytest; return all it says."""
    (folder / "test_pages.py").write_text(PAGES)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.parts.browser", "-ra", folder],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout


@pytest.mark.browser
def test_a_page_is_read_as_a_person_reads_it(page: Page) -> None:
    page.set_content("<title>Duty inbox</title><h1>Duty inbox</h1>")
    assert page.get_by_role("heading", name="Duty inbox").is_visible()


@pytest.mark.browser
@pytest.mark.usefixtures("browser")
def test_a_script_or_a_policy_that_fails_is_not_overlooked(tmp_path: Path) -> None:
    said = outcome(tmp_path)
    assert "3 passed, 2 errors" in said, said
    assert "a fault of ours" in said
    assert "Content Security Policy" in said


def test_without_a_browser_its_tests_are_skipped_with_the_reason(tmp_path: Path) -> None:
    said = outcome(tmp_path, PATH="/nowhere")
    assert "3 skipped" in said, said
    assert "browser: no Chromium here: on Debian, install chromium" in said


def test_where_every_part_is_expected_a_missing_browser_is_a_failure(tmp_path: Path) -> None:
    assert "3 errors" in outcome(tmp_path, PATH="/nowhere", CI="true")
