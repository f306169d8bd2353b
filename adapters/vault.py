"""Which key seals this person's words, and may it still be used?

Every person (or referral) has one data key a kind of private word: 32 random bytes, kept wrapped
in an SQLite file of its own, apart from the events. Destroying a data key empties every copy of
what it sealed, in the log, in the read models and in backups of both.
"""

import fcntl
import hmac
import os
import re
import sqlite3
import unicodedata
from base64 import b32encode
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import NamedTuple, Protocol, Self

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.private_files import FileGone, StillThere, private_file, private_folder
from domain.kernel import KEYED, KINDS

NONCE = 12
"""Bytes of an AES-GCM nonce; it stands before the ciphertext."""


class VaultError(Exception):
    """The key store cannot be used: it is damaged, or its key-encryption key is missing."""


class KeyDestroyed(VaultError):
    """Something was to be sealed under a key that was destroyed."""


class KeysUnavailable(VaultError):
    """The key store cannot be reached or written now: a full disk, a deleted file."""


class UnknownKey(VaultError):
    """This key store has never held a key of that id."""


class KeyTaken(VaultError):
    """Somebody else made a key for the same subject and kind: read it, and seal anew."""


class KeyProtection(Protocol):
    """Wraps data keys under a key-encryption key that the key store itself never holds."""

    def wrap(self, key_id: bytes, key: bytes) -> bytes:
        """The wrapped form of a data key; `key_id` is bound to it as associated data."""

    def unwrap(self, key_id: bytes, wrapped: bytes) -> bytes:
        """The data key again. Raises `VaultError` if it was not wrapped here under this id."""


class KeyFile:
    """A key-encryption key in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._cipher = AESGCM(path.read_bytes())

    @classmethod
    def create(cls, path: Path) -> None:
        """Write a new random key; it must not exist yet."""
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(AESGCM.generate_key(256))
            file.flush()
            os.fsync(descriptor)

    def wrap(self, key_id: bytes, key: bytes) -> bytes:
        return seal(self._cipher, key, key_id)

    def unwrap(self, key_id: bytes, wrapped: bytes) -> bytes:
        try:
            return unseal(self._cipher, wrapped, key_id)
        except InvalidTag:
            raise VaultError(
                "The key-encryption key does not fit this key store: "
                "put its own back from its backup."
            ) from None


def seal(cipher: AESGCM, plain: bytes, associated: bytes) -> bytes:
    """A fresh random nonce and the ciphertext after it."""
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, plain, associated)


def unseal(cipher: AESGCM, box: bytes, associated: bytes) -> bytes:
    """What was sealed. Raises `InvalidTag` if box, key or associated data are not the same."""
    return cipher.decrypt(box[:NONCE], box[NONCE:], associated)


class Key(NamedTuple):
    """A data key, ready to seal with."""

    id: bytes
    cipher: AESGCM


class NewKey(NamedTuple):
    """A key that is not durable yet, whose it is, and what will be stored of it."""

    owner: tuple[str, str]
    key: Key
    wrapped: bytes


SCHEMA = """
create table if not exists keys (
    id blob primary key, subject text not null, kind text not null, wrapped blob not null,
    unique (subject, kind)
) without rowid;
create table if not exists destroyed (
    n integer primary key autoincrement, subject text not null, kind text not null, id blob unique,
    unique (subject, kind)
);
"""

OF_SUBJECTS = """
select subject, kind, id, wrapped from keys where subject in (select value from json_each(?1))
union all
select subject, kind, null, null from destroyed where subject in (select value from json_each(?1))
"""
ADD = """
insert into keys select ?1, ?2, ?3, ?4
where not exists (select 1 from destroyed where subject = ?2 and kind = ?3)
"""

BUSY_SECONDS = 30.0
"""How long is waited for who else writes to a file."""
LOOK_SECONDS = 0.2
"""After which a writer that waits looks whether it still should."""
PRIMARY = 0xFF
"""The part of SQLite's codes that says what kind of error it is."""

INDEX = ("", "index")
"""The subject and kind of the key under which the blind-index tokens are made."""


