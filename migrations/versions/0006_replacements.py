"""plans that take up others, and replacements of what a robot holds"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replacement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False, comment="why it failed, or waits"),
        sa.Column(
            "difference",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="executed, kept, added, dropped (exposures); probabilities before and after",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_submission_id", sa.Integer(), nullable=True),
        sa.Column("restored_submission_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_replacement_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["new_submission_id"],
            ["submission.id"],
            name=op.f("fk_replacement_new_submission_id_submission"),
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_replacement_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["restored_submission_id"],
            ["submission.id"],
            name=op.f("fk_replacement_restored_submission_id_submission"),
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_replacement_submission_id_submission"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replacement")),
        sa.UniqueConstraint("plan_id", name=op.f("uq_replacement_plan_id")),
    )
    op.create_index(op.f("ix_replacement_event_id"), "replacement", ["event_id"], unique=False)
    op.create_index(
        "uq_replacement_open_submission",
        "replacement",
        ["submission_id"],
        unique=True,
        postgresql_where="state IN ('computing', 'offered', 'approved', 'withdrawing', 'submitting', 'restoring')",
    )
    op.add_column(
        "plan",
        sa.Column(
            "parent_id",
            sa.Integer(),
            nullable=True,
            comment="the plan that it takes up: what was executed for the event then counts",
        ),
    )
    op.add_column(
        "plan",
        sa.Column(
            "rescored",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="localization_id, and the statistics on that later map",
        ),
    )
    op.create_index(op.f("ix_plan_parent_id"), "plan", ["parent_id"], unique=False)
    op.create_foreign_key(op.f("fk_plan_parent_id_plan"), "plan", "plan", ["parent_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint(op.f("fk_plan_parent_id_plan"), "plan", type_="foreignkey")
    op.drop_index(op.f("ix_plan_parent_id"), table_name="plan")
    op.drop_column("plan", "rescored")
    op.drop_column("plan", "parent_id")
    op.drop_index(
        "uq_replacement_open_submission",
        table_name="replacement",
        postgresql_where="state IN ('computing', 'offered', 'approved', 'withdrawing', 'submitting', 'restoring')",
    )
    op.drop_index(op.f("ix_replacement_event_id"), table_name="replacement")
    op.drop_table("replacement")
