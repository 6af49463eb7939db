"""A simulated node agent of the Liverpool Telescope: RTML over SOAP.

The description and the envelopes are those of a Java service of the time; the real ones are
not public.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from telescopes.liverpool.rtml import NAMESPACE
from telescopes.simulators.service import Answer, Request

PATH = "/node_agent2/node_agent"
_SPACE = "http://nodeagent.rtml.livjm.ac.uk"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

WSDL = f"""<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions targetNamespace="{_SPACE}" xmlns:tns="{_SPACE}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/">
<wsdl:message name="handle_rtmlRequest"><wsdl:part name="rtml" type="xsd:string"/></wsdl:message>
<wsdl:message name="handle_rtmlResponse"><wsdl:part name="out" type="xsd:string"/></wsdl:message>
<wsdl:portType name="NodeAgent"><wsdl:operation name="handle_rtml">
<wsdl:input message="tns:handle_rtmlRequest"/><wsdl:output message="tns:handle_rtmlResponse"/>
</wsdl:operation></wsdl:portType>
<wsdl:binding name="NodeAgentBinding" type="tns:NodeAgent">
<soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
<wsdl:operation name="handle_rtml"><soap:operation soapAction=""/></wsdl:operation>
</wsdl:binding>
<wsdl:service name="NodeAgentService"><wsdl:port name="NodeAgent" binding="tns:NodeAgentBinding">
<soap:address location="http://elsewhere.invalid:8080{PATH}"/></wsdl:port></wsdl:service>
</wsdl:definitions>"""


@dataclass
class LiverpoolSimulator:
    """The node agent."""

    account: tuple[str, str] = ("marshal", "secret")
    """Name and password."""

    proposals: tuple[str, ...] = ("JL26A01",)
    """Whose time may be charged."""

    requests: dict[str, int] = field(default_factory=dict)
    """Number of schedules of each request, by its uid."""

    def answer(self, request: Request) -> Answer:
        """Act on one request of the real interface."""
        if request.path != PATH:
            return Answer.text(404, "no such path")
        if request.method == "GET":
            return Answer(200, WSDL.encode(), "text/xml")
        given = request.headers.get("username"), request.headers.get("password")
        if given != self.account:
            return Answer.text(401, "not authorized")
        if "soapaction" not in request.headers:
            return _envelope(500, "Fault", "no SOAPAction header!")
        try:
            document = _within(request)
        except (etree.XMLSyntaxError, ValueError) as err:
            return _envelope(500, "Fault", str(err))
        return _envelope(200, "handle_rtmlResponse", self._handle(document))

    def _handle(self, document: etree._Element) -> str:
        """Confirm or reject one document."""
        uid = str(document.get("uid"))
        match document.get("mode"):
            case "request":
                objection = self._objection(document, uid)
                if not objection:
                    self.requests[uid] = len(document.findall(f"{{{NAMESPACE}}}Schedule"))
            case "abort":
                objection = "" if self.requests.pop(uid, None) else "no such request"
            case mode:
                objection = f"mode {mode}"
        return _reply("reject" if objection else "verify_submitted", uid, objection)

    def _objection(self, document: etree._Element, uid: str) -> str:
        project = document.find(f"{{{NAMESPACE}}}Project")
        if project is None or project.get("ProjectID") not in self.proposals:
            return "unknown proposal"
        if not document.findall(f"{{{NAMESPACE}}}Schedule"):
            return "no schedule"
        return "this uid is known already" if uid in self.requests else ""

    def truncated(self, request: Request) -> Request:
        """The same request after half of its schedules were lost."""
        envelope = etree.fromstring(request.body)
        (holder,) = [each for each in envelope.iter() if each.text and "<RTML" in each.text]
        document = etree.fromstring(str(holder.text))
        schedules = document.findall(f"{{{NAMESPACE}}}Schedule")
        for schedule in schedules[len(schedules) // 2 :]:
            document.remove(schedule)
        holder.text = etree.tostring(document, encoding="unicode")
        return replace(request, body=etree.tostring(envelope))

    def describe(self) -> dict[str, Any]:
        """State for ``GET /simulator``."""
        return {"telescope": "Liverpool", "requests": self.requests}

    def set_clock(self, now: str | float | None, rate: float | None) -> None:
        """A node agent has no clock."""
        raise ValueError(f"the node agent has no clock to be set to {now}, {rate}")


def _within(request: Request) -> etree._Element:
    """The RTML in an envelope."""
    envelope = etree.fromstring(request.body)
    called = envelope.find(f"{{{_SOAP}}}Body/{{{_SPACE}}}handle_rtml/rtml")
    if called is None or not called.text:
        raise ValueError("no call of handle_rtml with a part rtml")
    return etree.fromstring(called.text)


def _reply(mode: str, uid: str, comment: str) -> str:
    document = etree.Element(f"{{{NAMESPACE}}}RTML", nsmap={None: NAMESPACE})
    for name, value in (("mode", mode), ("uid", uid), ("version", "3.1a")):
        document.set(name, value)
    etree.SubElement(document, f"{{{NAMESPACE}}}Comment").text = comment or "accepted"
    text = etree.tostring(document, encoding="unicode")
    return f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{text}'


def _envelope(status: int, name: str, text: str) -> Answer:
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap={"soapenv": _SOAP})
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
    etree.SubElement(etree.SubElement(body, f"{{{_SPACE}}}{name}"), "out").text = text
    return Answer(status, etree.tostring(envelope), "text/xml")
