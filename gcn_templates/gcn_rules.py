"""What GCN accepts in the subject of a circular, and which event it takes it to be about.

Facts of `app/routes/circulars/circulars.lib.ts` and of its tests in
github.com/nasa-gcn/gcn.nasa.gov: a subject is taken if it has one of the keywords, or the name of
an event, and none of the phrases by which automatic replies are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

FORBIDDEN_IN_SUBJECT = (
    *("this is an automatic reply", "automatic reply: ", "auto reply", "autoreply", "vacation"),
    *("out of the office", "out of office", "out of town", "away from my mail"),
    *("away from his e-mail", "away from her e-mail", "away from the office"),
    *("away from his office", "away from her office", "traveling until"),
    *("no longer receiving mail", "delivery failure notif", "mail delivery failure"),
    *("returned mail", "ponse_automatique", "off-line re:", "re: ", "fwd: ", " r: ", " ris: "),
    *("subject:", "draft"),
)
"""Substrings with which GCN refuses a subject, whatever the case."""

KEYWORDS = (
    *("AGILE", "ALMA", "AMON", "ANTARES", "AXP", "Baksan Neutrino Observatory Alert", "CALET"),
    *("Chandra", "COLIBRI", "EP", "Fermi", "FRB", "FXT", "GOTO", "GRANDMA", "GRB"),
    *("GW", "HAWC", "HST", "IBAS", "IceCube", "INTEGRAL", "IPN", "JCMT"),
    *("KAGRA", "KamLAND", "KONUS", "LIGO", "LOFAR", "LVC", "LVK", "LXT", "MAGIC", "MASTER", "MAXI"),
    *("Nova", "NuEM", "Pan-STARRS", "POLAR", "RATIR", "SDSS", "SFXT", "SGR", "SN"),
    *("Super-Kamiokande", "Supernova", "Suzaku", "SVOM", "Swift"),
    *("transient", "VLA", "VLBI", "XRB", "XRF", "XRT", "XTR", "Virgo", "ZTF"),
)
"""Substrings of which one is enough, whatever the case."""


@dataclass(frozen=True)
class EventForm:
    """How an event of some kind is named in a subject."""

    kind: str
    """What such events are."""

    pattern: re.Pattern[str]
    """The name as people write it; its last group is what tells events of the kind apart."""

    spelled: Callable[[re.Match[str]], str]
    """The name as GCN's archive has it."""


def _form(kind: str, pattern: str, prefix: str, case: Callable[[str], str]) -> EventForm:
    return EventForm(
        kind,
        re.compile(pattern, re.IGNORECASE),
        lambda match: prefix + case(match.groups()[-1]),
    )


_OBSERVATORIES = {"ligo": "LIGO", "virgo": "Virgo", "kagra": "KAGRA"}


def _gravitational_wave(match: re.Match[str]) -> str:
    network, flag, ident = match.groups()
    names = [_OBSERVATORIES[each.lower()] for each in re.split(r"[/-]", network)]
    return f"{'/'.join(names)} {flag.upper()}{ident.lower()}"


def _of_year(prefix: str) -> Callable[[re.Match[str]], str]:
    """Spell names of the Transient Name Server: one letter is large, several are small."""

    def spelled(match: re.Match[str]) -> str:
        year, letters = match.groups()
        return prefix + year + (letters.upper() if len(letters) == 1 else letters.lower())

    return spelled


_GAP = r"[.\s_-]*"

