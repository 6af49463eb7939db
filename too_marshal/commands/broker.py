"""too-marshal broker."""

from __future__ import annotations

import click
import confluent_kafka

from too_marshal.commands.processes import stop_event


@click.command()
def broker() -> None:
    """Host a Kafka broker for a rehearsal: librdkafka's own, on the loopback interface.

    Prints its address on the first line, and forgets everything when it stops.
    """
    stop = stop_event()
    host = confluent_kafka.Producer(
        {"test.mock.num.brokers": 1, "message.max.bytes": 8_000_000, "log_level": 3}
    )
    brokers = host.list_topics(timeout=10).brokers.values()
    click.echo(",".join(f"{item.host}:{item.port}" for item in brokers))
    stop.wait()
