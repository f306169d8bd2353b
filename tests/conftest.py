"""Which real parts can a test ask for? The fixtures of every file in `tests/parts/`."""

import gc
from pathlib import Path

PARTS = Path(__file__).parent / "parts"

pytest_plugins = [f"tests.parts.{path.stem}" for path in sorted(PARTS.glob("[!_]*.py"))]


def pytest_collection_finish() -> None:
    """What was collected lives to the end: nobody looks through it again and again meanwhile."""
    gc.collect()
    gc.freeze()
