"""Every notice finds its event, in whatever order both arrive."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from sqlalchemy import func, select, text

from tests.too_marshal import alerts
from tests.too_marshal.workflows import messages
from too_marshal.db.events import Activity, Event, EventLink, EventName, LinkKind, find_by_name
from too_marshal.db.localizations import Localization, LocalizationState
from too_marshal.db.notices import ReceivedNotice, of_event
from too_marshal.workflows.intake.ingest import Message, ingest, keep, process_notices

BURST_CIRCULAR = messages.circular(
    1, "GRB 260509A: Fermi GBM detection", "triggered (trigger 800000000 / 260509259)"
)
AFTERGLOW = messages.circular(2, "GRB 260509A: ZTF candidate afterglow")


def take(session, *payloads: bytes):
    return [ingest(session, Message(payload, "file")) for payload in payloads]


def event_of(session, stream: str) -> Event:
    return session.scalars(
        select(Event).where(Event.stream == stream).execution_options(populate_existing=True)
    ).one()


def state(session) -> list[object]:
    """All that association decides, without row numbers."""
    session.expire_all()
    events = session.scalars(select(Event).order_by(Event.stream, Event.key)).all()
    names = {event.id: (event.stream, event.key) for event in events}
    notices = session.execute(select(ReceivedNotice.sha256, ReceivedNotice.event_id)).all()
    links = session.scalars(select(EventLink)).all()
    return [
        [
            (names[e.id], e.name, e.event_time, e.aliases, e.attributes, e.is_retracted, e.is_test,
             e.flags, e.links, e.kind)
            for e in events
        ],
        sorted((sha, names.get(event)) for sha, event in notices),
        sorted(
            (*sorted((names[link.first_id], names[link.second_id])), link.kind, link.undone_by)
            for link in links
        ),
        sorted(
            (names[row.event_id], row.name) for row in session.scalars(select(EventName))
        ),
    ]  # fmt: skip


FORGOTTEN = (
    "event", "notice", "further_event", "localization", "activity", "event_name", "event_link",
    "notice_reference", "procrastinate_jobs",
)  # fmt: skip


def forget(session) -> None:
    """Empty the tables; faster than TRUNCATE, which makes new files."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    for table in FORGOTTEN:
        session.execute(text(f"DELETE FROM {table}"))
    session.commit()
    session.expunge_all()


def every_order(session, payloads) -> list[list[object]]:
    outcomes = []
    for order in itertools.permutations(payloads):
        take(session, *order)
        outcomes.append(state(session))
        forget(session)
    return outcomes


def test_information_makes_no_event(session):
    (received,) = take(session, AFTERGLOW)
    assert received.event_id is None
    assert received.state == "understood"
    take(session, messages.neutrino_search(), messages.swift(66))
    assert session.scalar(select(func.count(Event.id))) == 0
    assert session.scalar(select(func.count(ReceivedNotice.id))) == 3


def test_circulars_find_their_burst_by_number_then_by_name_in_every_order(session):
    outcomes = every_order(session, [alerts.gbm(), BURST_CIRCULAR, AFTERGLOW, messages.swift(61)])
    assert len(outcomes) == 24
    assert all(outcome == outcomes[0] for outcome in outcomes)
    events, notices, links, names = outcomes[0]
    burst = ("fermi_gbm", "800000000")
    assert [owner for _, owner in notices].count(burst) == 3, "the notice and both circulars"
    assert "GRB 260509A" in events[0][3]
    assert (burst, "GRB 260509A") in names
    assert links == [], "Swift's burst is named by nothing"


def test_a_name_given_by_circulars_to_two_missions_links_them(session):
    swifts = messages.circular(
        3, "GRB 260509A: Swift detection of a burst", "BAT triggered (trigger=1234567)."
    )
    outcomes = every_order(session, [alerts.gbm(), messages.swift(61), BURST_CIRCULAR, swifts])
    assert all(outcome == outcomes[0] for outcome in outcomes)
    _, notices, links, _ = outcomes[0]
    assert [link[2] for link in links] == [LinkKind.STATED]
    assert None not in [owner for _, owner in notices]


