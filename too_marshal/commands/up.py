"""too-marshal up: the whole service on one machine, with a rehearsal if nothing live is set."""

from __future__ import annotations

import secrets
import socket
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import click
from sqlalchemy import Engine, select

from too_marshal.commands.processes import CannotStart, held_folder, note_place
from too_marshal.db.accounts.people import Person, Role
from too_marshal.db.base import now, session_factory
from too_marshal.deployment import logs
from too_marshal.deployment.alert_sources import alert_sources
from too_marshal.deployment.channels import channels_of
from too_marshal.deployment.robots import Robots
from too_marshal.deployment.settings import Settings
from too_marshal.processes.database import migrate, open_database
from too_marshal.processes.supervisor import (
    ProcessFailed,
    RestartPolicy,
    Supervisor,
    environment,
    stop_on_signals,
)
from too_marshal.streams.scimma import is_configured
from too_marshal.workflows.accounts.people import create_person, set_password
from too_marshal.workflows.rules.defaults import add_default_rules

REHEARSAL_USER = "rehearsal"

ROBOT_RATE = 60
"""A rehearsal's robot observes so much faster than a real one."""


@click.command()
@click.option("--host", help="Address to bind (127.0.0.1).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (8000).")
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Folder of all data."
)
@click.option("--workers", type=click.IntRange(1, 64), help="Worker processes (2).")
@click.option("--rehearsal/--no-rehearsal", default=True, help="With a simulated event and robot.")
@click.option("--reload", is_flag=True, help="Start the pages anew when a source file changes.")
def up(  # noqa: PLR0913 - one a setting
    host: str | None,
    port: int | None,
    data_dir: Path | None,
    workers: int | None,
    rehearsal: bool,  # noqa: FBT001
    *,
    reload: bool,
) -> None:
    """Start web, listener, workers and clock, and stop them together on Ctrl-C."""
    settings = Settings.from_environ(host=host, port=port, data_dir=data_dir, workers=workers)
    logs.configure(settings.log_format)
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        raise CannotStart(f"{settings.data_dir} is not a folder")
    supervisor = Supervisor()
    stop_on_signals(supervisor)
    _check_port(settings.host, settings.port)
    if not rehearsal:
        Robots.from_settings(settings)  # a mistake is told once, not by every process
        channels_of(settings)
        alert_sources(settings)
    with held_folder(settings.data_dir), open_database(settings) as engine:
        migrate(engine)
        with session_factory(engine)() as session:
            add_default_rules(session)
            session.commit()
            if reason := note_place(session, settings):
                click.echo(f"This is a copy, robots are left alone: {reason}. See too-marshal live")
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        variables = environment(
            TOO_DATABASE_URL=url, TOO_DATA_DIR=settings.data_dir, TOO_HOST=settings.host,
            TOO_PORT=settings.port, TOO_SECRET_KEY=settings.session_key(),
        )  # fmt: skip
        try:
            _run(supervisor, settings, engine, variables, rehearsal=rehearsal, reload=reload)
        except ProcessFailed as err:
            raise CannotStart(str(err)) from err
        finally:
            supervisor.stop_all()
    click.echo("stopped")


def _run(  # noqa: PLR0913 - what is run, and how
    supervisor: Supervisor,
    settings: Settings,
    engine: Engine,
    variables: dict[str, str],
    *,
    rehearsal: bool,
    reload: bool,
) -> None:
    if rehearsal:
        variables |= _start_rehearsal(supervisor, settings, variables)
    supervisor.add("web", "too_marshal.cli", "web", *["--reload"] * reload, environ=variables)
    for index in range(settings.workers):
        supervisor.add(f"worker-{index + 1}", "too_marshal.cli", "work", environ=variables)
    supervisor.add("clock", "too_marshal.cli", "clock", environ=variables)
    if rehearsal or settings.kafka_client_id or settings.kafka_bootstrap:
        refresh = ["--refresh", "1"] if rehearsal else []
        supervisor.add("listener", "too_marshal.cli", "listen", *refresh, environ=variables)
    else:
        click.echo("No stream of notices: TOO_KAFKA_CLIENT_ID is not set. Pages and API work.")
    if not rehearsal:
        _listen_elsewhere(supervisor, settings, variables)
    _wait_for_web(supervisor, settings)
    click.echo(f"too-marshal is at http://{settings.host}:{settings.port}")
    if rehearsal:
        username, password = _rehearsal_login(engine, settings)
        click.echo(f"log in as {username} with the password {password}")
        supervisor.add(
            "rehearsal", "too_marshal.cli", "rehearse", "begin",
            environ=variables, on_end=RestartPolicy.ONCE,
        )  # fmt: skip
    elif not _somebody(engine):
        click.echo("nobody can log in yet: too-marshal user add NAME --role admin")
    supervisor.watch()