class Vault:
    """The data keys of one store. Safe to share between threads, and between processes."""

    most_remembered = 50_000
    """Data keys held in memory; one costs about half a kilobyte."""
    most_names = 20_000
    """Names, and numbers, held in memory with their tokens."""

    def __init__(self, folder: Path, protection: KeyProtection, *, durable: bool = True) -> None:
        self._protection = protection
        self.ended: Callable[[], bool] = never
        """Whether whoever adds was told to end; then nobody is waited for who else writes."""
        self._lock = Lock()
        self._by_owner: dict[tuple[str, str], Key] = {}
        self._by_id: dict[bytes, AESGCM | None] = {}
        self._seen = self._forgotten = 0
        # The same names come again and again: a child's in each event that tells of them.
        self.tokens = lru_cache(self.most_names)(self._tokens)
        self.part_tokens = lru_cache(self.most_names)(self._part_tokens)
        # The claims that many messages may make are asked for at once, and then made one by one.
        self._digest = lru_cache(self.most_names)(self._digested)
        self._database = sqlite3.connect(
            folder / "keys.db", isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
        )
        self._file = StillThere(folder / "keys.db")
        try:
            synchronous = f"synchronous = {'full' if durable else 'off'}"
            for pragma in ("journal_mode = wal", synchronous, "secure_delete = on"):
                self._database.execute(f"pragma {pragma}").fetchone()
            self._database.executescript(SCHEMA)
            self._index_key = protection.unwrap(*self._read_or_create([INDEX])[INDEX])
        except BaseException:
            self._database.close()
            raise

    @classmethod
    def open(
        cls, folder: str | Path, protection: KeyProtection | None = None, *, durable: bool = True
    ) -> Self:
        """The key store in this folder, created (for its owner alone) when missing.

        One that is not `durable` may be lost in a power cut: see `EventStore.open`.

        Without `protection` the key-encryption key is a file in the same folder. Raises
        `VaultError` if that file is gone or is another store's, `OSError` if the folder cannot be
        used.
        """
        folder = Path(folder)
        private_folder(folder)
        folder.chmod(0o700)
        with one_at_a_time(folder):
            new = not (folder / "keys.db").exists()
            if protection is None:
                path = folder / "key-encryption-key"
                if new and not path.exists():
                    KeyFile.create(path)
                elif not path.exists():
                    raise VaultError(
                        f"The key-encryption key is missing: put {path} back from its backup."
                    )
                protection = KeyFile(path)
            private_file(folder / "keys.db")
            return cls(folder, protection, durable=durable)

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether there is a key store in this folder."""
        return (folder / "keys.db").exists()

    # ── Keys ──────────────────────────────────────────────────────────────────────────────────────

    def keys(self, owners: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Key]:
        """The keys of these (subject, kind) pairs; those missing are created and made durable.

        All are created in one transaction. Raises `KeyDestroyed` if one of them is destroyed; then
        none is created.
        """
        owners = set(owners)
        if not owners:
            return {}
        with self._lock, _unavailable():
            self._forget_destroyed()
            known = {each: self._by_owner[each] for each in owners if each in self._by_owner}
            if missing := owners - known.keys():
                for owner, (key_id, wrapped) in self._read_or_create(missing).items():
                    key = Key(key_id, AESGCM(self._protection.unwrap(key_id, wrapped)))
                    self._remember(owner, key)
                    known[owner] = key
            return known

    def new_key(self, owner: tuple[str, str]) -> NewKey:
        """A key for a (subject, kind) pair that has none, in memory: see `add`."""
        key_id, plain = os.urandom(16), AESGCM.generate_key(256)
        key = Key(key_id, AESGCM(plain))
        with self._lock:
            self._by_id[key_id] = key.cipher  # what is sealed with it can be read at once
        return NewKey(owner, key, self._protection.wrap(key_id, plain))

    def known(self, owners: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Key]:
        """The keys of those pairs that have one. Raises `KeyDestroyed`."""
        wanted = set(owners)
        if not wanted:
            return {}
        with self._lock, _unavailable():
            self._forget_destroyed()
            found = {each: self._by_owner[each] for each in wanted if each in self._by_owner}
            subjects = {subject for subject, _ in wanted - found.keys()}
            for subject, kind, key_id, wrapped in self._of_subjects(subjects):
                owner = (subject, kind)
                if owner not in wanted or owner in found:
                    continue
                if wrapped is None:
                    raise _destroyed(owner)
                found[owner] = Key(key_id, AESGCM(self._protection.unwrap(key_id, wrapped)))
                self._remember(owner, found[owner])
        return found

    def without_keys(self, subjects: Collection[str]) -> set[str]:
        """Those of these subjects that never had a key of any kind."""
        with self._lock, _unavailable():
            return set(subjects) - {subject for subject, *_ in self._of_subjects(subjects)}

    def add(self, keys: Iterable[NewKey]) -> None:
        """Make new keys durable, all in one transaction.

        Raises `KeyTaken` if one of the pairs has got a key meanwhile, and `KeyDestroyed`; then none
        is added.
        """
        keys = list(keys)
        rows = [(key.id, *owner, wrapped) for owner, key, wrapped in keys]
        with self._lock, _unavailable(), self._transaction():
            try:
                added = self._database.executemany(ADD, rows).rowcount
            except sqlite3.IntegrityError as error:
                raise KeyTaken("Somebody else has made a key by now.") from error
            if added < len(rows):
                for owner, _, _ in keys:
                    self._refuse_destroyed(owner)
        for owner, key, _ in keys:
            self._remember(owner, key)

    def ciphers(self, key_ids: Iterable[bytes]) -> dict[bytes, AESGCM | None]:
        """What opens the parts sealed under these keys; None for a key that is destroyed.

        Raises `UnknownKey` for an id that this store never had.
        """
        with self._lock, _unavailable():
            self._forget_destroyed()
            return {key_id: self._cipher(key_id) for key_id in key_ids}

    def destroy(self, subject: str, kind: str | None = None) -> tuple[str, ...]:
        """Destroy a subject's key of one kind, or all of them, for ever and everywhere.

        Nothing can be sealed for that subject and kind again. Returns the kinds that had a key.
        Raises `VaultError` if the file's old pages are in use for so long that the wrapped key
        could not be wiped from them; it is destroyed all the same, call again to wipe.
        """
        kinds = KINDS if kind is None else (kind,)
        if not subject or not set(kinds) <= set(KINDS):
            raise ValueError(f"There is no such key: {subject!r} {kind!r}")
        had = []
        with self._lock, _unavailable():
            with self._transaction():
                for each in kinds:
                    found = self._database.execute(
                        "delete from keys where subject = ? and kind = ? returning id",
                        (subject, each),
                    ).fetchone()
                    had += [each] if found else []
                    self._database.execute(
                        "insert into destroyed (subject, kind, id) values (?, ?, ?)"
                        " on conflict do nothing",
                        (subject, each, found and found[0]),
                    )
            self._forget()
            # The wrapped key still stands in the write-ahead log until that is cut off.
            busy, *_ = self._database.execute("pragma wal_checkpoint(truncate)").fetchone()
            if busy:
                raise VaultError("The key is destroyed, but its last copy is still being read.")
        return tuple(had)

    def close(self) -> None:
        """Forget every key and close the file."""
        with self._lock:
            self._by_owner.clear()
            self._by_id.clear()
            self.tokens.cache_clear()
            self.part_tokens.cache_clear()
            self._digest.cache_clear()
            self._database.close()

    # ── Blind index ───────────────────────────────────────────────────────────────────────────────

    def _tokens(self, text: str) -> tuple[str, ...]:
        """One short token a whole word of a name, the same in any case and without its accents.

        Eight letters of keyed hash: enough to find a child by her names, too little to say them.
        """
        return tuple(self._short("word", word) for word in dict.fromkeys(words(text)))

    def _part_tokens(self, text: str) -> tuple[str, ...]:
        """One token a part or other spelling of a name (see `parts`), to be stored beside `tokens`.

        Of another kind, so that only who asks for parts finds by them.
        """
        return tuple(self._short("part", part) for part in parts(text))

    def as_parts(self, text: str) -> dict[str, str]:
        """By each of the `tokens` of a text the token of a part that is the same word."""
        found = dict.fromkeys(words(text))
        return {self._short("word", word): self._short("part", word) for word in found}

    def keyed_token(self, key: str) -> str:
        """The token of one of an event's `index_keys`, told from a name's by its first sign."""
        return f"{KEYED}{self._short('key', key)}"

    def token(self, kind: str, value: str) -> str:
        """The 128-bit token of an exact value (32 hexadecimal digits), such as an NHS number's."""
        return self._digest(kind, value)[:16].hex()

    def _short(self, kind: str, word: str) -> str:
        return b32encode(self._digest(kind, word)[:5]).decode("ascii").lower()

    def _digested(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._index_key, f"{kind}\0{value}".encode(), "sha256")

    # ── The file ──────────────────────────────────────────────────────────────────────────────────

    def _read_or_create(
        self, owners: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[bytes, bytes]]:
        found: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        missing = []
        for owner in sorted(owners):
            if row := self._row(owner):
                found[owner] = row
            else:
                missing.append(owner)
        if not missing:
            return found
        with self._transaction():
            for owner in missing:
                # Another process may have been quicker between the look and the lock.
                found[owner] = self._row(owner) or self._create(owner)
        return found

    def _of_subjects(self, subjects: Collection[str]) -> Iterator[tuple[str, str, bytes, bytes]]:
        """Subject, kind, id and wrapped key; no id and no key where it was destroyed."""
        if not subjects:
            return iter(())
        asked = msgspec.json.encode(sorted(subjects)).decode()
        return self._database.execute(OF_SUBJECTS, (asked,))

    def _row(self, owner: tuple[str, str]) -> tuple[bytes, bytes] | None:
        row: tuple[bytes, bytes] | None = self._database.execute(
            "select id, wrapped from keys where subject = ? and kind = ?", owner
        ).fetchone()
        return row

    def _refuse_destroyed(self, owner: tuple[str, str]) -> None:
        if self._database.execute(
            "select 1 from destroyed where subject = ? and kind = ?", owner
        ).fetchone():
            raise _destroyed(owner)

    def _create(self, owner: tuple[str, str]) -> tuple[bytes, bytes]:
        self._refuse_destroyed(owner)
        key_id = os.urandom(16)
        wrapped = self._protection.wrap(key_id, AESGCM.generate_key(256))
        self._database.execute("insert into keys values (?, ?, ?, ?)", (key_id, *owner, wrapped))
        return key_id, wrapped

    def _cipher(self, key_id: bytes) -> AESGCM | None:
        if key_id in self._by_id:
            return self._by_id[key_id]
        row = self._database.execute(
            "select subject, kind, wrapped from keys where id = ?", (key_id,)
        ).fetchone()
        if row:
            subject, kind, wrapped = row
            key = Key(key_id, AESGCM(self._protection.unwrap(key_id, wrapped)))
            self._remember((subject, kind), key)
            return key.cipher
        if self._database.execute("select 1 from destroyed where id = ?", (key_id,)).fetchone():
            self._by_id[key_id] = None
            return None
        raise UnknownKey(f"This key store has never held the key {key_id.hex()}.")

    def _remember(self, owner: tuple[str, str], key: Key) -> None:
        if len(self._by_id) >= self.most_remembered:
            self._by_id.clear()
        if len(self._by_owner) >= self.most_remembered:
            self._by_owner.clear()
        self._by_owner[owner] = key
        self._by_id[key.id] = key.cipher

    def _forget_destroyed(self) -> None:
        """Notice what other processes destroyed since the last look (4 µs when nothing did)."""
        (version,) = self._database.execute("pragma data_version").fetchone()
        if version != self._seen:
            self._seen = version
            self._forget()

    def _forget(self) -> None:
        for n, subject, kind, key_id in self._database.execute(
            "select n, subject, kind, id from destroyed where n > ? order by n", (self._forgotten,)
        ):
            self._by_owner.pop((subject, kind), None)
            if key_id:
                self._by_id[key_id] = None
            self._forgotten = n

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.check()
        begin_writing(self._database, self.ended)
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")


