"""The command that says what packets say, without a database."""

import json
import subprocess
import sys

from click.testing import CliRunner

from tests.counterparts.packets.samples import avro, packet
from too_marshal.cli import cli
from too_marshal.db.stream_positions import move_positions
from too_marshal.streams.kafka import Arrived
from too_marshal.workflows.counterparts.quarantine import Unread, quarantine


def show(*arguments):
    return CliRunner().invoke(cli, ["alerts", "show", *map(str, arguments)])


def test_each_packet_is_one_json_object(tmp_path):
    path = tmp_path / "packets"
    path.write_bytes(avro(packet(), packet(candid=2)))
    answer = show(path, "--json")
    first, second = map(json.loads, answer.stdout.splitlines())
    assert answer.exit_code == 0
    assert first["path"] == second["path"] == str(path)
    assert (first["survey"], first["object_id"]) == ("ZTF", "ZTF26aaaaaaa")
    assert (first["candid"], second["candid"]) == ("1234567890123456789", "2")
    assert (first["ra"], first["dec"], first["jd"]) == (12.5, -3.25, 2460000.75)
    assert (first["filter"], first["magnitude"], first["magnitude_error"]) == ("r", 18.5, 0.1)
    assert (first["real_bogus"], first["real_bogus_name"]) == (0.875, "drb")
    assert (first["detections"], first["limits"], first["forced"]) == (1, 1, 0)
    assert first["notes"] == []


def test_a_packet_that_cannot_be_read_is_reported_in_its_place(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(avro(packet()))
    bad.write_bytes(avro(packet())[:-1])
    answer = show(bad, good, tmp_path / "none", "--json")
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.exit_code == 1
    assert lines[0] == {"path": str(bad), "error": "The packet ends too early."}
    assert lines[1]["object_id"] == "ZTF26aaaaaaa"
    assert lines[2]["error"] == "There is no such file, or it is none that ends."


def test_people_get_a_table_with_what_was_odd(tmp_path):
    path = tmp_path / "packet"
    path.write_bytes(avro(packet({"isdiffpos": "maybe", "magpsf": -999.0})))
    answer = show(path)
    heading, line, note = answer.stdout.splitlines()
    assert answer.exit_code == 0
    assert heading.split()[:2] == ["survey", "object"]
    assert line.startswith("ZTF     ZTF26aaaaaaa ")
    assert "drb 0.88" in line
    assert "isdiffpos is 'maybe'" in note


def test_the_command_needs_no_database():
    statement = "import too_marshal.commands.alerts, sys; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", statement], capture_output=True, text=True, check=True
    )
    loaded = set(answer.stdout.split())
    assert not loaded & {"sqlalchemy", "flask", "astropy", "pyarrow", "psycopg", "pandas"}


def test_sources_are_told_with_what_could_not_be_read(session, database_url, tmp_path):
    file = tmp_path / "sources.toml"
    file.write_text(
        '[ztf]\nservers = "h:1"\ntopics = ["a"]\n[other]\nservers = "h:2"\ntopics = ["b"]\n'
    )
    environ = {"TOO_DATABASE_URL": database_url, "TOO_DATA_DIR": str(tmp_path)}
    with_file = {**environ, "TOO_ALERT_SOURCES_FILE": str(file)}
    move_positions(session, "alerts:ztf", {("a", 0): 3, ("a", 1): 5})
    broken = Arrived("a", 0, 1, b"broken")
    quarantine(session, tmp_path, "ztf", [Unread(broken, "It is broken.")])
    session.commit()
    told = CliRunner(env=with_file).invoke(cli, ["alerts", "sources"])
    assert told.exit_code == 0
    assert "ztf: a at h:1\n  2 partitions read, last at 20" in told.output
    assert "  1 packet of the last 24 h set aside: It is broken.\n" in told.output
    assert "other: b at h:2\n  nothing was read yet\n" in told.output
    for arguments, environment, reason in (
        (["listen"], with_file, "--source is one of ztf, other"),
        (["listen", "--source", "none"], with_file, "no source 'none'; there is ztf, other"),
        (["sources"], environ, "set TOO_ALERT_SOURCES_FILE"),
    ):
        refused = CliRunner(env=environment).invoke(cli, ["alerts", *arguments])
        assert refused.exit_code
        assert reason in refused.output
