"""The night strip: what working out nights costs, and what the server needs to draw them.

For the widest map of the corpus, a circle of a few degrees and the map of most cells: three nights
at every telescope. Then strip, charts and pages by the application, on a database of its own.
Figures are processor time of one thread, which does not depend on what else the machine does.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

from astropy import units as u
from sqlalchemy.orm import Session

from benchmarks.maps import corpus_maps
from planners.skymaps.circles import circle_skymap
from planners.skymaps.skymap import SkyMap
from planners.visibility.nights import night_at
from planners.visibility.region_night import region_night
from telescopes import TELESCOPES
from tests.too_marshal.factories import add_event, add_localization, add_person, add_plan
from too_marshal.app import create_app
from too_marshal.db.accounts.people import Role
from too_marshal.db.base import now, open_engine, session_factory
from too_marshal.db.events import Event
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import migrate
from too_marshal.processes.embedded import embedded_database
from too_marshal.web.night.strip import night_strip
from too_marshal.workflows.accounts.login import open_session
from too_marshal.workflows.observability.nights import AHEAD, work_out_nights
from too_marshal.workflows.observability.tonight import tonight

WIDEST = "S190425z_bayestar.fits.gz"


def compute(name: str, skymap: SkyMap) -> None:
    """Print the time that three nights of a telescope take."""
    began = time.process_time()
    cells, peak = skymap.cells(), skymap.peak()
    preparing = time.process_time() - began
    seconds = {}
    for telescope in TELESCOPES.values():
        began = time.process_time()
        for ahead in range(AHEAD):
            night = night_at(telescope.site, now()) + timedelta(days=ahead)
            region_night(*cells, peak, telescope, night)
        seconds[telescope.name] = time.process_time() - began
    slowest = max(seconds, key=seconds.__getitem__)
    print(
        f"{name}: {len(cells[1])} cells in {preparing * 1e3:.0f} ms; {AHEAD} nights of a "
        f"telescope: median {statistics.median(seconds.values()) * 1e3:.0f} ms, longest "
        f"{seconds[slowest] * 1e3:.0f} ms ({slowest}; target 200 ms), all "
        f"{sum(seconds.values()):.2f} s"
    )


def serve(folder: Path, skymap: SkyMap) -> None:
    """Print what the pages take, and how large they are."""
    with embedded_database(folder) as url:
        engine = open_engine(url)
        migrate(engine)
        robot = {"url": "http://127.0.0.1:9", "simulated": True, "program": "p", "pi": "p"}
        robots = {"ZTF": robot}
        app = create_app(Settings(data_dir=folder, secret_key="a key", robots=robots), engine)
        with session_factory(engine)() as session:
            paths = _seed(session, skymap, robots)
            person = add_person(session, "viewer", Role.VIEWER)
            client = app.test_client()
            client.set_cookie("toom_session", open_session(session, person))
        for what, path in paths.items():
            answer: list[int] = []

            def ask(path: str = path, answer: list[int] = answer) -> None:
                response = client.get(path)
                assert response.status_code == 200
                answer.append(len(response.get_data()))

            print(f"{what}: server {_median(ask) * 1e3:.0f} ms, {answer[-1] / 1e3:.1f} kB")
        with app.test_request_context(), session_factory(engine)() as session:
            _strip_alone(session, list(robots))
        engine.dispose()


def _seed(session: Session, skymap: SkyMap, robots: Iterable[str]) -> dict[str, str]:
    event = add_event(session)
    localization = add_localization(session, event, skymap)
    began = time.process_time()
    work_out_nights(session, list(robots), localization.id)
    print(f"the job, {len(TELESCOPES)} telescopes: {time.process_time() - began:.2f} s")
    plan = add_plan(session, event, most_fields=60)
    return {
        "event page with the strip": f"/events/{event.id}",
        "airmass chart": f"/events/{event.id}/night/ZTF",
        "page of all telescopes": f"/events/{event.id}/night",
        "page of a plan with the chart of its fields": f"/plans/{plan.id}",
    }


def _strip_alone(session: Session, robots: list[str]) -> None:
    event = session.get_one(Event, 1)
    drawn = _median(lambda: night_strip(session, event, robots))
    few = _median(lambda: tonight(session, event))
    print(f"strip alone: {drawn * 1e3:.0f} ms; `tonight`: {few * 1e3:.0f} ms (target 200 ms)")


def _median(function: Callable[[], object], times: int = 15) -> float:
    function()
    seconds = []
    for _ in range(times):
        began = time.process_time()
        function()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


def main() -> None:
    known = dict(corpus_maps())
    widest = known[WIDEST]
    compute(WIDEST, widest)
    compute("circle of 5 deg", circle_skymap(150 * u.deg, 30 * u.deg, 5 * u.deg, 0.9))
    slowest = max(known, key=lambda name: len(known[name].cells()[1]))
    compute(f"most cells: {slowest}", known[slowest])
    with tempfile.TemporaryDirectory(prefix="marshal-bench-") as folder:
        serve(Path(folder), widest)


if __name__ == "__main__":
    main()
