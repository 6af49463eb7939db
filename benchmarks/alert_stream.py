"""A stream of ZTF's packets, from Kafka to the archive and to what is kept, beside 50 live maps.

Packets of the corpus with other numbers and places, some 50 kB each, stand in librdkafka's own
broker, in a process of its own; the listeners are the real commands. Told: packets a second of the
clock and of the processor, for one process and for two; then the same with kills. Judged: nothing
is lost and nothing is there twice, else the exit code is 1.
"""

import argparse
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

import confluent_kafka
import fastavro
import numpy as np
from sqlalchemy import Engine

from benchmarks.maps import CORPUS
from counterparts.archive.queries.conditions import Where
from counterparts.archive.queries.query import Archive
from planners.skymaps.files import read_skymap
from planners.skymaps.skymap import SkyMap
from tests.too_marshal.endurance import resident
from tests.too_marshal.factories import add_event, add_localization, circle_map
from tests.too_marshal.fleet import Fleet, broker, count
from too_marshal.db.base import now, open_engine, session_factory
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.workflows.counterparts.archiving import archive_folder
from too_marshal.workflows.counterparts.live_maps import julian_date

PARTITIONS, A_TOPIC = 4, 240
"""Packets of a topic: librdkafka's own broker forgets what is more than 5 MB a partition."""

MAPS = 50
READ = "SELECT coalesce(sum(next_offset), 0) FROM stream_position WHERE cluster = 'alerts:ztf'"
KEPT = "SELECT count(*) FROM kept_alert"
ASIDE = "SELECT count(*) FROM quarantined_packet"


