"""Does a fresh checkout set itself up once, in silence on stdout, and again only when it must?

Each test runs `run.py` in a folder with a space in its name, beside a tiny project that depends on
nothing and whose build writes a line each time, so that installations can be counted and need no
network.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PROJECT = """
[project]
name = "tiny"
version = "1"
[project.optional-dependencies]
dev = []
postgresql = []
[build-system]
requires = []
build-backend = "build_tiny"
backend-path = ["."]
"""

BUILD = '''
"""How is an editable install made without any build tool? By hand: a wheel with one .pth file."""
import pathlib
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    here = pathlib.Path.cwd()
    with open("installations", "a") as file:
        file.write("x\\n")
    if pathlib.Path("hold").exists():
        pathlib.Path("begun").write_text("x")
        pathlib.Path("hold").read_text()
    name = "tiny-1-py3-none-any.whl"
    files = {
        "tiny.pth": str(here),
        "tiny-1.dist-info/METADATA":
            "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n"
            "Provides-Extra: dev\\nProvides-Extra: postgresql\\n",
        "tiny-1.dist-info/WHEEL":
            "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{path},,\\n" for path in files) + "tiny-1.dist-info/RECORD,,\\n"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        for path, text in (files | {"tiny-1.dist-info/RECORD": record}).items():
            wheel.writestr(path, text)
    return name
'''

SERVICES = '''
"""What did `run.py` start? It tells, and ends as asked."""
import os
import sys

if sys.argv[1:2] == ["exit"]:
    sys.exit(int(sys.argv[2]))
if sys.argv[1:2] == ["stay"]:
    print("staying", os.getpid(), flush=True)
    sys.stdin.read()
print(sys.argv[1:])
'''

FAILS = "raise SystemExit('not here')\n"


class Checkout:
    """A copy of `run.py` with the tiny project, and the ways to call it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "services").mkdir(parents=True)
        shutil.copy(ROOT / "run.py", folder)
        (folder / "pyproject.toml").write_text(PROJECT)
        (folder / "build_tiny.py").write_text(BUILD)
        (folder / "services" / "__main__.py").write_text(SERVICES)
        self.environment = os.environ | {"PIP_NO_INDEX": "1"}

    def start(self, *words: str, python: tuple[str, ...] = ("run.py",)) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *python, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, python: tuple[str, ...] = ("run.py",)) -> tuple[int, str, str]:
        with self.start(*words, python=python) as process:
            said, told = process.communicate(timeout=120)
            return process.returncode, said, told

    def installations(self) -> int:
        return len((self.folder / "installations").read_text().splitlines())

    def change_project(self) -> None:
        with (self.folder / "pyproject.toml").open("a") as file:
            file.write("# changed\n")

    def hold_the_next_installation(self) -> None:
        for name in ("begun", "hold"):
            os.mkfifo(self.folder / name)

    def wait_until_it_is_held(self) -> None:
        begun = os.open(self.folder / "begun", os.O_RDONLY | os.O_NONBLOCK)
        readable, _, _ = select.select([begun], [], [], 120)
        os.close(begun)
        assert readable, "the installation has not begun within two minutes"

    def let_it_go_on(self) -> None:
        with (self.folder / "hold").open("w"):
            (self.folder / "hold").unlink()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a new checkout")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    checkout = Checkout(tmp_path_factory.mktemp("setup") / "a used checkout")
    code, _, told = checkout.run("cli")
    assert code == 0, told
    return checkout


def test_the_first_call_installs_and_keeps_stdout_for_the_command(checkout: Checkout) -> None:
    code, said, told = checkout.run("cli", "inbox", "--format", "json")
    assert (code, said) == (0, "['inbox', '--format', 'json']\n")
    assert "Installing into" in told
    assert "Installed in" in told


def test_the_second_call_installs_nothing_and_tells_nothing(installed: Checkout) -> None:
    before = installed.installations()
    assert installed.run("cli", "inbox") == (0, "['inbox']\n", "")
    assert installed.installations() == before


def test_demo_is_short_for_cli_demo(installed: Checkout) -> None:
    assert installed.run("demo", "--port", "0") == (0, "['demo', '--port', '0']\n", "")


def test_the_exit_code_is_the_command_s_own(installed: Checkout) -> None:
    assert [installed.run("cli", "exit", str(code))[0] for code in (0, 1, 2, 4)] == [0, 1, 2, 4]


def test_signals_reach_the_command_itself(installed: Checkout) -> None:
    with installed.start("cli", "stay") as process:
        assert process.stdout
        assert process.stdout.readline() == f"staying {process.pid}\n"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT


