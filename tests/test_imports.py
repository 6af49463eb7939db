"""What a process loads when it starts: nothing that it will not use.

Seconds depend on the machine and are measured by `python -m benchmarks house`; what is loaded does
not.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "confluent_kafka",
    "duckdb",
    "gwemopt",
    "healpy",
    "highspy",
    "ligo",
    "matplotlib",
    "paramiko",
    "pyarrow",
    "pyvo",
    "scipy.optimize",
    "scipy.spatial",
    "webauthn",
}


def loaded(statement: str) -> set[str]:
    """Modules that an interpreter of its own has after a statement."""
    answer = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(answer.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import planners.skymaps.store",
        "import planners.registry, telescopes.queues, telescopes.archives",
        "import telescopes; telescopes.TELESCOPES",
        "import too_marshal.app",
        "import too_marshal.commands.clock, too_marshal.processes.timetable",
    ],
)
def test_what_computes_and_what_speaks_to_robots_is_loaded_on_use(statement):
    assert not HEAVY & loaded(statement)


def test_the_science_packages_themselves_load_nothing():
    assert not (HEAVY | {"numpy", "astropy"}) & loaded("import planners, telescopes")


def test_the_command_line_loads_neither_database_nor_streams():
    statement = (
        "from click.testing import CliRunner\nfrom too_marshal.cli import cli\n"
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0"
    )
    services = {"sqlalchemy", "alembic", "procrastinate", "psycopg", "flask", "numpy", "astropy"}
    assert not (HEAVY | services) & loaded(statement)


@pytest.mark.parametrize("name", ["DECam", "Gattini"])
def test_the_queue_of_a_robot_behind_files_loads_sftp_when_it_is_opened(name):
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ"
    endpoint = {"host": "h", "username": "u", "host_key": key, "directory": "d", "password": "p"}
    found = loaded(f"from telescopes import open_queue\nopen_queue({name!r}, {endpoint!r})")
    assert "paramiko" in found
    assert "pyvo" not in found
