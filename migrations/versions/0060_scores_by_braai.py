"""scores of kept alerts by braai"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

_UNTRIED = sa.text("scored_at IS NULL AND packet_sha256 IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "kept_alert",
        sa.Column("braai", sa.Float(), nullable=True, comment="ours, from its cutouts, 0 to 1"),
    )
    op.add_column(
        "kept_alert",
        sa.Column(
            "scored_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its cutouts were looked at; null: not yet",
        ),
    )
    op.create_index("ix_kept_alert_untried", "kept_alert", ["id"], postgresql_where=_UNTRIED)


def downgrade() -> None:
    op.drop_index("ix_kept_alert_untried", "kept_alert")
    op.drop_column("kept_alert", "scored_at")
    op.drop_column("kept_alert", "braai")
