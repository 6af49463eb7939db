"""drills"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drill",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "wakes",
            sa.Boolean(),
            nullable=False,
            comment="whether who is on call is woken by it",
        ),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column(
            "steps",
            postgresql.JSONB(),
            nullable=False,
            comment="step to its time and what there is to say of it",
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_good", sa.Boolean(), nullable=False, comment="whether every step was taken"),
        sa.Column(
            "outcome", sa.String(), nullable=False, comment="one sentence, once it has ended"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_drill_event_id_event")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_drill_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
    )


def downgrade() -> None:
    op.drop_table("drill")
