"""who has seen an event"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acknowledgment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_acknowledgment_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgment")),
    )
    op.create_index(
        op.f("ix_acknowledgment_event_id_acknowledgment_made_at"),
        "acknowledgment",
        ["event_id", "made_at"],
    )


def downgrade() -> None:
    op.drop_table("acknowledgment")
