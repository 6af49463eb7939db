"""rules can be deleted and restored, and tried on past notices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan_rule",
        sa.Column(
            "deleted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="it is not asked any more, and can be restored",
        ),
    )
    op.add_column("plan_rule", sa.Column("deleted_by", sa.String(length=80), nullable=True))
    op.create_table(
        "rule_trial",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True, comment="the rule to be changed, if any"),
        sa.Column(
            "candidate",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the rule that is tried, as workflows.rule_fields has it",
        ),
        sa.Column("days", sa.Integer(), nullable=False, comment="how far it looks back"),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False, comment="notices asked about so far"),
        sa.Column("total", sa.Integer(), nullable=True, comment="notices; null until it begins"),
        sa.Column(
            "result",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="counts and answers; null until it is done",
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["plan_rule.id"], name=op.f("fk_rule_trial_rule_id_plan_rule")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_trial")),
    )


def downgrade() -> None:
    op.drop_table("rule_trial")
    op.execute("UPDATE plan_rule SET enabled = false WHERE deleted_at IS NOT NULL")
    op.drop_column("plan_rule", "deleted_by")
    op.drop_column("plan_rule", "deleted_at")
