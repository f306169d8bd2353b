"""Which store is meant, and where are its keys?"""

from pathlib import Path

import pytest

from services.settings import BadStore, Settings, settings


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SAFEGUARDING_STORE", "SAFEGUARDING_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_a_flag_comes_before_the_environment_and_that_before_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings() == Settings(
        str(tmp_path / "safeguarding"), tmp_path / "safeguarding" / "keys"
    )
    monkeypatch.setenv("SAFEGUARDING_STORE", "from-environment")
    assert settings() == Settings("from-environment", Path("from-environment/keys"))
    assert settings("from-flag") == Settings("from-flag", Path("from-flag/keys"))
    monkeypatch.setenv("SAFEGUARDING_KEYS", "elsewhere")
    assert settings("from-flag") == Settings("from-flag", Path("elsewhere"))
    assert settings("from-flag", "there") == Settings("from-flag", Path("there"))


def test_an_empty_word_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFEGUARDING_STORE", "")
    monkeypatch.setenv("SAFEGUARDING_KEYS", "")
    assert settings("", "") == settings()


def test_the_keys_of_a_database_are_in_the_users_data_folder(tmp_path: Path) -> None:
    found = settings("postgresql://localhost/a")
    assert found.keys == tmp_path / "safeguarding" / "keys"
    assert not found.embedded
    assert found.private_folder == found.keys
    assert settings("folder").private_folder == Path("folder")


def test_a_store_that_cannot_be_one_is_told_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(BadStore, match=r"mysql:// is no store") as raised:
        settings("mysql://u:s3cret@host/a")
    assert "s3cret" not in str(raised.value)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadStore, match="is a file"):
        settings(str(tmp_path / "file"))
