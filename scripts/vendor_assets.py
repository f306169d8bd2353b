"""Which styles and scripts of others do the pages carry, and are they what we pinned?

For the maintainer only: a user of the software needs neither node nor npm, as the result is part
of the package. To move to a newer version: change it in `PACKAGES`, run
`python scripts/vendor_assets.py`, compare the hash that it prints with the publisher's, pin it,
run it again, and look at every page.

What is left out on purpose: the GDS Transport font, the crown and the royal arms (they belong to
GOV.UK alone), source maps (they name files that we do not carry), and MoJ Frontend's script (our
tables sort and our filters filter by links and forms).
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgspec

STATIC = Path(__file__).parent.parent / "services" / "web" / "static"
MANIFEST = STATIC / "VENDORED.json"


class Package(msgspec.Struct, frozen=True):
    """A published tarball, its SHA-512, and what we take: path in it -> path under `static/`.

    `copyright`: the line above the MIT licence, where the tarball holds no licence text itself.
    """

    name: str
    version: str
    sha512: str
    files: dict[str, str]
    copyright: str = ""

    @property
    def short_name(self) -> str:
        return self.name.removeprefix("@").replace("/", "-")


PACKAGES = (
    Package(
        name="govuk-frontend",
        version="6.6.0",
        sha512="c5cb645ab42f2e7bd0b7b7f28d0dcc197f52d30cf4c74450b8bc427a85c5facf"
        "048c62021bcd7f0d840628de6a80efb42954f5d9401a47052c198e9fba545c46",
        files={
            "dist/govuk/govuk-frontend.min.css": "govuk.css",
            "dist/govuk/govuk-frontend.min.js": "govuk.js",
        },
        copyright="Copyright (C) 2017 Crown Copyright (Government Digital Service)",
    ),
    Package(
        name="@ministryofjustice/frontend",
        version="11.1.0",
        sha512="d5b9146e6d8ce03a5ca57fe93a6ba641106c6c9728f56d91c2626fe61fd90bf6"
        "6aac03a7dbf163a45f80eef4b482cee8317062cebf4ee61b83ad261b2f1ef737",
        files={"moj/moj-frontend.min.css": "moj.css"},
        copyright="Copyright (c) 2019 Ministry of Justice",
    ),
    Package(
        name="htmx.org",
        version="2.0.11",
        sha512="4e1c7f5ada5e390a92aea042c3f0357301891a0e14ad56b7fac5b41a6accde9e"
        "202603bcf5e707e2ab5b9f2cc30d616f053aa39c83028042d336deb7e9db5a98",
        files={"dist/htmx.min.js": "htmx.js", "LICENSE": "licences/htmx.org.txt"},
    ),
)

MIT = """The MIT License (MIT)

{copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

FONT_FACE = re.compile(r"@font-face\{[^}]*\}")
FONT_NOTICE = re.compile(r"/\*![^*]*Margaret Calvert.*?\*/", re.S)
FONT_NAME = re.compile(r'"?GDS Transport"?,\s*arial,\s*sans-serif')
ARMS = r"govuk-logo|govuk-footer__(?:crown|copyright-logo)|moj-header__logotype-cr(?:own|est)"
ARMS_RULE = re.compile(rf"[^{{}};]*(?:{ARMS})[^{{}}]*\{{[^{{}}]*\}}")
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*")
IMAGE = re.compile(r"url\(/assets/(images/[^)]+)\)")
FORBIDDEN = re.compile(r"GDS Transport|govuk-logo|@font-face|Calvert|crest|crown", re.I)


def main() -> int:
    vendored = []
    for package in PACKAGES:
        tarball = packed(package)
        if (sha512 := hashlib.sha512(tarball).hexdigest()) != package.sha512:
            sys.stderr.write(f"{package.name} {package.version} has SHA-512 {sha512}, not ours.\n")
            return 1
        for path, content in kept(package, tarball):
            (STATIC / path).parent.mkdir(parents=True, exist_ok=True)
            (STATIC / path).write_bytes(content)
            vendored.append(
                {
                    "file": path,
                    "package": package.name,
                    "version": package.version,
                    "tarball_sha512": package.sha512,
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            )
    vendored.sort(key=lambda entry: entry["file"])
    MANIFEST.write_bytes(msgspec.json.format(msgspec.json.encode(vendored), indent=2) + b"\n")
    sys.stdout.write(f"{len(vendored)} files, as listed in {MANIFEST.name}\n")
    return 0


def packed(package: Package) -> bytes:
    """The published tarball, from whichever registry npm is set up to use."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", f"{package.name}@{package.version}", "--pack-destination", folder],
            check=True,
            capture_output=True,
            timeout=300,
        )
        (tarball,) = Path(folder).glob("*.tgz")
        return tarball.read_bytes()


def kept(package: Package, tarball: bytes) -> Iterator[tuple[str, bytes]]:
    """What we carry of a tarball: (path under `static/`, content), a style's images included."""
    with tarfile.open(fileobj=BytesIO(tarball)) as archive:
        for source, path in package.files.items():
            content = member(archive, source)
            if path.endswith(".css"):
                for image in sorted(set(IMAGE.findall(unbranded(content.decode())))):
                    yield image, member(archive, f"moj/assets/{image}")
                content = IMAGE.sub(r"url(\1)", unbranded(content.decode())).encode()
            elif path.endswith(".js"):
                content = SOURCE_MAP.sub("", content.decode()).rstrip().encode() + b"\n"
            yield path, content
    if package.copyright:
        licence = MIT.format(copyright=package.copyright)
        yield f"licences/{package.short_name}.txt", licence.encode()


def member(archive: tarfile.TarFile, path: str) -> bytes:
    if (file := archive.extractfile(f"package/{path}")) is None:
        raise FileNotFoundError(path)
    return file.read()


def unbranded(css: str) -> str:
    """A style sheet without GOV.UK's own font, crown and arms."""
    for pattern in (FONT_FACE, FONT_NOTICE, ARMS_RULE, SOURCE_MAP):
        css = pattern.sub("", css)
    css = FONT_NAME.sub("Helvetica,Arial,sans-serif", css).strip() + "\n"
    if left := FORBIDDEN.search(css):
        raise ValueError(f"{left[0]} is still in the style sheet")
    return css


if __name__ == "__main__":
    raise SystemExit(main())
