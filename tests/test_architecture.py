"""Is the code where the house style says it is, and does it hold nothing that must not be there?"""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from domain.catalogue import EVENTS
from tests.examples import EXAMPLES

ROOT = Path(__file__).parent.parent
PACKAGES = ("domain", "projections", "adapters", "services")
DATABASES = (
    "adapters/access_log/",
    "adapters/event_store/",
    "adapters/read_models/",
    "adapters/vault.py",
)
AT_HOME = {  # the only places that import it
    "eventsourcing": ("adapters/event_store/",),
    "httpcore": ("adapters/transports/webhooks.py",),
    "kafka": ("adapters/transports/kafka",),
    "psycopg": DATABASES,
    "psycopg_pool": DATABASES,
    "sqlite3": DATABASES,
}
VENDORED = (  # not our words; `VENDORED.json` beside them says whose they are
    "services/web/static/govuk.",
    "services/web/static/htmx.",
    "services/web/static/licences/",
    "services/web/static/moj.",
)
REGISTRIES = (  # written so that this file does not name them either
    r"py[p]i\.org|python[h]osted\.|npm[j]s\.|mav[e]n\.(?:org|apache)|proxy\.gol[a]ng|crat[e]s\.io"
)
MACHINE = r"(?<![\w.:])/(?:work|tmp|root|home/\w+|Users/\w+)/\w"
UNFINISHED = r"\bTO[D]O\b|\bFIX[M]E\b|\bNotImplemented[E]rror\b"
MOCKED = r"\bunittest import mock|\bunittest\.mock\b|\bmonkeypatch\.setattr\b(?!\(\s*\"kafka\.)"
"""Anything of ours; a library may be taken away."""
WAITING = r"\bsleep\(|\bwait_for_timeout\("
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "misc"}


def tracked() -> list[Path]:
    """Return the files of the repository, relative to its root; skip the test outside of git."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of the project's files")
    names = map(Path, filter(None, listed.stdout.split("\0")))
    return [name for name in names if (ROOT / name).is_file()]


def texts(*, suffix: str = "", under: str = "") -> Iterator[tuple[Path, str]]:
    """Yield each of the project's own text files: no images, no vendored assets."""
    for name in tracked():
        path = name.as_posix()
        if path.startswith(VENDORED) or not path.startswith(under) or not path.endswith(suffix):
            continue
        content = (ROOT / name).read_bytes()
        if b"\0" not in content:
            yield name, content.decode("utf-8", errors="replace")


@cache
def parsed() -> list[tuple[Path, ast.Module]]:
    """Each of the project's own Python files."""
    return [(name, ast.parse(text)) for name, text in texts(suffix=".py")]


def found(pattern: str, *, suffix: str = "", under: str = "") -> list[str]:
    """Return `file:line: what` of every place where the pattern matches."""
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for name, text in texts(suffix=suffix, under=under)
        for match in re.finditer(pattern, text)
    ]


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the top-level names of the packages that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


# Where things are


def test_every_package_of_ours_is_under_the_import_contracts() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (each["layers"] for each in settings["contracts"] if each["type"] == "layers")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == set(PACKAGES) == set(settings["root_packages"])
    assert packages == {name for layer in layers for name in layer.split(" | ")}


def test_no_other_distribution_owns_our_four_names() -> None:
    owners = importlib.metadata.packages_distributions()
    assert {name: set(owners.get(name, [])) - {"safeguarding"} for name in PACKAGES} == {
        name: set() for name in PACKAGES
    }


@pytest.mark.parametrize("library", AT_HOME)
def test_a_library_is_imported_at_its_one_home_only(library: str) -> None:
    strangers = [
        str(name)
        for name, tree in parsed()
        if name.parts[0] in PACKAGES
        if library in imported(tree)
        if not name.as_posix().startswith(AT_HOME[library])
    ]
    assert not strangers


def test_the_domain_needs_nothing_but_the_standard_library_and_msgspec() -> None:
    allowed = {*sys.stdlib_module_names, "msgspec", "domain"}
    for name, tree in parsed():
        if name.parts[0] == "domain":
            assert set(imported(tree)) <= allowed, name


