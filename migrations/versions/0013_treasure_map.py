"""pointings that the Treasure Map knows"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "posted_pointing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="of the planned exposure in its plan"
        ),
        sa.Column("pointing_id", sa.Integer(), nullable=False, comment="at the Treasure Map"),
        sa.Column(
            "status", sa.String(length=20), nullable=False, comment="planned, completed, cancelled"
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submission.id"],
            name=op.f("fk_posted_pointing_submission_id_submission"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posted_pointing")),
        sa.UniqueConstraint("pointing_id", name=op.f("uq_posted_pointing_pointing_id")),
        sa.UniqueConstraint(
            "submission_id", "number", name=op.f("uq_posted_pointing_submission_id_number")
        ),
    )


def downgrade() -> None:
    op.drop_table("posted_pointing")
