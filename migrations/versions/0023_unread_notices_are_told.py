"""people are told of notices that could not be read"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column(
            "unread_notice_id", sa.BigInteger(), nullable=True, comment="that could not be read"
        ),
    )
    op.create_foreign_key(
        op.f("fk_delivery_unread_notice_id_notice"),
        "delivery",
        "notice",
        ["unread_notice_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_unique_constraint(
        op.f("uq_delivery_unread_notice_id_channel"), "delivery", ["unread_notice_id", "channel"]
    )
    op.alter_column("delivery", "event_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE event_id IS NULL")
    op.alter_column("delivery", "event_id", existing_type=sa.Integer(), nullable=False)
    op.drop_constraint(op.f("uq_delivery_unread_notice_id_channel"), "delivery", type_="unique")
    op.drop_constraint(op.f("fk_delivery_unread_notice_id_notice"), "delivery", type_="foreignkey")
    op.drop_column("delivery", "unread_notice_id")