def test_notices_taken_together_end_as_one_by_one(session):
    swifts = messages.circular(
        3, "GRB 260509A: Swift detection of a burst", "BAT triggered (trigger=1234567)."
    )
    payloads = [
        alerts.gbm(), alerts.gbm(packet=111), messages.swift(61), messages.swift(66), AFTERGLOW,
        BURST_CIRCULAR, swifts, alerts.lvk(skymap=alerts.skymap_fits(order=2)),
        messages.neutrino_search(),
        alerts.lvk(alert_type="RETRACTION", created="2026-11-22T04:00:00Z"),
    ]  # fmt: skip
    take(session, *payloads)
    wanted = state(session)
    forget(session)
    chance = random.Random(4)
    for _ in range(12):
        chance.shuffle(payloads)
        cuts = sorted(chance.sample(range(1, len(payloads)), 2))
        for start, stop in itertools.pairwise((0, *cuts, len(payloads))):
            batch = [Message(payload, "file") for payload in payloads[start:stop]]
            process_notices(session, [number for number, _ in keep(session, batch)])
        assert state(session) == wanted
        received = session.execute(
            select(Activity.subject_id, func.count()).where(
                Activity.subject == "notice"
            ).group_by(Activity.subject_id)
        ).all()  # fmt: skip
        assert [number for _, number in received] == [1] * len(payloads), "each is told of once"
        assert session.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'localize'")
        ) == session.scalar(
            select(func.count(Localization.id)).where(
                Localization.state == LocalizationState.PENDING
            )
        )
        forget(session)


def test_a_list_of_candidates_is_shown_with_every_event_that_it_names(session):
    listed = messages.candidates(("fermi", "800000000"), ("swift", "1234567"))
    for order in itertools.permutations([listed, alerts.gbm(), messages.swift(61)]):
        take(session, *order)
        row = session.scalars(select(ReceivedNotice).where(ReceivedNotice.stream == "boom")).one()
        for stream in ("fermi_gbm", "swift"):
            event = event_of(session, stream)
            shown = session.scalars(select(ReceivedNotice.id).where(of_event(event.id))).all()
            assert row.id in shown, stream
            announced = select(func.count()).where(
                Activity.event_id == event.id, Activity.subject_id == row.id
            )
            assert session.scalar(announced) == 1, stream
        assert row.event_id == event_of(session, "fermi_gbm").id, "the first that it names"
        forget(session)


def test_a_slew_and_a_search_wait_for_what_they_are_about(session):
    for information, own, stream in (
        (messages.swift(66), messages.swift(61), "swift"),
        (messages.neutrino_search(), alerts.lvk(skymap=alerts.skymap_fits(order=2)), "lvk"),
    ):
        (waiting,) = take(session, information)
        assert waiting.event_id is None
        (began,) = take(session, own)
        row = session.get_one(ReceivedNotice, waiting.notice_id, populate_existing=True)
        assert row.event_id == began.event_id == event_of(session, stream).id


def test_the_time_of_a_burst_is_not_that_of_an_observation(session):
    bat = messages.swift(61, time="2026-05-09T06:13:20.00")
    xrt = messages.swift(67, time="2026-05-09T06:15:55.00", radius=0.001)
    for order in ((bat, xrt), (xrt, bat)):
        take(session, *order)
        event = event_of(session, "swift")
        assert f"{event.event_time:%H:%M:%S}" == "06:13:20"
        assert event.kind == "update", "the latest notice is XRT's all the same"
        forget(session)
    take(session, xrt)
    assert f"{event_of(session, 'swift').event_time:%H:%M:%S}" == "06:15:55", "better than none"


def test_attributes_are_merged_in_order(session):
    full = alerts.lvk(skymap=alerts.skymap_fits(order=2))
    bare = json.loads(alerts.lvk(created="2026-11-22T05:00:00Z", alert_type="UPDATE", skymap="x"))
    bare["event"] = {"time": "2026-11-22T03:00:00.000Z", "pipeline": "MBTA"}
    for order in ((full, json.dumps(bare).encode()), (json.dumps(bare).encode(), full)):
        take(session, *order)
        attributes = event_of(session, "lvk").attributes
        assert attributes["instruments"] == ["H1", "L1"], "the first notice's word stays"
        assert attributes["pipeline"] == "MBTA", "the later word counts"
        forget(session)


def test_a_circular_does_not_make_a_test_real(session):
    take(session, alerts.lvk("MS261122a"), messages.circular(4, "LIGO/Virgo/KAGRA MS261122a: test"))
    event = event_of(session, "lvk")
    assert session.scalar(
        select(func.count(ReceivedNotice.id)).where(ReceivedNotice.event_id == event.id)
    ) == 2  # fmt: skip
    assert event.is_test


