"""what the nights to come offer for a map, at each telescope"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "region_night",
        sa.Column("localization_id", sa.Integer(), nullable=False),
        sa.Column("telescope", sa.String(length=40), nullable=False),
        sa.Column(
            "night",
            sa.Date(),
            nullable=False,
            comment="date of the evening, by the site's mean solar time",
        ),
        sa.Column(
            "starts_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="of the first sample: before the Sun sets, or noon where it does not rise or set",
        ),
        sa.Column(
            "numbers",
            JSONB(),
            nullable=False,
            comment="as planners.visibility.region_night has it; times are s since starts_at",
        ),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["localization_id"],
            ["localization.id"],
            name=op.f("fk_region_night_localization_id_localization"),
        ),
        sa.PrimaryKeyConstraint(
            "localization_id", "telescope", "night", name=op.f("pk_region_night")
        ),
    )


def downgrade() -> None:
    op.drop_table("region_night")
