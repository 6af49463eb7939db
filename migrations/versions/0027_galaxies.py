"""tables of galaxies that people bring, and the plans that are made with them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "galaxy_table",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "event_id",
            sa.Integer(),
            nullable=True,
            comment="whose galaxies they are; null: of any event",
        ),
        sa.Column("name", sa.String(length=120), nullable=False, comment="of the file"),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=False,
            comment="planners.files.galaxy_tables.pack_galaxies",
        ),
        sa.Column(
            "galaxies",
            sa.Integer(),
            nullable=False,
            comment="rows whose position and distance are known",
        ),
        sa.Column(
            "incomplete", sa.Integer(), nullable=False, comment="rows that count for nothing"
        ),
        sa.Column("has_luminosity", sa.Boolean(), nullable=False),
        sa.Column("unused_columns", JSONB(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.String(length=80), nullable=True),
        sa.Column(
            "removed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="it is not offered any more",
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_galaxy_table_event_id_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_galaxy_table")),
    )
    op.create_index(op.f("ix_galaxy_table_event_id"), "galaxy_table", ["event_id"])
    op.add_column(
        "plan",
        sa.Column(
            "galaxy_table_id",
            sa.Integer(),
            nullable=True,
            comment="what the galaxies planner aims at",
        ),
    )
    op.create_foreign_key(
        op.f("fk_plan_galaxy_table_id_galaxy_table"),
        "plan",
        "galaxy_table",
        ["galaxy_table_id"],
        ["id"],
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_plan_galaxy_table_id_galaxy_table"), "plan", type_="foreignkey")
    op.drop_column("plan", "galaxy_table_id")
    op.drop_table("galaxy_table")
