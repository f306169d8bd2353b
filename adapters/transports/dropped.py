"""Which messages lie in the agencies' folders, and whose turn is it to take one?

`WHERE/<agency>/` is the home of an agency's account: whoever can write there is that agency. A file
is taken under a lock that ends with the process, so that two who look into the same folders never
take the same file, and what one left half done the other takes up.
"""

import fcntl
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import NamedTuple

from adapters.translation import Sent
from adapters.transports.delivery import Left, Outcome
from domain.identity import is_slug

POLL_SECONDS = 0.5
UPLOADING = (".part", ".filepart", ".tmp")
"""How names end while a file is uploaded; those that begin with a dot are not looked at either."""


class Held(NamedTuple):
    """A file that is ours until we let go. `came_at`: since when it has its name."""

    descriptor: int
    identity: tuple[int, int, int]
    came_at: datetime

    def read(self, most: int) -> bytes:
        """The bytes; of what is larger than `most`, one more than that."""
        with open(self.descriptor, "rb", closefd=False) as file:
            file.seek(0)
            return file.read(most + 1)


class DroppedFile:
    """A message in a folder; it stays there until it is stored."""

    patient = True

    def __init__(
        self, sent: Sent, source: str, finished: Callable[[Sequence[Outcome]], None]
    ) -> None:
        self.sent = sent
        self.source = source
        self._finished = finished

    def stored(self, outcomes: Sequence[Outcome]) -> None:
        self._finished(outcomes)

    def refused(self, outcome: Outcome) -> None:
        self._finished([outcome])

    def not_stored(self) -> None:
        """It lies where it was."""


class Folders(ABC):
    """The agencies' folders. Each kind says which files wait, what they hold, how one is finished.

    What cannot be moved when it is stored is not taken again by this process.
    """

    transport = ""
    reads_home = False
    """Whether files that lie in the home itself are messages."""

    def __init__(self, where: Path, clock: Callable[[], datetime], most: int) -> None:
        """`most`: bytes of a message."""
        self._where, self._clock, self._most = where, clock, most
        self._stuck: set[tuple[int, int, int]] = set()
        self._left: list[Left] = []

    @abstractmethod
    def waiting(self, home: Path) -> Iterable[Path]:
        """The files of an agency that may hold a message, in the order in which they came."""

    @abstractmethod
    def message(self, home: Path, path: Path, held: Held) -> Sent | str | None:
        """What a file holds; why it is left there; None when its turn has not come."""

    @abstractmethod
    def finish(self, home: Path, path: Path, outcomes: Sequence[Outcome]) -> None:
        """Put it where it belongs now."""

    def deliveries(self, stop: Event, *, once: bool) -> Generator[DroppedFile | Left, None, None]:
        """What comes; with `once`, what is there."""
        while not stop.is_set():
            with closing(self._found()) as found:
                for each in found:
                    yield each
                    if stop.is_set():
                        return
            if once or stop.wait(POLL_SECONDS):
                return

    def _found(self) -> Generator[DroppedFile | Left, None, None]:
        try:
            homes = sorted(each for each in self._where.iterdir() if each.is_dir())
            yield from _astray(self._where, "", "it lies in no agency's folder")
        except OSError as error:
            yield Left(str(self._where), f"the folder cannot be read ({error.strerror})")
            return
        for home in homes:
            if is_slug(home.name):
                yield from self._of(home)
            elif not home.name.startswith("."):
                yield Left(home.name, "the folder is not named as an agency")

    def _of(self, home: Path) -> Generator[DroppedFile | Left, None, None]:
        try:
            if not self.reads_home:
                why = "it lies beside the folder that is read"
                yield from _astray(home, f"{home.name}/", why)
            paths = list(self.waiting(home))
        except FileNotFoundError:
            return
        except OSError as error:
            yield Left(home.name, f"the folder cannot be read ({error.strerror})")
            return
        for path in paths:
            source = f"{home.name}/{path.name}"
            try:
                with held(path) as file:
                    if file is None or file.identity in self._stuck:
                        continue
                    message = self.message(home, path, file)
                    if isinstance(message, str):
                        yield Left(source, message)
                    elif message is not None:
                        yield self._delivery(home, path, file, message)
            except FileNotFoundError:
                continue  # somebody else has taken it
            except OSError as error:
                yield Left(source, f"it cannot be read ({error.strerror})")
            while self._left:
                yield self._left.pop()

    def _delivery(self, home: Path, path: Path, file: Held, message: Sent) -> DroppedFile:
        source = f"{home.name}/{path.name}"

        def finished(outcomes: Sequence[Outcome]) -> None:
            try:
                self.finish(home, path, outcomes)
            except FileNotFoundError:
                return  # whoever sent it has taken it away
            except OSError as error:
                self._stuck.add(file.identity)
                became = "refused" if outcomes[0].result == "refused" else "stored"
                why = f"it is {became}, and cannot be moved away ({error.strerror})"
                self._left.append(Left(source, why))

        return DroppedFile(message, source, finished)

    def came_at(self, file: Held) -> datetime:
        return min(file.came_at, self._clock())


def _astray(folder: Path, within: str, why: str) -> Iterator[Left]:
    """The files that nothing takes, because they lie where no message is looked for."""
    for path in oldest_first(folder):
        if not path.is_dir():
            yield Left(f"{within}{path.name}", f"it is left there: {why}")


def oldest_first(folder: Path) -> list[Path]:
    """What lies in a folder and is not being uploaded, in the order in which it was named so."""
    found = []
    for entry in os.scandir(folder):
        if not entry.name.startswith(".") and not entry.name.lower().endswith(UPLOADING):
            with suppress(FileNotFoundError):  # it has been moved meanwhile
                found.append((entry.stat(follow_symlinks=False).st_ctime_ns, Path(entry.path)))
    return [path for _, path in sorted(found)]


@contextmanager
def held(path: Path) -> Iterator[Held | None]:
    """The file, when nobody else holds it; None also when it has been moved meanwhile.

    Raises `OSError` for what is no file: links lead out of the agency's home.
    """
    descriptor = opened(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield _as_it_is(descriptor, path)
    finally:
        os.close(descriptor)


def opened(path: Path) -> int:
    """A descriptor of a file. Raises `OSError` for a link or a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no file")
    return descriptor


def _as_it_is(descriptor: int, path: Path) -> Held | None:
    ours = os.fstat(descriptor)
    if not _is_same(ours, path):
        return None
    came_at = datetime.fromtimestamp(ours.st_ctime, UTC)
    return Held(descriptor, (ours.st_dev, ours.st_ino, ours.st_mtime_ns), came_at)


def still_there(file: Held, path: Path) -> bool:
    """Whether this very file stands there, and not another of its name."""
    return _is_same(os.fstat(file.descriptor), path)


def _is_same(ours: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(ours, path.lstat())
    except FileNotFoundError:
        return False


def inside(home: Path, name: str) -> Path:
    """A folder in an agency's home, made when missing. Raises `OSError` for a link."""
    folder = home / name
    folder.mkdir(exist_ok=True)
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise OSError(0, f"{name} is no folder")
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else chooses a name in this folder meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def free(folder: Path, name: str) -> Path:
    """Where a file of this name can lie without replacing another. Under `locked`."""
    first, number = folder / name, 1
    target = first
    while os.path.lexists(target):
        number += 1
        target = first.with_name(f"{first.stem}-{number}{first.suffix}")
    return target


def move(path: Path, folder: Path) -> None:
    """Put a file into a folder; where one of its name is there, with a number."""
    with locked(folder):
        path.rename(free(folder, path.name))
