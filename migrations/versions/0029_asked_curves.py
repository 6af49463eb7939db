"""what telescope time would buy, asked before there is a plan"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_curve",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("localization_id", sa.Integer(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("request", JSONB(), nullable=False, comment="as in the plan file format"),
        sa.Column("curve", JSONB(), nullable=True, comment="null until it is worked out"),
        sa.Column("error", sa.String(), nullable=False, comment="why there is none"),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_asked_curve_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["localization_id"],
            ["localization.id"],
            name=op.f("fk_asked_curve_localization_id_localization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_curve")),
    )
    op.create_index(op.f("ix_asked_curve_event_id"), "asked_curve", ["event_id"])


def downgrade() -> None:
    op.drop_table("asked_curve")