def live_maps() -> list[SkyMap]:
    """Maps of gravitational waves, and circles of some degrees, as neutrinos and bursts have."""
    paths = sorted((CORPUS / "skymaps" / "simulated").glob("*.fits*"))[: MAPS // 5]
    real = [read_skymap(path.read_bytes()) for path in paths]
    circles = [circle_map(ra=ra, dec=ra % 60, radius=3.0) for ra in range(0, 360, 8)]
    return [*real, *circles][:MAPS]


def packets(number: int, jd: float) -> Iterator[bytes]:
    """Packets of the corpus, each with a number and a place of its own."""
    samples = []
    for path in sorted((CORPUS / "alerts" / "ztf").rglob("*.avro")):
        # Some are damaged on purpose.
        with path.open("rb") as file, suppress(ValueError, StopIteration, LookupError, EOFError):
            reader = fastavro.reader(file)
            samples.append((reader.writer_schema, next(reader)))
    generator = np.random.default_rng(0)
    ra = generator.uniform(0, 360, number)
    dec = np.degrees(np.arcsin(generator.uniform(np.sin(np.radians(-28)), 1, number)))
    schemas: dict[int, object] = {}
    for i in range(number):
        index = i % len(samples)
        schema, record = samples[index]
        schemas.setdefault(index, fastavro.parse_schema(schema))
        place = {"ra": float(ra[i]), "dec": float(dec[i]), "jd": jd + i * 1e-7, "candid": i + 1}
        record = {
            **record,
            "candid": i + 1,
            "objectId": f"ZTF26{i:07d}",
            "candidate": {**record["candidate"], **place},
        }
        out = io.BytesIO()
        fastavro.writer(out, schemas[index], [record])
        yield out.getvalue()


@dataclass(frozen=True)
class Stage:
    """A database with live maps, and a broker."""

    engine: Engine
    environ: dict[str, str]
    data_dir: Path
    producer: confluent_kafka.Producer
    jd: float
    """Of the first packet."""

    def send(self, packets: Iterator[tuple[int, bytes]]) -> None:
        """Give the broker numbered packets."""
        for i, data in packets:
            topic = f"ztf_{i // A_TOPIC:08d}_programid1"
            self.producer.produce(topic, data, partition=i % PARTITIONS)
            if i % A_TOPIC == 0:
                self.producer.flush(30)
        assert self.producer.flush(60) == 0


@contextmanager
def stage() -> Iterator[Stage]:
    """Set everything up, and take it away."""
    with tempfile.TemporaryDirectory(prefix="marshal-stream-") as name:
        folder = Path(name)
        with embedded_database(folder / "database") as url, broker() as bootstrap:
            engine = open_engine(url)
            migrate(engine)
            begun = now() - timedelta(hours=2)
            with session_factory(engine)() as session:
                for index, skymap in enumerate(live_maps()):
                    event = add_event(session, f"S261128{index}", event_time=begun)
                    add_localization(session, event, skymap)
            file = folder / "sources.toml"
            file.write_text(f"[ztf]\nservers = '{bootstrap}'\ntopics = ['^ztf_']\n")
            environ = {
                **os.environ,
                "TOO_DATABASE_URL": url,
                "TOO_DATA_DIR": str(folder / "data"),
                "TOO_ALERT_SOURCES_FILE": str(file),
                "OMP_NUM_THREADS": "1",
            }
            producer = confluent_kafka.Producer(
                {"bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000, "log_level": 0}
            )
            yield Stage(engine, environ, folder / "data", producer, julian_date(begun) + 0.02)
            engine.dispose()


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fast(number: int, processes: int) -> bool:
    """Take in all packets as fast as possible; returns whether each is there once."""
    with stage() as set_up:
        set_up.send(enumerate(packets(number, set_up.jd)))
        fleet = Fleet(set_up.environ)
        for index in range(processes):
            fleet.add(f"listener {index}", "alerts", "listen")
        pids, memory, skipped = fleet.pids(), 0.0, 0
        begun, used = time.monotonic(), 0.0
        while (read := count(set_up.engine, READ)) < number:
            if not skipped and read:
                # From the first batch on: not how long it takes to start, and to join a group.
                skipped, begun, used = read, time.monotonic(), sum(map(processor_seconds, pids))
            memory = max([memory, *map(resident, pids)])
            time.sleep(0.05)
        wall, used = time.monotonic() - begun, sum(map(processor_seconds, pids)) - used
        print(
            f"{processes} process{'es' * (processes > 1)}: {(number - skipped) / wall:.0f}"
            f" packets/s, {(number - skipped) / used:.0f} a second of the processor,"
            f" {memory:.0f} MB each at the most, {count(set_up.engine, KEPT)} kept whole"
        )
        fleet.stop()
        return is_whole(set_up, number)


def killed(number: int, kills: int) -> bool:
    """Kill one of two listeners again and again while packets come."""
    with stage() as set_up:
        fleet, chance = Fleet(set_up.environ), random.Random(0)
        for index in range(2):
            fleet.add(f"listener {index}", "alerts", "listen")
        numbered, begun = enumerate(packets(number, set_up.jd)), time.monotonic()
        for kill in range(kills):
            set_up.send(islice(numbered, number // kills))
            time.sleep(chance.uniform(0, 6))
            fleet.kill(f"listener {kill % 2}")
            fleet.revive()
        set_up.send(numbered)
        while count(set_up.engine, READ) < number:
            time.sleep(0.1)
        print(f"2 processes, {fleet.deaths} kills: read in {time.monotonic() - begun:.0f} s")
        fleet.stop()
        return is_whole(set_up, number)


def is_whole(set_up: Stage, number: int) -> bool:
    """Whether every packet is in the archive once, and none was set aside."""
    answer = Archive(archive_folder(set_up.data_dir)).query(Where(), columns=("candid",))
    there = [row["candid"] for batch in answer for row in batch.to_pylist()]
    lost, doubled = number - len(set(there)), len(there) - len(set(there))
    aside = count(set_up.engine, ASIDE)
    print(f"   {lost} lost, {doubled} doubled, {aside} set aside", flush=True)
    return not (lost or doubled or aside)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args([] if sys.argv[0].endswith("__main__.py") else None)
    print(f"{options.packets} packets, {MAPS} live maps", flush=True)
    right = [fast(options.packets, processes) for processes in (1, 2)]
    right.append(killed(options.packets, options.kills))
    if not all(right):
        sys.exit("packets were lost, doubled, or set aside")


if __name__ == "__main__":
    main()
