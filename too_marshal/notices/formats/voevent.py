"""VOEvent packets, read once, hardened, for every parser.

The packet is parsed by lxml with entities, network and external DTDs off.
Its parameters are then taken out by voevent-parse where that is installed
(it is not from Python 3.12 on) and by this module where it is not; both give
the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, objectify

from too_marshal.notices.formats.coordinates import Position, read_position, read_system
from too_marshal.notices.formats.numbers import read_float
from too_marshal.notices.notice import NoticeMalformed

try:
    import voeventparse
except ImportError:
    voeventparse = None

MAX_PACKET_SIZE = 1_000_000
"""Bytes. The largest of a million archived packets is far below."""

MAX_TAGS = 20_000
"""Opening brackets: memory goes with elements, not with bytes. Real packets have some 200."""

_ROOTS = frozenset(
    {
        "{http://www.ivoa.net/xml/VOEvent/v2.0}VOEvent",
        "{https://www.ivoa.net/xml/VOEvent/v2.0}VOEvent",  # ANTARES
        "{http://www.ivoa.net/xml/VOEvent/v1.1}VOEvent",  # GCN's AMON packets of 2019
        "VOEvent",  # relayed copies that lost the prefix
    }
)
_ROLES = frozenset({"observation", "test", "utility", "prediction"})
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Parameter:
    """One Param of the What section."""

    group: str | None
    """Name of the Group it stands in, or the group's type where that has no name."""

    name: str
    """Its name; neither unique nor distinct from the names of groups."""

    value: str
    """As written."""


@dataclass(frozen=True)
class VOEvent:
    """A packet: values as written, looked up with types."""

    ivorn: str
    """Identifier of the packet."""

    role: str
    """observation, test, utility or prediction."""

    parameters: tuple[Parameter, ...]
    """Ungrouped ones first, then group by group."""

    iso_time: str | None
    """When the source was seen, as written."""

    date: str | None
    """Who/Date: when the packet was written, as written."""

    position: Position | None
    """Position2D in ICRS, if both coordinates are numbers."""

    citations: tuple[tuple[str, str], ...]
    """(cite, IVORN) of the packets it refers to."""

    time_scale: str = "utc"
    """Scale of `iso_time`, see `coordinates.to_utc`."""

    flags: frozenset[str] = frozenset()
    """What is odd about its coordinates."""

    unreadable: dict[str, None] = field(default_factory=dict, compare=False)
    """Flags of parameters that were asked for, are there, and are not what they should be."""

    @property
    def packet_type(self) -> int | None:
        """GCN's number of the kind of notice."""
        return self.integer("Packet_Type")

    def text(self, name: str, group: str | None = None) -> str | None:
        """First non-empty value of the parameter, of that group if one is named."""
        for parameter in self.parameters:
            if parameter.name == name and (group is None or parameter.group == group):
                return parameter.value.strip() or None
        return None

    def number(self, name: str, group: str | None = None) -> float | None:
        """Its value as a finite number."""
        text = self.text(name, group)
        value = read_float(text)
        self._note(name, text, is_read=value is not None)
        return value

    def integer(self, name: str, group: str | None = None) -> int | None:
        """Its value as a whole number of at most 18 digits."""
        text = self.text(name, group)
        is_read = text is not None and _INTEGER.fullmatch(text) is not None
        self._note(name, text, is_read=is_read)
        return int(text) if text is not None and is_read else None

    def truth(self, name: str, group: str | None = None) -> bool | None:
        """Its value as true or false, in any of the spellings in use."""
        text = self.text(name, group)
        value = None if text is None else _TRUTH.get(text.lower())
        self._note(name, text, is_read=value is not None)
        return value

    def flag(self, name: str, group: str | None = None) -> bool:
        """Whether it is there and true."""
        return self.truth(name, group) is True

    def _note(self, name: str, text: str | None, *, is_read: bool) -> None:
        if text is not None and not is_read:
            self.unreadable[f"{name} unreadable"] = None

    def group(self, name: str) -> dict[str, str]:
        """Parameters of that group."""
        return {p.name: p.value.strip() for p in self.parameters if p.group == name}


