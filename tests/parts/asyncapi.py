"""What does AsyncAPI's own parser find wrong with a document? `asyncapi_parser(*texts)` tells.

The parser comes from npm by `tests/contracts/asyncapi/package-lock.json`, once, into the user's
cache folder. Without node and npm the tests that ask for it are skipped; under `CI=true` they fail.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

HERE = Path(__file__).parent.parent / "contracts" / "asyncapi"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "safeguarding"
WITHOUT = "no AsyncAPI parser here: install node and npm"
FETCH_SECONDS, PATIENCE_SECONDS = 100, 60

Told = dict[str, Any]
Parser = Callable[..., list[Told]]


def _fetched() -> Path | None:
    """The folder that holds `node_modules`, filled if need be; None without npm or what it gets."""
    lock = HERE / "package-lock.json"
    folder = CACHE / f"asyncapi-{sha256(lock.read_bytes()).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    if not (npm := shutil.which("npm")):
        return None
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as new:
        fetched = Path(new) / "fetched"
        fetched.mkdir()
        for each in ("package.json", "package-lock.json"):
            shutil.copy(HERE / each, fetched)
        words = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        ended = subprocess.run(
            [npm, "ci", *words],
            cwd=fetched,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=FETCH_SECONDS,
            check=False,
        )
        if ended.returncode:
            return None
        try:
            fetched.rename(folder)
        except OSError:  # another worker was faster
            shutil.rmtree(fetched)
    return folder


@pytest.fixture(scope="session")
def asyncapi_parser() -> Parser:
    node, folder = shutil.which("node"), _fetched()
    if node is None or folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail(WITHOUT)
        pytest.skip(WITHOUT)

    def parsed(*texts: str) -> list[Told]:
        """Of each `faults`, with code, message and path, and the `addresses` of its channels."""
        ended = subprocess.run(
            [node, HERE / "faults.js"],
            cwd=folder,
            input=msgspec.json.encode(texts),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
        return msgspec.json.decode(ended.stdout, type=list[Told])

    return parsed
