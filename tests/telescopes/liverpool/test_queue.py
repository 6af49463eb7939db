"""The Liverpool Telescope: RTML to a simulated node agent, and its facts."""

import contextlib
from dataclasses import replace

import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from lxml import etree

from telescopes.errors import PlanUnsuitable, QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.liverpool.facts import LIVERPOOL
from telescopes.liverpool.queue import OPERATION, PATH, LiverpoolQueue
from telescopes.liverpool.rtml import NAMESPACE, Conditions, read_reply, write_abort
from telescopes.protocols.http import HTTPTransport
from telescopes.protocols.soap import SOAPService
from telescopes.queues import open_queue
from telescopes.simulators.faults import Fault, FaultKind
from telescopes.simulators.liverpool import WSDL, LiverpoolSimulator
from telescopes.simulators.service import running
from tests.telescopes.contract import NAME, Bench, UnlistedContract
from tests.telescopes.plans import make_plan


class LiverpoolBench(Bench):
    write_method = "POST"

    def __init__(self, stack):
        self.simulator = LiverpoolSimulator()
        self._stack = stack
        self.server = stack.enter_context(running(self.simulator))
        self.queue = self.connect(10)

    def connect(self, patience, password="secret"):
        transport = HTTPTransport(
            self.server.url,
            {"Username": "marshal", "Password": password},
            timeout=patience * u.s,
            deadline=2 * patience * u.s,
            largest_answer=4 * 2**20,
        )
        return LiverpoolQueue(SOAPService(transport, PATH), "marshal", "JL26A01")

    def prepare(self, n_fields=4, name=NAME):
        return self.queue.prepare(self.plan(n_fields), name, "JL26A01", "Steele")

    def held(self, name):
        return self.simulator.requests.get(name)

    def add_fault(self, fault):
        self.server.faults.add(fault)

    def let_go(self):
        self.server.faults.clear()

    def pass_time(self, duration):
        """Nothing is told of what happens."""

    def close(self):
        self._stack.close()


@pytest.fixture
def bench():
    with contextlib.ExitStack() as stack:
        yield LiverpoolBench(stack)


class TestContract(UnlistedContract):
    """The node agent confirms or rejects, and that is all."""

    ways = (("Liverpool", "rtml"),)


def text(document, path):
    element = document.find("/".join(f"{{{NAMESPACE}}}{part}" for part in path.split("/")))
    return element.text if element is not None else None


class TestDocument:
    def document(self, bench, plan):
        request = bench.queue.prepare(plan, NAME, "JL26A01", "Steele")
        return etree.fromstring(request.body)

    def test_is_a_request_of_rtml(self, bench):
        document = self.document(bench, make_plan(2, "gr", exposure_time=120 * u.s))
        assert document.tag == f"{{{NAMESPACE}}}RTML"
        assert dict(document.attrib) == {
            "mode": "request",
            "uid": NAME,
            "version": "3.1a",
            "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation": (
                "http://www.rtml.org/v3.1a http://telescope.livjm.ac.uk/rtml/RTML-nightly.xsd"
            ),
        }
        assert document[0].get("ProjectID") == "JL26A01"
        assert text(document, "Project/Contact/Username") == "marshal"
        schedules = document.findall(f"{{{NAMESPACE}}}Schedule")
        assert len(schedules) == 4
        first = schedules[0]
        names = [etree.QName(child).localname for child in first]
        assert names == [
            "Device",
            "Exposure",
            "Target",
            "AirmassConstraint",
            "SkyConstraint",
            "SeeingConstraint",
            "ExtinctionConstraint",
            "DateTimeConstraint",
        ]
        assert first[0].get("name") == "IO:O"
        assert first[0].find(f".//{{{NAMESPACE}}}Filter").get("type") == "G"
        assert text(first, "Exposure/Value") == "120"
        assert first[3].get("maximum") == "2.36"
        assert text(first, "ExtinctionConstraint/Clouds") == "light"
        assert [child.get("value") for child in first[7]] == [
            "2026-03-02T05:00:00+00:00",
            "2026-03-02T11:00:00+00:00",
        ]

    @pytest.mark.parametrize(
        ("ra", "dec"), [(13.1, -0.2), (359.9999999, 89.99), (0.0, 0.0), (187.70593, 12.39112)]
    )
    def test_coordinates(self, bench, ra, dec):
        plan = make_plan(1, "g")
        place = replace(plan.exposures[0], ra=ra * u.deg, dec=dec * u.deg)
        document = self.document(bench, replace(plan, exposures=(place,)))
        base = "Schedule/Target/Coordinates"
        hours = [text(document, f"{base}/RightAscension/{n}") for n in ("Hours", "Minutes")]
        hours.append(text(document, f"{base}/RightAscension/Seconds"))
        degrees = [text(document, f"{base}/Declination/{n}") for n in ("Degrees", "Arcminutes")]
        degrees.append(text(document, f"{base}/Declination/Arcseconds"))
        written = SkyCoord(" ".join(hours), " ".join(degrees), unit=(u.hourangle, u.deg))
        assert written.separation(SkyCoord(ra, dec, unit=u.deg)) < 0.02 * u.arcsec
        assert degrees[0][0] in "+-"

    @pytest.mark.parametrize(
        "plan",
        [make_plan(1, "J"), make_plan(1, exposure_time=4000 * u.s)],
        ids=["filter", "time"],
    )
    def test_what_the_telescope_cannot_do_is_unsuitable(self, bench, plan):
        with pytest.raises(PlanUnsuitable):
            bench.queue.prepare(plan, NAME, "JL26A01", "Steele")

    def test_conditions(self, bench):
        queue = LiverpoolQueue(
            bench.queue.agent,
            "marshal",
            "JL26A01",
            Conditions(1.2 * u.arcsec, 2.0, is_photometric=True),
        )
        document = etree.fromstring(queue.prepare(make_plan(1), NAME, "p", "x").body)
        assert text(document, "Schedule/SkyConstraint/Flux") == "2"
        assert text(document, "Schedule/ExtinctionConstraint/Clouds") == "clear"
        seeing = document.find(f".//{{{NAMESPACE}}}SeeingConstraint")
        assert seeing.get("maximum") == "1.2"

    def test_an_abort(self):
        document = etree.fromstring(write_abort(NAME, "JL26A01", "marshal"))
        assert document.get("mode") == "abort"
        assert document.get("uid") == NAME
        assert document.find(f".//{{{NAMESPACE}}}Communication") is not None