def _listen_elsewhere(
    supervisor: Supervisor, settings: Settings, variables: dict[str, str]
) -> None:
    """Listen to further notices, and to alerts, as configured, each in a process of its own."""
    sources = {"scimma": is_configured(settings), "voevent": bool(settings.voevent_broker)}
    for source, wanted in sources.items():
        if wanted:
            supervisor.add(
                f"listener-{source}", "too_marshal.cli", "listen", "--source", source,
                environ=variables,
            )  # fmt: skip
    for source in alert_sources(settings):
        supervisor.add(
            f"alerts-{source}", "too_marshal.cli", "alerts", "listen", "--source", source,
            environ=variables,
        )  # fmt: skip


def _somebody(engine: Engine) -> bool:
    with session_factory(engine)() as session:
        return session.scalar(select(Person.id).limit(1)) is not None


def _start_rehearsal(
    supervisor: Supervisor, settings: Settings, variables: dict[str, str]
) -> dict[str, str]:
    """Start the broker and the robot; returns the variables that lead the others to them."""
    broker = supervisor.add(
        "broker",
        "too_marshal.cli",
        "broker",
        environ=variables,
        on_end=RestartPolicy.CRITICAL,
        first_line=True,
    )
    state = settings.data_dir / "simulated_ztf.json"
    output = supervisor.add(
        "simulated ZTF", "telescopes.simulators.ztf", "--port", "0", "--jump-to-window",
        "--clock-rate", str(ROBOT_RATE), "--processing-latency", "120", "--state", str(state),
        environ=variables, on_end=RestartPolicy.CRITICAL, first_line=True,
    )  # fmt: skip
    robot = output.split()[-1].rstrip("/")
    return {
        "TOO_REHEARSAL": "true",
        "TOO_KAFKA_BOOTSTRAP": broker,
        # Its offsets begin again with every start.
        "TOO_KAFKA_CLUSTER": f"rehearsal-{now():%Y%m%dT%H%M%S}",
        "TOO_ZTF_URL": robot,
        "TOO_ZTF_DEPOT_URL": f"{robot}/depot",
        "TOO_ZTF_SIMULATED": "true",
        # A rehearsal reaches no real robot.
        "TOO_ROBOTS_FILE": "",
        "TOO_TRACK_INTERVAL": "2",
    }


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as err:
            raise CannotStart(
                f"port {port} on {host} cannot be used ({err.strerror}); choose another with --port"
            ) from err


def _wait_for_web(supervisor: Supervisor, settings: Settings) -> None:
    """Return once the pages answer."""
    address = f"http://{settings.host}:{settings.port}/healthz"
    deadline = time.monotonic() + 60
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and not supervisor.stop.wait(0.2):
        try:
            opener.open(address, timeout=5).close()
        except urllib.error.HTTPError:
            return  # it answers; not everything need be well yet
        except (URLError, OSError):
            continue
        return
    if not supervisor.stop.is_set():
        raise ProcessFailed("the pages did not answer within a minute of the start")


def _rehearsal_login(engine: Engine, settings: Settings) -> tuple[str, str]:
    """Username and password of the rehearsal; the password is made once and kept in a file."""
    path = settings.data_dir / "rehearsal_password"
    with session_factory(engine)() as session:
        person = session.scalars(
            select(Person).where(Person.username == REHEARSAL_USER)
        ).one_or_none()
        if person is not None and path.exists():
            return REHEARSAL_USER, path.read_text().strip()
        password = secrets.token_urlsafe(9)
        if person is None:
            create_person(
                session,
                REHEARSAL_USER,
                password,
                Role.ADMIN,
                full_name="R. Hearsal",
                affiliation="",
            )
        else:
            set_password(session, person, password)
        session.commit()
    path.touch(mode=0o600)
    path.write_text(password)
    return REHEARSAL_USER, password
