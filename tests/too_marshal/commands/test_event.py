from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from too_marshal.commands.event import event
from too_marshal.db.events import Event
from too_marshal.db.localizations import Localization

SEEN = ("--time", "2026-01-01T00:00:00")


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch):
    """Runs the command on the fresh database."""
    monkeypatch.setenv("TOO_DATABASE_URL", database_url)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(event, arguments)

    return invoke


def test_an_event_is_entered_corrected_and_retracted(run, session: Session):
    result = run("add", "AT 2026abc", *SEEN, "--ra", "10", "--dec", "20", "--radius", "3arcmin")
    assert result.exit_code == 0, result.output
    row = session.scalars(select(Event)).one()
    assert result.output == f"event {row.id} entered\n"
    assert session.scalars(select(Localization)).one().description["radius"] == 0.05
    assert "corrected" in run("correct", "at2026abc", *SEEN, "--test").output
    assert "retracted" in run("retract", "AT 2026abc").output
    session.refresh(row)
    assert row.is_retracted


def test_a_moc_is_brought_as_a_file(run, session: Session, tmp_path: Path):
    moc = tmp_path / "region.txt"
    moc.write_text("4/5-8", encoding="ascii")
    assert run("add", "AT 2026abc", *SEEN, "--moc", str(moc)).exit_code == 0
    assert session.scalars(select(Localization)).one().kind == "moc"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "AT 2026abc", "--time", "noon"), "event_time: 'noon' is no time"),
        (("add", "AT 2026abc", *SEEN, "--ra", "10"), "both ra and dec"),
        (("correct", "AT 2026abc", *SEEN), "no event 'AT 2026abc' was entered by hand"),
        (("retract", "AT 2026abc"), "no event 'AT 2026abc' was entered by hand"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run, arguments: tuple[str, ...], words: str):
    result = run(*arguments)
    assert result.exit_code != 0
    assert words in f"{result.output}{result.exception}"


def test_a_known_name_is_refused(run):
    run("add", "AT 2026abc", *SEEN)
    result = run("add", "at2026abc", *SEEN)
    assert "(by_hand) has that name" in f"{result.output}{result.exception}"