def read_voevent(payload: bytes) -> VOEvent:
    """Read a packet.

    Raises
    ------
    NoticeMalformed
        If it is too large, declares a DOCTYPE, is no well-formed XML, or no
        VOEvent with an IVORN.
    """
    root = _parse(payload)
    if root.tag not in _ROOTS:
        raise NoticeMalformed(f"the root element is {str(root.tag)[:80]}, not VOEvent")
    root.tag = "VOEvent"
    ivorn, role = root.get("ivorn"), root.get("role", "").strip().lower() or "observation"
    if not ivorn:
        raise NoticeMalformed("the VOEvent has no ivorn")
    # A role that nobody knows makes no test of an alert: somebody has to look at it.
    of_role = () if role in _ROLES else (f"role unknown: {role[:40]!a}",)
    system = read_system(root)
    position, flags = read_position(root, system)
    return VOEvent(
        ivorn=ivorn,
        role=role if role in _ROLES else "observation",
        parameters=_parameters(root),
        iso_time=_first_text(root, ".//ISOTime"),
        date=_first_text(root, "Who/Date"),
        position=position,
        time_scale=system.time_scale,
        flags=_relevant(system.flags, position) | flags | frozenset(of_role),
        citations=tuple(
            (citation.get("cite", "").strip().lower(), (citation.text or "").strip())
            for citation in root.iterfind("Citations/EventIVORN")
        ),
    )


def _parse(payload: bytes) -> Any:
    if len(payload) > MAX_PACKET_SIZE:
        raise NoticeMalformed(f"{len(payload)} bytes are more than a VOEvent may have (1 MB)")
    if payload.count(b"<") > MAX_TAGS:
        raise NoticeMalformed(f"more than {MAX_TAGS} tags")
    if b"<!DOCTYPE" in payload or b"<!ENTITY" in payload:
        raise NoticeMalformed("a VOEvent with a DOCTYPE is refused")
    parser = etree.XMLParser(
        # Fixed, so that no declared encoding can hide tags from the checks above.
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    parser.set_element_class_lookup(objectify.ObjectifyElementClassLookup())
    try:
        root = etree.fromstring(payload.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as err:
        raise NoticeMalformed(f"not well-formed XML: {err}") from err
    if root is None:
        raise NoticeMalformed("the XML has no root element")
    if root.getroottree().docinfo.doctype:
        raise NoticeMalformed("a VOEvent with a DOCTYPE is refused")
    return root


def _parameters(root: Any) -> tuple[Parameter, ...]:
    if root.find("What") is None:
        return ()
    read = parameters_by_lxml if voeventparse is None else parameters_by_voeventparse
    return tuple(read(root))


def parameters_by_lxml(root: Any) -> list[Parameter]:
    """Take the parameters out of a packet that has a What section."""
    sections = [
        (None, root.find("What")),
        *zip(_groups(root), root.findall("What/Group"), strict=True),
    ]
    return [
        Parameter(group, param.get("name") or "", param.get("value") or "")
        for group, section in sections
        for param in section.findall("Param")
    ]


def parameters_by_voeventparse(root: Any) -> list[Parameter]:
    """Take the parameters out of a packet that has a What section, by voevent-parse."""
    grouped = voeventparse.get_grouped_params(root).allvalues()
    sections = [
        (None, voeventparse.get_toplevel_params(root)),
        *zip(_groups(root), grouped, strict=True),
    ]
    return [
        Parameter(group, name or "", attributes.get("value") or "")
        for group, parameters in sections
        for name, attributes in parameters.iterallitems()
    ]


def _groups(root: Any) -> list[str | None]:
    return [group.get("name") or group.get("type") for group in root.findall("What/Group")]


def _relevant(flags: frozenset[str], position: Position | None) -> frozenset[str]:
    """Without what is said of the frame of a position that is not there."""
    is_moved = position is not None
    return frozenset(
        flag for flag in flags if is_moved or not flag.startswith("position converted")
    )


def _first_text(root: Any, path: str) -> str | None:
    element = root.find(path)
    return None if element is None else _text(element) or None


def _text(element: Any) -> str:
    return (element.text or "").strip()
