"""when a browser session last saw a password"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("web_session", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE web_session SET confirmed_at = created_at")
    op.alter_column(
        "web_session", "confirmed_at", nullable=False, comment="when it last saw the password"
    )


def downgrade() -> None:
    op.drop_column("web_session", "confirmed_at")
