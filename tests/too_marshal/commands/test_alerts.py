"""The command that says what packets say, without a database."""

import json
import subprocess
import sys

from click.testing import CliRunner

from tests.counterparts.packets.samples import avro, packet
from too_marshal.cli import cli


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