def test_a_circular_about_a_merger_is_not_about_the_burst_it_mentions(session):
    mention = messages.circular(
        5, "LIGO/Virgo/KAGRA S261122a: no counterpart", "unrelated trigger 800000000 / 260509259"
    )
    outcomes = every_order(session, [alerts.gbm(), alerts.lvk(), mention])
    assert all(outcome == outcomes[0] for outcome in outcomes)
    owners = [owner for _, owner in outcomes[0][1]]
    assert owners.count(("lvk", "S261122a")) == 2
    assert outcomes[0][2] == []


def test_a_position_without_an_error_is_kept_and_shown(session):
    take(session, messages.guano(ra=30.0, dec=-20.0, record_number=2))
    localization = session.scalars(select(Localization)).one()
    assert localization.kind == "point"
    assert localization.state == LocalizationState.UNAVAILABLE
    assert localization.description == {"kind": "point", "ra": 30.0, "dec": -20.0}


@pytest.mark.parametrize(
    "spelling",
    ["GRB 260509A", "grb260509a", "GRB-260509A", "800000000", "bn260509259", "BN 260509259"],
)
def test_an_event_is_found_by_any_of_its_names(session, spelling):
    take(session, alerts.gbm(), BURST_CIRCULAR, messages.swift(61))
    assert [event.stream for event in find_by_name(session, spelling)] == ["fermi_gbm"]


def retracting_chains(corpus):
    """Real and published examples of retractions, each with a notice that it takes back."""
    examples = corpus / "notices/gcn_json_schema_examples"
    kafka = corpus / "notices/kafka_2026"
    retraction = json.loads((examples / "chime__frb.retraction.example.json").read_text())
    detection = json.loads((examples / "chime__frb.detection.example.json").read_text())
    yield "chime_frb", [
        json.dumps(detection | {"id": retraction["id"]}).encode(), json.dumps(retraction).encode()
    ]  # fmt: skip
    retraction = json.loads((examples / "dsa110__frb.retraction.example.json").read_text())
    detection = json.loads((examples / "dsa110__frb.detection.example.json").read_text())
    yield "dsa110_frb", [
        json.dumps(detection | {"id": retraction["id"]}).encode(), json.dumps(retraction).encode()
    ]  # fmt: skip
    icecube = json.loads(
        (
            examples / "icecube__single_neutrino_alerts.gold_bronze_track_alerts.example.json"
        ).read_text()
    )
    bare = {name: icecube[name] for name in icecube if name in {"$schema", "id", "event_name"}}
    taken = bare | {"alert_type": "retraction", "alert_datetime": "2024-01-01T00:00:00Z"}
    yield "icecube", [
        json.dumps(icecube | {"record_number": 1}).encode(), json.dumps(taken).encode()
    ]  # fmt: skip
    payloads = [path.read_bytes() for path in sorted(kafka.glob("svom_*/*.xml"))]
    yield "svom", [payload for payload in payloads if b'value="sb26030408"' in payload]


def test_a_retraction_counts_whenever_it_comes(session, corpus):
    for stream, chain in retracting_chains(corpus):
        assert len(chain) >= 2, stream
        for order in itertools.islice(itertools.permutations(chain), 6):
            take(session, *order)
            assert event_of(session, stream).is_retracted, stream
            forget(session)


def test_the_numbers_and_names_of_einstein_probe_find_their_event(session, cases):
    burst = (cases / "09_optional_number_not_available.json").read_bytes()
    follow_ups = [
        messages.guano("EP-WXT 01700000000"),
        messages.guano("EP-WXT 1700000000", id=["800000012"]),
        messages.guano("EP/WXT 01700000000", id=["800000013"]),
    ]
    circulars = [
        messages.circular(
            6, "EP261127a: EP-WXT detection", "detected by EP-WXT (trigger ID: 01700000000)"
        ),
        messages.circular(7, "EP261127a: optical counterpart"),
    ]
    for payloads in ([burst, *follow_ups, *circulars], [*circulars, *follow_ups, burst]):
        received = take(session, *payloads)
        burst_id = event_of(session, "einstein_probe").id
        assert "EP261127a" in event_of(session, "einstein_probe").aliases
        links = session.scalars(select(EventLink)).all()
        assert len(links) == 3
        assert all(burst_id in (link.first_id, link.second_id) for link in links)
        rows = session.scalars(
            select(ReceivedNotice)
            .where(ReceivedNotice.stream == "circulars")
            .execution_options(populate_existing=True)
        )
        assert [row.event_id for row in rows] == [burst_id, burst_id]
        assert len(received) == 6
        forget(session)
