"""What telescopes have taken for an event, and what it covers, as a circular says it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from astropy import units as u
from astropy.coordinates import SkyCoord
from sqlalchemy.orm import Session

from gcn_templates import CoverageFacts, FilterFacts, TelescopeFacts
from planners.footprints.at_position import images_at
from planners.visibility.nights import night_at
from telescopes import TELESCOPES
from too_marshal.db.events import Event
from too_marshal.db.observing.exposures import ALL_TELESCOPES, Coverage, Exposure, Source
from too_marshal.db.observing.nights import RegionNightRow
from too_marshal.workflows.circulars.request import AskedTarget
from too_marshal.workflows.errors import Forbidden
from too_marshal.workflows.exposures.records import (
    exposures_by_source,
    exposures_of,
    times_of_exposures,
)


class NothingExecuted(Forbidden):
    """There is nothing to report: a circular speaks of executed exposures only."""


@dataclass(frozen=True)
class Observed:
    """What one telescope, or several together, have taken or covered."""

    facts: TelescopeFacts
    """Of the exposures that are reported."""

    note: str = ""
    """What a person should know of the numbers; empty: nothing."""


def observed(  # noqa: PLR0913 - whose exposures, and which of them
    session: Session,
    event: Event,
    telescope: str,
    *,
    is_survey: bool,
    since: datetime | None,
    states_unreachable: bool,
    target: AskedTarget | None = None,
) -> Observed:
    """Collect what one telescope has executed.

    Parameters
    ----------
    session
        Open session.
    event, telescope
        Whose exposures.
    is_survey
        Whether those that were taken for something else are meant.
    since
        Only those that were begun after this time; None: all. What is covered is of all.
    states_unreachable
        Whether the probability is given that the site could observe in the night of the first.
    target
        Only images that show this place, of which nothing is said of the region; None: all.

    Raises
    ------
    NothingExecuted
        If there is none, or what they cover is not known, or none shows the place.
    """
    rows = _exposures(session, event, telescope, is_survey=is_survey)
    row = session.get(Coverage, (event.current_localization_id, telescope), populate_existing=True)
    covered = None if row is None else _covered(row, is_survey=is_survey)
    if not rows or covered is None:
        raise NothingExecuted(f"{telescope} has executed nothing for {event.name}")
    coverage, counted = covered
    note = ""
    if counted != len(rows):
        note = (
            f"The coverage of {telescope} is of {counted} images, and {len(rows)} are known: it is "
            "being measured anew."
        )
    later = rows if since is None else [row for row in rows if row.start > since]
    if not later:
        raise NothingExecuted(
            f"{telescope} has executed nothing since {since:%Y-%m-%d %H:%M:%S} UTC"
        )
    if target is not None:
        return Observed(_facts(telescope, _showing(later, telescope, target), None, None), note)
    reachable = None
    if states_unreachable:
        reachable = _reachable(session, event, telescope, later[0].start)
    return Observed(_facts(telescope, later, coverage, reachable), note)


def _exposures(
    session: Session, event: Event, telescope: str, *, is_survey: bool
) -> list[Exposure]:
    if not is_survey:
        return exposures_of(session, event.id, telescope)
    rows = exposures_by_source(session, event, telescope).get(Source.SURVEY, [])
    return sorted(rows, key=lambda row: row.start)


def _showing(rows: Sequence[Exposure], telescope: str, target: AskedTarget) -> list[Exposure]:
    """Exposures on one of whose good detectors a place falls."""
    shown = images_at(
        SkyCoord(target.ra, target.dec, unit=u.deg),
        TELESCOPES[telescope].footprint,
        SkyCoord([row.ra for row in rows], [row.dec for row in rows], unit=u.deg),
        [row.detectors for row in rows],
    )
    found = [row for row, is_shown in zip(rows, shown, strict=True) if is_shown]
    if not found:
        raise NothingExecuted(f"no image of {telescope} shows the position of {target.name}")
    return found


def _facts(
    telescope: str,
    rows: Sequence[Exposure],
    coverage: CoverageFacts | None,
    reachable: float | None,
) -> TelescopeFacts:
    known = TELESCOPES[telescope]
    return TelescopeFacts(
        key=telescope,
        facility=known.facility,
        description=known.description,
        start=rows[0].start,
        end=rows[-1].start,
        images=len(rows),
        open_shutter=sum(row.exposure_time for row in rows),
        filters=_by_filter(rows),
        coverage=coverage,
        reachable=reachable,
        acknowledgment=known.acknowledgment,
    )


def _covered(row: Coverage, *, is_survey: bool) -> tuple[CoverageFacts, int] | None:
    if not is_survey:
        if not row.exposures:
            return None
        return CoverageFacts(row.area, row.probability, row.probability_twice), row.exposures
    part = row.by_source.get(Source.SURVEY.value)
    if part is None:
        return None
    facts = CoverageFacts(part["area"], part["probability"], part["probability_twice"])
    return facts, part["exposures"]


def observed_together(
    session: Session, event: Event, telescopes: Sequence[str], *, is_survey: bool
) -> CoverageFacts | None:
    """What telescopes cover together; None unless all that just these have taken was measured."""
    row = session.get(
        Coverage, (event.current_localization_id, ALL_TELESCOPES), populate_existing=True
    )
    covered = None if row is None else _covered(row, is_survey=is_survey)
    if covered is None:
        return None
    taken = [telescope for telescope, _, _ in times_of_exposures(session, event.id)]
    is_of_these = is_survey or (set(taken) == set(telescopes) and covered[1] == len(taken))
    return covered[0] if is_of_these else None


def _by_filter(rows: Sequence[Exposure]) -> tuple[FilterFacts, ...]:
    groups: dict[str, list[Exposure]] = defaultdict(list)
    for row in rows:
        groups[row.filter].append(row)
    facts = []
    for name, members in groups.items():
        depths = [row.limiting_magnitude for row in members if row.limiting_magnitude is not None]
        times = [row.exposure_time for row in members]
        facts.append(
            FilterFacts(
                name=name,
                images=len(members),
                exposure_times=(min(times), max(times)),
                limiting_magnitude=median(depths) if depths else None,
            )
        )
    return tuple(facts)


def _reachable(session: Session, event: Event, telescope: str, start: datetime) -> float | None:
    night = night_at(TELESCOPES[telescope].site, start)
    key = (event.current_localization_id, telescope, night)
    row = session.get(RegionNightRow, key)
    if row is None or not row.numbers["still_reachable"]:
        return None
    return row.numbers["still_reachable"][0]
