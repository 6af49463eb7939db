"""what published archives told"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archive_copy",
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "references",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="fields that have a reference image, by filter",
        ),
        sa.Column("references_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="row, reason and text of what was not understood last",
        ),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(), nullable=False, comment="why the last try failed"),
        sa.PrimaryKeyConstraint("telescope", name=op.f("pk_archive_copy")),
    )


def downgrade() -> None:
    op.drop_table("archive_copy")
