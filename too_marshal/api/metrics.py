"""Figures for Prometheus, in its text format; a scraper holds a token like any program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from flask import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from too_marshal.api.operations import Content, operation
from too_marshal.api.schemas import TEXT
from too_marshal.db.accounts.people import Scope
from too_marshal.db.base import now
from too_marshal.http.service import database
from too_marshal.workflows.incident.latencies import SeasonLatencies, latencies

SPAN = timedelta(days=90)
"""Events that the percentiles are of."""

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
"""As Prometheus names its text format."""


class LedgerCollector(Collector):
    """The latency ledger, read from the database when it is asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self) -> Iterable[Metric]:
        """Percentiles of each step by stream, and of how many events they are."""
        found = latencies(self._session, since=now() - SPAN, by_season=False)
        seconds = GaugeMetricFamily(
            "too_marshal_latency_seconds",
            "Percentiles of the steps of real events of the last 90 days",
            labels=["stream", "step", "quantile"],
        )
        counts = GaugeMetricFamily(
            "too_marshal_latency_events",
            "Real events of the last 90 days that took the step",
            labels=["stream", "step"],
        )
        for stream, step, median, percentile_95, count in _rows(found):
            seconds.add_metric([stream, step, "0.5"], median)
            seconds.add_metric([stream, step, "0.95"], percentile_95)
            counts.add_metric([stream, step], count)
        return [seconds, counts]


def _rows(found: Iterable[SeasonLatencies]) -> Iterator[tuple[str, str, float, float, int]]:
    for each in found:
        for step, latency in each.latencies.items():
            name = step.replace(" ", "_")
            yield each.stream, name, latency.median, latency.percentile_95, latency.count


@operation("GET", "/metrics", Content(TEXT, "text/plain"), scope=Scope.METRICS)
def get_metrics() -> Response:
    """Percentiles of the latency ledger, for Prometheus."""
    registry = CollectorRegistry()
    registry.register(LedgerCollector(database()))
    return Response(generate_latest(registry), content_type=FORMAT)
