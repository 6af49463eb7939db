"""words by which people find events again"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_tag",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False, comment="lower case, with hyphens"),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_event_tag_event_id_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "name", name=op.f("pk_event_tag")),
    )
    op.create_index(op.f("ix_event_tag_name"), "event_tag", ["name"])


def downgrade() -> None:
    op.drop_table("event_tag")
