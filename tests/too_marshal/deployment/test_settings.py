"""Settings come from the environment, name what is wrong, and hide what is secret."""

from __future__ import annotations

import stat

import pytest

from too_marshal.deployment.settings import SettingInvalid, Settings


def test_defaults_need_no_environment():
    settings = Settings.from_environ({})
    assert settings.port == 8000
    assert settings.database_url == ""


def test_overrides_win_and_none_is_passed_over(tmp_path):
    settings = Settings.from_environ({"TOO_PORT": "9000"}, port=None, data_dir=tmp_path)
    assert (settings.port, settings.data_dir) == (9000, tmp_path)


def test_a_secret_may_come_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("hush\n")
    settings = Settings.from_environ({"TOO_KAFKA_CLIENT_SECRET_FILE": str(path)})
    assert settings.kafka_client_secret == "hush"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TOO_PORT", "eighty"),
        ("TOO_REHEARSAL", "perhaps"),
        ("TOO_TRACK_INTERVAL", "soon"),
        ("TOO_SECRET_KEY_FILE", "/nonexistent/file"),
    ],
)
def test_what_cannot_be_read_is_named_and_its_value_is_not(variable, value):
    with pytest.raises(SettingInvalid, match=variable) as caught:
        Settings.from_environ({variable: value})
    assert value not in str(caught.value)


def test_the_session_key_is_made_once_and_is_private(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    key = settings.session_key()
    assert len(key) == 64
    assert settings.session_key() == key
    mode = (tmp_path / "data" / "secret_key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert Settings(secret_key="given").session_key() == "given"


@pytest.mark.parametrize("content", ["", "\n", "  \n"])
def test_an_empty_file_is_no_session_key(tmp_path, content):
    (tmp_path / "secret_key").write_text(content)
    settings = Settings(data_dir=tmp_path)
    key = settings.session_key()
    assert len(key) == 64
    assert settings.session_key() == key == (tmp_path / "secret_key").read_text()


def test_topics_are_separated_by_commas():
    assert Settings(kafka_topics="a, b,,c").topics(("x",)) == ("a", "b", "c")
    assert Settings().topics(("x",)) == ("x",)
