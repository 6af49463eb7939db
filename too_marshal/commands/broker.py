"""too-marshal broker."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click
import confluent_kafka

from too_marshal.commands.processes import stop_event
from too_marshal.workflows.intake.listen import HEARTBEAT_TOPIC

HEARTBEAT_SECONDS = 1.0
"""As often as the real one."""


@click.command()
def broker() -> None:
    """Host a Kafka broker for a rehearsal: librdkafka's own, on the loopback interface.

    Prints its address on the first line, sends a heartbeat a second, and forgets everything
    when it stops.
    """
    stop = stop_event()
    host = confluent_kafka.Producer(
        {"test.mock.num.brokers": 1, "message.max.bytes": 8_000_000, "log_level": 3}
    )
    brokers = host.list_topics(timeout=10).brokers.values()
    click.echo(",".join(f"{server.host}:{server.port}" for server in brokers))
    while not stop.wait(HEARTBEAT_SECONDS):
        document = {"alert_datetime": datetime.now(UTC).isoformat()}
        host.produce(HEARTBEAT_TOPIC, json.dumps(document).encode(), partition=0)
        host.poll(0)
