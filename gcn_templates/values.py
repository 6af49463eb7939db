"""The pieces of a circular that are made from its facts, by name, each with its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gcn_templates.bound import Value
from gcn_templates.facts import Candidate, CoverageFacts, Facts, FilterFacts, TelescopeFacts
from gcn_templates.words import ascii_only, counted, delay, listed, percent, utc

Pair = tuple[str, Value]


def values_of(facts: Facts) -> dict[str, Value]:
    """Make every piece that the texts may have."""
    pairs = [*_of_event(facts), *_of_people(facts), *_of_sources(facts)]
    for telescope in facts.telescopes:
        pairs += [
            (f"{telescope.key}.{name}", value)
            for name, value in _of_telescope(telescope, facts.event_time)
        ]
    if facts.together is not None:
        source = "the coverage of all these telescopes together"
        pairs += [
            (f"together.{name}", value) for name, value in _of_coverage(facts.together, source)
        ]
    return {name: Value(_printable(value.text), value.source) for name, value in pairs}


def _printable(text: str) -> str:
    """Transliterate; of a table, which has several lines, it has been done cell by cell."""
    return text if "\n" in text else ascii_only(text)


def _of_event(facts: Facts) -> Iterator[Pair]:
    yield "event", Value(facts.event_name, "the event's name, as GCN recognizes it")
    if facts.event_time is not None:
        yield "T0", Value(utc(facts.event_time), "the event's notices")
    if facts.sky_map is not None:
        yield "map", Value(facts.sky_map.name, "the map of the event that coverage is of")
        yield "map_time", Value(utc(facts.sky_map.time), "when that map was ready here")
    if facts.citations:
        cited = "; ".join(f"{each.author}, GCN Circ. {each.number}" for each in facts.citations)
        yield "citations", Value(cited, "circulars of the event received on gcn.circulars")


def _of_people(facts: Facts) -> Iterator[Pair]:
    yield "authors", Value(", ".join(facts.authors), "the roster, in the chosen order")
    behalf = f" on behalf of {facts.collaboration}" if facts.collaboration else ""
    verb = "reports" if len(facts.authors) == 1 else "report"
    yield "report", Value(verb + behalf, "number of authors, and the collaboration chosen")


def _of_sources(facts: Facts) -> Iterator[Pair]:
    typed = "typed by the person who asked for the draft"
    if facts.candidates:
        number = len(facts.candidates)
        words = "1 candidate counterpart" if number == 1 else f"{number} candidate counterparts"
        # Each source once, in the order of the table.
        source = " and ".join(dict.fromkeys(each.source or typed for each in facts.candidates))
        yield "candidates", Value(words, source)
        yield "candidate_table", Value(_table_of_candidates(facts.candidates), source)
        notes = [f"{each.name}: {each.comment}." for each in facts.candidates if each.comment]
        if notes:
            yield "candidate_notes", Value(" ".join(notes), typed)
    if facts.target is not None:
        place = f"RA = {facts.target.ra:.5f}, Dec = {facts.target.dec:+.5f} deg (J2000)"
        yield "target", Value(f"{facts.target.name} ({place})", typed)
    if facts.retracted is not None:
        yield "retracted", Value(facts.retracted.name, typed)


def _of_telescope(facts: TelescopeFacts, event_time: datetime | None) -> Iterator[Pair]:
    executed = f"executed exposures of {facts.key}"
    yield (
        "facility",
        Value(
            f"{facts.facility} ({facts.description})" if facts.description else facts.facility,
            f"what is known of {facts.key}",
        ),
    )
    yield "images", Value(counted(facts.images, "image"), executed)
    bands = [each.name for each in facts.filters]
    yield "bands", Value(f"{listed(bands)} band{'s' if len(bands) > 1 else ''}", executed)
    yield "span", Value(_span(facts, event_time), f"first and last of the {executed}, and T0")
    yield "exposure_time", Value(_exposure_times(facts), f"{executed}, and their sum")
    yield "limits", Value(_limits(facts.filters), f"median of what was measured in {executed}")
    yield "table", Value(_table_of_filters(facts.filters), executed)
    if facts.coverage is not None:
        yield from _of_coverage(facts.coverage, f"the coverage of {facts.key} on the named map")
    if facts.reachable is not None:
        yield (
            "unreachable",
            Value(
                percent(1 - facts.reachable),
                f"the night of the first image at the site of {facts.key}",
            ),
        )


def _of_coverage(facts: CoverageFacts, source: str) -> Iterator[Pair]:
    yield "area", Value(f"{facts.area:.1f} square degrees", source)
    yield "probability", Value(percent(facts.probability), source)
    yield "twice", Value(percent(facts.probability_twice), source)


def _span(facts: TelescopeFacts, event_time: datetime | None) -> str:
    first = utc(facts.start)
    if event_time is not None:
        first += f" ({delay((facts.start - event_time).total_seconds())})"
    return f"at {first}" if facts.images == 1 else f"from {first} to {utc(facts.end)}"


def _exposure_times(facts: TelescopeFacts) -> str:
    shortest = min(each.exposure_times[0] for each in facts.filters)
    longest = max(each.exposure_times[1] for each in facts.filters)
    if facts.images == 1:
        return f"{longest:.0f} s"
    times = f"{shortest:.0f} to {longest:.0f} s"
    if f"{shortest:.0f}" == f"{longest:.0f}":
        times = f"{longest:.0f} s"
    return f"{times} each, {facts.open_shutter:.0f} s in total"


def _limits(filters: tuple[FilterFacts, ...]) -> str:
    measured = [each for each in filters if each.limiting_magnitude is not None]
    if not measured:
        return "No limiting magnitude was measured."
    depths = listed([f"{each.name} > {each.limiting_magnitude:.1f}" for each in measured])
    if len(measured) == 1:
        return f"The median limiting magnitude (5 sigma, AB) is {depths}."
    return f"The median limiting magnitudes (5 sigma, AB) are {depths}."


def _table_of_filters(filters: tuple[FilterFacts, ...]) -> str:
    lines = ["filter   images   exposure time (s)   median 5-sigma depth (AB mag)"]
    for each in filters:
        name = ascii_only(each.name)
        depth = each.limiting_magnitude
        words = "not measured" if depth is None else f"{depth:.1f}"
        low, high = (f"{time:.0f}" for time in each.exposure_times)
        times = low if low == high else f"{low} to {high}"
        lines.append(f"{name:<6}   {each.images:>6}   {times:>17}   {words}")
    return "\n".join(lines)


def _table_of_candidates(candidates: tuple[Candidate, ...]) -> str:
    heading = ("name", "TNS", "RA", "Dec", "mag", "filter", "time (UTC)", "z")
    rows = [heading, *(_cells(each) for each in candidates)]
    shown = [index for index in range(len(heading)) if any(row[index] for row in rows[1:])]
    widths = [max(len(row[index]) for row in rows) for index in shown]
    return "\n".join(
        "  ".join(
            row[index].ljust(width) for index, width in zip(shown, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _cells(each: Candidate) -> tuple[str, ...]:
    redshift = "" if each.host_redshift is None else f"{each.host_redshift:.3g}"
    return (
        ascii_only(each.name), ascii_only(each.tns_name), f"{each.ra:.4f}", f"{each.dec:+.4f}",
        f"{each.magnitude:.2f}", ascii_only(each.filter), each.time.strftime("%m-%d %H:%M"),
        redshift,
    )  # fmt: skip
