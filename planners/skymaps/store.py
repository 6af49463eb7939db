"""The prepared form of a sky map: its arrays and what is said of it, compressed, in one npz."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planners.skymaps.checks import SkyMapInvalid

_FORMAT = 1
"""Version of the prepared form."""


def pack(columns: Mapping[str, NDArray[Any] | None], metadata: Mapping[str, Any]) -> bytes:
    """Columns that are not None, and plain JSON. The same input gives the same bytes."""
    arrays: dict[str, Any] = {name: v for name, v in columns.items() if v is not None}
    contents = {"format": _FORMAT, "columns": list(arrays), "metadata": dict(metadata)}
    about = json.dumps(contents).encode()
    out = io.BytesIO()
    np.savez_compressed(out, metadata=np.frombuffer(about, dtype=np.uint8), **arrays)
    return out.getvalue()


def unpack(
    prepared: bytes | Path, only: Collection[str] | None = None
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The columns that were packed, and the JSON.

    Parameters
    ----------
    prepared
        What `pack` returned, or the file that holds it.
    only
        Columns that are wanted; the others are not decompressed. All if None.

    Raises
    ------
    SkyMapInvalid
        If the bytes are anything else, or of another version.
    """
    try:
        file = prepared if isinstance(prepared, Path) else io.BytesIO(prepared)
        with np.load(file, allow_pickle=False) as stored:
            contents = json.loads(stored["metadata"].tobytes())
            columns = {
                name: stored[name] for name in contents["columns"] if only is None or name in only
            }
    except Exception as err:
        # A damaged npz raises whatever zipfile, zlib, numpy or json make of it.
        raise SkyMapInvalid(f"not a prepared sky map: {err}") from err
    if contents["format"] != _FORMAT:
        raise SkyMapInvalid("the prepared sky map is of another version")
    return columns, contents["metadata"]
