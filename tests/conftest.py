"""Fixtures that every part of the suite shares, and the order of its tests."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests import durations

# Several processes share the cores: threads that wait for one another at each product of two
# matrices take two and a half times the processor's time. Read when NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A single example may take long where two cores do many things.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser):
    parser.addoption(
        "--keep-durations", action="store_true", help="write down how long each test takes"
    )


@pytest.hookimpl(tryfirst=True)  # before the tests that a marker names are chosen
def pytest_collection_modifyitems(config, items):
    known = durations.read()
    for item in items:
        if {"corpus", "cases"} & set(item.fixturenames):
            item.add_marker("corpus")
        if {"browser", "site"} & set(item.fixturenames):
            item.add_marker("browser")
        if known.get(durations.key(item.nodeid), 0) >= durations.SLOW:
            item.add_marker("slow")
    if hasattr(config, "workerinput"):
        # What is begun last should be short, so that all processes end together.
        weights = durations.by_file(known)
        items.sort(key=lambda item: (-weights[item.path.name], str(item.path)))


def pytest_collection_finish():
    """What is imported by now stays: to look through it for garbage again and again is slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--keep-durations"):
        reports = (report for some in terminalreporter.stats.values() for report in some)
        timed = [report for report in reports if isinstance(report, pytest.TestReport)]
        durations.keep((report.nodeid, report.duration) for report in timed)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real notices and sky maps, read in place."""
    return _shared("corpus", "TOO_CORPUS")


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder of small inputs that once went wrong, with their right values, read in place."""
    return _shared("cases", "TOO_CASES")


def _shared(name: str, variable: str) -> Path:
    path = Path(os.environ.get(variable, ROOT.parent / "shared" / name))
    if not path.is_dir():
        pytest.skip(f"no {name} at {path}; set {variable} to its folder")
    return path