def _destroyed(owner: tuple[str, str]) -> KeyDestroyed:
    return KeyDestroyed(f"The {owner[1]} key of {owner[0]} is destroyed.")


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (FileGone, sqlite3.Error) as error:
        raise KeysUnavailable(f"The keys cannot be used now: {error}") from error


def never() -> bool:
    return False


def begin_writing(file: sqlite3.Connection, ended: Callable[[], bool]) -> None:
    """Begin a transaction that no other writer, thread or process, overlaps.

    Who else writes is waited for, but not by who is `ended`. Raises `sqlite3.OperationalError`.
    """
    until = monotonic() + BUSY_SECONDS
    _wait_at_most(file, LOOK_SECONDS)
    try:
        while True:
            try:
                file.execute("begin immediate")
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & PRIMARY == sqlite3.SQLITE_BUSY
                if not busy or ended() or monotonic() > until:
                    raise
            else:
                return
    finally:
        _wait_at_most(file, BUSY_SECONDS)


def _wait_at_most(file: sqlite3.Connection, seconds: float) -> None:
    file.execute(f"pragma busy_timeout = {int(seconds * 1000)}")


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: of all processes (and threads) only one is inside at a time."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def words(text: str) -> list[str]:
    """The whole words of a name as they are compared: no case, accents or apostrophes."""
    return _letters(text.translate(APOSTROPHES))  # before NFKD, which makes a space of one of them


