"""plans that a person cancels while they are computed"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan",
        sa.Column(
            "begun_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when a worker began with it, the last time",
        ),
    )
    op.add_column("plan", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("plan", sa.Column("cancelled_by", sa.String(length=80), nullable=True))


def downgrade() -> None:
    # There was no such state.
    op.execute("UPDATE plan SET state = 'failed' WHERE state = 'cancelled'")
    for name in ("cancelled_by", "cancelled_at", "begun_at"):
        op.drop_column("plan", name)
