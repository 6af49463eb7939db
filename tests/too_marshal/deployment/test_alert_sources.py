"""The file of alert sources: what is wrong is named, and no credential is."""

from __future__ import annotations

from pathlib import Path

import pytest

from too_marshal.deployment.alert_sources import AlertSource, alert_sources, read_alert_sources
from too_marshal.deployment.settings import SettingInvalid, Settings
from too_marshal.streams.alert_packets import consumer_config

OPEN = """
[ztf]
servers = "public.example:9092"
topics = ['^ztf_\\d{8}_programid1$']
"""
CLOSED = """
[babamul]
servers = "kafka.example:9093"
topics = ["babamul.ztf", "babamul.lsst"]
group = "observatory"
username = "us"
password_env = "OURS"
mechanism = "PLAIN"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sources.toml"


def test_what_is_written_is_read(file: Path):
    file.write_text(OPEN + CLOSED)
    found = read_alert_sources(file, {"OURS": "hunter2"})
    assert found == {
        "ztf": AlertSource("ztf", "public.example:9092", (r"^ztf_\d{8}_programid1$",)),
        "babamul": AlertSource(
            "babamul", "kafka.example:9093", ("babamul.ztf", "babamul.lsst"), "observatory",
            "us", "hunter2", "PLAIN", tls=True,
        ),
    }  # fmt: skip
    assert "hunter2" not in repr(found)


def test_topics_are_names_or_patterns():
    source = AlertSource("a", "s", (r"^ztf_\d{8}_programid1$", "a.b"))
    names = [
        "ztf_20261128_programid1",
        "ztf_20261128_programid2",
        "ztf_2026_programid1",
        "a.b",
        "aXb",
    ]
    assert source.wanted(names) == {"ztf_20261128_programid1", "a.b"}


def test_a_password_comes_from_a_file_too(file: Path, tmp_path: Path):
    (tmp_path / "secret").write_text("hunter2\n")
    file.write_text(CLOSED.replace('env = "OURS"', f'file = "{tmp_path / "secret"}"'))
    assert read_alert_sources(file)["babamul"].password == "hunter2"


@pytest.mark.parametrize(
    ("source", "protocol"),
    [
        (AlertSource("a", "s", ("t",)), "plaintext"),
        (AlertSource("a", "s", ("t",), tls=True), "ssl"),
        (AlertSource("a", "s", ("t",), username="u", password="p"), "sasl_plaintext"),
        (AlertSource("a", "s", ("t",), username="u", password="p", tls=True), "sasl_ssl"),
    ],
)
def test_a_connection_is_as_safe_as_is_asked(source: AlertSource, protocol: str):
    config = consumer_config(source)
    assert config["security.protocol"] == protocol
    assert ("sasl.password" in config) == bool(source.username)
    assert ("ssl.ca.location" in config) == source.tls


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[ztf", "is not TOML"),
        ("ztf = 3", "table ztf: not a table"),
        ('[ZTF]\nservers = "s"\ntopics = ["t"]', "table ZTF: a name has"),
        ('[ztf]\ntopics = ["t"]', "table ztf, key servers: missing"),
        ('[ztf]\nservers = "s"\ntopics = []', "key topics"),
        ('[ztf]\nservers = "s"\ntopics = ["^("]', "is no pattern"),
        ('[ztf]\nservers = "s"\ntopics = ["t"]\ntopic = "t"', "key topic: nothing of this name"),
        ('[ztf]\nservers = "s"\ntopics = ["t"]\nusername = "u"', "password_file or password_env"),
        ('[ztf]\nservers = "s"\ntopics = ["t"]\npassword_env = "OURS"', "username is missing"),
        ('[ztf]\nservers = "s"\ntopics = ["t"]\npassword = "hunter2"', "not written here"),
        (CLOSED.replace("OURS", "THEIRS"), "THEIRS is empty or not set"),
        (CLOSED + 'password_file = "x"', "given twice"),
        (CLOSED.replace("PLAIN", "GSSAPI"), "key mechanism: 'GSSAPI' is none of"),
    ],
)
def test_what_is_wrong_is_named(file: Path, text: str, reason: str):
    file.write_text(text)
    with pytest.raises(SettingInvalid) as refused:
        read_alert_sources(file, {"OURS": "hunter2"})
    assert reason in str(refused.value)
    assert str(file) in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(file: Path):
    with pytest.raises(SettingInvalid, match="cannot be read: No such file"):
        read_alert_sources(file)


def test_without_a_file_and_in_a_rehearsal_there_are_none(file: Path):
    file.write_text(OPEN)
    assert alert_sources(Settings()) == {}
    assert list(alert_sources(Settings(alert_sources_file=str(file)))) == ["ztf"]
    assert alert_sources(Settings(alert_sources_file=str(file), rehearsal=True)) == {}
