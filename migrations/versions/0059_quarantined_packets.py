"""packets of alerts that cannot be read"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quarantined_packet",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "source", sa.String(length=40), nullable=False, comment="as the operator calls it"
        ),
        sa.Column("topic", sa.String(length=249), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="offset in the partition"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "is_stored",
            sa.Boolean(),
            nullable=False,
            comment="whether its bytes are in the data folder",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_packet")),
        sa.UniqueConstraint(
            "source",
            "topic",
            "partition",
            "position",
            name=op.f("uq_quarantined_packet_source_topic_partition_position"),
        ),
    )
    op.create_index("ix_quarantined_packet_received", "quarantined_packet", ["received_at"])
    # As long as Kafka allows.
    op.alter_column("stream_position", "topic", type_=sa.String(length=249))


def downgrade() -> None:
    op.drop_table("quarantined_packet")
    op.execute("DELETE FROM stream_position WHERE length(topic) > 120")
    op.alter_column("stream_position", "topic", type_=sa.String(length=120))
