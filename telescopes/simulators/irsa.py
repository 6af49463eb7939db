"""A simulated TAP service with the tables of ZTF, answering ``/sync`` with VOTables.

The questions are executed: ADQL of the kind that is asked here is SQL, and SQLite answers it.
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from telescopes.simulators.service import Answer, Request

SCIENCE = {
    "field": "int",
    "rcid": "int",
    "fid": "int",
    "expid": "long",
    "obsjd": "double",
    "exptime": "double",
    "seeing": "double",
    "airmass": "double",
    "maglimit": "double",
    "infobits": "long",
}
"""Columns of ``ztf.ztf_current_meta_sci`` that are known here, and their VOTable types."""

REFERENCE = {
    "field": "int",
    "fid": "int",
    "ccdid": "int",
    "qid": "int",
    "nframes": "int",
    "startobsdate": "char",
    "maglimit": "double",
}
"""Columns of ``ztf.ztf_current_meta_ref`` that are known here, and their VOTable types."""

TYPES = {**SCIENCE, **REFERENCE}

_FRAME = """<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
<RESOURCE type="results"><INFO name="QUERY_STATUS" value="{status}">{text}</INFO>{body}</RESOURCE>
</VOTABLE>"""


class IRSASimulator:
    """The service; rows are given by whoever runs it."""

    def __init__(self) -> None:
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.execute("ATTACH DATABASE ':memory:' AS ztf")
        for table, columns in (("sci", SCIENCE), ("ref", REFERENCE)):
            self._base.execute(f"CREATE TABLE ztf.ztf_current_meta_{table} ({', '.join(columns)})")
        self.types = dict(TYPES)
        """Types that the answers declare; a test changes one to see what happens."""
        self.questions: list[str] = []
        """Everything that was asked."""
        self.limit = 1_000_000
        """Rows of an answer; more overflow."""

    def add_quadrants(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Publish quadrants of exposures."""
        self._add("sci", SCIENCE, rows)

    def add_references(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Publish quadrants of reference images."""
        self._add("ref", REFERENCE, rows)

    def _add(
        self, table: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]
    ) -> None:
        marks = ", ".join("?" * len(columns))
        self._base.executemany(
            f"INSERT INTO ztf.ztf_current_meta_{table} VALUES ({marks})",  # noqa: S608 - names of ours
            [[row.get(name) for name in columns] for row in rows],
        )

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        if request.path != "/TAP/sync":
            return Answer.text(404, "no such path")
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        asked = {name.upper(): value for name, value in {**request.query, **form}.items()}
        if asked.get("LANG", "").partition("-")[0] != "ADQL" or "QUERY" not in asked:
            return _votable(400, "ERROR", "LANG and QUERY are required")
        self.questions.append(asked["QUERY"])
        try:
            cursor = self._base.execute(asked["QUERY"])
            names = [column[0] for column in cursor.description]
            most = min(self.limit, int(asked.get("MAXREC", self.limit)))
            rows = cursor.fetchmany(most + 1)
        except (sqlite3.Error, ValueError) as err:
            return _votable(400, "ERROR", str(err))
        return _votable(200, "OK", "", self._table(names, rows[:most]), len(rows) > most)

    def _table(self, names: list[str], rows: list[tuple[Any, ...]]) -> str:
        out = io.StringIO()
        out.write("<TABLE>")
        for name in names:
            size = ' arraysize="*"' if self.types[name] == "char" else ""
            out.write(f'<FIELD name="{name}" datatype="{self.types[name]}"{size}/>')
        out.write("<DATA><TABLEDATA>")
        for row in rows:
            cells = "".join(
                f"<TD>{'' if cell is None else escape(repr(cell).strip(chr(39)))}</TD>"
                for cell in row
            )
            out.write(f"<TR>{cells}</TR>")
        out.write("</TABLEDATA></DATA></TABLE>")
        return out.getvalue()

    def truncated(self, request: Request) -> Request:
        """The same request after half of its question was lost."""
        return replace(request, body=request.body[: len(request.body) // 2])

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        return {"archive": "IRSA", "questions": len(self.questions)}

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """An archive has no clock."""
        raise ValueError(f"an archive has no clock to be set to {now}, {rate}")


def _votable(
    status: int,
    verdict: str,
    message: str,
    table: str = "",
    overflow: bool = False,  # noqa: FBT001, FBT002 - one of two
) -> Answer:
    inner = table + ('<INFO name="QUERY_STATUS" value="OVERFLOW"/>' if overflow else "")
    body = _FRAME.format(status=verdict, text=escape(message), body=inner)
    return Answer(status, body.encode(), "application/x-votable+xml")
