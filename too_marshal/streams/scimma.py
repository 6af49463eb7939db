"""SCiMMA's hopskotch: a second Kafka cluster that carries LVK's alerts, in Avro.

As hop-client connects: SASL SCRAM-SHA-512 over TLS, group names that begin with the credential's
name, and messages marked as tests passed over. Offsets are our own, as with GCN.

References
----------
hop-client documentation, "Authentication" and "Stream consumers".
"""

from __future__ import annotations

import certifi
import confluent_kafka

from too_marshal.deployment.settings import Settings
from too_marshal.streams.kafka import COMMON, GROUP, NoStream

BOOTSTRAP = "kafka.scimma.org:9092"

CLUSTER = "scimma"
"""Name under which the offsets of this source are kept."""

TEST_HEADER = "_test"
"""Whatever its value, a message that has it is a test of the transport, not an alert."""


def is_configured(settings: Settings) -> bool:
    """Whether the settings name this source."""
    return bool(settings.scimma_username or settings.scimma_bootstrap)


def scimma_topics(settings: Settings) -> tuple[str, ...]:
    """Topics to read."""
    return tuple(name.strip() for name in settings.scimma_topics.split(",") if name.strip())


def consumer_config(settings: Settings) -> dict[str, str | int | float | bool]:
    """Give librdkafka's configuration, without its callbacks.

    Raises
    ------
    NoStream
        If neither credentials nor a broker are set.
    """
    if not is_configured(settings):
        raise NoStream("SCiMMA is not configured: set TOO_SCIMMA_USERNAME and TOO_SCIMMA_PASSWORD")
    config = {
        "bootstrap.servers": settings.scimma_bootstrap or BOOTSTRAP,
        "group.id": f"{settings.scimma_username}-{GROUP}" if settings.scimma_username else GROUP,
    }
    if not settings.scimma_username:
        return {**config, "security.protocol": "plaintext", "fetch.wait.max.ms": 100}
    if not settings.scimma_password:
        raise NoStream("TOO_SCIMMA_USERNAME is set, and TOO_SCIMMA_PASSWORD is not")
    return {
        **config,
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": settings.scimma_username,
        "sasl.password": settings.scimma_password,
        "ssl.ca.location": certifi.where(),
    }


def open_scimma_consumer(settings: Settings) -> confluent_kafka.Consumer:
    """Consumer of SCiMMA, or of the broker that the settings name in its place."""
    return confluent_kafka.Consumer({**COMMON, **consumer_config(settings)})


def is_wanted(message: confluent_kafka.Message) -> bool:
    """Whether a message is none of the transport's own tests."""
    return TEST_HEADER not in dict(message.headers() or ())
