"""`too-marshal notice FILE... --json`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from too_marshal.commands.notice import notice
from too_marshal.notices.formats.notice_json import notice_to_json

FILES = [
    "notices/fermi_gbm/trigger_632819449/GBM_Fin_Pos2021-01-20T071044.70_632819449_0-051.xml",
    "notices/lvk/userguide/MS181101ab-retraction.json",
    "avro/lvk/MS181101ab-update.avro",
]


@pytest.fixture
def run():
    return lambda *arguments: CliRunner().invoke(notice, [*map(str, arguments)])


def test_one_json_object_a_line_for_each_file(run, corpus, notice_of):
    result = run(*(corpus / name for name in FILES), "--json")
    assert result.exit_code == 0
    records = [json.loads(line) for line in result.output.splitlines()]
    assert [record.pop("path") for record in records] == [str(corpus / name) for name in FILES]
    assert records == [notice_to_json(notice_of(name)) for name in FILES]
    keys = ("stream", "event_key", "sequence", "kind", "role", "event_time", "localization")
    assert all(set(keys) <= record.keys() for record in records)


def test_an_error_stands_in_its_place_and_the_exit_code_says_so(run, corpus, tmp_path):
    (tmp_path / "note.txt").write_text("not a notice")
    names = [tmp_path / "note.txt", tmp_path / "absent.xml", corpus / FILES[1]]
    result = run("--json", *names)
    assert result.exit_code == 1
    broken, absent, good = [json.loads(line) for line in result.output.splitlines()]
    assert broken["error"]["kind"] == "NoticeMalformed"
    assert absent["error"] == {"kind": "unreadable", "message": "No such file or directory"}
    assert good["kind"] == "retraction"


def test_whatever_is_named_gets_a_line_of_its_own(run, corpus, tmp_path):
    """A folder, junk, nothing, too much, a pipe, a device, a strange name: none stops the rest."""
    folder = tmp_path / "folder"
    folder.mkdir()
    junk, empty, huge = tmp_path / "junk", tmp_path / "empty", tmp_path / "huge.json"
    junk.write_bytes(bytes(range(256)) * 64)
    empty.touch()
    with huge.open("wb") as file:
        file.truncate(20 << 30)  # a hole: it takes no space
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    private = tmp_path / "loop"
    private.symlink_to(private)
    strange = Path(os.fsdecode(bytes(tmp_path) + b"/\xff\n.xml"))
    strange.write_text("<a/>")
    wanted = {
        folder: "a folder, not a file",
        junk: "neither XML nor JSON nor Avro",
        empty: "neither XML nor JSON nor Avro",
        huge: "more than a notice may have",
        pipe: "no ordinary file",
        Path("/dev/zero"): "no ordinary file",
        private: "symbolic links",
        strange: "",
    }
    result = run("--json", *wanted, corpus / FILES[1])
    assert result.exit_code == 1
    records = [json.loads(line) for line in result.output.splitlines()]
    assert [record["path"] for record in records] == [*map(str, wanted), str(corpus / FILES[1])]
    for record, message in zip(records, wanted.values(), strict=False):
        assert message in record["error"]["message"]
    assert records[-1]["kind"] == "retraction"
    assert run(*wanted).exit_code == 1, "as sentences too"


def test_a_topic_decides_the_mission(run, corpus):
    result = run("--json", "--topic", "gcn.classic.voevent.LVC_UPDATE", corpus / FILES[0])
    assert "on a topic of lvk" in json.loads(result.output)["error"]["message"]


def test_without_json_it_is_a_sentence(run, corpus, tmp_path):
    result = run(corpus / FILES[0], tmp_path / "absent.xml")
    assert "fermi_gbm, bn210120299, FERMI_GBM_FIN_POS, update" in result.output
    assert "absent.xml: unreadable: No such file or directory" in result.output


def test_a_file_must_be_named(run):
    assert run("--json").exit_code == 2
