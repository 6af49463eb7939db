"""Read an event from the pasted text of a circular: what was found, and in which words.

Circulars are written by people; nothing that is read here is used before a person has seen it
beside the words that it was read from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from too_marshal.notices.formats.numbers import read_float, read_sexagesimal
from too_marshal.notices.formats.times import TimeUnreadable, parse_utc
from too_marshal.notices.others.by_hand import SourceKind
from too_marshal.notices.others.circulars import name_event

MAX_LENGTH = 60_000
_HEAD = 300
"""Characters in which a circular says which it is."""

_NUMBER = r"[+-]?\d{1,3}(?:\.\d{1,10})?"
_HMS = r"\d{1,2}\s*(?:h|:|\s)\s*\d{1,2}\s*(?:m|:|\s)\s*\d{1,2}(?:\.\d{1,8})?\s*s?"
_DMS = (
    r"[+-]?\s?\d{1,2}\s*(?:d|deg|\u00b0|:|\s)\s*\d{1,2}\s*(?:m|'|\u2032|:|\s)\s*"
    r"\d{1,2}(?:\.\d{1,8})?\s*(?:s|\"|''|\u2033)?"
)
_RA = r"\bR\.?\s?A\.?"
_DEC = r"\bDec(?:l(?:ination)?)?\.?"
_FRAME = r"(?:\s*[([]?\s*(?:J\s?2000(?:\.0)?|ICRS)\s*[)\]]?)?"
_SIGN = r"\s*(?:[:=~]|is|of)?\s*"

_PAIR = re.compile(
    rf"\(?{_RA}{_FRAME}\s*[,/]\s*{_DEC}{_FRAME}\)?{_FRAME}{_SIGN}"
    rf"\(?\s*(?P<ra>{_HMS}|{_NUMBER})\s*(?:deg\w*)?\s*[,;/]?\s+(?P<dec>{_DMS}|{_NUMBER})",
    re.IGNORECASE,
)
_ERRORS = (
    r"(?:\s*(?:deg\w*\s*)?\(\s*\+\s*(?P<up>[\d.]+)\s*[/,]?\s*-\s*(?P<down>[\d.]+)[^)]{0,60}\))?"
)
_RA_ALONE = re.compile(rf"{_RA}{_FRAME}{_SIGN}(?P<ra>{_HMS}|{_NUMBER}){_ERRORS}", re.IGNORECASE)
_DEC_ALONE = re.compile(rf"{_DEC}{_FRAME}{_SIGN}(?P<dec>{_DMS}|{_NUMBER}){_ERRORS}", re.IGNORECASE)
_ERROR = re.compile(
    r"\b(?:uncertainty|error(?:\s+(?:radius|circle|box))?|radius|localization|accuracy)\b"
    r"[^.;\n]{0,60}?(?P<size>\d{1,3}(?:\.\d{1,6})?|\.\d{1,6})\s*[- ]?\s*"
    r"(?P<unit>arc\s?-?sec\w*|arc\s?-?min\w*|deg\w*|\u00b0|\"|')",
    re.IGNORECASE,
)
_CONTAINMENT = re.compile(r"(?P<percent>\d{2}(?:\.\d{1,2})?)\s*(?:%|percent)", re.IGNORECASE)
_ONE_SIGMA = re.compile(r"\b(?:1|one)[\s-]*sigma", re.IGNORECASE)
_GBM_SIGMA = 0.683
"""Missions call the radius that holds 68 % of the sky's probability one sigma: Connaughton et al.
2015, ApJS 216, 32, section 2."""

_CIRCULAR = re.compile(
    r"(?:NUMBER\s*:|GCN\s+(?:Circular|Circ\.?|#))\s*#?\s*(\d{3,6})", re.IGNORECASE
)
_SUBJECT = re.compile(r"^\s*SUBJECT\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_CLOCK = r"(?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)"
_ISO = re.compile(rf"(?P<date>\d{{4}}-\d{{2}}-\d{{2}})(?:\s*[T,]?\s*(?:at\s+)?){_CLOCK}")
_WRITTEN_DATE = re.compile(
    r"\b(?P<day>\d{1,2})(?:[a-z]{2})?\s+(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"[a-z]*\.?,?\s+(?P<year>\d{4})",
    re.IGNORECASE,
)
_YEAR_FIRST_DATE = re.compile(
    r"\b(?P<year>\d{4})\s+(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s+"
    r"(?P<day>\d{1,2})\b",
    re.IGNORECASE,
)
_SLASHED_DATE = re.compile(r"\b(?P<year>\d{2})/(?P<month>\d{2})/(?P<day>\d{2})\b")
_ISO_DATE = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
_CLOCK_UT = re.compile(rf"(?:\bat\s+)?{_CLOCK}\s*(?:\([^)]{{0,10}}\)\s*)?UTC?\b", re.IGNORECASE)
_DATE_IN_NAME = re.compile(
    r"(?<!\d)(?P<year>\d{2})(?P<month>\d{2})(?P<day>\d{2})[a-z]?(?!\d)", re.IGNORECASE
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

_KINDS = (
    ("GRB", SourceKind.GAMMA_RAY_BURST), ("XRF", SourceKind.X_RAY_TRANSIENT),
    ("EP", SourceKind.X_RAY_TRANSIENT), ("FRB", SourceKind.RADIO_BURST),
    ("IceCube", SourceKind.NEUTRINO), ("KM3", SourceKind.NEUTRINO),
    ("ANTARES", SourceKind.NEUTRINO), ("SN", SourceKind.SUPERNOVA),
    ("AT", SourceKind.OPTICAL_TRANSIENT), ("ZTF", SourceKind.OPTICAL_TRANSIENT),
    ("GW", SourceKind.GRAVITATIONAL_WAVE), ("S", SourceKind.GRAVITATIONAL_WAVE),
)  # fmt: skip

_DEGREES = {"arcs": 1 / 3600, "arcm": 1 / 60, "deg": 1.0, '"': 1 / 3600, "'": 1 / 60, "\u00b0": 1.0}


@dataclass
class Pasted:
    """What a text says of an event."""

    values: dict[str, object] = field(default_factory=dict)
    """Fields of `workflows.by_hand.request.EventByHand`."""

    words: dict[str, str] = field(default_factory=dict)
    """The words from which each was read."""

    missing: list[str] = field(default_factory=list)
    """What was looked for and not found, as people say it."""

    def note(self, words: str, **values: object) -> None:
        """Keep what was read, unless something has been."""
        if not set(values) & set(self.values):
            self.values |= values
            self.words |= dict.fromkeys(values, " ".join(words.split())[:160])


def read_pasted(text: str) -> Pasted:
    """Read name, time, position, error and origin from the text of a circular.

    Parameters
    ----------
    text
        As it was copied, with its head or without.
    """
    found = Pasted()
    text = text[:MAX_LENGTH]
    for read in (_read_name, _read_origin, _read_position, _read_error, _read_time):
        read(text, found)
    wanted = {
        "name": "a name",
        "event_time": "a time",
        "ra": "a position",
        "radius": "an error radius",
    }
    if "corners" in found.values:
        del wanted["radius"]
    found.missing = [words for name, words in wanted.items() if name not in found.values]
    return found


def _read_name(text: str, found: Pasted) -> None:
    subject = _SUBJECT.search(text)
    for words in ([subject[1]] if subject else []) + [text]:
        named = name_event(words)
        if named is None:
            continue
        found.note(words[:80], name=named.name)
        kind = next((kind for start, kind in _KINDS if named.name.startswith(start)), None)
        if kind is not None:
            found.note(named.name, source_kind=kind.value)
        return


def _read_origin(text: str, found: Pasted) -> None:
    # Further down other circulars are cited.
    number = _CIRCULAR.search(text[:_HEAD])
    if number is not None:
        found.note(number[0], told_by=f"GCN Circ. {number[1]}")


def _read_position(text: str, found: Pasted) -> None:
    pair = _PAIR.search(text)
    if pair is not None:
        _note_position(found, pair[0], pair["ra"], pair["dec"])
    ra, dec = _RA_ALONE.search(text), _DEC_ALONE.search(text)
    if ra is None or dec is None or "ra" in found.values:
        return
    _note_position(found, f"{ra[0]} {dec[0]}", ra["ra"], dec["dec"])
    if ra["up"] and dec["up"]:
        _note_box(found, ra, dec)


def _note_position(found: Pasted, words: str, ra_text: str, dec_text: str) -> None:
    ra, dec = _angle(ra_text), _angle(dec_text)
    if ra is None or dec is None:
        return
    if read_float(ra_text.strip()) is None:
        ra *= 15  # hours
    if 0 <= ra <= 360 and -90 <= dec <= 90:
        found.note(words, ra=round(ra, 7), dec=round(dec, 7))


def _angle(text: str) -> float | None:
    plain = text.strip()
    number = read_float(plain)
    if number is not None:
        return number
    for pattern, replacement in (
        (r"\s*deg\s*", "d"),
        ("''", '"'),
        ("\u2032", "'"),
        ("\u2033", '"'),
    ):
        plain = re.sub(pattern, replacement, plain)
    return read_sexagesimal(re.sub(r"^([+-])\s+", r"\1", plain))


def _note_box(found: Pasted, ra: re.Match[str], dec: re.Match[str]) -> None:
    """Errors to either side, as IceCube states them, are the corners of a box."""
    sizes = [read_float(match[side]) for match in (ra, dec) for side in ("up", "down")]
    center = found.values.get("ra"), found.values.get("dec")
    if None in sizes or None in center:
        return
    east, west, north, south = (float(size or 0) for size in sizes)
    at_ra, at_dec = (float(str(value)) for value in center)
    corners = [
        (round((at_ra + right) % 360, 6), round(at_dec + up, 6))
        for right, up in ((-west, -south), (east, -south), (east, north), (-west, north))
    ]
    found.note(f"{ra[0]} {dec[0]}", corners=corners)
    _note_containment(found, f"{ra[0]} {dec[0]}")


def _read_error(text: str, found: Pasted) -> None:
    if "corners" in found.values:
        return
    position = text.find(found.words.get("ra", "\0")[:12])
    # What stands after the position is about it; circulars also give errors of other things.
    for match in [*_ERROR.finditer(text, max(position, 0)), *_ERROR.finditer(text)]:
        scale = _unit(match["unit"])
        size = float(match["size"]) * scale
        if 0 < size <= 180:
            found.note(match[0], radius=round(size, 8))
            _note_containment(found, text[match.start() : match.end() + 80])
            return


def _unit(text: str) -> float:
    plain = re.sub(r"[\s-]", "", text.lower())
    return next(scale for start, scale in _DEGREES.items() if plain.startswith(start))


def _note_containment(found: Pasted, words: str) -> None:
    match = _CONTAINMENT.search(words)
    if match is not None and 30 <= float(match["percent"]) < 100:
        found.note(match[0], containment=float(match["percent"]) / 100)
    one_sigma = _ONE_SIGMA.search(words)
    if one_sigma is not None:
        found.note(one_sigma[0], containment=_GBM_SIGMA)


def _read_time(text: str, found: Pasted) -> None:
    head = re.sub(r"^\s*DATE\s*:.*$", "", text, flags=re.IGNORECASE | re.MULTILINE)
    written = _ISO.search(head)
    if written is not None:
        _note_time(found, written[0], written["date"], written["clock"])
    clock = _CLOCK_UT.search(head)
    if clock is None or "event_time" in found.values:
        return
    for date, words in _dates(head, str(found.values.get("name", ""))):
        _note_time(found, f"{words} {clock[0]}", date, clock["clock"])


def _dates(text: str, name: str) -> list[tuple[str, str]]:
    """Days that the text may speak of, the surest first, with the words."""
    readers: list[tuple[re.Pattern[str], str, Callable[[re.Match[str]], str]]] = [
        (_ISO_DATE, text, lambda match: f"{match['year']}-{match['month']}-{match['day']}"),
        (_WRITTEN_DATE, text, _written_day),
        (_YEAR_FIRST_DATE, text, _written_day),
        (_SLASHED_DATE, text, lambda match: f"20{match['year']}-{match['month']}-{match['day']}"),
        (_DATE_IN_NAME, name, lambda match: f"20{match['year']}-{match['month']}-{match['day']}"),
    ]
    found = [(pattern.search(where), day) for pattern, where, day in readers]
    return [(day(match), match[0]) for match, day in found if match is not None]


def _written_day(match: re.Match[str]) -> str:
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    return f"{match['year']}-{month:02}-{int(match['day']):02}"


def _note_time(found: Pasted, words: str, date: str, clock: str) -> None:
    try:
        time: datetime = parse_utc(f"{date}T{clock}" + (":00" if len(clock) == 5 else "")).time
    except TimeUnreadable:
        return
    found.note(words, event_time=time.isoformat())
