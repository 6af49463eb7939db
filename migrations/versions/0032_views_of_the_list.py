"""the list of events as people like to see it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "person",
        sa.Column(
            "views",
            JSONB(),
            server_default="{}",
            nullable=False,
            comment="the list of events as they like to see it: name to query",
        ),
    )


def downgrade() -> None:
    op.drop_column("person", "views")
