"""What tonight offers for an event's map at each telescope, in few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from telescopes import TELESCOPES
from too_marshal.db.base import now
from too_marshal.db.events import Event
from too_marshal.workflows.observability.stored_night import Span, StoredNight, to_come


@dataclass(frozen=True)
class Tonight:
    """Tonight at one telescope: the night that is there now, or the next one by day.

    Probabilities are of the event's whole map, 0 to 1.
    """

    telescope: str
    night: date
    """Of the evening, by the site's mean solar time."""

    time_zone: str
    """IANA zone of the site."""

    airmass_limit: float
    """Of the telescope: "up" is where it may point, at no higher airmass."""

    dark: Span | None
    """Between the astronomical twilights; None where it does not get dark."""

    usable: tuple[Span, ...]
    """Hours in which it is dark and at least 5 % of what the night reaches is up."""

    reachable: float
    """That is up at any time of the dark."""

    still_reachable: float
    """That is up at any time of the dark from now on."""

    best: float
    """Most that is up at one time in the dark."""

    best_until: datetime | None
    """Last time at which as much (95 % of it) is up; None: nothing ever is."""

    moon_illumination: float
    """Illuminated fraction, 0 to 1."""

    moon_separation: float | None
    """From the map's peak in the middle of the usable hours, or of the night, deg; None where the
    Sun does not set."""

    @property
    def start(self) -> datetime | None:
        """When the usable hours begin; None: there are none."""
        return self.usable[0][0] if self.usable else None

    @property
    def end(self) -> datetime | None:
        """When the last of them ends."""
        return self.usable[-1][1] if self.usable else None


def tonight(session: Session, event: Event) -> dict[str, Tonight]:
    """What tonight offers for the current map of an event, by telescope.

    A telescope whose night is not worked out yet is left out, and all are where there is no map.
    """
    if event.current_localization_id is None:
        return {}
    nights = to_come(session, event.current_localization_id)
    return {name: in_few_numbers(known[0]) for name, known in nights.items()}


def in_few_numbers(night: StoredNight) -> Tonight:
    """The numbers of one night."""
    numbers = night.numbers
    usable = tuple(night.usable)
    first, last = (usable[0][0], usable[-1][1]) if usable else (night.starts_at, night.ends_at)
    left = night.sampled(numbers["still_reachable"], max(now(), night.starts_at))
    best_until = numbers["best_until"]
    return Tonight(
        telescope=night.telescope,
        night=night.night,
        time_zone=TELESCOPES[night.telescope].site.time_zone,
        airmass_limit=numbers["airmass_limit"],
        dark=night.dark,
        usable=usable,
        reachable=night.reachable,
        still_reachable=left or 0.0,
        best=numbers["best"],
        best_until=None if best_until is None else night.time(best_until),
        moon_illumination=numbers["moon_illumination"],
        moon_separation=night.sampled(numbers["moon_separation"], first + (last - first) / 2),
    )
