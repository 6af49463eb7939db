"""The commands that take packets in, and ask for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.counterparts.packets.samples import avro, packet
from tests.too_marshal.workflows.counterparts.sky import DEC, RA, burst
from too_marshal.cli import cli
from too_marshal.db.counterparts.alerts import KeptAlert
from too_marshal.workflows.counterparts.live_maps import julian_date
from too_marshal.workflows.counterparts.packet_files import packet_path


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("TOO_DATABASE_URL", database_url)
    monkeypatch.setenv("TOO_DATA_DIR", str(tmp_path / "data"))

    def invoke(*arguments: object) -> Result:
        return CliRunner().invoke(cli, ["alerts", *map(str, arguments)])

    return invoke


def test_packets_of_a_region_are_kept_once_and_the_rest_is_passed_over(
    run, session: Session, tmp_path: Path
):
    jd = julian_date(burst(session).event_time) + 0.2
    night = tmp_path / "night"
    night.mkdir()
    inside = avro(packet({"ra": RA, "dec": DEC, "jd": jd}, candid=1))
    (night / "a").write_bytes(inside)
    (night / "b").write_bytes(avro(packet({"ra": RA + 90, "dec": DEC, "jd": jd}, candid=2)))
    (night / "c").write_bytes(inside[:-1])
    result = run("ingest", night)
    assert result.exit_code == 1
    assert "c: The packet ends too early." in result.output
    assert "2 alerts read, 1 in live regions and kept, 1 of them new; 1 could not" in result.output
    row = session.scalars(select(KeptAlert)).one()
    assert packet_path(tmp_path / "data", row.packet_sha256).read_bytes() == inside
    (night / "c").unlink()
    result = run("ingest", night)
    assert result.exit_code == 0
    assert "1 in live regions and kept, 0 of them new" in result.output


def test_all_of_them_are_asked_for_in_the_archive(run, session: Session, tmp_path: Path):
    result = run("query", "--ra", "10", "--dec", "20")
    assert result.exit_code == 1
    assert "there is no archive of alerts" in result.output
    burst(session)
    night = tmp_path / "night"
    night.write_bytes(avro(packet({"ra": 10.0, "dec": 20.0, "programid": 2}, candid=7)))
    result = run("ingest", night)
    assert result.exit_code == 0, result.output
    found = [
        json.loads(line)
        for line in run("query", "--ra", "10", "--dec", "20").output.split("\n")
        if line
    ]
    assert [(row["candid"], row["program_id"], row["ss_distance"]) for row in found] == [
        ("7", 2, None)
    ]
    assert run("query", "--object", "other").output == ""
    assert "ZTF,1" in run(
        "query", "--format", "csv", "--sql", "SELECT survey, count(*) n FROM alerts GROUP BY survey"
    ).output.replace('"', "")
    assert run("query", "--where", "real_bogus > 0.99").output == ""
    for wrong in (
        ("--ra", "10"),
        ("--sql", "DROP TABLE alerts"),
        ("--where", "read_text('/etc/passwd') = ''"),
    ):
        result = run("query", *wrong)
        assert result.exit_code == 1
        assert result.output.startswith("Error: ")
