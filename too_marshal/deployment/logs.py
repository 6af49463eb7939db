"""The one logging configuration."""

from __future__ import annotations

import json
import logging
import logging.config
import re
import time
from typing import Any

_SECRETS = (
    re.compile(
        r"(?i)(bearer\s+|authorization:\s*basic\s+|(?:token|password|secret)[=:\s]+)[^\s,;&'\"]+"
    ),
    re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)"),
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


_KEPT: set[str] = set()
_SHORTEST = 6
"""A shorter credential is also part of ordinary words."""


def keep_secret(value: str) -> None:
    """From now on hide this very text wherever it turns up."""
    if len(value) >= _SHORTEST:
        _KEPT.add(value)


def without_secrets(text: str) -> str:
    """Hide the credentials of this deployment, as before a robot's answer is stored."""
    for value in sorted(_KEPT, key=len, reverse=True):
        text = text.replace(value, "[hidden]")
    return text


def redact(text: str) -> str:
    """Hide the credentials of this deployment, and whatever looks like one."""
    text = without_secrets(text)
    for secret in _SECRETS:
        text = secret.sub(r"\1[hidden]", text)
    return text


class TextFormatter(logging.Formatter):
    """Time, level, logger, message and the `extra` fields, on one line."""

    converter = time.gmtime  # type: ignore[assignment]  # as the library documents
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Render `record`; line breaks in the message cannot forge further lines."""
        extra = redact(" ".join(f"{key}={value}" for key, value in _extra(record).items()))
        head = f"{self.formatTime(record)} {record.levelname:<7} {record.name}"
        message = redact(record.getMessage()).replace("\n", "\\n")
        line = f"{head} {message} {extra}".rstrip()
        if record.exc_info:
            line += "\n" + redact(self.formatException(record.exc_info))
        return line


class JsonFormatter(TextFormatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Render `record`."""
        document: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            **{key: redact(str(value)) for key, value in _extra(record).items()},
        }
        if record.exc_info:
            document["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(document)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def configure(log_format: str = "text", level: str = "INFO") -> None:
    """Configure logging of this process.

    Parameters
    ----------
    log_format
        text or json.
    level
        Threshold of our own loggers; those of libraries stay at WARNING.
    """
    formatter = JsonFormatter if log_format == "json" else TextFormatter
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": {
                name: {"level": level} for name in ("too_marshal", "planners", "telescopes")
            },
        }
    )
