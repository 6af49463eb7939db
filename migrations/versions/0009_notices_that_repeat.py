"""a notice that says exactly what another said is a repeat"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "notice",
        sa.Column(
            "meaning",
            sa.String(length=64),
            nullable=True,
            comment="SHA-256 of what it says; of two notices that say the same one counts",
        ),
    )
    op.create_index(op.f("ix_notice_meaning"), "notice", ["meaning"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_notice_meaning"), table_name="notice")
    op.drop_column("notice", "meaning")
    op.execute("UPDATE notice SET state = 'understood' WHERE state = 'repeated'")
