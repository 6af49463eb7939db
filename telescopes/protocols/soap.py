"""One call of a SOAP service: what is needed is read from its WSDL, as SOAP libraries do.

They are not used because none of them tells whether a message may have arrived.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from lxml import etree

from telescopes.errors import QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.http import HTTPAnswer, HTTPTransport

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_WSDL = {
    "wsdl": "http://schemas.xmlsoap.org/wsdl/",
    "soap": "http://schemas.xmlsoap.org/wsdl/soap/",
}


@dataclass(frozen=True)
class Operation:
    """How a service wants one of its operations called, with one text."""

    namespace: str
    name: str
    parameter: str
    action: str
    path: str
    """Of the service, below the root of the transport."""


@dataclass(frozen=True)
class SOAPService:
    """A service that describes itself."""

    transport: HTTPTransport
    """Root of its address, with credentials in the headers."""

    path: str
    """Where it is; the description stands at ``?wsdl``."""

    def describe(self, name: str) -> Operation:
        """Ask how an operation is called; nothing is changed.

        Raises
        ------
        QueueRefused, QueueUnreachable
            If the service does not tell.
        """
        answer = self.transport.exchange("GET", f"{self.path}?wsdl")
        try:
            return self._operation(read_xml(answer.expect().body), name)
        except (ValueError, LookupError) as err:
            raise QueueUnreachable(f"no description of {name}: {err}") from err

    def _operation(self, wsdl: etree._Element, name: str) -> Operation:
        asked = f"wsdl:portType/wsdl:operation[@name='{name}']/wsdl:input"
        given = wsdl.find(asked, _WSDL)
        if given is None:
            raise LookupError(f"no operation {name}")
        message = str(given.get("message", "")).rpartition(":")[2]
        part = wsdl.find(f"wsdl:message[@name='{message}']/wsdl:part", _WSDL)
        bound = wsdl.find(f"wsdl:binding/wsdl:operation[@name='{name}']/soap:operation", _WSDL)
        address = wsdl.find("wsdl:service/wsdl:port/soap:address", _WSDL)
        # Behind a tunnel the service's own idea of its host is of no use: the path is.
        path = urlsplit("" if address is None else str(address.get("location"))).path
        return Operation(
            str(wsdl.get("targetNamespace", "")),
            name,
            "in0" if part is None else str(part.get("name", "in0")),
            "" if bound is None else str(bound.get("soapAction", "")),
            path or self.path,
        )

    def call(self, operation: Operation, text: str) -> str:
        """Call an operation once with a text, and return the text that it answers.

        Raises
        ------
        QueueRefused
            If the service does not let us in.
        QueueUnreachable
            If nothing was sent.
        QueueUnconfirmed
            If it may have been done.
        """
        envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap={"soapenv": _ENVELOPE})
        body = etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body")
        called = etree.SubElement(body, f"{{{operation.namespace}}}{operation.name}")
        etree.SubElement(called, operation.parameter).text = text
        action = {"SOAPAction": f'"{operation.action}"', "Accept": "text/xml"}
        transport = replace(self.transport, headers={**self.transport.headers, **action})
        answer = transport.exchange(
            "POST",
            operation.path,
            body=etree.tostring(envelope, encoding="unicode"),
            content_type="text/xml; charset=utf-8",
        )
        if 300 <= answer.status < 500 and answer.status != 408:
            raise QueueRefused(answer.message)
        if answer.status != 200:
            raise QueueUnconfirmed(answer.message)
        return self._returned(answer)

    @staticmethod
    def _returned(answer: HTTPAnswer) -> str:
        """The text in the answer, or raise that there is none."""
        try:
            body = read_xml(answer.body).find(f"{{{_ENVELOPE}}}Body")
        except ValueError as err:
            raise QueueUnconfirmed(f"no SOAP answer: {answer.message[:200]}") from err
        texts = [] if body is None else [each.text for each in body.iter() if each.text]
        longest = max((text.strip() for text in texts), key=len, default="")
        if not longest:
            raise QueueUnconfirmed(f"an answer without a text: {answer.message[:200]}")
        return longest


def read_xml(text: str | bytes) -> etree._Element:
    """Parse XML from elsewhere: no entities, no network.

    Raises
    ------
    ValueError
        If it is not XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(text.encode() if isinstance(text, str) else text, parser)
    except etree.XMLSyntaxError as err:
        raise ValueError(f"not XML: {err}") from err
