"""The columns that are kept of every alert."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = 1
"""Raised by one when columns are added to `COLUMNS`; none is ever removed or changes its type."""

VERSION_KEY = b"alerts_archive_version"
"""Where a file's metadata says by which version it was written."""

INDEX = "_healpix_29"
"""HEALPix NESTED index at order 29, the name that the HATS layout gives it."""

IDENTITY = ("survey", "candid", INDEX)
"""Rows that agree in these are one alert. The place is a part of it because rows are compared
within a part of the sky: an alert that was issued again at another place counts as another."""


@dataclass(frozen=True)
class Column:
    """One column, and where its values come from."""

    name: str
    type: pa.DataType
    unit: str
    description: str
    source: str
    """Field of a ZTF packet of schema 4.02, or how it is worked out."""

    is_needed: bool = False
    """Whether an alert without it is none."""

    since: int = 1
    """First version of the schema that has it."""


_MOMENT = pa.timestamp("us", tz="UTC")

COLUMNS = (
    Column("survey", pa.string(), "", "Survey, such as ZTF", "topic", is_needed=True),
    Column(
        "object_id", pa.string(), "", "The survey's name of the object", "objectId", is_needed=True
    ),
    Column("candid", pa.string(), "", "The survey's number of the alert", "candid", is_needed=True),
    Column(
        "ra",
        pa.float64(),
        "deg",
        "Right ascension (ICRS), from 0 to 360",
        "candidate.ra",
        is_needed=True,
    ),
    Column("dec", pa.float64(), "deg", "Declination (ICRS)", "candidate.dec", is_needed=True),
    Column(
        "jd",
        pa.float64(),
        "d",
        "Start of the exposure, Julian date (UTC)",
        "candidate.jd",
        is_needed=True,
    ),
    Column("filter", pa.string(), "", "Filter, such as g", "candidate.fid"),
    Column(
        "magnitude", pa.float32(), "mag", "Magnitude of the difference (AB)", "candidate.magpsf"
    ),
    Column("magnitude_error", pa.float32(), "mag", "Its standard error", "candidate.sigmapsf"),
    Column(
        "limiting_magnitude",
        pa.float32(),
        "mag",
        "Five sigma limit of the image",
        "candidate.diffmaglim",
    ),
    Column(
        "is_positive",
        pa.bool_(),
        "",
        "Whether it is brighter than the reference",
        "candidate.isdiffpos",
    ),
    Column(
        "real_bogus",
        pa.float32(),
        "",
        "Score from 0 (bogus) to 1 (real)",
        "candidate.drb, or worked out",
    ),
    Column(
        "program_id", pa.int32(), "", "Program that the image was taken for", "candidate.programid"
    ),
    Column(
        "n_detections",
        pa.int32(),
        "",
        "Detections at the place, this one too",
        "candidate.ndethist",
    ),
    Column(
        "first_jd", pa.float64(), "d", "First of them, Julian date (UTC)", "candidate.jdstarthist"
    ),
    Column("last_jd", pa.float64(), "d", "Last of them, Julian date (UTC)", "candidate.jdendhist"),
    Column(
        "ss_distance",
        pa.float32(),
        "arcsec",
        "To the nearest known solar system object",
        "candidate.ssdistnr",
    ),
    Column(
        "ss_magnitude",
        pa.float32(),
        "mag",
        "Predicted magnitude of that object",
        "candidate.ssmagnr",
    ),
    Column(
        "star_score", pa.float32(), "", "The nearest source: 0 galaxy, 1 star", "candidate.sgscore1"
    ),
    Column("star_distance", pa.float32(), "arcsec", "To that source", "candidate.distpsnr1"),
    Column(
        "packet_sha256", pa.string(), "", "Hash of the packet, where it is kept whole", "packet"
    ),
    Column("received_at", _MOMENT, "", "When the alert came", "clock", is_needed=True),
    Column(INDEX, pa.int64(), "", "HEALPix NESTED index at order 29", "ra, dec", is_needed=True),
)

NAMES = tuple(column.name for column in COLUMNS)


def schema() -> pa.Schema:
    """Fields with their units, descriptions and sources, and the version."""
    return pa.schema(
        [
            pa.field(
                column.name,
                column.type,
                nullable=not column.is_needed,
                metadata={
                    "unit": column.unit,
                    "description": column.description,
                    "source": column.source,
                },
            )
            for column in COLUMNS
        ],
        metadata={VERSION_KEY: str(SCHEMA_VERSION)},
    )


def names_of(version: int) -> tuple[str, ...]:
    """Columns that files of a version have; of a later one than ours, those that we know."""
    return tuple(column.name for column in COLUMNS if column.since <= version)


def version_of(file_schema: pa.Schema) -> int | None:
    """Version that a file was written by; None where it is no file of the archive."""
    text = (file_schema.metadata or {}).get(VERSION_KEY, b"")
    version = int(text) if text.isdigit() and len(text) < 6 else 0
    return version if version and set(names_of(version)) <= set(file_schema.names) else None
