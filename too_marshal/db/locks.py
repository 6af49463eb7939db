"""The one way to hold rows: what is returned is as the database has it now.

A session keeps the objects that it has read (`expire_on_commit` is off), and a plain
``SELECT ... FOR UPDATE`` does not refresh them: a guard behind such a lock would look at a state
that is long over. Here the row is read anew under its lock, always.
"""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Select, event, select
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from too_marshal import failpoints
from too_marshal.db.base import Base

Row = TypeVar("Row", bound=Base)


def lock(session: Session, entity: type[Row], ident: object) -> Row:
    """The row of `entity` with this primary key, refreshed, and held until the transaction ends.

    Parameters
    ----------
    session
        Open session.
    entity
        Class of the row, which has one column as its primary key.
    ident
        Its key.

    Raises
    ------
    sqlalchemy.exc.NoResultFound
        If there is none.
    """
    key = entity.__mapper__.primary_key[0]
    return lock_all(session, select(entity).where(key == ident), entity, expects_one=True)[0]


def lock_all(
    session: Session,
    query: Select[Row],
    entity: type[Row],
    *,
    skip_locked: bool = False,
    expects_one: bool = False,
) -> list[Row]:
    """Every row of `entity` that `query` finds, refreshed, and held until the transaction ends.

    Parameters
    ----------
    session
        Open session.
    query
        Of `entity`; give it an order where several rows may be held by two at a time.
    entity
        Whose rows are held; rows that are joined to them are not.
    skip_locked
        Leave out what somebody else holds, rather than wait for it.
    expects_one
        Raise `sqlalchemy.exc.NoResultFound` unless there is exactly one.
    """
    if session.in_transaction() and holds_nothing(session):
        # What was read so far may change here, and not once a row is held.
        failpoints.hit(f"before_lock_{entity.__tablename__}")
    rows = session.scalars(
        # Others may refer to the rows meanwhile: keys do not change.
        query.with_for_update(of=entity, skip_locked=skip_locked, key_share=True),
        execution_options={"populate_existing": True},
    )
    return [rows.one()] if expects_one else list(rows)


def holds_nothing(session: Session) -> bool:
    """Whether the present transaction has locked and written nothing so far.

    What it has read until then may be outdated by the time at which it writes.
    """
    return not session.info.get(_HOLDS) and not (session.new or session.dirty or session.deleted)


_HOLDS = "holds rows"


@event.listens_for(Session, "do_orm_execute")
def _note_holding(state: ORMExecuteState) -> None:
    statement = state.statement
    if not state.is_select or getattr(statement, "_for_update_arg", None) is not None:
        state.session.info[_HOLDS] = True


@event.listens_for(Session, "after_flush")
def _note_writing(session: Session, _context: object) -> None:
    session.info[_HOLDS] = True


@event.listens_for(Session, "after_transaction_end")
def _note_end(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop(_HOLDS, None)
