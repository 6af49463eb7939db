"""The prepared form of a sky map: its arrays and what is said of it, compressed, in one npz."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planners.skymaps.checks import SkyMapInvalid

_FORMAT = 1
"""Version of the prepared form."""

_LEVEL = 1
"""Of zlib: what is higher takes up to four times as long, and makes a map less than 1 % smaller."""


def pack(columns: Mapping[str, NDArray[Any] | None], metadata: Mapping[str, Any]) -> bytes:
    """Columns that are not None, and plain JSON. The same input gives the same bytes."""
    arrays: dict[str, NDArray[Any]] = {name: v for name, v in columns.items() if v is not None}
    contents = {"format": _FORMAT, "columns": list(arrays), "metadata": dict(metadata)}
    about = np.frombuffer(json.dumps(contents).encode(), dtype=np.uint8)
    out = io.BytesIO()
    # `numpy.savez_compressed` does not let one choose the level.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, array in {"metadata": about, **arrays}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
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
