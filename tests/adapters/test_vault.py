"""Do keys stay secret, agree between processes, and stay destroyed?"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters import vault as module
from adapters.vault import KeyDestroyed, KeyTaken, UnknownKey, Vault, VaultError

OWNER = ("child-1", "narrative")

CREATE = """
import sys
from adapters.vault import Vault
sys.stdin.readline()
vault = Vault.open(sys.argv[1])
keys = vault.keys([("child-1", "narrative"), ("child-2", "identity")])
print(*(key.id.hex() for _, key in sorted(keys.items())), vault.token("nhs", "9990000018"))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def vault(folder: Path) -> Iterator[Vault]:
    with closing(Vault.open(folder)) as opened:
        yield opened


def key_id(vault: Vault, owner: tuple[str, str] = OWNER) -> bytes:
    return vault.keys([owner])[owner].id


def test_a_subject_has_one_key_a_kind(vault: Vault) -> None:
    keys = vault.keys([OWNER, ("child-1", "identity"), ("child-2", "narrative")])
    assert len({key.id for key in keys.values()}) == 3
    assert vault.keys([OWNER]) == {OWNER: keys[OWNER]}
    assert vault.keys([]) == {}


def test_a_key_is_the_same_after_a_restart(folder: Path) -> None:
    with closing(Vault.open(folder)) as first:
        key = first.keys([OWNER])[OWNER]
        box = module.seal(key.cipher, b"alone", b"place")
        token = first.token("nhs", "9990000018")
    with closing(Vault.open(folder)) as second:
        cipher = second.ciphers([key.id])[key.id]
        assert cipher
        assert module.unseal(cipher, box, b"place") == b"alone"
        assert key_id(second) == key.id
        assert second.token("nhs", "9990000018") == token


def test_keys_are_for_their_owner_alone(folder: Path, vault: Vault) -> None:
    key_id(vault)
    assert folder.stat().st_mode & 0o777 == 0o700
    files = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert files.keys() >= {"keys.db", "keys.db-wal", "key-encryption-key"}
    assert set(files.values()) == {0o600}


