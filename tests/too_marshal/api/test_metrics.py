from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from tests.too_marshal.workflows.incident.test_ledger import add_whole


def test_a_scraper_reads_percentiles_of_every_step(program: FlaskClient, session: Session):
    add_whole(session)
    answer = program.get("/api/v1/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    families = {
        family.name: family
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
    }
    seconds = {
        (sample.labels["step"], sample.labels["quantile"]): sample.value
        for sample in families["too_marshal_latency_seconds"].samples
    }
    assert round(seconds["first_shutter", "0.5"]) == 270
    assert round(seconds["received", "0.95"]) == 30
    counts = families["too_marshal_latency_events"].samples
    assert {sample.value for sample in counts} == {1.0}
