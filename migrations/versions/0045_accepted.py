"""when a robot first had a queue"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "submission",
        sa.Column(
            "accepted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the robot first had it",
        ),
    )
    # Of queues that have gone further, nobody wrote down when they were accepted.
    op.execute("UPDATE submission SET accepted_at = settled_at WHERE state = 'accepted'")


def downgrade() -> None:
    op.drop_column("submission", "accepted_at")
