"""names by count and by people"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "event",
        sa.Column(
            "counted_name",
            sa.String(length=80),
            nullable=True,
            comment="by the mission's rule, where nobody has stated one",
        ),
    )
    op.add_column(
        "event",
        sa.Column(
            "given_name", sa.String(length=80), nullable=True, comment="that a person gave it"
        ),
    )
    op.add_column("event", sa.Column("given_by", sa.String(length=80), nullable=True))


def downgrade() -> None:
    for name in ("counted_name", "given_name", "given_by"):
        op.drop_column("event", name)
