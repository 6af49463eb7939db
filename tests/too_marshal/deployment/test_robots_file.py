"""The robots file: every way to a robot opens, and what is wrong is named, never a credential."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy import units as u

from telescopes.queues import QUEUES
from tests.telescopes.configured.test_queue import DOCUMENT
from too_marshal.deployment.logs import redact, without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import read_robots
from too_marshal.deployment.settings import SettingInvalid, Settings

CANARY = "c4n4ry-of-the-robots-file"

COMMON = 'program = "Partnership"\npi = "A. Tester"\n'
SCHEDULER = f'[ZTF]\nurl = "http://tunnel:9999"\n{COMMON}'
KOWALSKI = (
    f'[ZTF]\nprotocol = "kowalski"\nurl = "https://kowalski.example"\nuser = "too"\n'
    f'token_env = "KOWALSKI_TOKEN"\n{COMMON}'
)
SFTP = (
    'host = "drop.example"\nusername = "too"\nhost_key = "ssh-ed25519 AAAA"\n'
    f'directory = "incoming"\npassword_env = "DROP_PASSWORD"\n{COMMON}'
)
PORTAL = f'url = "https://observe.example/api"\ntoken_env = "PORTAL_TOKEN"\n{COMMON}'
WINTER = (
    'url = "https://winter.example"\nusername = "too"\nprogram_name = "2026A000"\n'
    f'password_env = "DROP_PASSWORD"\ntoken_env = "PORTAL_TOKEN"\n{COMMON}'
)
RTML = (
    'url = "https://lt.example"\nusername = "too"\nproposal = "JL26B01"\n'
    f'password_env = "DROP_PASSWORD"\n{COMMON}'
)
CONFIGURED = (
    'protocol = "configured"\nurl = "https://robot.example"\nconfiguration = "CONFIGURATION"\n'
    f'token_env = "PORTAL_TOKEN"\n{COMMON}'
)
ENVIRON = dict.fromkeys(("KOWALSKI_TOKEN", "DROP_PASSWORD", "PORTAL_TOKEN"), CANARY)

TABLES = {
    "scheduler": SCHEDULER.partition("\n")[2],
    "kowalski": KOWALSKI.partition("\n")[2],
    "sftp": SFTP,
    "portal": PORTAL,
    "http": WINTER,
    "rtml": RTML,
    "configured": CONFIGURED,
}


def written(folder: Path, text: str) -> Path:
    path = folder / "robots.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("telescope", "protocol"), QUEUES, ids="-".join)
def test_every_way_opens(tmp_path, telescope, protocol):
    (tmp_path / "robot.toml").write_text(DOCUMENT)
    table = TABLES[protocol].replace("CONFIGURATION", str(tmp_path / "robot.toml"))
    path = written(tmp_path, f'["{telescope}"]\n{table}')
    robots = Robots(read_robots(path, ENVIRON))
    assert robots.names() == [telescope]
    robots.queue(telescope)
    assert not robots.is_simulated(telescope)
    assert not robots.allows_automatic(telescope)
    assert robots.nightly_budget(telescope) is None


def test_what_else_a_table_says(tmp_path):
    text = SCHEDULER + "simulated = true\nautomatic = true\nnightly_budget = 10800\n"
    robots = Robots(read_robots(written(tmp_path, text), {}))
    assert robots.is_simulated("ZTF")
    assert robots.allows_automatic("ZTF")
    assert robots.nightly_budget("ZTF") == 3 * u.h
    assert (robots.program("ZTF"), robots.pi("ZTF")) == ("Partnership", "A. Tester")


def test_a_credential_comes_from_a_file_and_is_hidden_from_then_on(tmp_path):
    (tmp_path / "token").write_text(CANARY + "\n")
    text = KOWALSKI.replace('token_env = "KOWALSKI_TOKEN"', f'token_file = "{tmp_path}/token"')
    robot = read_robots(written(tmp_path, text), {})["ZTF"]
    assert robot.endpoint["token"] == CANARY
    assert CANARY not in repr(robot)
    assert redact(f"the portal said {CANARY}!") == "the portal said [hidden]!"
    assert without_secrets(f'{{"echo": "{CANARY}"}}') == '{"echo": "[hidden]"}'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[ZTF\n", "is not TOML"),
        ("ZTF = 1\n", "table ZTF: not a table"),
        (f"[Hubble]\n{COMMON}", "table Hubble: no queue of this telescope; there is ZTF"),
        (f"[ZTF]\n{COMMON}", "table ZTF, key url: missing"),
        (SCHEDULER.replace('pi = "A. Tester"\n', ""), "key pi: missing"),
        (SCHEDULER + 'protocol = "pigeon"\n', "key protocol: must be one of scheduler"),
        (SCHEDULER + 'urll = "http://x"\n', "key urll: not used by the protocol scheduler"),
        (SCHEDULER + 'simulated = "no"\n', "key simulated: must be true or false"),
        (SCHEDULER + "nightly_budget = -3\n", "key nightly_budget: must be a number of seconds"),
        (SCHEDULER.replace("http://tunnel:9999", "tunnel"), "key url: cannot be used"),
        (KOWALSKI.replace("KOWALSKI_TOKEN", "NOWHERE"), "key token_env: NOWHERE is empty"),
        (KOWALSKI.replace("token_env", "token_file"), "key token_file: KOWALSKI_TOKEN cannot be"),
        (KOWALSKI.replace("token_env", "token"), "key token: a credential is not written here"),
        (KOWALSKI.replace('token_env = "KOWALSKI_TOKEN"\n', ""), "token_file or token_env: miss"),
        (f'[DECam]\n{SFTP}port = "many"\n', "key port: cannot be used"),
        (f"[KPED]\n{CONFIGURED}", "key configuration: cannot be used"),
        (f"[DECam]\n{SFTP}dither = [1]\n", "key dither: must be a text or a number"),
    ],
)
def test_what_is_wrong_is_named_with_file_table_and_key(tmp_path, text, words):
    path = written(tmp_path, text)
    with pytest.raises(SettingInvalid) as caught:
        read_robots(path, ENVIRON)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingInvalid, match=r"none\.toml cannot be read: No such file"):
        read_robots(tmp_path / "none.toml")


def test_the_short_way_and_the_file_go_together_but_not_for_one_telescope(tmp_path, monkeypatch):
    monkeypatch.setenv("DROP_PASSWORD", CANARY)
    path = written(tmp_path, f"[DECam]\n{SFTP}")
    settings = Settings.from_environ(
        {"TOO_ROBOTS_FILE": str(path), "TOO_ZTF_URL": "http://tunnel:9999"}
    )
    assert Robots.from_settings(settings).names() == ["DECam", "ZTF"]
    written(tmp_path, SCHEDULER)
    with pytest.raises(SettingInvalid, match="has a table ZTF"):
        Robots.from_settings(settings)
