"""approvers, and what tokens are for"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_EVERYTHING = sa.literal(
    ["read", "metrics", "notices", "events", "plans", "queues", "exposures", "circulars", "rules"],
    postgresql.JSONB(),
)

_person = sa.table("person", sa.column("role", sa.Integer()))
_token = sa.table(
    "api_token",
    sa.column("role", sa.Integer()),
    sa.column("scopes", postgresql.JSONB()),
    sa.column("revoked_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    # Observers could submit until now: whoever was let keeps what they may do.
    for table in (_person, _token):
        op.execute(sa.update(table).where(table.c.role >= 2).values(role=table.c.role + 1))
    op.add_column(
        "api_token",
        sa.Column("scopes", postgresql.JSONB(), comment="what it is for, and nothing else"),
    )
    op.execute(sa.update(_token).values(scopes=_EVERYTHING))
    op.alter_column("api_token", "scopes", nullable=False)


def downgrade() -> None:
    # A token that is for less than everything would be for everything.
    is_for_less = _token.c.scopes != _EVERYTHING
    op.execute(sa.update(_token).where(is_for_less).values(revoked_at=sa.func.now()))
    op.drop_column("api_token", "scopes")
    for table in (_person, _token):
        op.execute(sa.update(table).where(table.c.role >= 3).values(role=table.c.role - 1))
