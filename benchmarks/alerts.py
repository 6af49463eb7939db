"""Alert packets: how many are read in a second of the processor, and how many of the corpus at all.

Times are told, not judged: it depends on the machine. What is judged is that every packet becomes
an alert or fails by name, and that the beginning of a packet says the same as all of it.
"""

import dataclasses
import gzip
import io
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from astropy.io import fits

from benchmarks.maps import CORPUS
from counterparts.cutouts import CutoutInvalid, padded, read_cutout
from counterparts.light_curves import light_curve
from counterparts.packets.alert import Alert
from counterparts.packets.encodings.avro import MAGIC
from counterparts.packets.files import packets_in
from counterparts.packets.read import Found, read_packets
from counterparts.real_bogus import scores

ALERTS = CORPUS / "alerts"
SURVEYS = ("ztf", "lsst", "winter", "pgir", "atlas", "decam", "turbo", "broker", "lasair")
MIN_SECONDS = 2.0


def rate(name: str, unit: str, work: Callable[[], int]) -> None:
    """Do something again and again, and say how often in a second of the processor."""
    work()
    done, wall, processor = 0, time.perf_counter(), time.process_time()
    while time.process_time() - processor < MIN_SECONDS:
        done += work()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    print(
        f"{name:<32}{done / processor:9.0f} {unit}/s of one core"
        f"   ({done} in {processor:.1f} s of the processor, {wall:.1f} s)"
    )


def by_astropy(image: bytes) -> np.ndarray:
    """Read a cutout as it is usually done."""
    raw = gzip.decompress(image) if image.startswith(b"\x1f\x8b") else image
    with fits.open(io.BytesIO(raw), ignore_missing_simple=True) as file:
        return np.nan_to_num(file[0].data)


def avro_files() -> list[bytes]:
    """ZTF's packets in Avro, from files of their own and from archives."""
    paths = [path for path in sorted((ALERTS / "ztf").rglob("*")) if path.is_file()]
    found = [path.read_bytes() for path in paths if not tarfile.is_tarfile(path)]
    for path in filter(tarfile.is_tarfile, paths):
        with tarfile.open(path) as archive:
            found += [archive.extractfile(member).read() for member in archive if member.isfile()]
    return [data for data in found if data.startswith(MAGIC)]


def read_all(files: list[bytes], *, prefix: bool) -> list[Alert]:
    """Read every alert that can be read."""
    found = [found for data in files for found in read_packets(data, prefix=prefix)]
    return [alert for alert in found if isinstance(alert, Alert)]


def without_the_rest(alert: Alert) -> Alert:
    """What the beginning of a packet can say."""
    fields = {
        name: "NaN" if isinstance(value, float) and np.isnan(value) else value
        for name, value in alert.fields.items()
    }
    rest = {"detections": (), "limits": (), "forced": (), "cutouts": {}, "added": {}, "notes": ()}
    return dataclasses.replace(alert, fields=fields, is_whole=False, **rest)


def count(survey: str) -> tuple[int, Counter[str]]:
    """Read all packets of a survey: how many become alerts, and why the others do not."""
    alerts, reasons = 0, Counter()
    for _, found in packets_in(ALERTS / survey):
        if isinstance(found, Alert):
            alerts += 1
        else:
            reasons[str(found)] += 1
    return alerts, reasons


def main() -> None:
    if not ALERTS.is_dir():
        sys.exit(f"no alerts at {ALERTS}; set TOO_CORPUS")
    files = avro_files()
    whole = read_all(files, prefix=False)
    rate("prefix decode, ZTF", "packets", lambda: len(read_all(files, prefix=True)))
    rate("full decode, ZTF", "packets", lambda: len(read_all(files, prefix=False)))
    rate("light curves", "curves", lambda: len([light_curve(alert) for alert in whole]))
    images = [image for alert in whole for image in alert.cutouts.values()]
    images = [image for image in images if not image.startswith(b"\xff\xd8")]
    rate(
        "cutouts, read and padded", "images", lambda: len([*map(padded, map(read_cutout, images))])
    )
    rate(
        "the same by astropy.io.fits", "images", lambda: len([by_astropy(i) for i in images[:150]])
    )
    triplets = [images for alert in whole if (images := triplet_of(alert))]
    rate("braai d6_m7", "triplets", lambda: len(scores(triplets, "d6_m7")))
    print(f"\n{'':<10}{'alerts':>7}{'failed':>8}  by name")
    for survey in SURVEYS:
        alerts, reasons = count(survey)
        named = "; ".join(f"{number} x {reason}" for reason, number in reasons.most_common(4))
        print(f"{survey:<10}{alerts:7d}{reasons.total():8d}  {named}")
    missed = missing(files)
    print(
        f"\n{len(files)} Avro packets of ZTF: {len(whole)} alerts,"
        f" {len(files) - len(whole)} refused by name; {len(missed)} neither, or read in two ways"
    )
    if missed:
        sys.exit("; ".join(missed))


def triplet_of(alert: Alert) -> list[np.ndarray]:
    """Science, template and difference, if all three can be read."""
    with suppress(CutoutInvalid, KeyError):
        return [read_cutout(alert.cutouts[name]) for name in ("science", "template", "difference")]
    return []


def missing(files: list[bytes]) -> list[str]:
    """Files that give nothing, raise, or say another thing in their beginning than as a whole."""
    missed = []
    for number, data in enumerate(files):
        try:
            whole = list(read_packets(data))
            begun = list(read_packets(data, prefix=True))
        except Exception as err:  # noqa: BLE001 - that none comes is what is judged
            missed.append(f"file {number}: {err!r}")
            continue
        if not whole or (len(begun) == len(whole) and not all(map(agree, whole, begun))):
            missed.append(f"file {number}: {whole}"[:200])
    return missed


def agree(whole: Found, begun: Found) -> bool:
    """Whether both say the same; a packet whose end is broken may begin well."""
    if isinstance(whole, Alert) and isinstance(begun, Alert):
        return without_the_rest(whole) == without_the_rest(begun)
    return not isinstance(whole, Alert)


if __name__ == "__main__":
    main()
