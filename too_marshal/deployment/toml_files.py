"""Files of tables that an operator writes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from too_marshal.deployment.settings import SettingInvalid


def read_tables(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path
        The file.
    what
        What it is, as messages call it: "the robots file".

    Raises
    ------
    SettingInvalid
        If it cannot be read, or is not TOML; the message names the file.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise SettingInvalid(f"{what} {path} cannot be read: {err.strerror}") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise SettingInvalid(f"{what} {path} is not TOML: {err}") from err
