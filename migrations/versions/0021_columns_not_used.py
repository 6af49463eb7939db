"""what was not used of a table of exposures"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "exposure_import",
        sa.Column(
            "unused_columns",
            JSONB(),
            nullable=False,
            server_default="[]",
            comment="headings that nothing was taken from",
        ),
    )


def downgrade() -> None:
    op.drop_column("exposure_import", "unused_columns")
