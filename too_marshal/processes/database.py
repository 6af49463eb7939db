"""The database that the settings name: a real server, or the embedded one; and its schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from too_marshal.db.base import open_engine
from too_marshal.deployment.errors import OperatorError
from too_marshal.deployment.settings import Settings
from too_marshal.processes.embedded import DatabaseUnavailable, embedded_database
from too_marshal.workflows.live_database import settle_here

if TYPE_CHECKING:
    from alembic.config import Config

# Every process looks whether its schema is the right one, which takes no more than the names of the
# migrations; Alembic is imported where one is carried out.


class MigrationFailed(OperatorError):
    """The schema could not be brought up to date; nothing of the failed step stays."""


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """URL of the database, with the embedded server running where there is no other."""
    if settings.database_url:
        yield settings.database_url
    else:
        with embedded_database(settings.data_dir) as url:
            yield url


@contextmanager
def open_database(settings: Settings) -> Iterator[Engine]:
    """Engine on the database that the settings name.

    Raises
    ------
    DatabaseUnavailable
        If it does not answer.
    """
    with database_url(settings) as url:
        engine = open_engine(url)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except OperationalError as err:
            reason = str(err.orig).strip().splitlines()[0]
            raise DatabaseUnavailable(f"the database does not answer: {reason}") from err
        try:
            yield engine
        finally:
            engine.dispose()


def migrations() -> Config:
    """Alembic's configuration, from the checkout or from where the image keeps it.

    Raises
    ------
    MigrationFailed
        If the migrations are not there (they are not part of the wheel).
    """
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_folder()))
    return config


def _folder() -> Path:
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (root / "migrations" / "env.py").exists():
            return root / "migrations"
    raise MigrationFailed("no folder 'migrations' beside the package or in the working folder")


def revisions() -> list[str]:
    """Every schema that this code knows, in their order; each file is named for the one it makes.

    Raises
    ------
    MigrationFailed
        If the migrations are not there.
    """
    files = (_folder() / "versions").glob("*_*.py")
    return sorted(file.name.partition("_")[0] for file in files if file.name[0].isdigit())


def migrate(engine: Engine) -> None:
    """Bring the schema up to date.

    Raises
    ------
    MigrationFailed
        If a step fails, or the database is of a newer version; the message names it.
    """
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.util import CommandError  # noqa: PLC0415 - see above

    config = migrations()
    refuse_newer(engine)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            settle_here(connection)
    except (CommandError, SQLAlchemyError) as err:
        raise MigrationFailed(f"migration failed: {str(err).splitlines()[0]}") from err


def refuse_newer(engine: Engine) -> None:
    """Say so in words where a later version has been at work: there is no way back from here.

    Raises
    ------
    MigrationFailed
        If the schema is one that only a later version of this program knows.
    """
    if not inspect(engine).has_table("alembic_version"):
        return
    known = revisions()
    head = known[-1]
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    # Revisions are numbered in their order.
    if found is not None and found not in known and found > head:
        raise MigrationFailed(
            f"the database has schema {found} of a newer version of too-marshal; this one knows "
            f"schemas up to {head}: start the newer version, or restore a backup of the database "
            "from before its update"
        )


def is_current(engine: Engine) -> bool:
    """Whether the schema is the one that this code was written for."""
    if not inspect(engine).has_table("alembic_version"):
        return False
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return bool(found == revisions()[-1])
