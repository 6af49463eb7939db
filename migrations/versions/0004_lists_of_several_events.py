"""a list of candidates is shown with every event that it names"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "further_event",
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_further_event_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_further_event_notice_id_notice")
        ),
        sa.PrimaryKeyConstraint("notice_id", "event_id", name=op.f("pk_further_event")),
    )
    op.create_index(op.f("ix_further_event_event_id"), "further_event", ["event_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_further_event_event_id"), table_name="further_event")
    op.drop_table("further_event")
