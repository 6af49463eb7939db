"""Jobs during which a worker has died."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, func
from sqlalchemy.orm import Mapped, mapped_column

from too_marshal.db.base import Base, Utc


class JobDeath(Base):
    """How many workers have died doing a job; written by `too_marshal.processes.rescue`."""

    __tablename__ = "job_death"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    task: Mapped[str] = mapped_column(String(80))
    deaths: Mapped[int] = mapped_column(comment="workers that have died doing the job")
    last_at: Mapped[Utc] = mapped_column(server_default=func.now())
