"""messages to channels outside, and which rule uses which"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan_rule",
        sa.Column(
            "channels",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="by which people are told; empty: every one that is configured",
        ),
    )
    op.alter_column("plan_rule", "channels", server_default=None)
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "channel", sa.String(length=40), nullable=False, comment="as the settings call it"
        ),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.String(length=80), nullable=False, comment="that said so first"),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False, comment="why it has not arrived"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_delivery_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_delivery_notice_id_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("notice_id", "channel", name=op.f("uq_delivery_notice_id_channel")),
    )
    op.create_index(op.f("ix_delivery_event_id"), "delivery", ["event_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_delivery_event_id"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_column("plan_rule", "channels")
