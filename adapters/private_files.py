"""How is a file or folder made that only its owner can read, whatever the umask?"""

import os
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Create a folder (0700), and those above it, if they are missing.

    One that is there already is somebody's own choice, and stays as it is.
    """
    for each in reversed([folder, *folder.parents]):
        try:
            each.mkdir(mode=0o700)
        except OSError:  # it is there, or is not ours to make: then the next one fails and says so
            if not each.is_dir():
                raise
        else:
            each.chmod(0o700)


def private_file(path: Path) -> None:
    """Create an empty file (0600) if it is missing.

    SQLite gives the files that it puts beside a database the mode of the database. One that exists
    is not opened: closing it would take away the locks that SQLite holds on it in this process.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)


class StillThere:
    """Whether the file that was opened is the one that lies at its path now.

    SQLite goes on writing into a file that was deleted: what it acknowledged would be gone when the
    process ends.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = self._now()

    def _now(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_dev, found.st_ino

    def check(self) -> None:
        """Raises `FileGone`; one system call."""
        try:
            same = self._now() == self._opened
        except OSError:
            same = False
        if not same:
            raise FileGone(
                f"{self._path} is gone, or another file lies in its place: "
                "put it back and start again."
            )


class FileGone(Exception):
    """A file was deleted, or replaced, while it was open."""
