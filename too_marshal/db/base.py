"""What all tables share: naming, column types, engine and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import DateTime, Engine, MetaData, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from too_marshal.clock import now as now  # noqa: PLC0414 - every table has a time

MARSHAL = "marshal"
"""Who acts where no person does, and whose plans rules ask for."""

Utc = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""A UTC-aware time."""


class Base(DeclarativeBase):
    """Base of every table; constraints get predictable names, so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def open_engine(url: str, pool_size: int = 5) -> Engine:
    """Engine on `url` (`postgresql://...`), through psycopg 3, in UTC."""
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 10},
    )


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Make sessions whose objects stay readable after a commit."""
    return sessionmaker(engine, expire_on_commit=False)