def test_it_can_be_called_from_any_folder(installed: Checkout, tmp_path: Path) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "__main__.py").write_text(FAILS)
    called = subprocess.run(
        [sys.executable, installed.folder / "run.py", "cli", "inbox"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (called.returncode, called.stdout) == (0, "['inbox']\n"), called.stderr


def test_an_unknown_word_is_answered_with_the_words_there_are(installed: Checkout) -> None:
    code, said, told = installed.run("start")
    assert (code, said) == (2, "")
    assert "python3 run.py demo" in told


def test_help_is_a_result(installed: Checkout) -> None:
    code, said, told = installed.run("--help")
    assert (code, told) == (0, "")
    assert "python3 run.py test" in said


def test_a_changed_project_is_installed_again(checkout: Checkout) -> None:
    checkout.run("cli")
    checkout.change_project()
    assert checkout.run("cli", "inbox")[:2] == (0, "['inbox']\n")
    assert checkout.run("cli", "inbox") == (0, "['inbox']\n", "")
    assert checkout.installations() == 2


def test_a_moved_checkout_is_installed_again(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run("cli")
    checkout.folder = checkout.folder.rename(tmp_path / "elsewhere")
    assert checkout.run("cli", "inbox")[:2] == (0, "['inbox']\n")
    assert checkout.installations() == 2


def test_what_the_tests_need_is_added_and_then_kept(checkout: Checkout) -> None:
    checkout.run("cli")
    assert "No module named pytest" in checkout.run("test", "--version")[2]
    checkout.run("cli")
    assert checkout.installations() == 2
    checkout.change_project()
    checkout.run("cli")
    checkout.run("test", "--version")
    assert checkout.installations() == 3


def test_a_call_during_an_installation_waits_for_it(checkout: Checkout) -> None:
    checkout.hold_the_next_installation()
    with checkout.start("cli", "first") as first:
        checkout.wait_until_it_is_held()
        with checkout.start("cli", "second") as second:
            assert second.stderr
            assert second.stderr.readline() == "Waiting for another call that is installing.\n"
            checkout.let_it_go_on()
            assert first.communicate(timeout=120)[0] == "['first']\n"
            assert second.communicate(timeout=120) == ("['second']\n", "")
    assert checkout.installations() == 1


def test_a_stopped_installation_starts_afresh(checkout: Checkout) -> None:
    checkout.hold_the_next_installation()
    with checkout.start("cli") as process:
        checkout.wait_until_it_is_held()
        (checkout.folder / ".venv" / "half-done").touch()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert told.endswith("Stopped while installing; the next call starts afresh.\n")
    (checkout.folder / "hold").unlink()
    assert checkout.run("cli", "inbox")[:2] == (0, "['inbox']\n")
    assert not (checkout.folder / ".venv" / "half-done").exists()


def test_a_killed_installation_is_waited_for_and_then_starts_afresh(checkout: Checkout) -> None:
    checkout.hold_the_next_installation()
    with checkout.start("cli") as killed:
        checkout.wait_until_it_is_held()
        (checkout.folder / ".venv" / "half-done").touch()
        killed.kill()
        killed.communicate(timeout=120)
    with checkout.start("cli", "inbox") as next_call:
        assert next_call.stderr
        assert next_call.stderr.readline() == "Waiting for another call that is installing.\n"
        checkout.let_it_go_on()
        assert next_call.communicate(timeout=120)[0] == "['inbox']\n"
    assert not (checkout.folder / ".venv" / "half-done").exists()


def test_a_machine_without_pip_is_told_what_to_install(checkout: Checkout, tmp_path: Path) -> None:
    for name in ("pip.py", "ensurepip.py"):
        (tmp_path / name).write_text(FAILS)
    checkout.environment["PYTHONPATH"] = str(tmp_path)
    without_wheels = "import run; run.DEBIAN_PIP_WHEELS = 'none'; run.main(['cli'])"
    code, said, told = checkout.run(python=("-c", without_wheels))
    assert (code, said) == (1, "")
    assert told.splitlines()[-1].startswith("pip is missing: on Debian, install python3-pip")


def test_a_machine_without_a_network_is_told_so_in_one_sentence(checkout: Checkout) -> None:
    project = checkout.folder / "pyproject.toml"
    project.write_text(PROJECT.replace("requires = []", 'requires = ["not-there-either"]'))
    del checkout.environment["PIP_NO_INDEX"]
    checkout.environment |= {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "1"}
    code, said, told = checkout.run("cli")
    assert (code, said) == (3, "")
    assert told.splitlines()[1:] == [
        "The package index cannot be reached: check the network and call again."
    ]


def test_a_folder_that_cannot_be_written_is_named(checkout: Checkout) -> None:
    (checkout.folder / ".venv").write_text("a file where the environment should be")
    code, said, told = checkout.run("cli")
    assert (code, said) == (1, "")
    assert "The environment cannot be made in" in told
    assert "Traceback" not in told


# The other ways in


def services_of_the_compose_file() -> dict[str, str]:
    """Return each service's own lines, by its name: two spaces deep under `services:`."""
    text = (ROOT / "docker-compose.yml").read_text()
    (block,) = re.findall(r"^services:\n((?:(?: .*)?\n)+)", text, re.MULTILINE)
    parts = re.split(r"^  ([\w-]+):\n", block, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_image_is_pinned_to_an_exact_version() -> None:
    files = [ROOT / "docker-compose.yml", ROOT / "Dockerfile"]
    images = [
        image
        for file in files
        for image in re.findall(r"^(?:FROM| +image:) (\S+)", file.read_text(), re.MULTILINE)
    ]
    assert len(images) == 4
    assert all(re.search(r":\d+\.\d+(\.\d+)?(-|$)", image) for image in images), images


def test_every_container_tells_whether_it_is_well() -> None:
    services = services_of_the_compose_file()
    assert {"application", "postgresql", "kafka"} <= set(services)
    assert all("    healthcheck:\n" in lines for lines in services.values())
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_containers_listen_on_loopback_and_hold_no_password_of_ours() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    published = re.findall(r'^ +- "(\S+:\d+:\d+)"$', text, re.MULTILINE)
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    passwords = re.findall(r"PASSWORD\S*: *(.+)|://\w+:([^@]+)@", text)
    assert passwords
    assert all(re.search(r"\$\{\w+_PASSWORD:\?", "".join(found)) for found in passwords)


def test_the_application_s_container_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users
    assert users[-1] != "root"
