"""Which real parts can a test ask for? The fixtures of every file in `tests/parts/`."""

from pathlib import Path

PARTS = Path(__file__).parent / "parts"

pytest_plugins = [f"tests.parts.{path.stem}" for path in sorted(PARTS.glob("[!_]*.py"))]