class TestReplies:
    def test_a_rejection_is_told_in_its_words(self, bench):
        request = bench.queue.prepare(make_plan(1), NAME, "other", "x")
        with pytest.raises(QueueRefused, match="unknown proposal"):
            bench.queue.submit(request)
        with pytest.raises(QueueRefused, match="no such request"):
            bench.queue.withdraw("ToO_never")

    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            ("hello", "cannot be read"),
            ("<RTML/>", "cannot be read"),
            ("<html mode='confirm'/>", "cannot be read"),
            (f"<RTML xmlns='{NAMESPACE}' mode='confirm' uid='ToO_x'/>", "about 'ToO_x'"),
            (f"<RTML xmlns='{NAMESPACE}' mode='offer' uid='{NAME}'/>", "offer"),
        ],
    )
    def test_what_is_no_confirmation_leaves_a_doubt(self, reply, reason):
        with pytest.raises(QueueUnconfirmed, match=reason):
            LiverpoolQueue._judged(reply, NAME)

    def test_entities_are_not_resolved(self, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("classified")
        reply = (
            f'<!DOCTYPE RTML [<!ENTITY x SYSTEM "file://{secret}">]>'
            f'<RTML xmlns="{NAMESPACE}" mode="confirm" uid="{NAME}">&x;</RTML>'
        )
        _, _, comment = read_reply(reply)
        assert "classified" not in comment

    def test_a_wrong_password(self, bench):
        with pytest.raises(QueueRefused, match="not authorized"):
            bench.connect(10, "wrong").submit(bench.prepare())
        assert "wrong" not in repr(bench.connect(10, "wrong"))


class TestService:
    def test_the_description_is_read(self, bench):
        operation = bench.queue.agent.describe(OPERATION)
        assert operation.parameter == "rtml"
        assert operation.path == PATH
        assert operation.namespace == "http://nodeagent.rtml.livjm.ac.uk"

    @pytest.mark.parametrize("body", ["", "{}", "<a/>", WSDL.replace("handle_rtml", "handle_xml")])
    def test_a_service_without_the_operation(self, bench, body):
        bench.add_fault(Fault(FaultKind.STATUS, status=200, body=body))
        with pytest.raises(QueueUnreachable, match="no description of handle_rtml"):
            bench.queue.ping()

    @pytest.mark.parametrize("body", ["", "<a/>", "not XML"])
    def test_an_answer_without_a_reply(self, bench, body):
        bench.add_fault(Fault(FaultKind.STATUS, status=200, body=body, method="POST"))
        with pytest.raises(QueueUnconfirmed):
            bench.queue.submit(bench.prepare())


def test_opens(bench):
    queue = open_queue(
        "Liverpool",
        {
            "url": bench.server.url,
            "username": "marshal",
            "password": "secret",
            "proposal": "JL26A01",
            "seeing": 1.5,
        },
    )
    assert queue.conditions.seeing == 1.5 * u.arcsec
    queue.submit(queue.prepare(make_plan(1, "g"), NAME, "JL26A01", "x"))
    assert bench.held(NAME) == 1


def test_the_camera_sees_100_square_arcminutes():
    corners = LIVERPOOL.footprint.corners.to_value(u.arcmin)
    assert corners.max() == pytest.approx(5)
    assert LIVERPOOL.overheads.alt_azimuth
