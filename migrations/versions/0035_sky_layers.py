"""what layers of the sky map show: the difference of two maps, other groups' pointings, galaxies"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "map_difference",
        sa.Column("old_sha256", sa.String(length=64), nullable=False),
        sa.Column("new_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "moved",
            sa.Float(),
            nullable=False,
            comment="probability that lies elsewhere than before",
        ),
        sa.Column(
            "in_old_50",
            sa.Float(),
            nullable=False,
            comment="of the new map, in the old 50 % region",
        ),
        sa.Column(
            "in_old_90",
            sa.Float(),
            nullable=False,
            comment="of the new map, in the old 90 % region",
        ),
        sa.Column(
            "common_90",
            sa.Float(),
            nullable=False,
            comment="area that both 90 % regions hold over that which either holds",
        ),
        sa.Column(
            "gained",
            JSONB(),
            nullable=True,
            comment="GeoJSON, deg: where 90 % of what was gained lies; null: the same map",
        ),
        sa.Column("lost", JSONB(), nullable=True, comment="the same of what was lost"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["old_sha256"], ["sky_map.sha256"], name=op.f("fk_map_difference_old_sha256_sky_map")
        ),
        sa.ForeignKeyConstraint(
            ["new_sha256"], ["sky_map.sha256"], name=op.f("fk_map_difference_new_sha256_sky_map")
        ),
        sa.PrimaryKeyConstraint("old_sha256", "new_sha256", name=op.f("pk_map_difference")),
    )
    op.create_table(
        "others_pointings",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "pointings",
            JSONB(),
            nullable=False,
            comment="id, instrument_id, instrument, status, ra, dec (deg), time (ISO UTC), band, depth (AB, or null), position_angle (deg); by time",
        ),
        sa.Column(
            "outlines",
            JSONB(),
            nullable=False,
            comment="instrument_id to corners at position angle zero, deg; none where not known",
        ),
        sa.Column("completed", sa.Integer(), nullable=False, comment="pointings that were taken"),
        sa.Column("planned", sa.Integer(), nullable=False, comment="pointings that are intended"),
        sa.Column(
            "rejected", sa.Integer(), nullable=False, comment="entries that could not be understood"
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_others_pointings_event_id_event")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_others_pointings")),
    )
    op.create_table(
        "galaxy_ranking",
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("sky_map_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "galaxies",
            JSONB(),
            nullable=False,
            comment="name, ra, dec (deg), distance (Mpc), weight (of 1); the first ones",
        ),
        sa.Column(
            "probable",
            sa.Integer(),
            nullable=False,
            comment="galaxies of the table that have any weight",
        ),
        sa.Column("error", sa.String(), nullable=False, comment="why there are none"),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["table_id"], ["galaxy_table.id"], name=op.f("fk_galaxy_ranking_table_id_galaxy_table")
        ),
        sa.ForeignKeyConstraint(
            ["sky_map_sha256"],
            ["sky_map.sha256"],
            name=op.f("fk_galaxy_ranking_sky_map_sha256_sky_map"),
        ),
        sa.PrimaryKeyConstraint("table_id", "sky_map_sha256", name=op.f("pk_galaxy_ranking")),
    )


def downgrade() -> None:
    op.drop_table("galaxy_ranking")
    op.drop_table("others_pointings")
    op.drop_table("map_difference")
