"""`too-marshal notice`: what a file says, without a database."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import click

from too_marshal.notices.formats.json_document import MAX_DOCUMENT_SIZE
from too_marshal.notices.formats.notice_json import notice_to_json
from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
from too_marshal.notices.registry import parse


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--topic", help="Kafka topic on which the file came; by default its content decides.")
def notice(files: tuple[Path, ...], *, as_json: bool, topic: str | None) -> None:
    """Print what each notice in FILES says.

    A file that cannot be read is reported in its place, and the exit code is then 1.
    """
    failed = False
    for path in files:
        record = describe(path, topic)
        failed = failed or "error" in record
        click.echo(json.dumps(record) if as_json else _sentence(record))
    if failed:
        raise SystemExit(1)


def describe(path: Path, topic: str | None = None) -> dict[str, Any]:
    """Give the parsed notice of one file, or its error."""
    try:
        return {"path": str(path), **notice_to_json(parse(_content(path), topic))}
    except (NoticeMalformed, NoticeUnknown) as err:
        return {"path": str(path), "error": {"kind": type(err).__name__, "message": str(err)}}
    except OSError as err:
        message = err.strerror or str(err)
        return {"path": str(path), "error": {"kind": "unreadable", "message": message}}


def _content(path: Path) -> bytes:
    """Bytes of a file that is none of those which never end, or fill the memory.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise OSError("a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise OSError("no ordinary file")
    if status.st_size > MAX_DOCUMENT_SIZE:
        raise OSError(f"{status.st_size} bytes are more than a notice may have (32 MB)")
    return path.read_bytes()


def _sentence(record: dict[str, Any]) -> str:
    if "error" in record:
        return f"{record['path']}: {record['error']['kind']}: {record['error']['message']}"
    where = record["localization"]
    parts = [
        record["stream"],
        record["name"] or record["event_key"] or "no event",
        record["type_name"],
        record["kind"],
        record["event_time"] or "no time",
        "no position" if where is None else where["kind"],
        *record["flags"],
    ]
    return f"{record['path']}: {', '.join(parts)}"
