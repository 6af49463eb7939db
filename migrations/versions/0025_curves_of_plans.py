"""what telescope time would buy, beside a plan"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "plan",
        sa.Column("curve", JSONB, comment="what telescope time buys; null until it is worked out"),
    )


def downgrade() -> None:
    op.drop_column("plan", "curve")