def test_setting_up_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "run.py").read_text())
    assert set(imported(tree)) <= sys.stdlib_module_names


def test_every_agency_and_every_projection_has_a_test_file() -> None:
    folders = ("adapters/agencies", "projections")
    modules = [module for folder in folders for module in (ROOT / folder).glob("[!_]*.py")]
    assert modules
    tests = {path.name for path in ROOT.glob("tests/**/test_*.py")}
    assert not [
        module.name
        for module in modules
        if module.name != "base.py" and f"test_{module.name}" not in tests
    ]


def test_every_data_file_is_part_of_what_gets_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = settings["tool"]["setuptools"]["package-data"]["*"]
    suffixes = {Path(pattern).suffix for pattern in patterns} | {".py"}
    ours = [name for name in tracked() if name.parts[0] in PACKAGES]
    assert not [str(name) for name in ours if name.suffix not in suffixes]


def test_a_name_says_what_a_file_is_about() -> None:
    assert not [str(name) for name in tracked() if {*name.parts[:-1], name.stem} & FORBIDDEN_NAMES]


# What an event is


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_stored_under_a_name_with_its_version(name: str) -> None:
    assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+\.v[1-9]\d*", name)


def test_every_event_has_an_example() -> None:
    assert not set(EVENTS.values()) - set(EXAMPLES)


# How it is written


def test_every_module_opens_with_a_sentence() -> None:
    for name, tree in parsed():
        if not tree.body and name.name == "__init__.py":
            continue
        opening = (ast.get_docstring(tree) or "").split("\n\n")[0]
        assert opening.endswith((".", "?", ":")), f"{name}: {opening!r}"


def test_nothing_is_left_unfinished() -> None:
    assert not found(UNFINISHED)


def test_no_test_waits_for_time_to_pass() -> None:
    """A part may poll while a real server starts; what uses it may not."""
    waiting = found(WAITING, suffix=".py", under="tests/")
    assert not [place for place in waiting if not place.startswith("tests/parts/")]


def test_our_own_code_is_not_mocked() -> None:
    assert not [
        str(name)
        for name, text in texts(suffix=".py", under="tests/")
        if re.search(MOCKED, text)
        if name.name != "test_architecture.py"
    ]


# What must not be there


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert not found(MACHINE)


def test_no_file_names_a_package_registry() -> None:
    assert not found(REGISTRIES)


def test_every_nhs_number_is_one_that_is_never_issued() -> None:
    """999 000 0000 to 999 999 9999 are for tests; ten times one digit is nobody's number either."""
    numbers = r"(?<![\w.+-])\d{3}([ -]?)\d{3}\1\d{4}(?![\w-]|\.\d)"
    places = [place.rpartition(": ") for place in found(numbers)]
    issued = [
        place + number
        for place, _, number in places
        if is_nhs_number(digits := re.sub(r"\D", "", number))
        if not digits.startswith("999") and len(set(digits)) > 1
    ]
    assert not issued


def is_nhs_number(digits: str) -> bool:
    """Whether the tenth digit is the modulus-11 check digit of the nine before it."""
    total = sum(
        int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)
    )
    return (11 - total % 11) % 11 == int(digits[9])


# What the README promises


def commands_of_the_readme() -> list[list[str]]:
    """Return the words after `python3 run.py` on each such line of the README's code blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    called = [re.search(r"python3 run\.py ([^#|>]+)", line) for line in lines]
    return [match.group(1).split() for match in called if match]


def test_the_readme_shows_the_two_commands() -> None:
    assert {"demo", "test"} <= {words[0] for words in commands_of_the_readme()}


def test_every_command_of_the_readme_is_there() -> None:
    commands = commands_of_the_readme()
    assert {words[0] for words in commands} <= {"demo", "test", "cli"}
    for name in {words[1] for words in commands if words[0] == "cli"} | {"demo"}:
        asked = subprocess.run(
            [sys.executable, "-m", "services", name, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert asked.returncode == 0, f"{name}: {asked.stderr}"