def test_processes_that_start_at_once_agree_on_the_keys(folder: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = {process.communicate("go\n", timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 4
    assert len(said) == 1
    assert len(said.pop().split()) == 3


def test_a_destroyed_key_opens_and_seals_nothing_any_more(vault: Vault) -> None:
    narrative, identity = key_id(vault), key_id(vault, ("child-1", "identity"))
    assert vault.destroy("child-1", "narrative") == ("narrative",)

    assert vault.ciphers([narrative]) == {narrative: None}
    assert vault.ciphers([identity])[identity]
    with pytest.raises(KeyDestroyed, match="narrative key of child-1"):
        vault.keys([("child-9", "narrative"), OWNER])
    assert vault.destroy("child-1", "narrative") == ()


def test_destroying_all_keys_of_a_child_forbids_those_it_never_had(vault: Vault) -> None:
    key_id(vault)
    assert vault.destroy("child-1") == ("narrative",)
    with pytest.raises(KeyDestroyed):
        key_id(vault, ("child-1", "police"))


def test_there_is_no_key_of_nobody_or_of_an_unknown_kind(vault: Vault) -> None:
    for subject, kind in (("", "narrative"), ("child-1", "shoes"), ("", "index")):
        with pytest.raises(ValueError, match="no such key"):
            vault.destroy(subject, kind)


def test_a_key_that_another_process_destroyed_is_forgotten(folder: Path, vault: Vault) -> None:
    known = key_id(vault)
    assert vault.ciphers([known])[known]
    with closing(Vault.open(folder)) as other:
        other.keys([("child-2", "narrative")])
        assert vault.ciphers([known])[known]
        other.destroy("child-1")

    assert vault.ciphers([known]) == {known: None}
    with pytest.raises(KeyDestroyed):
        key_id(vault)


def test_nothing_of_a_destroyed_key_is_left_in_the_files(folder: Path, vault: Vault) -> None:
    key_id(vault)
    key_id(vault, ("child-2", "narrative"))
    with closing(sqlite3.connect(folder / "keys.db")) as database:
        rows = dict(database.execute("select subject, wrapped from keys").fetchall())

    def held(wrapped: bytes) -> bool:
        return any(wrapped in path.read_bytes() for path in folder.iterdir())

    assert held(rows["child-1"])
    vault.destroy("child-1")
    assert not held(rows["child-1"])
    assert held(rows["child-2"])


def test_a_key_lies_wrapped_and_only_under_its_own_id(folder: Path, vault: Vault) -> None:
    first, second = key_id(vault), key_id(vault, ("child-2", "narrative"))
    with closing(sqlite3.connect(folder / "keys.db")) as database, database:
        (wrapped,) = database.execute("select wrapped from keys where id = ?", (second,)).fetchone()
        database.execute("update keys set wrapped = ? where id = ?", (wrapped, first))
    with closing(Vault.open(folder)) as again, pytest.raises(VaultError, match="does not fit"):
        again.ciphers([first])


def test_a_key_of_another_store_is_unknown(vault: Vault, tmp_path: Path) -> None:
    with closing(Vault.open(tmp_path / "other")) as other, pytest.raises(UnknownKey):
        other.ciphers([key_id(vault)])


def test_without_its_key_encryption_key_a_store_is_not_opened(folder: Path) -> None:
    Vault.open(folder).close()
    path = folder / "key-encryption-key"
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(VaultError, match="missing"):
        Vault.open(folder)
    assert not path.exists()
    path.write_bytes(os.urandom(32))
    with pytest.raises(VaultError, match="does not fit"):
        Vault.open(folder)
    path.write_bytes(content)
    Vault.open(folder).close()


def test_more_keys_than_are_remembered_work_all_the_same(vault: Vault) -> None:
    vault.most_remembered = 3
    owners = [(f"child-{n}", "narrative") for n in range(10)]
    keys = vault.keys(owners)
    assert keys.keys() == set(owners)
    assert all(vault.ciphers(key.id for key in keys.values()).values())
    assert {owner: key.id for owner, key in vault.keys(owners).items()} == {
        owner: key.id for owner, key in keys.items()
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë O'Brien", "zoe OBRIEN"),
        ("O\u2019Brien", "O\u00b4Brien"),
        ("Łukasz  Žižek", "lukasz zizek"),
        ("Smith-Jones", "jones smith"),
        ("STRASSE", "straße"),
        ("Jose\u0301", "José"),
    ],
)
def test_a_name_is_the_same_however_it_is_typed(vault: Vault, one: str, other: str) -> None:
    assert set(vault.tokens(one)) == set(vault.tokens(other))


def test_tokens_are_one_a_word_and_say_nothing(vault: Vault, tmp_path: Path) -> None:
    tokens = vault.tokens("Ann Ann Smithson")
    assert len(tokens) == 2
    assert all(len(token) == 8 and token.isalnum() and token.islower() for token in tokens)
    assert not set(vault.tokens("Smith")) & set(tokens)
    assert vault.tokens("- ' -") == ()
    with closing(Vault.open(tmp_path / "other")) as other:
        assert not set(other.tokens("Ann Smithson")) & set(tokens)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("O'Dowd", "o dowd"),
        ("O\u2019Dowd", "Dowd"),
        ("Smith-Jones", "SmithJones"),
        ("d'Arcy", "Arcy"),
        ("Mc Donald", "McDonald"),
        ("McDonald", "Donald"),
        ("van der Berg", "Vanderberg"),
        ("O'Dowd-Smith", "odowdsmith"),
    ],
)
def test_a_name_with_a_mark_has_parts_and_a_whole(vault: Vault, name: str, typed: str) -> None:
    indexed = {*vault.tokens(name), *vault.part_tokens(name)}
    for token, part in vault.as_parts(typed).items():
        assert {token, part} & indexed


def test_a_part_is_no_whole_word(vault: Vault) -> None:
    assert not {*vault.tokens("Dowd O")} & {*vault.tokens("O'Dowd"), *vault.part_tokens("O'Dowd")}
    assert set(vault.as_parts("O'Dowd")) == set(vault.tokens("O'Dowd"))
    assert vault.part_tokens("Ann Smithson Mackenzie") == vault.part_tokens("- ' -") == ()


def test_an_exact_value_has_a_token_of_its_kind(vault: Vault) -> None:
    assert len(vault.token("nhs", "9990000018")) == 32
    assert vault.token("nhs", "9990000018") == vault.token("nhs", "9990000018")
    assert vault.token("nhs", "9990000018") != vault.token("reference", "9990000018")


def test_a_vault_tells_who_never_had_a_key(vault: Vault) -> None:
    vault.keys([("child-1", "identity"), ("child-2", "health")])
    vault.destroy("child-2")
    assert vault.without_keys(["child-1", "child-2", "child-3"]) == {"child-3"}
    assert vault.without_keys([]) == set()


def test_new_keys_are_stored_all_or_none(vault: Vault) -> None:
    (key,) = vault.keys([("child-1", "identity")]).values()
    new = [vault.new_key(("child-2", "identity")), vault.new_key(("child-1", "identity"))]
    with pytest.raises(KeyTaken):
        vault.add(new)
    assert vault.known([("child-1", "identity"), ("child-2", "identity")]) == {
        ("child-1", "identity"): key
    }
    vault.destroy("child-1", "identity")
    with pytest.raises(KeyDestroyed):
        vault.add(new)
    assert vault.without_keys(["child-2"]) == {"child-2"}
    vault.add(new[:1])
    assert vault.known([("child-2", "identity")])
    with pytest.raises(KeyDestroyed):
        vault.known([("child-2", "identity"), ("child-1", "identity")])
