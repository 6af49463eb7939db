"""Logs tell what happened, on one line, and never a credential."""

from __future__ import annotations

import json
import logging

import pytest

from too_marshal.deployment.logs import JsonFormatter, TextFormatter, redact

CANARY = "c4n4ry-s3cr3t"


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    record = logging.getLogger("t").makeRecord(
        "t", logging.INFO, __file__, 1, message, arguments, None, extra=extra
    )
    record.created = 1795305600.25
    record.msecs = 250
    return record


def test_text_carries_time_in_utc_and_the_extra():
    line = TextFormatter().format(record("plan %d ready", 7, event="S1a"))
    assert line == "2026-11-22T00:00:00.250Z INFO    t plan 7 ready event=S1a"


def test_a_message_cannot_forge_a_second_line():
    assert "\n" not in TextFormatter().format(record("a\n2026-01-01 ERROR forged"))


def test_json_is_one_object():
    assert json.loads(JsonFormatter().format(record("hello", event="S1a"))) == {
        "time": "2026-11-22T00:00:00.250Z",
        "level": "INFO",
        "logger": "t",
        "message": "hello",
        "event": "S1a",
    }


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"postgresql://marshal:{CANARY}@db/marshal",
        f"token={CANARY}&x=1",
        f"password: {CANARY}",
    ],
)
def test_what_looks_like_a_credential_is_hidden(text):
    assert CANARY not in redact(text)
    assert CANARY not in TextFormatter().format(record("%s", text))
    assert CANARY not in TextFormatter().format(record("lost", where=text))


@pytest.mark.parametrize("text", ["pages at http://127.0.0.1:8000", "12:30:05 plan at 3 a.m."])
def test_what_is_no_credential_stays(text):
    assert redact(text) == text
