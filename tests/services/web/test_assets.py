"""Are the styles and scripts of the pages those that were pinned, and do they need nothing else?"""

import hashlib
import re
from pathlib import Path

import msgspec
import pytest

from scripts.vendor_assets import MANIFEST, PACKAGES, unbranded
from services.web.templating import STATIC, TEMPLATES

OURS = {"VENDORED.json", "app.css", "app.js", "boot.js", "favicon.svg"}
VENDORED = {entry["file"]: entry for entry in msgspec.json.decode(MANIFEST.read_bytes())}
SERVED = sorted(path for path in STATIC.rglob("*") if path.suffix in {".css", ".js", ".svg"})
WRITTEN = sorted(TEMPLATES.rglob("*.html"))

EXTERNAL = r"(?:https?:|[\"'(])//[\w.-]+\.\w"
NAMESPACE = r"http://www\.w3\.org/(?:2000/svg|1999/xlink)"
BRAND = r"(?i)GDS Transport|@font-face|Calvert|\bcrest|crown|royal arms|gov\.?uk[- ]logo"
INLINE = r"(?i)<style|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|<script(?![^>]*\ssrc=)"


def name(path: Path) -> str:
    return path.relative_to(path.parents[1]).as_posix()


def test_every_file_is_listed_as_vendored_or_is_ours() -> None:
    files = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}
    assert files == OURS | VENDORED.keys()


@pytest.mark.parametrize("file", VENDORED)
def test_a_vendored_file_is_the_one_that_was_listed(file: str) -> None:
    assert hashlib.sha256((STATIC / file).read_bytes()).hexdigest() == VENDORED[file]["sha256"]


def test_what_is_listed_came_from_the_pinned_tarballs() -> None:
    pinned = {(package.name, package.version, package.sha512) for package in PACKAGES}
    assert pinned == {
        (entry["package"], entry["version"], entry["tarball_sha512"]) for entry in VENDORED.values()
    }


def test_every_package_brings_its_licence() -> None:
    for package in PACKAGES:
        assert "Permission" in (STATIC / "licences" / f"{package.short_name}.txt").read_text()


@pytest.mark.parametrize("path", [*SERVED, *WRITTEN], ids=name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    assert not re.findall(EXTERNAL, re.sub(NAMESPACE, "", path.read_text()))


@pytest.mark.parametrize("path", [*SERVED, *WRITTEN], ids=name)
def test_nothing_carries_a_brand_that_is_not_the_councils(path: Path) -> None:
    assert not re.findall(BRAND, path.read_text())


@pytest.mark.parametrize("path", [path for path in SERVED if path.suffix == ".css"], ids=name)
def test_every_image_that_a_style_names_is_there(path: Path) -> None:
    for image in re.findall(r"url\(\"?([^)\"]+)", path.read_text()):
        assert (path.parent / image).is_file(), image


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_no_template_holds_a_style_or_a_script_of_its_own(path: Path) -> None:
    assert not re.findall(INLINE, path.read_text())


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_every_asset_that_a_template_names_is_there(path: Path) -> None:
    for asset in re.findall(r"\"/static/([^\"]+)\"", path.read_text()):
        assert (STATIC / asset).is_file(), asset


def test_a_style_sheet_that_still_carries_the_brand_is_not_taken() -> None:
    with pytest.raises(ValueError, match="crown is still"):
        unbranded(".new-crown-logo{width:1px}")
