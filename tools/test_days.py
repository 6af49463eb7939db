"""Run the suite on twelve days of the next two years, each at another hour.

`make test-days ARGS="tests/too_marshal/workflows"` gives pytest what to select. A day is a line:
its date, how many tests passed and failed, and below it the names of those that failed.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

DAYS = 12

STEP = timedelta(days=2 * 365) / DAYS + timedelta(hours=2)
"""So that the hours of the day and the phases of the Moon are gone through as well."""


def run(shift: timedelta, clock: Path, arguments: list[str]) -> tuple[str, list[str], bool]:
    """Return a line on the day, the names of the tests that failed, and whether all went well."""
    environ = {
        **os.environ,
        "LD_PRELOAD": str(clock.resolve()),
        "CLOCK_SHIFT": str(round(shift.total_seconds())),
    }
    with tempfile.TemporaryDirectory(prefix="test-days-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += [f"--junit-xml={report}", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if not report.exists():
            return (
                f"pytest ended with {done.returncode}",
                (done.stdout + done.stderr).splitlines()[-20:],
                False,
            )
        suite = ET.parse(report).getroot()  # noqa: S314 - pytest has just written it
    figures = next(suite.iter("testsuite")).attrib
    failed = int(figures["failures"]) + int(figures["errors"])
    passed = int(figures["tests"]) - failed - int(figures["skipped"])
    line = f"{passed} passed, {failed} failed, {figures['skipped']} skipped"
    names = [
        f"{case.get('classname')}::{case.get('name')}"
        for case in suite.iter("testcase")
        if case.find("failure") is not None or case.find("error") is not None
    ]
    is_well = done.returncode == 0 and passed > 0
    return f"{line} in {float(figures['time']):.0f} s", names, is_well


def main() -> int:
    """Return how many days failed."""
    clock, *arguments = sys.argv[1:]
    bad = 0
    for day in range(1, DAYS + 1):
        shift = day * STEP
        line, names, is_well = run(shift, Path(clock), arguments)
        bad += not is_well
        print(f"{datetime.now(UTC) + shift:%Y-%m-%d %H:%M} UTC: {line}", flush=True)
        for name in names:
            print(f"    {name}", flush=True)
    print(f"{DAYS - bad} of {DAYS} days are green")
    return bad


if __name__ == "__main__":
    sys.exit(main())
