"""Does the judge of the pages see a fault when there is one?"""

import pytest
from playwright.sync_api import Page

from tests.parts.axe import Faults


@pytest.mark.browser
def test_a_picture_without_words_is_a_fault(page: Page, faults: Faults) -> None:
    page.set_content("<html lang=en><title>A</title><main><h1>A</h1><img src='data:,'></main>")
    assert [fault.partition(":")[0] for fault in faults(page)] == ["image-alt"]


@pytest.mark.browser
def test_a_page_that_is_well_has_none(page: Page, faults: Faults) -> None:
    page.set_content("<html lang=en><title>A</title><main><h1>A</h1><p>B</p></main>")
    assert faults(page) == []
