"""what of a sky map's file was taken as zero"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "sky_map",
        sa.Column(
            "flags",
            JSONB(),
            nullable=False,
            server_default="[]",
            comment="what of the file was taken as zero",
        ),
    )


def downgrade() -> None:
    op.drop_column("sky_map", "flags")