EVENT_FORMS = (
    _form("gamma-ray burst", rf"GRB{_GAP}(\d{{6}}(?:[a-z]|\.\d+)?)", "GRB ", str.upper),
    _form("X-ray flash", rf"XRF{_GAP}(\d{{6}}[a-z]?)", "XRF ", str.upper),
    _form(
        "soft gamma repeater",
        rf"SGR{_GAP}(?:Swift{_GAP})?(J?\d{{4}}\.?\d*[+-]\d{{2,4}})",
        "SGR ",
        str.upper,
    ),
    _form(
        "neutrino cascade", rf"IceCube{_GAP}Cascade{_GAP}(\d{{6}}[a-z])", "IceCube-Cascade ",
        str.upper,
    ),
    _form("neutrino", rf"IceCube{_GAP}(\d{{6}}[a-z])", "IceCube-", str.upper),
    _form("burst of HAWC", rf"HAWC{_GAP}(\d{{6}}[a-z])", "HAWC-", str.upper),
    _form("neutrino of ANTARES", rf"ANTARES{_GAP}(\d{{6}}[a-z])", "ANTARES ", str.upper),
    _form(
        "neutrinos of Baksan",
        rf"Baksan\sNeutrino\sObservatory\sAlert{_GAP}(\d{{6}}\.\d{{2}})",
        "Baksan Neutrino Observatory Alert ",
        str,
    ),
    EventForm(
        "gravitational wave",
        re.compile(
            r"((?:LIGO|Virgo|KAGRA)(?:[/-](?:LIGO|Virgo|KAGRA))*)[-_ \s]?(S|GW|G)(\d{5,}[a-z]*)",
            re.IGNORECASE,
        ),
        _gravitational_wave,
    ),
    _form("published gravitational wave", r"\bGW[\s_-]?(\d{6}(?:_\d{6})?)", "GW", str),
    _form("X-ray transient", rf"\bEP{_GAP}(\d{{6}}[a-z])\b", "EP", str.lower),
    _form("fast radio burst", rf"FRB{_GAP}(\d{{8}}[a-z]+|\d{{6}}[a-z]?)\b", "FRB ", str.upper),
    _form("burst of SVOM", rf"\bsb{_GAP}(\d{{8}})\b", "sb", str),
    EventForm(
        "supernova", re.compile(rf"\bSN{_GAP}(\d{{4}})([a-z]+)\b", re.IGNORECASE), _of_year("SN ")
    ),
    EventForm(
        "optical transient",
        re.compile(rf"\bAT{_GAP}(\d{{4}})([a-z]+)\b", re.IGNORECASE),
        _of_year("AT"),
    ),
    _form("optical transient", rf"\bZTF{_GAP}(\d{{2}}[a-z]{{7}})\b", "ZTF", str.lower),
)  # fmt: skip
"""In the order in which GCN looks for them: the first one at the head of a subject counts, else the
first one anywhere."""


def event_in(subject: str) -> str | None:
    """Event under which GCN files a circular of this subject; None where it finds none."""
    for find in (re.Pattern.match, re.Pattern.search):
        for form in EVENT_FORMS:
            if (match := find(form.pattern, subject)) is not None:
                return form.spelled(match)
    return None


def events_in(text: str) -> dict[str, set[str]]:
    """Every event that a text names, by what it is."""
    found: dict[str, set[str]] = {}
    for form in EVENT_FORMS:
        for match in form.pattern.finditer(text):
            found.setdefault(form.kind, set()).add(form.spelled(match))
    return found


def is_recognized(subject: str) -> bool:
    """Whether GCN takes the subject to be about something that circulars are about."""
    lowered = subject.lower()
    return any(word.lower() in lowered for word in KEYWORDS) or event_in(subject) is not None


_AS_SAID = (
    (re.compile(r"[MT]?S\d{6}[a-z]+|G\d{5,6}", re.IGNORECASE), "LIGO/Virgo/KAGRA {}"),
    (re.compile(r"KM3-\d{6}[A-Z]", re.IGNORECASE), "KM3NeT neutrino transient {}"),
    (re.compile(r"sb\d{8}", re.IGNORECASE), "SVOM {}"),
    (re.compile(r"bn\d{9}", re.IGNORECASE), "Fermi GBM trigger {}"),
    (re.compile(r"SNEWS\b.*", re.IGNORECASE), "Supernova alert of {}"),
    (re.compile(r"KM3NeT\b.*", re.IGNORECASE), "Neutrino transient of {}"),
)
"""Names that GCN does not recognize, or files under nothing, as people say them by themselves."""


def name_in_subject(name: str) -> str:
    """Write the name of an event so that GCN recognizes it at the head of a subject."""
    for pattern, sentence in _AS_SAID:
        if pattern.fullmatch(name):
            return sentence.format(name)
    # Not by chance: "EP" stands in many a word.
    is_known = event_in(name) is not None or any(
        re.search(rf"\b{re.escape(word)}\b", name, re.IGNORECASE) for word in KEYWORDS
    )
    return name if is_known else f"Transient {name}"
