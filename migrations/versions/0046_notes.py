"""notes, who is in charge, and tags by rules"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column(
            "mentions",
            postgresql.JSONB(),
            nullable=False,
            comment="people whom it calls by @name",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "removed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="it is not shown any more",
        ),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_note_event_id_event")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_note_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_event_id"), "note", ["event_id"])
    op.create_index(op.f("ix_note_plan_id"), "note", ["plan_id"])
    op.add_column(
        "event",
        sa.Column(
            "in_charge", sa.String(length=80), nullable=True, comment="who sees to the event"
        ),
    )
    op.add_column("event", sa.Column("in_charge_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "plan_rule",
        sa.Column(
            "tags",
            postgresql.JSONB(),
            nullable=False,
            server_default="[]",
            comment="that it gives the event",
        ),
    )


def downgrade() -> None:
    op.drop_column("plan_rule", "tags")
    op.drop_column("event", "in_charge_since")
    op.drop_column("event", "in_charge")
    op.drop_table("note")
