"""notes on candidates"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("note", sa.Column("candidate_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_note_candidate_id"), "note", ["candidate_id"])
    op.create_foreign_key(
        op.f("fk_note_candidate_id_candidate"), "note", "candidate", ["candidate_id"], ["id"]
    )


def downgrade() -> None:
    op.drop_column("note", "candidate_id")