def parts(text: str) -> list[str]:
    """What else people type of a name with a mark or a particle in it, no case, no accents.

    `O'Dowd`: o, dowd. `Smith-Jones`: smithjones. `Mc Donald`: mcdonald. `McDonald`: mc, donald.
    """
    found: dict[str, None] = {}
    for name in text.split():
        apart = _letters(name.translate(dict.fromkeys(APOSTROPHES, " ")))
        found |= dict.fromkeys([*apart, "".join(apart)])
    whole = words(text)
    for word in whole:
        if scottish := re.fullmatch(r"(mc)(\w{3,})", word):
            found |= dict.fromkeys(scottish.groups())
    for at, word in enumerate(whole):
        end = next((n for n in range(at, len(whole)) if whole[n] not in PARTICLES), len(whole))
        if word in PARTICLES and end < len(whole):
            found["".join(whole[at : end + 1])] = None
    return [part for part in found if part and part not in whole]


def _letters(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold().translate(UNDECOMPOSED)
    return re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))


APOSTROPHES = dict.fromkeys(map(ord, "'\u2019\u02bc`\u00b4"))
"""People type each of these in O'Brien, or none."""
PARTICLES = frozenset({"mc", "mac", "o", "d", "de", "la", "le", "van", "von", "der", "den", "al"})
"""Words before a surname that are written apart from it, or not."""
UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not take apart but that people type without their stroke."""
