"""The robots file: every way to a robot opens, and what is wrong is named, never a credential."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from astropy import units as u

from telescopes.entries import entries
from telescopes.queues import QUEUES
from tests.telescopes.configured.test_queue import DOCUMENT
from too_marshal.deployment.logs import redact, without_secrets
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.robots_file import RobotFields, read_robots
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
SFTP_OF_DECAM = f"[DECam]\n{SFTP}"
PORTAL_OF_LCO = f'["LCO-1m-lsc"]\n{PORTAL}'
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
    ("text", "message"),
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
        (f"[Decam]\n{COMMON}", "; is DECam meant?"),
        (SCHEDULER + 'urll = "http://x"\n', "; is url meant?"),
        (SCHEDULER + "nightly_budgt = 3\n", "; is nightly_budget meant?"),
        (KOWALSKI + 'depot_pasword_file = "x"\n', "; is depot_password_file meant?"),
        (SCHEDULER + "nightly_budget = 60000\n", "a number of seconds, from 1 to 57600"),
        (SCHEDULER + 'depot_username = "too"\n', "key depot_username: cannot be used: there is no"),
        (SCHEDULER.replace("http://", f"http://too:{CANARY}@"), "credentials do not belong"),
        (SCHEDULER.replace("http://tunnel", f"too:{CANARY}@tunnel"), "not an HTTP address"),
        (SCHEDULER + f'password = "{CANARY}"\n', "key password: not used by the protocol"),
        (SFTP_OF_DECAM.replace("ssh-ed25519 ", ""), "key host_key: cannot be used: not a public"),
        (SFTP_OF_DECAM + "title = 3\n", "key title: cannot be used: a text is wanted, not 3"),
        (
            SFTP_OF_DECAM + 'password_file = "x"\n',
            "key password_file: password is given twice",
        ),
        (PORTAL_OF_LCO + 'observation_type = "SOON"\n', "'SOON' is none of NORMAL, TIME_CRITICAL"),
    ],
)
def test_what_is_wrong_is_named_with_file_table_and_key(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(SettingInvalid) as caught:
        read_robots(path, ENVIRON)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
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


def test_a_rehearsal_reads_no_robots_file():
    settings = Settings.from_environ({"TOO_ROBOTS_FILE": "", "TOO_ZTF_URL": "http://tunnel:9999"})
    assert Robots.from_settings(settings).names() == ["ZTF"]


def test_the_short_way_is_an_entry_like_any_other(tmp_path, monkeypatch):
    (tmp_path / "password").write_text(CANARY)
    variables = {
        "TOO_ZTF_URL": "http://tunnel:9999",
        "TOO_ZTF_DEPOT_URL": "http://depot",
        "TOO_ZTF_DEPOT_USERNAME": "too",
        "TOO_ZTF_SIMULATED": "yes",
        "TOO_ZTF_PROGRAM": "Caltech",
    }
    by_file = {**variables, "TOO_ZTF_DEPOT_PASSWORD_FILE": str(tmp_path / "password")}
    by_value = {**variables, "TOO_ZTF_DEPOT_PASSWORD": CANARY}
    monkeypatch.setenv("TOO_ZTF_DEPOT_PASSWORD", CANARY)
    for environ in (by_file, by_value):
        settings = Settings.from_environ(environ)
        assert CANARY not in repr(dict(settings.robots))
        robots = Robots.from_settings(settings)
        assert robots.is_simulated("ZTF")
        assert (robots.program("ZTF"), robots.pi("ZTF")) == ("Caltech", "too-marshal")
        assert robots.queue("ZTF").depot.headers["Authorization"].startswith("Basic ")
    assert Settings.from_environ({"TOO_ZTF_URL": "", "TOO_ZTF_PI": "A. Tester"}).robots == {}
    with pytest.raises(SettingInvalid, match="TOO_ZTF_SIMULATED must be true or false"):
        Settings.from_environ({**variables, "TOO_ZTF_SIMULATED": "perhaps"})
    with pytest.raises(SettingInvalid, match="beside TOO_ZTF_URL, table ZTF, key url: cannot"):
        Robots.from_settings(Settings.from_environ({"TOO_ZTF_URL": "tunnel"}))


READ_ONE = """
import sys
from pathlib import Path
from too_marshal.deployment.robots_file import RobotFields, read_robots
read_robots(Path(sys.argv[1]), {})
print([name for name in ("paramiko", "lxml", "telescopes.decam.script") if name in sys.modules])
"""


def test_what_no_robot_needs_is_not_imported(tmp_path):
    path = written(tmp_path, SCHEDULER)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONE, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def guide_of_entries() -> str:
    """The guide's table of what every entry says."""
    lines = ["| key | default | meaning |", "| --- | --- | --- |"]
    for name, entry in entries(RobotFields).items():
        field = RobotFields.model_fields[name]
        default = "needed" if field.is_required() else json.dumps(field.default)
        default = "no limit" if default == "null" else default
        more = entry.detail or entry.unit_label
        lines.append(
            f"| `{name}` | {default} | {f'{entry.label} ({more})' if more else entry.label} |"
        )
    return "\n".join(lines)


def test_the_guide_lists_what_every_entry_says():
    guide = Path(__file__).parents[3] / "docs" / "operators.md"
    assert guide_of_entries() in guide.read_text()
